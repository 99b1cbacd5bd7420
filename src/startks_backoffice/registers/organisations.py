"""Wizards of organisations: a new one, its data, its settlement account from a date. Control digits are checked."""

from __future__ import annotations

from typing import Any

import colander

from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.facts.subjects import column_title
from startks.domain.parties import checks, services
from startks.domain.parties.models import BankDetails
from startks.domain.territory.queries import area_now
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.nodes import OrganisationNode, Organisations
from startks_backoffice.registers.house import changed_rows, ground_rows
from startks_backoffice.registers.steps import act, ground, plain


def _names_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.text(_("Full name"), name="name", shortest=2, longest=300))
    node.add(fields.text(_("Short name"), name="short_name", shortest=2, longest=100,
                         help=_("It stands on bills and in lists.")))  # fmt: skip
    node.add(fields.choice(_("Role"), LABELS["organisation.role"].items(), name="role"))
    node.add(fields.checked(_("INN"), checks.inn, name="inn", missing=None, attributes={"inputmode": "numeric"}))
    node.add(fields.checked(_("KPP"), checks.kpp, name="kpp", missing=None))
    node.add(fields.checked(_("OGRN"), checks.ogrn, name="ogrn", missing=None, attributes={"inputmode": "numeric"}))
    return node


class Contacts(colander.MappingSchema):
    """Where it is found."""

    address = fields.text(_("Address"), missing=None, longest=300)
    phone = fields.checked(_("Telephone"), checks.phone, missing=None, attributes={"inputmode": "tel"})
    emergency_phone = fields.checked(_("Emergency service"), checks.phone, missing=None, attributes={"inputmode": "tel"})
    site = fields.text(_("Site"), missing=None, longest=200)
    email = fields.checked(_("E-mail"), checks.email, missing=None, attributes={"inputmode": "email"})
    working_hours = fields.text(_("Working hours"), missing=None, longest=200)


def _check_names(state: State, values: dict[str, Any]) -> None:
    own = state.context.id if isinstance(state.context, OrganisationNode) else None
    try:
        services.refuse_second_organisation(state.db, values, but=own)
    except StartksError as fault:
        raise FieldFault("inn", fault.message) from fault


def _steps(initial: Any = None) -> tuple[Step, ...]:
    return (
        Step("names", _("Name and numbers"), _names_schema, check=_check_names, initial=initial),
        Step("contacts", _("Contacts"), Contacts, initial=initial),
    )


def _title(state: State, name: str) -> str:
    return column_title(name).capitalize()


def _new_review(state: State) -> Review:
    rows = [
        (_title(state, name), state.translate(LABELS["organisation.role"][value]) if name == "role" else plain(state, value))
        for step in ("names", "contacts")
        for name, value in state[step].items()
    ]
    return Review(rows=rows, notes=[_("After this enter its settlement account and contracts.")])


def _new_finish(state: State) -> Done:
    made = services.create_organisation(
        state.db, {**state["names"], **state["contacts"]}, reason="Организация заведена", by=state.by
    )
    return Done(f"{office_url(state.request, state.context)}/{made}", _("The organisation was entered."))


NEW_ORGANISATION = Wizard(
    name="new-organisation", title=_("New organisation"), steps=_steps(), review=_new_review, finish=_new_finish,
    save=_("Enter the organisation"),
)  # fmt: skip


def _initial(state: State) -> dict[str, Any]:
    row = state.context.row._mapping
    return {name: row[name] for name in services.ORGANISATION_FIELDS}


def _edit_review(state: State) -> Review:
    after = {**state["names"], **state["contacts"]}
    rows = changed_rows(state, _initial(state), after, lambda name: _title(state, name))
    return Review(rows=[*rows, *ground_rows(state)])


def _edit_finish(state: State) -> Done:
    services.edit_organisation(state.db, state.context.id, {**state["names"], **state["contacts"]}, **act(state))
    return Done(office_url(state.request, state.context), _("The organisation was corrected."))


EDIT_ORGANISATION = Wizard(
    name="edit-organisation",
    title=_("Correct the organisation"),
    steps=(*_steps(_initial), ground(title=_("Ground"), dated=False)),
    review=_edit_review,
    finish=_edit_finish,
)


# Settlement account from a date


class Bank(colander.MappingSchema):
    """The four numbers of a settlement account."""

    bank_name = fields.text(_("Bank"), shortest=2, longest=200)
    bic = fields.checked(_("BIC"), checks.bic, attributes={"inputmode": "numeric"})
    settlement_account = fields.text(_("Settlement account"), longest=40, attributes={"inputmode": "numeric"},
                                     help=_("20 digits; the control digit is checked with the BIC."))  # fmt: skip
    correspondent_account = fields.text(_("Correspondent account"), longest=40, attributes={"inputmode": "numeric"})


def _check_bank(state: State, values: dict[str, Any]) -> None:
    for name, check in (
        ("settlement_account", checks.settlement_account),
        ("correspondent_account", checks.correspondent_account),
    ):
        try:
            check(values[name], values["bic"])
        except ValueError as fault:
            raise FieldFault(name, str(fault)) from fault


def _bank_initial(state: State) -> dict[str, Any]:
    row = area_now(state.db, BankDetails, "organisation_id", state.context.id)
    names = ("bank_name", "bic", "settlement_account", "correspondent_account")
    return {name: getattr(row, name) for name in names} if row is not None else {}


def _bank_review(state: State) -> Review:
    when, after = state["ground"], services.check_bank_details(state["bank"])
    facts.preview(
        state.db, BankDetails, {"organisation_id": state.context.id}, after, valid_from=when["since"],
        correct=when["correct"],
    )  # fmt: skip
    titles = {child.name: child.title for child in Bank()}
    rows = changed_rows(state, _bank_initial(state), after, titles.__getitem__)
    return Review(
        rows=[*rows, *ground_rows(state)],
        warnings=[_("Bills printed from that day on carry these details: check them against the bank's letter.")],
    )


def _bank_finish(state: State) -> Done:
    when = state["ground"]
    services.set_bank_details(
        state.db, state.context.id, state["bank"], since=when["since"], correct=when["correct"], **act(state)
    )
    return Done(office_url(state.request, state.context), _("The settlement account was changed."))


BANK_DETAILS = Wizard(
    name="bank-details",
    title=_("Change the settlement account"),
    steps=(
        Step("bank", _("Settlement account"), Bank, check=_check_bank, initial=_bank_initial),
        ground(correct=True),
    ),
    review=_bank_review,
    finish=_bank_finish,
)

WIZARDS = (
    (NEW_ORGANISATION, Organisations),
    (EDIT_ORGANISATION, OrganisationNode),
    (BANK_DETAILS, OrganisationNode),
)
