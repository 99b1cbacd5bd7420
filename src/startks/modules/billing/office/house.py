"""The month of a house: its balances, sums by service, what rounding left; calculating it again, printing it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import FileResponse

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.contracts.month_readings import MonthReadings
from startks.base.errors import StartksError
from startks.domain.ledger.office_queries import error_list, house_balance, house_month, house_rounding
from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.jobs import ring_after_commit
from startks.framework.jobs.list_queries import latest_chunk
from startks.framework.tree.nodes import House
from startks.framework.tree.urls import office_url
from startks.framework.web import settings_of
from startks.framework.web.flash import flash
from startks.modules.billing.calculation.run import recalculate_house
from startks.modules.billing.office.account import asked_period
from startks.modules.billing.tasks import RECEIPTS_JOB, receipt_path, start_receipts


def month(context: House, request: Request) -> dict[str, Any]:
    """Balances and sums of the house in a month; errors of its calculation with their way out."""
    calculated = [row for row in request.office_periods if row.calculated_at is not None]
    period = asked_period(request) or (calculated[0].id if calculated else None)
    state = next((row.state for row in request.office_periods if row.id == period), None)
    job = latest_chunk(request.read, RECEIPTS_JOB, {"house": context.id}, {"period": period}) if period else None
    return {
        "period": period,
        "periods": calculated,
        "balance": house_balance(request.read, context.id, period) if period else (),
        "rounding": house_rounding(request.read, context.id, period) if period else (),
        "lines": house_month(request.read, context.id, period) if period else (),
        "errors": error_list(request.read, period, house_id=context.id) if period else (),
        "may_calculate": state in ("open", "rehearsed") and request.has_permission(Permission.PERIOD_MONTH_CALCULATE, context),
        "may_print": bool(period) and request.has_permission(Permission.ACCOUNT_BILL_READ, context),
        "receipts": job,
    }


def calculate(context: House, request: Request) -> HTTPSeeOther:
    """Calculate the house again in an open month; seconds, so it is done at once."""
    period = asked_period(request)
    if period is None:
        raise HTTPNotFound()
    consumption = request.contract(MonthlyConsumption)
    totals = recalculate_house(
        request.db.connection(),
        request.db.get_bind().url.render_as_string(hide_password=False),
        period,
        context.id,
        consumption.dotted if consumption is not None else None,
        consumption.save_dotted if consumption is not None else None,
    )
    audit(request.db, request.identity, "period:house:calculate", ("house", context.id), {"period": period})
    translate = request.localizer.translate
    sentence = _(
        "The house is calculated again: accounts ${accounts}, errors ${errors}, charged ${charge}.",
        mapping={
            "accounts": totals["accounts"],
            "errors": totals["errors"],
            "charge": request.fmt.money(totals["charge"]),
        },
    )
    flash(request, translate(sentence), "warning" if totals["errors"] else "success")
    return HTTPSeeOther(office_url(request, context, "month", period=period))


def receipts(context: House, request: Request) -> HTTPSeeOther:
    """Print the house's receipts of a calculated month into one PDF, as a job."""
    if not request.has_permission(Permission.ACCOUNT_BILL_READ, context):
        raise HTTPForbidden()
    period = asked_period(request)
    folder = settings_of(request.registry).data_dir
    if period is None:
        raise HTTPNotFound()
    if folder is None:
        raise StartksError("Не указана папка для файлов: задайте startks.data_dir и повторите печать.")
    readings = request.contract(MonthReadings)
    job_id = start_receipts(
        request.db,
        period,
        str(folder),
        readings=f"{type(readings).__module__}:{type(readings).__qualname__}" if readings is not None else None,
        houses=[context.id],
        created_by=request.identity.user_id,
    )
    audit(request.db, request.identity, "billing:receipts:print", ("house", context.id), {"period": period})
    ring_after_commit(request.tm, job_id)
    flash(request, _("The receipts are being printed; the file appears on this page."))
    return HTTPSeeOther(office_url(request, context, "month", period=period))


def receipts_file(context: House, request: Request) -> FileResponse:
    """The printed file; whose it is, is decided by the house it stands in, not by anything in the address."""
    period = asked_period(request)
    folder = settings_of(request.registry).data_dir
    path = receipt_path(str(folder), period, context.id) if folder is not None and period is not None else None
    if path is None or not path.is_file():
        raise HTTPNotFound(request.localizer.translate(_("The file is not there any more. Print the receipts again.")))
    response = FileResponse(str(path), request=request, content_type="application/pdf")
    response.content_disposition = f'inline; filename="receipts-{period}-house-{context.id}.pdf"'
    response.cache_control.no_store = True
    return response
