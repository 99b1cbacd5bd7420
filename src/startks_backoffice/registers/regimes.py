"""Wizards of what chooses how a line is charged: method of a house's service, last year's heat, containers, an account's own
categories, volumes that a supplier's act states. Each holds from a day, with its document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import colander

from startks.base.errors import StartksError
from startks.domain.accounts.card_queries import house_services
from startks.domain.accounts.models import Account as AccountRow
from startks.domain.accounts.models import (
    AccountCategory,
    AccountHeat,
    CalculatedVolume,
    HouseContainers,
    HouseHeat,
    HouseService,
)
from startks.domain.facts import services as facts
from startks.domain.facts.subjects import column_title, say
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.account import only_open
from startks_backoffice.registers.house import ground_rows
from startks_backoffice.registers.steps import act, ground

FAMILIES = (
    ("heat.odpu.season", "heat.odpu.even", "heat.norm.season", "heat.norm.even"),
    ("waste_area", "waste_persons", "waste_containers"),
    ("common.meter", "common.meter_capped", "common.norm", "common.norm_settled"),
    ("bands", "bands.heating", "bands.social"),
    ("heat_of_water", "hot.made_in_house"),
)
"""Methods that may take each other's place for a service."""
MICRO = 1_000_000
_SERVICE, _VOLUME_A_MONTH = _("Service"), _("Volume of a month")
_HEAT_HELP = _("By the house meter, Gcal of the whole last year: a twelfth of it is a month.")


def _family(method: str) -> tuple[str, ...]:
    return next((family for family in FAMILIES if method in family), ())


def _house(state: State) -> int:
    context = state.context
    return context.id if isinstance(context, House) else context.house_id


def _services(state: State) -> dict[str, Any]:
    if "services" not in state.memo:
        rows = house_services(state.db, _house(state), dt.date.today())
        state.memo["services"] = {str(row.service_id): row for row in rows}
    return state.memo["services"]


def _node(*children: colander.SchemaNode) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    for child in children:
        node.add(child)
    return node


def _chosen(state: State, which: Callable[[Any], bool] = lambda row: True) -> colander.SchemaNode:
    rows = [(number, row.title) for number, row in _services(state).items() if which(row)]
    return _node(fields.choice(_SERVICE, [("", _("choose")), *rows], name="service"))


def _micro(value: Decimal) -> int:
    return int(value * MICRO)


def fact_wizard(
    name: str, title: Any, model: type, schema: Callable[[State], colander.SchemaNode],
    values: Callable[[State], dict[str, Any]], *, done: Any, first: Step | None = None, note: Any = "", page: str = "services",
    allowed: Any = None,
) -> Wizard:
    """A wizard of one dated fact: ``schema`` asks for it, ``values`` are its columns; with ``first`` a service is chosen."""

    def keys(state: State) -> dict[str, int]:
        context = state.context
        own = {"house_id": context.id} if isinstance(context, House) else {"account_id": context.id}
        return own if first is None else {**own, "service_id": int(state["what"]["service"])}

    def review(state: State) -> Review:
        when, said = state["ground"], values(state)
        plan = facts.preview(state.db, model, keys(state), said, valid_from=when["since"], correct=when["correct"])
        before = plan.before[0][2] if plan.before else {}
        rows = [] if first is None else [(_SERVICE, _services(state)[state["what"]["service"]].title)]
        rows += [
            (column_title(column).capitalize(), f"{say(before.get(column), column)} → {say(plain_value(value), column)}")
            for column, value in said.items()
        ]
        return Review(rows=[*rows, *ground_rows(state)], notes=[note] if note else [], touched=plan.touched)

    def plain_value(value: Any) -> Any:
        return str(value.normalize()) if isinstance(value, Decimal) else value

    def finish(state: State) -> Done:
        when = state["ground"]
        facts.change(
            state.db, model, keys(state), values(state), valid_from=when["since"], correct=when["correct"], **act(state)
        )
        return Done(office_url(state.request, state.context, page), done)

    steps = (Step("fact", title, schema), ground(correct=True, first_of_month=True))
    return Wizard(
        name=name, title=title, steps=steps if first is None else (first, *steps), review=review, finish=finish,
        **({} if allowed is None else {"allowed": allowed}),
    )


def _method_schema(state: State) -> colander.SchemaNode:
    row = _services(state)[state["what"]["service"]]
    methods = [(method, LABELS["method"][method]) for method in _family(row.method)]
    return _node(
        fields.choice(_("Method"), methods, name="method"),
        fields.text(_("Category of the tariff"), name="tariff_category", missing="", longest=200,
                    help=_("As in the book of tariffs; empty where the service has one tariff.")),
        fields.text(_("Category of the norm"), name="norm_category", missing="", longest=200),
    )  # fmt: skip


def _method_values(state: State) -> dict[str, Any]:
    row, said = _services(state)[state["what"]["service"]], dict(state["fact"])
    if all(said[name] == getattr(row, name) for name in said):
        raise StartksError("Ничего не изменилось: исправьте поля или отмените.")
    return said


SERVICE_METHOD = fact_wizard(
    "service-method", _("Change how a service is charged"), HouseService, _method_schema, _method_values,
    first=Step("what", _SERVICE, lambda state: _chosen(state, lambda row: bool(_family(row.method)))),
    done=_("The service is charged otherwise from that day on."),
)

HOUSE_HEAT = fact_wizard(
    "heat-of-year", _("Heat of the last year"), HouseHeat,
    lambda state: _node(fields.number(_("Heat of the year, Gcal"), places=6, name="volume", help=_HEAT_HELP,
                                      validator=fields.at_least(0, _("The volume is not below zero.")))),
    lambda state: {"volume": _micro(state["fact"]["volume"])},
    done=_("The heat of the year was kept."),
    note=_("It counts for houses that pay for heating in even parts, until the next year is entered."),
)  # fmt: skip

CONTAINERS = fact_wizard(
    "containers", _("Containers of the waste site"), HouseContainers,
    lambda state: _node(
        fields.number(_("Volume of a container, m³"), places=6, name="container_volume",
                      validator=fields.at_least(Decimal("0.001"), _("The volume is above zero."))),
        fields.whole(_("Emptied in a month"), 0, 100_000, name="emptied"),
    ),
    lambda state: dict(state["fact"]),
    done=_("The containers were kept."), note=_("They count for every month until other ones are entered."),
)  # fmt: skip


def _categories(state: State) -> dict[str, Any]:
    said = {name: value or None for name, value in dict(state["fact"]).items()}
    if not any(said.values()):
        raise StartksError("Не названа ни одна категория: впишите категорию тарифа или норматива.")
    return said


OWN_CATEGORY = fact_wizard(
    "own-category", _("The account has a category of its own"), AccountCategory,
    lambda state: _node(
        fields.text(_("Category of the tariff"), name="tariff_category", missing="", longest=200,
                    help=_("For instance a ground floor that the meeting freed of the lift. Empty: as the house.")),
        fields.text(_("Category of the norm"), name="norm_category", missing="", longest=200),
    ),
    _categories, first=Step("what", _SERVICE, _chosen), done=_("The category was kept."), allowed=only_open,
)  # fmt: skip


def _only_shops(request: Any, context: Any) -> Any:
    if request.db.get_one(AccountRow, context.id).kind != "nonresidential":
        return _("Only a non-residential premise is charged by the supplier's act.")
    return only_open(request, context)


CALCULATED_VOLUME = fact_wizard(
    "calculated-volume", _("Volume by the supplier's act"), CalculatedVolume,
    lambda state: _node(fields.number(_VOLUME_A_MONTH, places=6, name="volume",
                                      validator=fields.at_least(0, _("The volume is not below zero.")))),
    lambda state: {"volume": _micro(state["fact"]["volume"])},
    first=Step("what", _SERVICE, lambda state: _chosen(state, lambda row: row.method == "individual")),
    done=_("The volume was kept."), note=_("It is charged in months without a usable meter."), allowed=_only_shops,
)  # fmt: skip

ACCOUNT_HEAT = fact_wizard(
    "heat-of-year", _("Heat of the last year"), AccountHeat,
    lambda state: _node(fields.number(_("Heat of the year, Gcal"), places=6, name="volume",
                                      help=_("By the flat's own meters, Gcal of the whole last year."),
                                      validator=fields.at_least(0, _("The volume is not below zero.")))),
    lambda state: {"volume": _micro(state["fact"]["volume"])},
    done=_("The heat of the year was kept."), allowed=only_open,
)  # fmt: skip

HOUSE_WIZARDS = ((SERVICE_METHOD, House), (HOUSE_HEAT, House), (CONTAINERS, House))
ACCOUNT_WIZARDS = ((OWN_CATEGORY, Account), (CALCULATED_VOLUME, Account), (ACCOUNT_HEAT, Account))
