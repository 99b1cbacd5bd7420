"""Wizards of the personal account's life: opened, closed, archived, numbers of ГИС ЖКХ."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.base.errors import StartksError
from startks.domain.accounts import checks, queries, services
from startks.domain.accounts.models import Account as AccountRow
from startks.domain.facts.services import touched_months
from startks.domain.territory.queries import premise_row
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, Apartment
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.house import changed_rows, ground_rows
from startks_backoffice.registers.steps import (
    act,
    ensure_person,
    ground,
    organisation_choice,
    person_steps,
    person_title,
    plain,
)

PERSON, COMPANY = "person", "organisation"


# The holder: shared by opening, transfer and adding


def holder_kind_schema(state: State) -> colander.SchemaNode:
    """Person or organisation, right and share."""
    node = colander.SchemaNode(colander.Mapping())
    parties = [(PERSON, _("a person")), (COMPANY, _("an organisation"))]
    node.add(fields.choice(_("Who holds the account"), parties, name="party", radio=True))
    node.add(fields.choice(_("Right"), LABELS["holder.tenure"].items(), name="tenure"))
    node.add(fields.checked(_("Share in the right"), checks.share, name="share",
                            help=_("1 for the only owner; a share as a fraction: 1/2, 1/3.")))  # fmt: skip
    return node


def is_person(state: State) -> bool:
    """The holder is a natural person."""
    return state.get("holder", "party") == PERSON


def holder_steps() -> tuple[Step, ...]:
    """Who the holder is, and which person or organisation."""
    return (
        Step("holder", _("Holder"), holder_kind_schema,
             initial=lambda state: {"party": PERSON, "tenure": "owner", "share": 1}),
        *person_steps(applies=is_person),
        Step("organisation", _("Choose the organisation"), _organisation_schema,
             applies=lambda state: state.get("holder", "party") == COMPANY),
    )  # fmt: skip


def _organisation_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(organisation_choice(state))
    return node


def holder_of(state: State, reason: str, *, payer: bool = True) -> services.Holder:
    """The holder as the service takes him; a new person is entered now."""
    values = state["holder"]
    party = (
        {"person_id": ensure_person(state, reason)}
        if values["party"] == PERSON
        else {"organisation_id": int(state["organisation"]["organisation_id"])}
    )
    return services.Holder(**party, tenure=values["tenure"], share=values["share"], payer=payer)


def holder_rows(state: State) -> list[tuple[Any, str]]:
    """The holder for the last page."""
    values = state["holder"]
    if values["party"] == PERSON:
        name = person_title(state)
    else:
        from startks.domain.parties.queries import organisation_choices

        chosen = int(state["organisation"]["organisation_id"])
        name = next(row.short_name for row in organisation_choices(state.db) if row.id == chosen)
    return [
        (_("Holder"), name),
        (_("Right"), state.translate(LABELS["holder.tenure"][values["tenure"]])),
        (_("Share in the right"), checks.say_share(values["share"])),
    ]


def share_warnings(share: Any) -> list[Any]:
    """Say where shares do not make one whole."""
    if share < 1:
        return [
            _("The shares make ${sum}, not one whole: add the other owners from the card of the account.",
              mapping={"sum": checks.say_share(share)})
        ]  # fmt: skip
    return []


# Opened


def _number_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.checked(_("Account number"), checks.account_number, name="number", attributes={"inputmode": "numeric"}))
    node.add(fields.choice(_("Kind"), LABELS["account.kind"].items(), name="kind"))
    node.add(fields.date(_("Opened from"), name="since"))
    node.add(fields.checked(_("Unified account (ELS)"), checks.gis_account, name="gis_account", missing=None,
                            help=_("Given by GIS ZhKH; may be entered later.")))  # fmt: skip
    return node


def _number_initial(state: State) -> dict[str, Any]:
    kind = premise_row(state.db, state.context.id).kind
    return {
        "number": queries.next_number(state.db, state.context.house_id),
        "kind": "nonresidential" if kind == "nonresidential" else "residential",
        "since": dt.date.today(),
    }


def _check_number(state: State, values: dict[str, Any]) -> None:
    try:
        services.check_new_number(state.db, values["number"])
    except StartksError as fault:
        raise FieldFault("number", fault.message) from fault
    services.check_free_premise(state.db, state.context.id, values["since"])


def _open_review(state: State) -> Review:
    number = state["number"]
    return Review(
        rows=[
            (_("Account number"), number["number"]),
            (_("Kind"), state.translate(LABELS["account.kind"][number["kind"]])),
            (_("Opened from"), plain(state, number["since"])),
            (_("Unified account (ELS)"), plain(state, number["gis_account"])),
            *holder_rows(state),
            *ground_rows(state),
        ],
        warnings=share_warnings(state["holder"]["share"]),
        notes=[_("The account begins without debt. Residents and meters are entered from its card.")],
        touched=touched_months(state.db, number["since"], house_id=state.context.house_id),
    )


def _open_finish(state: State) -> Done:
    number, how = state["number"], act(state)
    services.open_account(
        state.db, premise_id=state.context.id, number=number["number"], opened_on=number["since"], kind=number["kind"],
        gis_account=number["gis_account"], holder=holder_of(state, how["reason"]), **how,
    )  # fmt: skip
    return Done(
        state.request.frame.path_url(number["number"], below=state.context),
        _("The account was opened. Next: residents and meters."),
    )


OPEN_ACCOUNT = Wizard(
    name="open-account",
    title=_("Open an account"),
    steps=(
        Step("number", _("Number and day"), _number_schema, check=_check_number, initial=_number_initial),
        *holder_steps(),
        ground(title=_("Ground"), dated=False),
    ),
    review=_open_review,
    finish=_open_finish,
    save=_("Open the account"),
)


# Closed


def account_row(state: State) -> AccountRow:
    """The account this wizard is about."""
    return state.db.get_one(AccountRow, state.context.id)


def debt_sentence(state: State, account_id: int | None = None) -> Any:
    """What the account owes by the last calculated month."""
    owed = queries.debt(state.db, account_id or state.context.id)
    fmt = state.request.fmt
    if owed.period is None:
        return _("No month has been calculated for the account yet: it has no debt.")
    values = {"sum": fmt.money(abs(owed.total)), "month": fmt.period(owed.period), "repair": fmt.money(owed.capital_repair)}
    if owed.total > 0:
        return _("Debt by the end of ${month}: ${sum}, of it for capital repair ${repair}.", mapping=values)
    if owed.total < 0:
        return _("Paid in advance by the end of ${month}: ${sum}.", mapping=values)
    return _("By the end of ${month} the account has neither debt nor overpayment.", mapping=values)


def _close_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("First day without the account"), name="since",
                         help=_("Nothing is charged from this day on.")))  # fmt: skip
    living = queries.residents_on(state.db, state.context.id, dt.date.today())
    if living:
        node.add(fields.flag(
            _("The residents (${count}) leave on the same day", mapping={"count": len(living)}), name="leave"
        ))  # fmt: skip
    return node


def _check_close(state: State, values: dict[str, Any]) -> None:
    services.check_closing(
        state.db, account_row(state), values["since"], residents_leave=values.get("leave", False)
    )


def _close_review(state: State) -> Review:
    since = state["day"]["since"]
    living = queries.residents_on(state.db, state.context.id, since)
    return Review(
        rows=[
            (_("First day without the account"), plain(state, since)),
            (_("Residents who leave"), str(len(living))),
            *ground_rows(state),
        ],
        notes=[
            debt_sentence(state),
            _("The debt stays on the closed account and is still asked for; it goes to the archive when it is paid."),
        ],
        touched=touched_months(state.db, since, account_id=state.context.id),
    )


def _close_finish(state: State) -> Done:
    values = state["day"]
    services.close_account(
        state.db, state.context.id, closed_on=values["since"], residents_leave=values.get("leave", False), **act(state)
    )
    return Done(office_url(state.request, state.context), _("The account was closed."))


def only_open(request: Any, context: Any) -> Any:
    """Why nothing more can be done with a closed account."""
    row = request.db.get_one(AccountRow, context.id)
    if row.closed_on is not None:
        return _("The account is closed since ${day}: nothing can be changed in it any more.",
                 mapping={"day": request.fmt.date(row.closed_on)})  # fmt: skip
    return None


CLOSE_ACCOUNT = Wizard(
    name="close-account",
    title=_("Close the account"),
    steps=(
        Step("day", _("Last day"), _close_schema, check=_check_close, initial=lambda state: {"since": dt.date.today()},
             hint=debt_sentence),
        ground(title=_("Ground"), dated=False),
    ),
    review=_close_review,
    finish=_close_finish,
    save=_("Close the account"),
    allowed=only_open,
)  # fmt: skip


# Archived


def _archive_allowed(request: Any, context: Any) -> Any:
    try:
        services.check_archive(request.db, request.db.get_one(AccountRow, context.id))
    except StartksError as refusal:
        return refusal.message
    return None


def _archive_finish(state: State) -> Done:
    services.archive_account(
        state.db, state.context.id, on=dt.date.today(), reason=state["ground"]["reason"], by=state.by
    )
    return Done(office_url(state.request, state.context), _("The account is in the archive."))


ARCHIVE_ACCOUNT = Wizard(
    name="archive-account",
    title=_("Send to the archive"),
    steps=(ground(title=_("Ground"), dated=False),),
    review=lambda state: Review(
        rows=ground_rows(state), notes=[_("Lists no longer show the account; it is found by its number.")]
    ),
    finish=_archive_finish,
    allowed=_archive_allowed,
)


# Numbers of ГИС ЖКХ


class GisNumbers(colander.MappingSchema):
    """ЕЛС and identifier of services."""

    gis_account = fields.checked(_("Unified account (ELS)"), checks.gis_account, missing=None)
    gis_service = fields.checked(_("Identifier of services in GIS ZhKH"),
                                 lambda typed: checks.gis_service(typed, None), missing=None)  # fmt: skip


def _gis_initial(state: State) -> dict[str, Any]:
    row = account_row(state)
    return {"gis_account": row.gis_account, "gis_service": row.gis_service}


def _check_gis(state: State, values: dict[str, Any]) -> None:
    try:
        if values["gis_service"]:
            checks.gis_service(values["gis_service"], values["gis_account"])
    except ValueError as fault:
        raise FieldFault("gis_service", str(fault)) from fault


def _gis_review(state: State) -> Review:
    titles = {child.name: child.title for child in GisNumbers()}
    rows = changed_rows(state, _gis_initial(state), dict(state["numbers"]), titles.__getitem__)
    return Review(rows=[*rows, *ground_rows(state)])


def _gis_finish(state: State) -> Done:
    values = state["numbers"]
    services.set_gis_numbers(
        state.db, state.context.id, values["gis_account"], values["gis_service"], **act(state)
    )
    return Done(office_url(state.request, state.context), _("The numbers were written down."))


GIS_NUMBERS = Wizard(
    name="gis-numbers",
    title=_("Numbers of GIS ZhKH"),
    steps=(
        Step("numbers", _("Numbers"), GisNumbers, initial=_gis_initial, check=_check_gis),
        ground(title=_("Ground"), dated=False),
    ),
    review=_gis_review,
    finish=_gis_finish,
)

WIZARDS = (
    (OPEN_ACCOUNT, Apartment),
    (GIS_NUMBERS, Account),
    (CLOSE_ACCOUNT, Account),
    (ARCHIVE_ACCOUNT, Account),
)
