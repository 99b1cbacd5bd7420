"""Holders and residents of an account by day, and the card of a person who holds it or lives there.

A person belongs to no territory, so his card hangs under the account that shows him: who may not open the account does not
reach the person.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from startks.domain.accounts import queries
from startks.domain.accounts import services as accounts
from startks.domain.accounts.card_queries import ACCOUNT_SCOPE
from startks.domain.facts import services as facts
from startks.domain.facts.queries import history
from startks.domain.facts.services import touched_months
from startks.domain.facts.subjects import column_title
from startks.domain.parties import services
from startks.domain.parties.queries import person, person_holdings, person_of_account, person_residences
from startks.domain.security import log_personal_read, scope_filter
from startks.domain.security.masking import mask_birth_date, mask_email, mask_name, mask_phone, mask_snils
from startks.domain.security.permissions import Permission
from startks.domain.support.queries import person_rights
from startks.domain.territory.titles import address_line
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, Mount
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, Review, State, Step, Wizard
from startks_backoffice.fund.people import PURPOSES
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.account import (
    holder_of,
    holder_rows,
    holder_steps,
    only_open,
    share_warnings,
)
from startks_backoffice.registers.house import changed_rows, ground_rows
from startks_backoffice.registers.steps import (
    PersonFields,
    act,
    ensure_person,
    ground,
    person_id,
    person_steps,
    person_title,
    plain,
)


class Persons(Mount):
    """``+persons`` of an account: those who hold it or live there, now or once."""

    __slots__ = ()

    def __init__(self, parent: Any, name: str) -> None:
        super().__init__(parent, name, _("People"))

    def _find(self, name: str) -> PersonNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        found = person_of_account(self.root.request.read, self.account_id, int(name))
        return PersonNode(self, name, found) if found is not None else None


class PersonNode(Mount):
    """One person of the account."""

    __slots__ = ("full_name",)

    def __init__(self, parent: Any, name: str, row: Any) -> None:
        super().__init__(parent, name, mask_name(row.full_name))
        self.id = row.id
        self.full_name = row.full_name


def card(context: PersonNode, request: Request, shown: bool = False) -> dict[str, Any]:
    """Data of the person, where he lives and lived, what he holds and held; masked until shown."""
    row = person(request.read, context.id)
    if row is None:
        raise HTTPNotFound()
    scope = scope_filter(request.identity, Permission.ACCOUNT_CARD_READ, ACCOUNT_SCOPE)
    if shown:
        log_personal_read(
            request.db, request.identity, request.POST["purpose"], "person", [context.id], services.PERSON_FIELDS
        )
        request.response.cache_control.no_store = True
    fmt = request.fmt
    return {
        "name": context.full_name if shown else context.title,
        "birth_date": fmt.date(row.birth_date) if shown else mask_birth_date(row.birth_date),
        "sex": row.sex,
        "snils": row.snils if shown else mask_snils(row.snils),
        "phone": row.phone if shown else mask_phone(row.phone),
        "email": row.email if shown else mask_email(row.email),
        "residences": person_residences(request.read, context.id, scope),
        "holdings": person_holdings(request.read, context.id, scope),
        "rights": person_rights(request.read, context.id, dt.date.today()),
        "address": lambda place: address_line(place.street, place.house, place.premise_kind, place.premise),
        "entries": history(request.read, "person", context.id, personal=shown),
        "shown": shown,
        "may_show": not shown and request.has_permission(Permission.PARTIES_PERSON_SHOW, context),
        "purposes": PURPOSES,
    }


def card_shown(context: PersonNode, request: Request) -> dict[str, Any]:
    """The same with the data shown; the reading is written down."""
    if request.POST.get("purpose") not in PURPOSES:
        raise HTTPNotFound()
    return card(context, request, shown=True)


# Holders


def _payer_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.flag(_("His name stands on the bill (payer)"), name="payer"))
    return node


def _add_review(state: State) -> Review:
    since, share = state["ground"]["since"], state["holder"]["share"]
    total = accounts.shares_on(state.db, state.context.id, since)
    if state["holder"]["tenure"] == "owner":
        total += share
    return Review(
        rows=[*holder_rows(state), (_("His name stands on the bill (payer)"), plain(state, state["payer"]["payer"])),
              *ground_rows(state)],
        warnings=share_warnings(total),
        notes=[_("A debt made before that day is not his: it stays with those who held the account then.")],
        touched=touched_months(state.db, since, account_id=state.context.id),
    )  # fmt: skip


def _add_finish(state: State) -> Done:
    values, how = state["ground"], act(state)
    accounts.add_holder(
        state.db, state.context.id, holder_of(state, how["reason"], payer=state["payer"]["payer"]),
        since=values["since"], correct=values["correct"], **how,
    )  # fmt: skip
    return Done(office_url(state.request, state.context), _("The holder was entered."))


ADD_HOLDER = Wizard(
    name="add-holder",
    title=_("Add a holder or change his share"),
    steps=(*holder_steps(), Step("payer", _("Who pays"), _payer_schema), ground(correct=True)),
    review=_add_review,
    finish=_add_finish,
    allowed=only_open,
)


def _end_review(state: State) -> Review:
    values = state["ground"]
    left = accounts.shares_on(state.db, state.context.account_id, values["since"]) - sum(
        share for share in _own_shares(state, values["since"])
    )
    return Review(
        rows=[(_("Holder"), state.context.title), *ground_rows(state)],
        warnings=share_warnings(left),
        notes=[_("What he owes up to that day stays his.")],
        touched=touched_months(state.db, values["since"], account_id=state.context.account_id),
    )


def _own_shares(state: State, day: dt.date) -> list[Any]:
    from fractions import Fraction

    return [
        Fraction(row.share_part, row.share_whole)
        for row in queries.holders_on(state.db, state.context.account_id, day)
        if row.person_id == state.context.id and row.tenure == "owner"
    ]


def _end_finish(state: State) -> Done:
    accounts.end_holder(
        state.db, state.context.account_id, {"person_id": state.context.id}, on=state["ground"]["since"], **act(state)
    )
    return Done(_account_url(state), _("The holder ended."))


def _holds(request: Request, context: Any) -> Any:
    holders = queries.holders_on(request.db, context.account_id, dt.date.today())
    if all(row.person_id != context.id for row in holders):
        return _("This person does not hold the account today.")
    return None


END_HOLDER = Wizard(
    name="end-holder",
    title=_("No longer a holder"),
    steps=(ground(day=_("First day without him")),),
    review=_end_review,
    finish=_end_finish,
    allowed=_holds,
)


# Residents


def _residence_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    kinds = [("permanent", _("place of residence")), ("temporary", _("place of stay"))]
    node.add(fields.choice(_("Kind of registration"), kinds, name="kind", radio=True))
    node.add(fields.date(_("First day"), name="since"))
    node.add(fields.date(_("Last day"), name="last", missing=None, help=_("For a place of stay; empty otherwise.")))
    relations = [("", _("not stated")), *LABELS["residence.relation"].items()]
    node.add(fields.choice(_("Relation to the holder"), relations, name="relation", missing=None))
    return node


def _check_residence(state: State, values: dict[str, Any]) -> None:
    who = person_id(state)
    until = values["last"] + dt.timedelta(days=1) if values["last"] else None
    if who is not None:
        accounts.check_residence(state.db, state.context.id, who, values["kind"], values["since"], until)


def _until(state: State) -> dt.date | None:
    last = state["residence"]["last"]
    return last + dt.timedelta(days=1) if last else None


def _register_review(state: State) -> Review:
    values = state["residence"]
    return Review(
        rows=[
            (_("Person"), person_title(state)),
            (_("Kind of registration"), state.translate(LABELS["residence.kind"][values["kind"]])),
            (_("First day"), plain(state, values["since"])),
            (_("Last day"), plain(state, values["last"])),
            *ground_rows(state),
        ],
        notes=[_("From the first day on services by residents are charged for him as well.")],
        touched=touched_months(state.db, values["since"], _until(state), account_id=state.context.id),
    )


def _register_finish(state: State) -> Done:
    values, how = state["residence"], act(state)
    accounts.register(
        state.db, state.context.id, ensure_person(state, how["reason"]), kind=values["kind"],
        relation=values["relation"] or None, since=values["since"], until=_until(state), **how,
    )  # fmt: skip
    return Done(office_url(state.request, state.context), _("The resident was registered."))


REGISTER = Wizard(
    name="register",
    title=_("Register a resident"),
    steps=(
        *person_steps(),
        Step("residence", _("Days"), _residence_schema, check=_check_residence,
             initial=lambda state: {"kind": "permanent", "since": dt.date.today()}),
        ground(title=_("Ground"), dated=False),
    ),
    review=_register_review,
    finish=_register_finish,
    save=_("Register"),
    allowed=only_open,
)  # fmt: skip


def _stays(request: Request, context: Any) -> list[Any]:
    rows = queries.residents_on(request.db, context.account_id, dt.date.min)
    return [row for row in rows if row.person_id == context.id]


def _depart_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    kinds = {row.kind: LABELS["residence.kind"][row.kind] for row in _stays(state.request, state.context)}
    node.add(fields.choice(_("Kind of registration"), kinds.items(), name="kind", radio=True))
    node.add(fields.date(_("First day on which he no longer lives here"), name="since"))
    return node


def _check_depart(state: State, values: dict[str, Any]) -> None:
    from startks.domain.accounts.models import Residence

    facts.preview_close(
        state.db, Residence,
        {"account_id": state.context.account_id, "person_id": state.context.id, "kind": values["kind"]},
        until=values["since"],
    )  # fmt: skip


def _depart_review(state: State) -> Review:
    values = state["day"]
    return Review(
        rows=[
            (_("Person"), state.context.title),
            (_("First day on which he no longer lives here"), plain(state, values["since"])),
            *ground_rows(state),
        ],
        touched=touched_months(state.db, values["since"], account_id=state.context.account_id),
    )


def _depart_finish(state: State) -> Done:
    values = state["day"]
    accounts.depart(
        state.db, state.context.account_id, state.context.id, values["kind"], on=values["since"], **act(state)
    )
    return Done(_account_url(state), _("The departure was registered."))


def _account_url(state: State) -> str:
    return office_url(state.request, state.context.__parent__.__parent__)


def _lives(request: Request, context: Any) -> Any:
    return None if _stays(request, context) else _("This person is not registered at the account.")


DEPART = Wizard(
    name="depart",
    title=_("Register the departure"),
    steps=(
        Step("day", _("Day"), _depart_schema, check=_check_depart,
             initial=lambda state: {"since": dt.date.today(),
                                    "kind": next(iter(_stays(state.request, state.context))).kind}),
        ground(title=_("Ground"), dated=False),
    ),
    review=_depart_review,
    finish=_depart_finish,
    save=_("Register the departure"),
    allowed=_lives,
)  # fmt: skip


# Data of a person


def _person_initial(state: State) -> dict[str, Any]:
    log_personal_read(state.db, state.by, "correction", "person", [state.context.id], services.PERSON_FIELDS)
    return _person_row(state)


def _person_row(state: State) -> dict[str, Any]:
    row = person(state.db, state.context.id)._mapping
    return {name: row[name] for name in services.PERSON_FIELDS}


def _check_person(state: State, values: dict[str, Any]) -> None:
    services.check_person(values)
    services.refuse_second_person(state.db, values, but=state.context.id)


def _person_data(state: State) -> dict[str, Any]:
    return {name: value or None for name, value in state["person"].items()}


def _person_review(state: State) -> Review:
    rows = changed_rows(state, _person_row(state), _person_data(state), lambda name: column_title(name).capitalize())
    return Review(rows=[*rows, *ground_rows(state)])


def _person_finish(state: State) -> Done:
    services.edit_person(state.db, state.context.id, _person_data(state), **act(state))
    return Done(office_url(state.request, state.context), _("The data of the person were corrected."))


EDIT_PERSON = Wizard(
    name="edit-person",
    title=_("Correct the data of the person"),
    steps=(
        Step("person", _("Data of the person"), PersonFields, check=_check_person, initial=_person_initial),
        ground(title=_("Ground"), dated=False),
    ),
    review=_person_review,
    finish=_person_finish,
)

HOLDER_WIZARDS = ((ADD_HOLDER, Account), (END_HOLDER, PersonNode))
RESIDENT_WIZARDS = ((REGISTER, Account), (DEPART, PersonNode))

