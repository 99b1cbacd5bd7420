"""Wizards of new values: what, how much and from when, by which act; the last page shows what ends and what is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import colander

from startks.domain.facts.services import Plan
from startks.domain.reference import services
from startks.domain.reference.levels import ORGANISATION, houses
from startks.domain.reference.list_queries import acts_for_choice, norm_units, services_for_choice
from startks.domain.reference.services import BOOKS, Value
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields, formats
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS

LARGEST_COUNT = 20


def _mapping(**nodes: colander.SchemaNode) -> colander.SchemaNode:
    made = colander.SchemaNode(colander.Mapping())
    for name, node in nodes.items():
        node.name = name
        made.add(node)
    return made


# What


def _tariff_what(state: State) -> colander.SchemaNode:
    nodes = {
        "service_id": fields.choice(_("Service"), [("", "—"), *services_for_choice(state.db)]),
        "category": fields.text(_("Category"), missing="", help=_("As in the connections of services; empty: for all.")),
    }
    if state.context.level.kind == ORGANISATION:
        own = [(str(house), address) for house, _town, address in houses(state.db, state.context.level.id, dt.date.today())]
        nodes["house"] = fields.choice(_("House"), [("all", _("all our houses")), *own])
    return _mapping(**nodes)


def _norm_what(state: State) -> colander.SchemaNode:
    count = fields.at_least(0, _("Not less than zero."))
    return _mapping(
        service_id=fields.choice(_("Service"), [("", "—"), *services_for_choice(state.db)]),
        purpose=fields.choice(_("For what"), LABELS["norm.purpose"].items()),
        category=fields.text(_("Category"), missing=""),
        rooms=fields.number(_("Rooms"), places=0, missing=0, validator=count, help=_("0: does not depend on them")),
        residents=fields.number(_("Residents"), places=0, missing=0, validator=count, help=_("0: does not depend on them")),
    )


def _parameter_what(state: State) -> colander.SchemaNode:
    known = services.parameter_codes(state.db)
    return _mapping(code=fields.choice(_("Parameter"), [("", "—"), *((code, code) for code in known)]))


def _norm_check(state: State, values: dict[str, Any]) -> None:
    for name in ("rooms", "residents"):
        if values[name] > LARGEST_COUNT:
            raise FieldFault(name, _("So many do not happen: check the number."))


# How much and from when


def _how_much(book: str) -> Callable[[State], colander.SchemaNode]:
    def schema(state: State) -> colander.SchemaNode:
        nodes = {"value": fields.number(_("Tariff, ₽") if book == "tariffs" else _("Value"), places=6)}
        if book == "norms":
            nodes["unit"] = fields.choice(
                _("Unit"), [("", "—"), *((unit, LABELS["norm.unit"].get(unit, unit)) for unit in norm_units(state.db))]
            )
        return _mapping(
            **nodes,
            valid_from=fields.date(_("From"), help=_("A day ahead is a planned value: it waits for its day.")),
            valid_to=fields.date(_("Until, that day not included"), missing=None, help=_("Empty: until the next value.")),
            correct=fields.flag(_("Correction: what stood there from this day was wrong")),
        )

    return schema


def _how_much_check(state: State, values: dict[str, Any]) -> None:
    if values["valid_to"] is not None and values["valid_to"] <= values["valid_from"]:
        raise FieldFault("valid_to", _("The end must be later than the beginning."))


# By which act


def _ground(state: State) -> colander.SchemaNode:
    return _mapping(
        act_id=fields.choice(_("Act"), [("", _("a new one, named below")), *acts_for_choice(state.db)], missing=""),
        title=fields.text(_("New act: title"), missing=None, longest=300),
        number=fields.text(_("New act: number"), missing=None, longest=60),
        body=fields.text(_("New act: adopted by"), missing=None),
        adopted_on=fields.date(_("New act: of"), missing=None),
        paragraph=fields.text(_("Paragraph"), missing=None, longest=60),
        estimate=fields.flag(_("This is an estimate, not the figure of the act")),
        note=fields.text(_("Note"), missing=None, longest=500),
        reason=fields.text(_("Reason"), help=_("Why it changes: it stands in the history of the card.")),
    )


def _ground_check(state: State, values: dict[str, Any]) -> None:
    if not values["act_id"] and not values["title"]:
        raise FieldFault("act_id", _("Choose an act or name a new one."))
    if values["act_id"] and values["title"]:
        raise FieldFault("title", _("An act is chosen already: leave the new one empty, or choose «a new one»."))


# Check and save


def _keys(state: State, book: str) -> dict[str, Any]:
    values = state["what"]
    keys = {name: values[name] for name in BOOKS[book].keys}
    return {name: int(value) if name in ("service_id", "rooms", "residents") else value for name, value in keys.items()}


def _house_ids(state: State) -> tuple[int, ...]:
    house = state.get("what", "house", "all")
    return () if house == "all" else (int(house),)


def _act(state: State) -> int:
    values = state["ground"]
    if values["act_id"]:
        return int(values["act_id"])
    return services.add_act(
        state.db, title=values["title"], number=values["number"], body=values["body"], adopted_on=values["adopted_on"],
        url=None, by=state.by,
    )  # fmt: skip


def _said(state: State, act_id: int) -> Value:
    much, ground = state["value"], state["ground"]
    return Value(
        much["value"], act_id, ground["paragraph"], not ground["estimate"], ground["note"], much.get("unit"),
    )  # fmt: skip


def _plan(state: State, book: str) -> Plan:
    """What would happen; a new act is entered for the look only."""
    much = state["value"]
    inside = state.db.begin_nested()
    try:
        return services.plan_value(
            state.db, state.context.level, book, _keys(state, book), _said(state, _act(state)), valid_from=much["valid_from"],
            valid_to=much["valid_to"], house_ids=_house_ids(state), correct=much["correct"],
        )  # fmt: skip
    finally:
        inside.rollback()


def _review(book: str) -> Callable[[State], Review]:
    def review(state: State) -> Review:
        plan = _plan(state, book)
        much, ground, fmt = state["value"], state["ground"], formats
        what = [
            (node.title, _shown(state, node, value))
            for node in _WHAT[book](state).children
            for value in [state["what"].get(node.name)]
            if value not in (None, "", 0)
        ]
        acts = {str(number): title for number, title in acts_for_choice(state.db)}
        rows = [
            *what,
            (_("Value"), fmt.number(much["value"])),
            (_("From"), fmt.date(much["valid_from"])),
            (_("Until, that day not included"), fmt.date(much["valid_to"])),
            (_("Act"), acts.get(ground["act_id"]) or " ".join(filter(None, (ground["title"], ground["number"])))),
            (_("Reason"), ground["reason"]),
        ]
        notes = []
        if much["valid_from"] > dt.date.today():
            notes.append(_("This is a planned value: it comes into force by itself on ${day}.",
                           mapping={"day": fmt.date(much["valid_from"])}))  # fmt: skip
        translate = state.translate
        heads = [translate(_("From")), translate(_("To")), translate(_("Value"))]
        return Review(
            rows=rows, notes=[translate(note) for note in notes], touched=plan.touched,
            tables=((translate(_("As it was")), heads, _pieces(plan.before)), (translate(_("As it will be")), heads, _pieces(plan.after))),
        )  # fmt: skip

    return review


def _finish(book: str) -> Callable[[State], Done]:
    def finish(state: State) -> Done:
        much = state["value"]
        services.set_value(
            state.db, state.context.level, book, _keys(state, book), _said(state, _act(state)), valid_from=much["valid_from"],
            valid_to=much["valid_to"], house_ids=_house_ids(state), reason=state["ground"]["reason"], by=state.by,
            correct=much["correct"],
        )  # fmt: skip
        return Done(office_url(state.request, state.context, book), _("The value was kept."))

    return finish


def _pieces(pieces: Any) -> list[list[str]]:
    return [
        [
            formats.date(since) if since > dt.date.min else "—", formats.date(until) if until < dt.date.max else "—",
            formats.number(services.exact(values["value"])) if values.get("value") is not None else "—",
        ]
        for since, until, values in pieces
    ]  # fmt: skip


def _shown(state: State, node: colander.SchemaNode, value: Any) -> str:
    titles = dict(getattr(node.widget, "values", None) or ())
    return state.translate(titles.get(str(value), str(value)))


def _begin(book: str) -> Callable[[State], dict[str, Any]]:
    """Begin with the value whose card one came from (``?of=17``)."""

    def initial(state: State) -> dict[str, Any]:
        asked = state.request.GET.get("of", "")
        row = services.row_of(state.db, book, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
        if row is None:
            return {}
        found = {name: getattr(row, name) for name in BOOKS[book].keys}
        return {name: str(value) if name == "service_id" else value for name, value in found.items()}

    return initial


_WHAT: dict[str, Callable[[State], colander.SchemaNode]] = {
    "tariffs": _tariff_what, "norms": _norm_what, "parameters": _parameter_what,
}  # fmt: skip


def _wizard(book: str, name: str, title: Any) -> Wizard:
    return Wizard(
        name=name,
        title=title,
        steps=(
            Step("what", _("What"), _WHAT[book], check=_norm_check if book == "norms" else None, initial=_begin(book)),
            Step("value", _("Value and days"), _how_much(book), check=_how_much_check),
            Step("ground", _("Act"), _ground, check=_ground_check),
        ),
        review=_review(book),
        finish=_finish(book),
        back_to=lambda request, context: office_url(request, context, book),
        listed=False,
    )


WIZARDS = (
    _wizard("tariffs", "new-tariff", _("New tariff")),
    _wizard("norms", "new-norm", _("New norm")),
    _wizard("parameters", "new-parameter", _("New value of a parameter")),
)
