"""Wizards of acts: a break or poor quality at a node, the end of an outage, an act that was wrong."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import colander

from startks.domain.facts.services import touched_months
from startks.domain.reductions import acts
from startks.domain.reductions.acts import ActFault, Node
from startks.domain.reductions.checks import DEAD_END_SERVICES, MEASURED, SERVICES_OF
from startks.domain.reductions.queries import accounts_under, own_acts, services_with_acts
from startks.domain.territory.queries import entrance_choices
from startks.framework.i18n import _
from startks.framework.tree.nodes import Apartment, District, House
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.steps import act, ground, plain

NODES = {District: "district", House: "house", Apartment: "premise"}
WHOLE = "house"


def node_kind(context: Any) -> str:
    """district | house | premise of the page's node."""
    return NODES[type(context)]


def clock(typed: str) -> dt.time:
    """Read «8:05» or «08.05»; midnight is 00:00 of the day that begins."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", typed.strip())
    if not found:
        raise ValueError("Время пишется часами и минутами: 08:15.")
    return dt.time(int(found[1]), int(found[2]))


def clock_field(title: Any, name: str, **options: Any) -> colander.SchemaNode:
    """Hours and minutes."""
    return fields.checked(
        title, clock, lambda value: f"{value:%H:%M}", name=name, attributes={"placeholder": "08:15", "inputmode": "text"}, **options
    )


def moment(values: Any, name: str) -> dt.datetime | None:
    """Day and time of two fields; None where both are empty. Raises :class:`FieldFault` where one is."""
    day, time = values.get(f"{name}_day"), values.get(f"{name}_time")
    if day is None and time is None:
        return None
    if day is None or time is None:
        raise FieldFault(f"{name}_{'day' if day is None else 'time'}", "Заполните и день, и время.")
    return dt.datetime.combine(day, time)


def _what_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    if isinstance(state.context, House):
        entrances = [
            (row.id, state.translate(_("Entrance ${number}", mapping={"number": row.number})))
            for row in entrance_choices(state.db, state.context.id)
        ]
        node.add(fields.choice(_("Where"), [(WHOLE, _("the whole house")), *entrances], name="place",
                               help=_("An act of one flat is drawn up on its own card.")))  # fmt: skip
    services = [(row.code, row.title) for row in services_with_acts(state.db)]
    node.add(fields.choice(_("Service"), [("", _("choose")), *services], name="service"))
    node.add(fields.choice(_("What was wrong"), LABELS["act.kind"].items(), name="kind", radio=True))
    return node


def _check_what(state: State, values: dict[str, Any]) -> None:
    if values["service"] not in SERVICES_OF[values["kind"]]:
        raise FieldFault("kind", "Такого нарушения у этой услуги закон не знает (ПП 354, приложение 1): выберите другое.")


def _when_schema(state: State) -> colander.SchemaNode:
    kind, service = state.get("what", "kind"), state.get("what", "service")
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("Day of the beginning"), name="since_day", help=_("By the message of the resident or the meter.")))
    node.add(clock_field(_("Time of the beginning"), "since_time"))
    node.add(fields.date(_("Day of the end"), name="until_day", missing=None, help=_("Leave empty while it goes on.")))
    node.add(clock_field(_("Time of the end"), "until_time", missing=None))
    if kind in MEASURED:
        unit = "°C" if kind == "temperature" else "МПа"
        node.add(fields.number(_("Measured, ${unit}", mapping={"unit": unit}), places=4, name="measured"))
    if kind in MEASURED and service == "heating":
        node.add(fields.number(_("Should have been, ${unit}", mapping={"unit": "°C" if kind == "temperature" else "МПа"}),
                               places=4, name="planned", help=_("Room: +18, corner room +20; pressure by the project.")))  # fmt: skip
    if kind == "break" and service in DEAD_END_SERVICES:
        node.add(fields.flag(_("Accident on a dead-end main: 24 hours are allowed"), name="dead_end"))
    if kind in ("break", "repair") and service == "electricity":
        feeds = ((1, _("one: 24 hours are allowed")), (2, _("two: 2 hours are allowed")))
        node.add(fields.choice(_("Independent sources"), feeds, name="feeds", radio=True))
    return node


def _values(state: State) -> dict[str, Any]:
    """Columns of the act, as far as the steps have been filled."""
    when, paper = state["when"], state["paper"]
    return {
        "kind": state.get("what", "kind"), "since": moment(when, "since"), "until": moment(when, "until"),
        "measured": when.get("measured"), "planned": when.get("planned"), "feeds": int(when.get("feeds") or 1),
        "dead_end": bool(when.get("dead_end")), "number": paper.get("number") or "—",
        "drawn_on": paper.get("drawn_on") or dt.date.today(), "document": paper.get("document") or None,
        "supplier_percent": paper.get("supplier_percent", Decimal(100)),
    }  # fmt: skip


def _node(state: State) -> Node:
    place = state.get("what", "place", WHOLE)
    if isinstance(state.context, House) and place != WHOLE:
        return Node("entrance", int(place))
    return Node(node_kind(state.context), state.context.id)


def _check(state: State, fields_here: tuple[str, ...]) -> None:
    """Refuse what cannot be: at its field where the step has it, else above the step."""
    try:
        acts.check(state.db, _node(state), state["what"]["service"], _values(state))
    except ActFault as fault:
        field = {"since": "since_day", "until": "until_day"}.get(fault.field, fault.field)
        if field in fields_here:
            raise FieldFault(field, fault.message) from fault
        raise


def _check_when(state: State, values: dict[str, Any]) -> None:
    # the day of the act is asked for later
    _check(State(state.request, state.context, {**state.values, "when": values, "paper": {}}), tuple(values))


def _check_paper(state: State, values: dict[str, Any]) -> None:
    _check(State(state.request, state.context, {**state.values, "paper": values}), tuple(values))


def _paper_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.text(_("Number of the act"), name="number", shortest=1, longest=60))
    node.add(fields.date(_("Drawn up on"), name="drawn_on"))
    node.add(fields.number(_("Fault of the supplier, %"), places=2, name="supplier_percent", validator=_percent,
                           help=_("What part of the reduction he answers for; the rest is the managing organisation’s.")))  # fmt: skip
    node.add(fields.text(_("Document"), name="document", missing="", longest=300,
                         help=_("Message register, protocol of measuring, act of restoring.")))  # fmt: skip
    node.add(fields.text(_("Reason"), name="reason", shortest=3, longest=300,
                         help=_("Why it changes: it stands in the history of the card.")))  # fmt: skip
    return node


def _percent(node: Any, value: Any) -> None:
    if not 0 <= value <= 100:
        raise colander.Invalid(node, _("From 0 to 100."))


def _at(state: State, value: dt.datetime | None) -> str:
    return f"{value:%d.%m.%Y %H:%M}" if value else state.translate(_("goes on"))


def _new_review(state: State) -> Review:
    values, node = _values(state), _node(state)
    _check(state, ())
    titles = {row.code: row.title for row in services_with_acts(state.db)}
    until = values["until"] or dt.datetime.now()
    rows = [
        (_("Service"), titles[state["what"]["service"]]),
        (_("What was wrong"), state.translate(LABELS["act.kind"][values["kind"]])),
        (_("Began on"), _at(state, values["since"])),
        (_("Ended on"), _at(state, values["until"])),
        *(((_("Measured"), plain(state, values["measured"])),) if values["measured"] is not None else ()),
        *(((_("Should have been"), plain(state, values["planned"])),) if values["planned"] is not None else ()),
        (_("Act"), f"№ {values['number']}, {values['drawn_on']:%d.%m.%Y}"),
        (_("Fault of the supplier, %"), plain(state, values["supplier_percent"])),
        (_("Document"), plain(state, values["document"])),
        (_("Reason"), state["paper"]["reason"]),
    ]
    count = accounts_under(state.db, node.kind, node.id)
    return Review(
        rows=rows,
        notes=[
            _("Accounts under this place: ${count}. The month takes the reduction off each of their bills by itself.",
              mapping={"count": count}),
        ],
        touched=touched_months(state.db, values["since"].date(), max(until, values["since"]).date() + dt.timedelta(days=1)),
    )  # fmt: skip


def _new_finish(state: State) -> Done:
    acts.draw_up(state.db, _node(state), state["what"]["service"], _values(state), reason=state["paper"]["reason"], by=state.by)
    return Done(office_url(state.request, state.context, "quality"), _("The act was entered."))


NEW_ACT = Wizard(
    name="new-act",
    title=_("Act of a break or of poor quality"),
    steps=(
        Step("what", _("What happened"), _what_schema, check=_check_what, initial=lambda state: {"kind": "break", "place": WHOLE}),
        Step("when", _("When"), _when_schema, check=_check_when, initial=lambda state: {"feeds": "1"},
             hint=_("Local time. Hours that lie over those of another act are counted once.")),
        Step("paper", _("Document"), _paper_schema, check=_check_paper,
             initial=lambda state: {"drawn_on": dt.date.today(), "supplier_percent": Decimal(100)}),
    ),
    review=_new_review,
    finish=_new_finish,
    save=_("Enter the act"),
)  # fmt: skip


# An act that is there


def _named(state: State, row: Any) -> str:
    kind = state.translate(LABELS["act.kind"][row.kind])
    return f"№ {row.number}, {row.drawn_on:%d.%m.%Y}: {row.service}, {kind}, {row.since:%d.%m.%Y %H:%M}"


def _choose(only_open: bool) -> Any:
    def schema(state: State) -> colander.SchemaNode:
        node = colander.SchemaNode(colander.Mapping())
        rows = own_acts(state.db, node_kind(state.context), state.context.id, only_open=only_open)
        node.add(fields.choice(_("Act"), [(row.id, _named(state, row)) for row in rows], name="act", radio=True))
        if only_open:
            node.add(fields.date(_("Day of the end"), name="until_day"))
            node.add(clock_field(_("Time of the end"), "until_time"))
        return node

    return schema


def _any(only_open: bool, sentence: Any) -> Any:
    def allowed(request: Any, context: Any) -> Any:
        return None if own_acts(request.db, node_kind(context), context.id, only_open=only_open) else sentence

    return allowed


def _chosen(state: State) -> Any:
    rows = own_acts(state.db, node_kind(state.context), state.context.id)
    return next(row for row in rows if row.id == int(state["act"]["act"]))


def _check_end(state: State, values: dict[str, Any]) -> None:
    row = _chosen(State(state.request, state.context, {**state.values, "act": values}))
    until = moment(values, "until")
    if until <= row.since:
        raise FieldFault("until_day", f"Перерыв начался {row.since:%d.%m.%Y %H:%M}: он не кончается раньше.")
    if until > dt.datetime.now():
        raise FieldFault("until_day", "Это время ещё не наступило.")


def _act_review(state: State, note: Any, *more: tuple[Any, str]) -> Review:
    row = _chosen(state)
    until = row.until or dt.datetime.now()
    return Review(
        rows=[(_("Act"), _named(state, row)), *more, (_("Reason"), state["ground"]["reason"]),
              (_("Document"), plain(state, state["ground"]["document"]))],
        notes=[note],
        touched=touched_months(state.db, row.since.date(), until.date() + dt.timedelta(days=1)),
    )  # fmt: skip


def _end_finish(state: State) -> Done:
    acts.end(state.db, int(state["act"]["act"]), moment(state["act"], "until"), **act(state))
    return Done(office_url(state.request, state.context, "quality"), _("The outage was ended."))


def _cancel_finish(state: State) -> Done:
    acts.cancel(state.db, int(state["act"]["act"]), **act(state))
    return Done(office_url(state.request, state.context, "quality"), _("The act was cancelled."))


END_OUTAGE = Wizard(
    name="end-outage",
    title=_("End an outage"),
    steps=(
        Step("act", _("Which one and when"), _choose(True), check=_check_end, initial=lambda state: {"until_day": dt.date.today()}),
        ground(title=_("Ground"), dated=False),
    ),
    review=lambda state: _act_review(
        state, _("The reduction for everybody under this place is due: the month takes it off, closed months by a recalculation."),
        (_("Ended on"), _at(state, moment(state["act"], "until"))),
    ),
    finish=_end_finish,
    allowed=_any(True, _("No outage goes on here.")),
)  # fmt: skip

CANCEL_ACT = Wizard(
    name="cancel-act",
    title=_("Cancel an act"),
    steps=(Step("act", _("Which one"), _choose(False)), ground(title=_("Ground"), dated=False)),
    review=lambda state: _act_review(
        state, _("Nothing will be taken off by this act any more; what was taken off in closed months is charged by a recalculation.")
    ),
    finish=_cancel_finish,
    allowed=_any(False, _("There is no act here that could be cancelled.")),
)  # fmt: skip

WIZARDS = tuple((wizard, context) for wizard in (NEW_ACT, END_OUTAGE, CANCEL_ACT) for context in NODES)
