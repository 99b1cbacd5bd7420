"""Reminders of verification in the office: by month, with a file for printing and a word that the papers were handed over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import FileResponse

from startks.base.errors import StartksError
from startks.domain.security.access import scope_filter
from startks.domain.security.audit import audit
from startks.domain.territory.models import Street
from startks.framework.i18n import _
from startks.framework.jobs import progress, ring_after_commit
from startks.framework.jobs.models import Job
from startks.framework.tree.urls import office_url
from startks.framework.web import fields, settings_of
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.framework.web.lists import Column, Filter, Listing
from startks.modules.metering.models import VerificationNotice as Notice
from startks.modules.metering.notices import jobs, services
from startks.modules.metering.office.nodes import MeteringDesk
from startks.modules.metering.permissions import MeteringPermission

STATES = (
    ("waiting", _("not told yet")), ("cabinet", _("in the cabinet")), ("printed", _("printed")), ("handed", _("handed over")),
)  # fmt: skip
CONDITIONS = {
    "waiting": Notice.cabinet_on.is_(None) & Notice.handed_on.is_(None), "cabinet": Notice.cabinet_on.is_not(None),
    "printed": Notice.printed_on.is_not(None) & Notice.handed_on.is_(None), "handed": Notice.handed_on.is_not(None),
}  # fmt: skip


class Handing(colander.MappingSchema):
    """When the papers were handed over."""

    day = fields.date(_("Handed over on"))


def notices(context: MeteringDesk, request: Request) -> Any:
    """The reminders of a month in the reader's territory, how far they are, and what may be done with them."""
    scope = scope_filter(request.identity, MeteringPermission.METER_LIST, services.SCOPE)
    known = services.months(request.read, scope)
    month = _month(request, [row.month for row in known])
    state = request.params.get("state", "")
    statement = services.NOTICES.where(Notice.month == month)
    if state in CONDITIONS:
        statement = statement.where(CONDITIONS[state])
    listing = Listing(
        request,
        "notices",
        _("Notices of verification"),
        statement,
        scope=scope,
        columns=(
            Column("verified_until", _("Verified until"), Notice.verified_until, show=lambda fmt, day: fmt.date(day)),
            Column("address", _("Address"), url=lambda row: request.frame.house_url(row, "meters")),
            Column("premise_number", _("Flat")),
            Column("account_number", _("Account"), url=lambda row: request.frame.account_url(row, "meters")),
            Column("service", _("Resource")),
            Column("serial", _("Serial number"), url=lambda row: f"{request.frame.house_url(row)}/+meters/{row.meter_id}", head=True),
            Column("cabinet_on", _("In the cabinet since"), Notice.cabinet_on, show=_day),
            Column("printed_on", _("Printed"), Notice.printed_on, show=_day),
            Column("handed_on", _("Handed over"), Notice.handed_on, show=_day),
        ),
        filters=(Filter("street", _("Street"), "contains", Street.name),),
        tie=Notice.meter_id,
        sort="verified_until",
        empty=_("There are no such notices."),
        page_size=50,
        kept={"month": month, **({"state": state} if state in CONDITIONS else {})},
    )
    here = office_url(request, context, "notices")
    return listing.answer(
        month=month, known=known, counted=next((row for row in known if row.month == month), None), state=state,
        states=[(name, title, f"{here}?month={month}&state={name}") for name, title in STATES], here=here,
        may_write=request.has_permission(MeteringPermission.NOTICE_OPEN, context), ahead=services.AHEAD_DAYS,
        form=Form(request, Handing(), submit=_("Mark the printed ones as handed over"), action=office_url(
            request, context, "notices-hand", month=month)).html({"day": dt.date.today()}),
    )  # fmt: skip


def order(context: MeteringDesk, request: Request) -> HTTPSeeOther:
    """Order the file for printing of a month."""
    month = _asked(request)
    job = jobs.start(request.db, _folder(request), month, by=request.identity.user_id, today=dt.date.today())
    audit(request.db, request.identity, "metering:notice:print", ("job", job), {"month": month})
    ring_after_commit(request.tm, job)
    return HTTPSeeOther(office_url(request, context, "notices-order", job=job))


def ordered(context: MeteringDesk, request: Request) -> dict[str, Any]:
    """How far the file is, and the file."""
    job = _own(request)
    state = progress(request.read, job.id)
    return {
        "title": job.title, "progress": state, "job_url": office_url(request, context.__parent__["+jobs"]) + f"/{job.id}",
        "may_stop": True, "back": office_url(request, context, "notices", month=job.payload["month"]),
        "file_url": office_url(request, context, "notices-file", job=job.id)
        if state["state"] == "done" and jobs.file_of(_folder(request), job.id).is_file() else None,
    }  # fmt: skip


def download(context: MeteringDesk, request: Request) -> FileResponse:
    """Send the file to who ordered it: it was made with his rights."""
    job = _own(request)
    path = jobs.file_of(_folder(request), job.id)
    if not path.is_file():
        raise HTTPNotFound()
    response = FileResponse(str(path), request=request, content_type="application/pdf", content_encoding=None)
    response.headers["Content-Disposition"] = f'attachment; filename="notices-{job.payload["month"]}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def hand(context: MeteringDesk, request: Request) -> HTTPSeeOther:
    """Say that the printed papers of a month were handed over."""
    month = _asked(request)
    form = Form(request, Handing())
    values = form.validate()
    if values is None:
        flash(request, _("Write the day as DD.MM.YYYY."), "danger")
    else:
        scope = scope_filter(request.identity, MeteringPermission.METER_WRITE, services.SCOPE)
        try:
            with request.db.begin_nested():
                count = services.hand_over(
                    request.db, month, scope, day=values["day"], today=dt.date.today(), by=request.identity
                )
        except StartksError as error:
            flash(request, error.message, "danger")
        else:
            flash(request, _("Marked as handed over: ${count}.", mapping={"count": count}))
    return HTTPSeeOther(office_url(request, context, "notices", month=month))


def _day(fmt: Any, day: dt.date | None) -> str:
    return fmt.date(day) if day is not None else ""


def _month(request: Request, known: list[int]) -> int:
    """The month asked for; else the first that is not over, else the newest."""
    today = dt.date.today()
    now = today.year * 100 + today.month
    asked = request.params.get("month", "")
    if asked in {str(month) for month in known}:
        return int(asked)
    return min((month for month in known if month >= now), default=max(known, default=now))


def _asked(request: Request) -> int:
    typed = request.params.get("month", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6 and 1 <= int(typed) % 100 <= 12):
        raise HTTPNotFound()
    return int(typed)


def _own(request: Request) -> Job:
    typed = request.params.get("job", "")
    job = request.db.get(Job, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 15 else None
    if job is None or job.kind != jobs.PRINT_JOB:
        raise HTTPNotFound()
    if job.created_by != request.identity.user_id:
        raise HTTPForbidden()
    return job


def _folder(request: Request) -> Path:
    folder = settings_of(request.registry).data_dir
    if folder is None:
        raise StartksError("Не указана папка для файлов: задайте startks.data_dir.")
    return Path(folder)
