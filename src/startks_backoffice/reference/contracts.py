"""The card of a contract and its wizards: opened, other terms, services added and taken out, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander
from pyramid.request import Request

from startks.domain.facts.queries import history
from startks.domain.parties import contracts
from startks.domain.parties.contracts import NewContract
from startks.domain.reference.list_queries import services_for_choice
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields, formats
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.nodes import ContractNode, OrganisationNode
from startks_backoffice.registers.steps import act, ground

PREFIX = "service_"


def card(context: ContractNode, request: Request) -> dict[str, Any]:
    """A contract: days, terms and services by date with their tariffs, who changed it."""
    today = dt.date.today()
    return {
        "contract": context.row,
        "terms": contracts.terms(request.read, context.id),
        "services": contracts.contract_services(request.read, context.id, today),
        "connected": contracts.connected_services(request.read, context.id, today),
        "entries": history(request.db, "contract", context.id),
        "today": today,
        "works": [
            (office_url(request, context, name), title)
            for name, title in (
                ("terms", _("Other terms")), ("add-services", _("Add services")), ("end-service", _("Take a service out")),
                ("end-contract", _("End the contract")),
            )
        ] if request.has_permission(Permission.PARTIES_ORGANISATION_WRITE, context) else (),
    }  # fmt: skip


# Steps


def _mapping(**nodes: colander.SchemaNode) -> colander.SchemaNode:
    made = colander.SchemaNode(colander.Mapping())
    for name, node in nodes.items():
        node.name = name
        made.add(node)
    return made


def _contract_schema(state: State) -> colander.SchemaNode:
    return _mapping(
        kind=fields.choice(_("Kind"), LABELS["contract.kind"].items()),
        number=fields.text(_("Number"), longest=60),
        signed_on=fields.date(_("Signed")),
        valid_from=fields.date(_("In force from")),
        valid_to=fields.date(_("Until, that day not included"), missing=None, help=_("Empty: without an end.")),
    )


def _contract_check(state: State, values: dict[str, Any]) -> None:
    if values["valid_to"] is not None and values["valid_to"] <= values["valid_from"]:
        raise FieldFault("valid_to", _("The end must be later than the beginning."))
    contracts.check_contract(state.db, _new(state, values))


def _services_schema(state: State) -> colander.SchemaNode:
    return _mapping(**{f"{PREFIX}{number}": fields.flag(title) for number, title in services_for_choice(state.db)})


def _services_check(state: State, values: dict[str, Any]) -> None:
    if not _chosen(values):
        raise FieldFault(next(iter(values)), _("Choose at least one service."))


def _chosen(values: Any) -> tuple[int, ...]:
    return tuple(int(name.removeprefix(PREFIX)) for name, ticked in values.items() if name.startswith(PREFIX) and ticked)


def _terms_schema(state: State) -> colander.SchemaNode:
    accounts = contracts.accounts_of(state.db, state.context.row.organisation_id if _is_contract(state) else state.context.id)
    return _mapping(
        commission=fields.number(_("Commission, %"), places=3, help=_("Percent of what was collected; 0 where nothing is kept.")),
        settlement_account=fields.choice(
            _("Settlement account"), [("", _("the main one")), *accounts], missing="",
            help=_("Where the money of this contract goes. Another account is entered in the bank details of the organisation."),
        ),
    )  # fmt: skip


def _terms_check(state: State, values: dict[str, Any]) -> None:
    if not 0 <= values["commission"] < 100:
        raise FieldFault("commission", _("From nought to a hundred percent: check the comma."))


def _terms_begin(state: State) -> dict[str, Any]:
    if not _is_contract(state):
        return {}
    now = contracts.terms(state.db, state.context.id)
    return {"commission": now[0].commission_percent, "settlement_account": now[0].settlement_account or ""} if now else {}


def _is_contract(state: State) -> bool:
    return isinstance(state.context, ContractNode)


def _one_service_schema(state: State) -> colander.SchemaNode:
    known = [
        (str(row.service_id), row.title)
        for row in contracts.contract_services(state.db, state.context.id, dt.date.today())
        if row.until is None or row.until > dt.date.today()
    ]
    return _mapping(service_id=fields.choice(_("Service"), [("", "—"), *dict(known).items()]))


# New


def _new(state: State, first: dict[str, Any] | None = None) -> NewContract:
    values, said = first or state["contract"], state["terms"]
    return NewContract(
        organisation_id=state.context.id, kind=values["kind"], number=values["number"], signed_on=values["signed_on"],
        valid_from=values["valid_from"], valid_to=values["valid_to"], service_ids=_chosen(state["services"]),
        commission=said.get("commission", 0), settlement_account=said.get("settlement_account") or None,
    )  # fmt: skip


def _new_review(state: State) -> Review:
    new = _new(state)
    contracts.check_contract(state.db, new)
    titles = dict(services_for_choice(state.db))
    return Review(rows=[
        (_("Organisation"), state.context.title),
        (_("Kind"), state.translate(LABELS["contract.kind"][new.kind])),
        (_("Number"), new.number),
        (_("Signed"), formats.date(new.signed_on)),
        (_("In force from"), formats.date(new.valid_from)),
        (_("Until, that day not included"), formats.date(new.valid_to)),
        (_("Services"), ", ".join(titles[str(number)] for number in new.service_ids)),
        (_("Commission, %"), formats.number(new.commission)),
        (_("Settlement account"), new.settlement_account or state.translate(_("the main one"))),
        (_("Reason"), state["ground"]["reason"]),
    ])  # fmt: skip


def _new_finish(state: State) -> Done:
    made = contracts.open_contract(state.db, _new(state), **act(state))
    return Done(f"{office_url(state.request, state.context)}/{made}", _("The contract was entered."))


# Changes


def _terms_review(state: State) -> Review:
    said = state["terms"]
    inside = state.db.begin_nested()
    try:
        months = _set_terms(state)
    finally:
        inside.rollback()
    return Review(touched=months, rows=[
        (_("From"), formats.date(state["ground"]["since"])),
        (_("Commission, %"), formats.number(said["commission"])),
        (_("Settlement account"), said["settlement_account"] or state.translate(_("the main one"))),
        (_("Reason"), state["ground"]["reason"]),
    ])  # fmt: skip


def _set_terms(state: State) -> list[int]:
    said, when = state["terms"], state["ground"]
    return contracts.set_terms(
        state.db, state.context.id, commission=said["commission"], settlement_account=said["settlement_account"] or None,
        valid_from=when["since"], correct=when["correct"], **act(state),
    )  # fmt: skip


def _terms_finish(state: State) -> Done:
    _set_terms(state)
    return Done(office_url(state.request, state.context), _("The terms were changed."))


def _tried(state: State, work: Any) -> None:
    """Let the service say now what it would refuse; nothing stays."""
    inside = state.db.begin_nested()
    try:
        work(state)
    finally:
        inside.rollback()


def _add(state: State) -> None:
    contracts.add_services(
        state.db, state.context.id, _chosen(state["services"]), valid_from=state["ground"]["since"], **act(state)
    )


def _take_out(state: State) -> None:
    contracts.end_service(
        state.db, state.context.id, int(state["service"]["service_id"]), ends_on=state["ground"]["since"], **act(state)
    )


def _end(state: State) -> None:
    contracts.end_contract(state.db, state.context.id, ends_on=state["ground"]["since"], **act(state))


def _change(name: str, title: Any, steps: tuple[Step, ...], work: Any, what: Any, said: Any) -> Wizard:
    def review(state: State) -> Review:
        _tried(state, work)
        return Review(rows=[
            (_("Contract"), state.context.title), *what(state), (_("From"), formats.date(state["ground"]["since"])),
            (_("Reason"), state["ground"]["reason"]),
        ])  # fmt: skip

    def finish(state: State) -> Done:
        work(state)
        return Done(office_url(state.request, state.context), said)

    return Wizard(name=name, title=title, steps=steps, review=review, finish=finish, listed=False)


def _added_rows(state: State) -> list[tuple[Any, str]]:
    titles = dict(services_for_choice(state.db))
    return [(_("Services"), ", ".join(titles[str(number)] for number in _chosen(state["services"])))]


def _taken_rows(state: State) -> list[tuple[Any, str]]:
    return [(_("Service"), dict(services_for_choice(state.db))[state["service"]["service_id"]])]


NEW_CONTRACT = Wizard(
    name="new-contract",
    title=_("New contract"),
    steps=(
        Step("contract", _("Contract"), _contract_schema, check=_contract_check),
        Step("services", _("Services"), _services_schema, check=_services_check),
        Step("terms", _("Terms"), _terms_schema, check=_terms_check),
        ground(dated=False, title=_("Ground")),
    ),
    review=_new_review,
    finish=_new_finish,
    listed=False,
)
CHANGE_TERMS = Wizard(
    name="terms",
    title=_("Other terms"),
    steps=(Step("terms", _("Terms"), _terms_schema, check=_terms_check, initial=_terms_begin), ground(correct=True)),
    review=_terms_review,
    finish=_terms_finish,
    listed=False,
)
WIZARDS = (
    (NEW_CONTRACT, OrganisationNode),
    (CHANGE_TERMS, ContractNode),
    (_change("add-services", _("Add services"), (Step("services", _("Services"), _services_schema, check=_services_check),
                                                  ground()), _add, _added_rows, _("The services were added.")), ContractNode),
    (_change("end-service", _("Take a service out"), (Step("service", _("Service"), _one_service_schema),
                                                      ground(day=_("First day without it"))), _take_out, _taken_rows,
             _("The service was taken out.")), ContractNode),
    (_change("end-contract", _("End the contract"), (ground(day=_("First day without it")),), _end, lambda state: [],
             _("The contract was ended.")), ContractNode),
)  # fmt: skip
