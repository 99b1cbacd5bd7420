"""The month's life in the office: groups of the rehearsal and their lines, the gate and signatures, closing, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from sqlalchemy import Row, true

from startks.base.errors import StartksError
from startks.base.periods import first_day
from startks.domain.periods import gate, queries, services
from startks.domain.periods.models import GateFinding, rehearsal_row
from startks.domain.reference.law_queries import ends_ahead
from startks.domain.security import scope_filter
from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.domain.territory.models import Street
from startks.domain.territory.passport_queries import HOUSE_SCOPE
from startks.framework.i18n import _
from startks.framework.jobs import ring_after_commit
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.framework.web.lists import Column, Filter, Listing
from startks.modules.billing.office.account import asked_period
from startks.modules.billing.rehearsal.causes import ORDER, WORDS, Cause
from startks.modules.billing.rehearsal.closing import start_closing
from startks.modules.billing.rehearsal.tasks import start_rehearsal

C = rehearsal_row.c


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A cause as the page tells it; kopecks."""

    cause: int
    title: Any
    told: Any
    tone: str
    accounts: int
    houses: int
    before: int
    change: int
    services: tuple[Row, ...]

    @property
    def percent(self) -> Decimal | None:
        """The change in per cent of what these lines were; None where there was nothing."""
        return Decimal(self.change) * 100 / abs(self.before) if self.before else None


def shown_groups(rows: Sequence[Row]) -> list[ShownGroup]:
    """Causes in the order in which people should look, each with its services."""
    known = {int(cause) for cause in WORDS}
    whole = [row for row in rows if row.service_id == 0 and row.cause in known]
    found = []
    for row in sorted(whole, key=lambda row: ORDER[Cause(row.cause)]):
        word = WORDS[Cause(row.cause)]
        parts = tuple(part for part in rows if part.cause == row.cause and part.service_id != 0)
        found.append(ShownGroup(
            row.cause, word.title, word.told, word.tone, row.accounts, row.houses, row.before, row.change, parts
        ))
    return found


def month_of(request: Request) -> Row:
    """The month asked for, the one people work in where none was; HTTPNotFound where there is none."""
    period = asked_period(request)
    found = next((row for row in request.office_periods if row.id == period), request.office_current_period)
    if found is None:
        raise HTTPNotFound(request.localizer.translate(_("No month has been opened yet.")))
    return found


def rehearse(context: Any, request: Request) -> HTTPSeeOther:
    """Start the rehearsal of a calculated month as a job."""
    month = month_of(request)
    try:
        job = start_rehearsal(request.db, month.id, created_by=request.identity.user_id)
    except StartksError as error:
        flash(request, error.message, "danger")
    else:
        audit(request.db, request.identity, "period:month:rehearse", ("job", job), {"period": month.id})
        ring_after_commit(request.tm, job)
        flash(request, _("The rehearsal has been started."))
    return HTTPSeeOther(office_url(request, context, period=month.id))


class GroupListing(Listing):
    """Lines of a group whose number is known: counting hundreds of thousands of them again would be the whole cost."""

    known: int | None = None

    def _rows(self, number: int) -> tuple[Sequence[Row], int]:
        if self.known is None or self.filtered or self.sort_key.removeprefix("-") != "change":
            return super()._rows(number)
        rows = queries.group_page(
            self.request.read,
            int(self.kept["period"]),
            int(self.kept["cause"]),
            descending=self.sort_key.startswith("-"),
            limit=self.page_size,
            offset=(number - 1) * self.page_size,
        )
        return rows, self.known


def group(context: Any, request: Request) -> Any:
    """Accounts of one cause, largest change first; a row leads to the account's bill."""
    month = month_of(request)
    typed = request.params.get("cause", "")
    if not (typed.isascii() and typed.isdigit() and int(typed) in {int(cause) for cause in WORDS}):
        raise HTTPNotFound(request.localizer.translate(_("There is no such cause.")))
    cause = Cause(int(typed))
    found = shown_groups([row for row in queries.groups(request.read, month.id) if row.cause == cause])
    kept = queries.rows_kept(request.read, month.id)
    scope = scope_filter(request.identity, Permission.PERIOD_MONTH_READ, HOUSE_SCOPE)
    frame = request.frame
    parts = found[0].services if found else ()
    listing = GroupListing(
        request,
        "group",
        WORDS[cause].title,
        queries.GROUP_ROWS.where(C.period == month.id, C.cause == int(cause)),
        scope=scope,
        columns=(
            Column("account_number", _("Account"), url=lambda row: frame.account_url(row, "bill", period=month.id),
                   head=True),
            Column("street", _("Street"), url=frame.house_url),
            Column("house_number", _("House")),
            Column("premise_number", _("Premise")),
            Column("service", _("Service")),
            Column("before", _("Was"), C.before, show=lambda fmt, value: fmt.money(value), numeric=True),
            Column("after", _("Is"), C.after, show=lambda fmt, value: fmt.money(value), numeric=True),
            Column("change", _("Of this cause"), queries.CHANGE_SIZE, show=lambda fmt, value: signed(fmt, value),
                   numeric=True),
        ),
        filters=(
            Filter("service", _("Service"), "choice", C.service_id,
                   tuple((str(part.service_id), part.service) for part in parts), value=int),
            Filter("street", _("Street"), "contains", Street.name),
        ),
        tie=C.account_id,
        sort="-change",
        page_size=50,
        kept={"period": month.id, "cause": int(cause)},
    )
    if scope.compare(true()):
        listing.known = sum(part.accounts for part in parts)
    return listing.answer(month=month, found=found[0] if found else None, kept=kept, period=month.id)


def signed(fmt: Any, kopecks: int) -> str:
    """Money with its sign, as a change is read."""
    return ("+" if kopecks > 0 else "") + fmt.money(kopecks)


def gate_page(context: Any, request: Request) -> dict[str, Any]:
    """What must hold before closing, what does not, who signed."""
    month = month_of(request)
    lines = gate.state(request.read, month.id)
    return {
        "month": month,
        "period": month.id,
        "lines": lines,
        "ends": ends_ahead(request.read, first_day(month.id)),
        "may_sign": month.state == "rehearsed" and request.has_permission(Permission.PERIOD_MONTH_CLOSE, context),
        "green": bool(lines) and all(line.passed for line in lines),
    }


def findings(context: Any, request: Request) -> Any:
    """Places where one invariant does not hold."""
    month = month_of(request)
    name = request.params.get("name", "")
    line = next((line for line in gate.state(request.read, month.id) if line.name == name), None)
    if line is None:
        raise HTTPNotFound(request.localizer.translate(_("There is no such check.")))
    frame = request.frame
    listing = Listing(
        request,
        "findings",
        line.title,
        queries.FINDINGS.where(GateFinding.period == month.id, GateFinding.name == name),
        scope=scope_filter(request.identity, Permission.PERIOD_MONTH_READ, HOUSE_SCOPE),
        columns=(
            Column("account_number", _("Account"), url=lambda row: (
                frame.account_url(row, "bill", period=month.id) if row.account_number is not None else None)),
            Column("street", _("Street"), url=lambda row: (
                frame.house_url(row, "month", period=month.id) if row.house_slug is not None else None)),
            Column("house_number", _("House")),
            Column("service", _("Service")),
            Column("detail", _("What does not hold"), GateFinding.id, head=True),
        ),
        filters=(Filter("street", _("Street"), "contains", Street.name),),
        tie=GateFinding.id,
        page_size=50,
        kept={"period": month.id, "name": name},
    )
    return listing.answer(month=month, line=line, period=month.id)


class Signature(colander.MappingSchema):
    """Why the month is closed although the check is red."""

    reason = fields.paragraph(_("Reason"), rows=3, longest=1000, help=_("It is kept for ever beside your name."))


def sign(context: Any, request: Request) -> Any:
    """Sign for one check, with a reason."""
    month = month_of(request)
    name = request.params.get("name", "")
    line = next((line for line in gate.state(request.read, month.id) if line.name == name), None)
    if line is None:
        raise HTTPNotFound(request.localizer.translate(_("There is no such check.")))
    form = Form(request, Signature(), submit=_("Sign"), style="btn-danger")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                services.sign(request.db, month.id, name, values["reason"], request.identity.user_id)
            except StartksError as error:
                form.fail(error.message)
            else:
                flash(request, _("Signed."))
                return HTTPSeeOther(office_url(request, context, "gate", period=month.id))
        request.response.status_int = 422
    return {"month": month, "period": month.id, "line": line, "form": form.html()}


class Closing(colander.MappingSchema):
    """The month typed by hand, so that nobody closes one by a slip."""

    month = fields.text(_("Type the month to be closed, MM.YYYY"), longest=10,
                        attributes={"autocomplete": "off", "inputmode": "numeric"})


def close(context: Any, request: Request) -> Any:
    """Close the month for ever, after its name was typed."""
    month = month_of(request)
    lines = gate.state(request.read, month.id)
    ready = month.state == "rehearsed" and bool(lines) and all(line.passed for line in lines)
    form = Form(request, Closing(), submit=_("Close the month for ever"), style="btn-danger")
    if request.method == "POST":
        values = form.validate()
        wanted = f"{month.id % 100:02d}.{month.id // 100}"
        if values is not None and values["month"] != wanted:
            form.fail(_("This is not the month of this page. Type ${month}.", mapping={"month": wanted}), "month")
        elif values is not None:
            try:
                job = start_closing(request.db, month.id, created_by=request.identity.user_id)
            except StartksError as error:
                form.fail(error.message)
            else:
                ring_after_commit(request.tm, job)
                flash(request, _("The closing has been started."))
                return HTTPSeeOther(office_url(request, context, period=month.id))
        request.response.status_int = 422
    return {"month": month, "period": month.id, "ready": ready, "lines": lines, "form": form.html()}


def history(context: Any, request: Request) -> dict[str, Any]:
    """All months with what they were closed with."""
    return {"rows": queries.history(request.read)}
