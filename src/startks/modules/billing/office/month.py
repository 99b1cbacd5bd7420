"""Running the month: choose it, start the calculation as a job, watch it, look at errors and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from sqlalchemy import Row

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.periods import first_day, shift
from startks.domain.ledger.models import CalculationError
from startks.domain.ledger.office_queries import (
    ERROR_PLACE,
    ERRORS,
    error_kinds,
    error_list,
    last_run,
    service_totals,
)
from startks.domain.periods import gate
from startks.domain.periods.queries import groups
from startks.domain.reference.law_queries import ends_ahead
from startks.domain.security import scope_filter
from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.domain.territory.passport_queries import HOUSE_SCOPE
from startks.framework.i18n import _
from startks.framework.jobs import progress, ring_after_commit
from startks.framework.jobs.list_queries import latest_job
from startks.framework.tree.nodes import Mount, Node
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.lists import Column, Filter, Listing
from startks.modules.billing.office.account import asked_period
from startks.modules.billing.office.life import shown_groups, signed
from startks.modules.billing.rehearsal.closing import CLOSING_JOB
from startks.modules.billing.rehearsal.tasks import REHEARSAL_JOB
from startks.modules.billing.tasks import MONTH_JOB, start_month

ERRORS_SHOWN = 20
SEVERITIES = (("error", _("error")), ("warning", _("warning")))


class MonthDesk(Mount):
    """``/office/+month``."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Run the month"))


@dataclass(frozen=True, slots=True)
class ServiceCompared:
    """A service in this month and the one before; kopecks, volumes in millionths of the unit."""

    title: str
    unit: str
    section: str
    volume: int
    volume_before: int
    charge: int
    charge_before: int
    recalculation: int
    benefit: int

    @property
    def change(self) -> int:
        """How much more (or less) was charged, kopecks."""
        return self.charge - self.charge_before

    @property
    def percent(self) -> Decimal | None:
        """The change in per cent of the month before; None where nothing was charged then."""
        return Decimal(self.change) * 100 / abs(self.charge_before) if self.charge_before else None


def desk(context: MonthDesk, request: Request) -> dict[str, Any]:
    """The month's state, the running or last job, errors, and totals by service against the month before."""
    opened = [row for row in request.office_periods if row.state != "closed" and row.frozen_at is None]
    current = request.office_current_period
    period = asked_period(request) or (current.id if current is not None else None)
    scope = scope_filter(request.identity, Permission.LEDGER_STATEMENT_READ, HOUSE_SCOPE)
    job = latest_job(request.read, [MONTH_JOB, REHEARSAL_JOB, CLOSING_JOB], period=period) if period else None
    calculated = next((row.calculated_at for row in request.office_periods if row.id == period), None)
    rows = service_totals(request.read, (period, shift(period, -1)), scope) if period and calculated else ()
    return {
        "period": period,
        "before": shift(period, -1) if period else None,
        "periods": request.office_periods,
        "opened": opened,
        "chosen": next((row for row in request.office_periods if row.id == period), None),
        "job": job,
        "progress": progress(request.read, job.id) if job is not None else None,
        "job_url": office_url(request, context.__parent__["+jobs"]) + f"/{job.id}" if job is not None else None,
        "may_start": any(row.id == period for row in opened)
        and request.has_permission(Permission.PERIOD_MONTH_CALCULATE, context),
        "may_stop": request.has_permission(Permission.JOBS_JOB_RUN, context),
        "run": last_run(request.read, period) if period else None,
        "kinds": error_kinds(request.read, period, scope) if period and calculated else (),
        "errors": error_list(request.read, period, scope=scope, limit=ERRORS_SHOWN) if period and calculated else (),
        "services": compare(rows, period) if rows else (),
        "groups": shown_groups(groups(request.read, period)) if period else (),
        "signed": signed,
        "gate": gate.state(request.read, period) if period else (),
        "ends": ends_ahead(request.read, first_day(period)) if period else (),
        "may_close": request.has_permission(Permission.PERIOD_MONTH_CLOSE, context),
        "may_calculate": request.has_permission(Permission.PERIOD_MONTH_CALCULATE, context),
    }


def compare(rows: Sequence[Row], period: int) -> list[ServiceCompared]:
    """Lay the sums of two months side by side, in the order of the bill."""
    pairs: dict[int, dict[int, Row]] = {}
    for row in rows:
        pairs.setdefault(row.service_id, {})[row.period] = row
    found = []
    for months in pairs.values():
        now, before = months.get(period), months.get(shift(period, -1))
        any_row = now or before
        found.append(
            ServiceCompared(
                any_row.title,
                any_row.unit,
                any_row.section,
                now.volume if now else 0,
                before.volume if before else 0,
                now.charge if now else 0,
                before.charge if before else 0,
                now.recalculation if now else 0,
                now.benefit if now else 0,
            )
        )
    return found


def start(context: MonthDesk, request: Request) -> HTTPSeeOther:
    """Start the calculation of an open month as a job."""
    period = asked_period(request)
    back = office_url(request, context, period=period)
    if period is None:
        flash(request, _("Choose an open month."), "danger")
        return HTTPSeeOther(back)
    consumption = request.contract(MonthlyConsumption)
    job_id = start_month(
        request.db,
        period,
        consumption=consumption.dotted if consumption is not None else None,
        save=consumption.save_dotted if consumption is not None else None,
        created_by=request.identity.user_id,
        rehearse=request.params.get("rehearse") == "yes",
    )
    audit(request.db, request.identity, "period:month:calculate", ("job", job_id), {"period": period})
    ring_after_commit(request.tm, job_id)
    flash(request, _("The calculation has been started."))
    return HTTPSeeOther(back)


def errors(context: MonthDesk, request: Request) -> Any:
    """All errors and warnings of a month inside the reader's territory, as a list."""
    calculated = [row.id for row in request.office_periods if row.calculated_at is not None]
    period = asked_period(request) or (calculated[0] if calculated else None)
    if period is None:
        raise HTTPNotFound(request.localizer.translate(_("No month has been calculated yet.")))
    scope = scope_filter(request.identity, Permission.PERIOD_MONTH_READ, HOUSE_SCOPE)
    frame, say = request.frame, request.say
    codes = [(row.code, say("error.code", row.code)) for row in error_kinds(request.read, period, scope)]
    listing = Listing(
        request,
        "errors",
        _("Errors and warnings"),
        ERRORS.where(CalculationError.period == period),
        scope=scope,
        columns=(
            Column("severity", _("Severity"), CalculationError.severity, show=lambda fmt, value: say("severity", value)),
            Column("street", _("Street"), ERROR_PLACE, url=frame.house_url),
            Column("house_number", _("House"), url=frame.house_url),
            Column(
                "account_number",
                _("Account"),
                url=lambda row: frame.account_url(row) if row.account_number is not None else None,
            ),
            Column("service", _("Service")),
            Column("code", _("Kind"), CalculationError.code, show=lambda fmt, value: say("error.code", value)),
            Column("detail", _("What is wrong and what to do"), head=True),
        ),
        filters=(
            Filter(
                "period",
                _("Month"),
                "choice",
                CalculationError.period,
                tuple((str(month), request.fmt.period(month)) for month in calculated),
                value=int,
            ),
            Filter("severity", _("Severity"), "choice", CalculationError.severity, SEVERITIES),
            Filter("code", _("Kind"), "choice", CalculationError.code, tuple(dict(codes).items())),
        ),
        tie=CalculationError.number,
        sort="severity",
        page_size=50,
    )
    return listing.answer(period=period)
