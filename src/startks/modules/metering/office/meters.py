"""The card of a meter and the work done on it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.base.errors import StartksError
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.web.agreement import agree
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.modules.metering import office_queries, work
from startks.modules.metering.office.forms import (
    DOCUMENT,
    LAST_TITLES,
    ZONE_TITLES,
    dial_nodes,
    dial_values,
    initial,
    meter_nodes,
    schema,
)
from startks.modules.metering.office.nodes import MeterNode, Meters
from startks.modules.metering.permissions import MeteringPermission
from startks.modules.metering.readings import entry
from startks.modules.metering.readings.entry import Item, enter

EVENTS = {
    "installed": _("put in"), "sealed": _("sealed"), "verified": _("verified"), "replaced": _("replaced"),
    "removed": _("taken out"), "turned": _("the dial passed through zero"), "corrected": _("corrected"),
}  # fmt: skip
DETAILS = {
    "serial": _("Serial number"), "model": _("Model"), "place": _("Place"), "digits": _("Digits before the comma"),
    "seal": _("Seal number"), "verified_until": _("Verified until"), "value": _("Reading"), "reason": _("Reason"),
}  # fmt: skip
WORKS = (
    ("reading", _("Enter a reading"), "pencil"),
    ("verify", _("Verification"), "rubber-stamp"),
    ("seal", _("Seal"), "lock"),
    ("replace", _("Replace"), "refresh"),
    ("remove", _("Take out"), "x"),
    ("correct", _("Correct"), "edit"),
)

Save = Callable[[dict[str, Any]], None]


def card(context: MeterNode, request: Request) -> dict[str, Any]:
    """Everything about one meter: facts, readings, who did what."""
    may = request.has_permission(MeteringPermission.METER_WRITE, context)
    row = context.row
    return {
        "meter": row,
        "readings": office_queries.meter_readings(request.read, context.id),
        "events": office_queries.meter_events(request.read, context.id),
        "changes": office_queries.reading_changes(request.read, context.id),
        "kinds": EVENTS,
        "detail": lambda event: _details(request, event.detail),
        "works": WORKS if may and row.removed_on is None else WORKS[-1:] if may else (),
        "today": dt.date.today(),
        "may": may,
    }


def new(context: House | Account, request: Request) -> Any:
    """Put a meter in."""
    account = context.id if isinstance(context, Account) else None
    flats = work.communal_flats(request.db, context.house_id) if account is None else []
    whose = [("flat", fields.choice(
        _("Whose meter it is"), [("", _("of the house")), *((flat, _flat_title(request, number)) for flat, number in flats)],
        missing=None,
    ))]
    nodes = schema(*(whose if flats else ()), *meter_nodes(work.resources(request.db)))

    def save(values: dict[str, Any]) -> None:
        made = work.install(
            request.db, _new_meter(values, int(values["service_id"])), house_id=context.house_id, account_id=account,
            premise_id=int(values["flat"]) if values.get("flat") else None, today=dt.date.today(), by=request.identity, document=values["document"],
        )  # fmt: skip
        flash(request, _("The meter № ${serial} was put in.", mapping={"serial": made.serial}))

    return _work(
        context, request, _("Put a meter in"), nodes, save, back=office_url(request, context, "meters"),
        since=lambda values: values["installed_on"], empty={"zones": "1", "digits": "5", "installed_on": dt.date.today()},
    )  # fmt: skip


def _flat_title(request: Request, number: str) -> str:
    return request.localizer.translate(_("communal flat ${number}", mapping={"number": number}))


def replace(context: MeterNode, request: Request) -> Any:
    """Take the meter out and put another in its place."""
    row = context.row
    last = [(f"last{name[5:]}", node) for name, node in dial_nodes(row.zones, LAST_TITLES, missing=None)]
    nodes = schema(*last, ("unreadable", fields.flag(_("The old dial cannot be read"))), *meter_nodes(None))

    def save(values: dict[str, Any]) -> None:
        made = work.replace(
            request.db, context.id, _new_meter(values, row.service_id), last=_last(values, row.zones),
            today=dt.date.today(), by=request.identity, document=values["document"],
        )  # fmt: skip
        flash(request, _("№ ${old} was replaced by № ${new}.", mapping={"old": row.serial, "new": made.serial}))

    return _work(
        context, request, _("Replace the meter"), nodes, save, since=lambda values: values["installed_on"],
        empty={"zones": str(row.zones), "digits": str(row.digits), "installed_on": dt.date.today(), "place": row.place},
        back=office_url(request, context.__parent__.__parent__, "meters"),
    )  # fmt: skip


def remove(context: MeterNode, request: Request) -> Any:
    """Take the meter out for good."""
    row = context.row
    last = [(f"last{name[5:]}", node) for name, node in dial_nodes(row.zones, LAST_TITLES, missing=None)]
    nodes = schema(
        ("day", fields.date(_("Day"))), *last, ("unreadable", fields.flag(_("The old dial cannot be read"))),
        ("reason", fields.text(_("Reason"))), ("document", fields.text(DOCUMENT, missing=None)),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        work.remove(
            request.db, context.id, day=values["day"], last=_last(values, row.zones), reason=values["reason"],
            today=dt.date.today(), by=request.identity, document=values["document"],
        )  # fmt: skip
        flash(request, _("The meter was taken out."))

    return _work(context, request, _("Take the meter out"), nodes, save, since=lambda values: values["day"])


def verify(context: MeterNode, request: Request) -> Any:
    """Note a verification."""
    nodes = schema(
        ("verified_on", fields.date(_("Verified on"))), ("verified_until", fields.date(_("Verified until"))),
        ("document", fields.text(DOCUMENT, missing=None)),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        work.verify(
            request.db, context.id, verified_on=values["verified_on"], verified_until=values["verified_until"],
            today=dt.date.today(), by=request.identity, document=values["document"],
        )  # fmt: skip
        flash(request, _("The verification was noted."))

    return _work(context, request, _("Verification"), nodes, save, since=lambda values: values["verified_on"])


def seal(context: MeterNode, request: Request) -> Any:
    """Note a seal."""
    nodes = schema(
        ("day", fields.date(_("Day"))), ("number", fields.text(_("Seal number"), longest=40)),
        ("document", fields.text(DOCUMENT, missing=None)),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        work.seal(
            request.db, context.id, day=values["day"], number=values["number"], today=dt.date.today(),
            by=request.identity, document=values["document"],
        )  # fmt: skip
        flash(request, _("The seal was noted."))

    return _work(context, request, _("Seal"), nodes, save, empty={"day": dt.date.today()})


def correct(context: MeterNode, request: Request) -> Any:
    """Correct what was written down wrongly."""
    row = context.row
    nodes = schema(
        ("serial", fields.text(_("Serial number"), longest=40)), ("model", fields.text(_("Model"), longest=80, missing=None)),
        ("place", fields.text(_("Place"), longest=80, missing=None)),
        ("digits", fields.choice(_("Digits before the comma"), [(str(n), str(n)) for n in work.DIGITS])),
        ("reason", fields.text(_("Reason of the correction"))),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        changed = {name: values[name] for name in ("serial", "model", "place")} | {"digits": int(values["digits"])}
        work.correct(
            request.db, context.id, changed, reason=values["reason"], today=dt.date.today(), by=request.identity
        )
        flash(request, _("The correction was kept."))

    empty = {"serial": row.serial, "model": row.model, "place": row.place, "digits": str(row.digits)}
    return _work(context, request, _("Correct the meter"), nodes, save, empty={k: v for k, v in empty.items() if v})


def reading(context: MeterNode, request: Request) -> Any:
    """Enter one reading; also through zero."""
    row = context.row
    nodes = schema(
        ("day", fields.date(_("Day"))), *dial_nodes(row.zones, ZONE_TITLES, missing=None),
        ("turned", fields.flag(_("the dial passed through zero"))), ("confirmed", fields.flag(_("the value is right"))),
        ("document", fields.text(DOCUMENT, missing=None)),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        given = dial_values(values, row.zones)
        if given is None:
            raise StartksError("Впишите показание.")
        items = [Item(context.id, zone, value, values["turned"], values["confirmed"]) for zone, value in given.items()]
        outcomes = enter(
            request.db, items, day=values["day"], channel="one", by=request.identity, today=dt.date.today(),
            house_id=context.house_id, document=values["document"],
            source="act" if values["document"] else "operator",
        )  # fmt: skip
        wrong = [finding.sentence for outcome in outcomes if not outcome.saved for finding in outcome.findings]
        if wrong:
            raise StartksError(" ".join(wrong))
        flash(request, _("The reading was saved."))

    return _work(
        context, request, _("Enter a reading"), nodes, save, since=lambda values: values["day"],
        empty={"day": dt.date.today()},
    )  # fmt: skip


def strike(context: MeterNode, request: Request) -> Any:
    """Take a wrong reading out."""
    zone = request.params.get("zone", "0")
    nodes = schema(
        ("day", fields.date(_("Day"))), ("zone", fields.choice(_("Zone"), _ZONES[context.row.zones])),
        ("reason", fields.text(_("Reason"))),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> None:
        entry.strike(
            request.db, context.id, int(values["zone"]), values["day"], reason=values["reason"], by=request.identity
        )
        flash(request, _("The reading was taken out."))

    empty: dict[str, Any] = {"zone": zone}
    with contextlib.suppress(ValueError):  # without a day in the address the clerk writes it himself
        empty["day"] = dt.date.fromisoformat(request.params.get("of", ""))
    return _work(context, request, _("Take a reading out"), nodes, save, empty=empty, since=lambda values: values["day"])


_ZONES = {1: [("0", _("whole day"))], 2: [("1", _("day")), ("2", _("night"))]}


def _work(
    context: Any,
    request: Request,
    title: Any,
    nodes: Any,
    save: Save,
    *,
    back: str | None = None,
    since: Callable[[dict[str, Any]], dt.date] | None = None,
    empty: dict[str, Any] | None = None,
) -> Any:
    """Show a form, say which calculated months it touches, save, go back."""
    back = back or office_url(request, context)
    form = Form(request, nodes, submit=_("Save"))
    if request.method == "POST":
        values = form.validate()
        if values is not None and _agreed(context, request, form, values, since):
            try:
                with request.db.begin_nested():
                    save(values)
            except StartksError as error:
                form.fail(error.message)
            else:
                return HTTPSeeOther(location=back)
        request.response.status_int = 422
    return {"title": title, "form": form.html({k: v for k, v in (empty or {}).items() if v is not None}), "back": back}


def _agreed(
    context: Any, request: Request, form: Form, values: dict[str, Any],
    since: Callable[[dict[str, Any]], dt.date] | None,
) -> bool:
    if since is None:
        return True
    account = context.account_id
    months = entry.touched(request.db, since(values), account_id=account, house_id=None if account else context.house_id)
    return agree(form, values, months)


def _new_meter(values: dict[str, Any], service_id: int) -> work.NewMeter:
    return work.NewMeter(
        service_id=service_id, serial=values["serial"], installed_on=values["installed_on"], zones=int(values["zones"]),
        digits=int(values["digits"]), model=values["model"], place=values["place"], verified_on=values["verified_on"],
        verified_until=values["verified_until"], seal=values["seal"], initial=initial(values),
    )  # fmt: skip


def _last(values: dict[str, Any], zones: int) -> dict[int, int] | None:
    last = dial_values(values, zones, "last")
    if last is None and not values["unreadable"]:
        raise StartksError("Впишите последнее показание или отметьте, что старое табло не читается.")
    return last


def _details(request: Request, detail: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, before, after) of an event, as people read it."""
    translate = request.localizer.translate
    return [
        (translate(DETAILS[name]), _value(request, name, pair[0]), _value(request, name, pair[1]))
        for name, pair in detail.items()
        if name in DETAILS and isinstance(pair, list)
    ]


def _value(request: Request, name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "value":
        return " / ".join(request.fmt.micro(one) for one in (value if isinstance(value, list) else [value]))
    if name == "verified_until":
        return request.fmt.date(dt.date.fromisoformat(value))
    return str(value)


def listing(context: Meters, request: Request) -> HTTPSeeOther:
    """The list of meters is a tab of the card above."""
    return HTTPSeeOther(location=office_url(request, context.__parent__, "meters"))
