"""Wizards of interference with a flat's meter: the act of the check that found it, and the day it was mended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.facts.services import touched_months
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks.modules.metering import broken_seals
from startks.modules.metering.broken_seals import Days, SealFault

_SERVICE, _FOUND, _MENDED = _("Service"), _("Found by the check of"), _("Mended on")
_CLOSED = _("No meter of this account charges a service: there is nothing to interfere with.")


def _node(*children: colander.SchemaNode) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    for child in children:
        node.add(child)
    return node


def _paper() -> tuple[colander.SchemaNode, ...]:
    return (
        fields.text(_("Act"), name="document", shortest=3, longest=300, help=_("Kind, number and date of the paper.")),
        fields.text(_("Reason"), name="reason", shortest=3, longest=300),
    )


def _act_schema(state: State) -> colander.SchemaNode:
    rows = broken_seals.sealed_services(state.db, state.context.id)
    return _node(
        fields.choice(_SERVICE, [(row.id, row.title) for row in rows], name="service", radio=True),
        fields.date(_FOUND, name="found_on"),
        fields.date(_("Seal put on"), name="sealed_on", missing=None),
        fields.date(_("Check before"), name="checked_on", missing=None,
                    help=_("The later of these two days begins the charge, at most three months before the check that found it.")),
        fields.date(_MENDED, name="mended_on", missing=None,
                    help=_("Empty while it is not mended: the day is entered later, on the tab of meters.")),
        *_paper(),
    )  # fmt: skip


def _days(state: State, values: dict[str, Any]) -> Days:
    return broken_seals.check(state.db, state.context.id, int(values["service"]), values)


def _check(state: State, values: dict[str, Any]) -> None:
    try:
        _days(state, values)
    except SealFault as fault:
        raise FieldFault(fault.field, fault.message) from fault


def _title(state: State, number: Any) -> str:
    return next(row.title for row in broken_seals.sealed_services(state.db, state.context.id) if row.id == int(number))


def _review(state: State) -> Review:
    values = state["act"]
    days, day = _days(state, values), state.request.fmt.date
    notes = [_("These days are charged by the norm with the coefficient 10 for every resident (owner where nobody is registered), "
               "the readings count for the others only.")]
    if days.cut:
        notes.append(_("The seal and the last check are more than three months older than the check: the charge begins later."))
    return Review(
        rows=[
            (_SERVICE, _title(state, values["service"])), (_FOUND, day(values["found_on"])),
            (_("Charged from"), day(days.since)),
            (_MENDED, day(values["mended_on"]) if values["mended_on"] else state.translate(_("not yet"))),
            (_("Act"), values["document"]), (_("Reason"), values["reason"]),
        ],
        notes=notes,
        touched=touched_months(state.db, days.since, values["mended_on"], account_id=state.context.id),
    )  # fmt: skip


def _finish(state: State) -> Done:
    values = state["act"]
    broken_seals.enter(
        state.db, state.context.id, int(values["service"]), values, reason=values["reason"], document=values["document"], by=state.by
    )
    return Done(office_url(state.request, state.context, "meters"), _("The act was entered."))


BROKEN_SEAL = Wizard(
    name="broken-seal",
    title=_("Interference with a meter"),
    steps=(Step("act", _("Act of the check"), _act_schema, check=_check,
                initial=lambda state: {"found_on": dt.date.today()}),),
    review=_review,
    finish=_finish,
    allowed=lambda request, context: None if broken_seals.sealed_services(request.db, context.id) else _CLOSED,
)  # fmt: skip


def _mend_schema(state: State) -> colander.SchemaNode:
    rows = broken_seals.open_acts(state.db, state.context.id)
    return _node(
        fields.choice(_SERVICE, [(row.id, f"{row.title}, {row.found_on:%d.%m.%Y}") for row in rows], name="service", radio=True),
        fields.date(_MENDED, name="mended_on", help=_("From that day on the readings count again.")), *_paper(),
    )  # fmt: skip


def _mended_service(state: State, values: dict[str, Any]) -> str:
    return broken_seals.check_mended(state.db, state.context.id, int(values["service"]), values["mended_on"])


def _check_mended(state: State, values: dict[str, Any]) -> None:
    try:
        _mended_service(state, values)
    except SealFault as fault:
        raise FieldFault(fault.field, fault.message) from fault


def _mend_review(state: State) -> Review:
    values = state["mend"]
    return Review(
        # The meter may be off the wall by now, so that the act names the service.
        rows=[(_SERVICE, _mended_service(state, values)), (_MENDED, state.request.fmt.date(values["mended_on"])),
              (_("Act"), values["document"])],
        touched=touched_months(state.db, values["mended_on"], account_id=state.context.id),
    )  # fmt: skip


def _mend_finish(state: State) -> Done:
    values = state["mend"]
    broken_seals.mend(
        state.db, state.context.id, int(values["service"]), values["mended_on"], reason=values["reason"],
        document=values["document"], by=state.by,
    )  # fmt: skip
    return Done(office_url(state.request, state.context, "meters"), _("The interference has ended."))


MENDED = Wizard(
    name="seal-mended",
    title=_("Interference was mended"),
    steps=(Step("mend", _("What was mended"), _mend_schema, check=_check_mended),),
    review=_mend_review,
    finish=_mend_finish,
    allowed=lambda request, context: None if broken_seals.open_acts(request.db, context.id) else _("No interference goes on."),
)
