"""Wizards that pass accounts on: transfer to another holder, split, merge. Each says plainly what becomes of the debt."""

from __future__ import annotations

from typing import Any

import colander

from startks.base.errors import StartksError
from startks.domain.accounts import checks, moving, queries
from startks.domain.accounts import services as accounts
from startks.domain.accounts.models import Account as AccountRow
from startks.domain.facts.services import touched_months
from startks.domain.security.masking import mask_name
from startks.domain.security.permissions import Permission
from startks.domain.territory import checks as territory_checks
from startks.domain.territory.queries import rooms_of
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.registers.account import (
    account_row,
    debt_sentence,
    holder_of,
    holder_rows,
    holder_steps,
    only_open,
    share_warnings,
)
from startks_backoffice.registers.house import ground_rows
from startks_backoffice.registers.steps import act, ground, plain

REPAIR = _("By law a debt for capital repair passes to the new owner whatever is agreed (Housing Code art. 158 p. 3): move it by a correction in the open month.")


def shown_name(state: State, name: str | None) -> str:
    """A person's name as the reader may see it."""
    may = state.request.has_permission(Permission.PARTIES_PERSON_SHOW, state.context)
    return (name or "") if may else mask_name(name)


def residents_schema(state: State, title: Any, day: Any) -> colander.SchemaNode:
    """A tick for each resident."""
    node = colander.SchemaNode(colander.Mapping())
    for row in _residents(state, day):
        node.add(fields.flag(shown_name(state, row.name), name=f"person_{row.person_id}"))
    return node


def _residents(state: State, day: Any) -> list[Any]:
    found = {row.person_id: row for row in queries.residents_on(state.db, state.context.id, day)}
    return list(found.values())


def chosen_residents(state: State) -> list[int]:
    """Persons ticked in the step «residents»."""
    return [int(name.removeprefix("person_")) for name, ticked in state["residents"].items() if ticked]


def _residents_step(day_step: str, hint: Any) -> Step:
    return Step(
        "residents", _("Residents"), lambda state: residents_schema(state, hint, state[day_step]["since"]), hint=hint,
        applies=lambda state: "since" in state[day_step] and bool(_residents(state, state[day_step]["since"])),
    )  # fmt: skip


def _names(state: State, day: Any, ids: list[int]) -> str:
    rows = [row for row in _residents(state, day) if row.person_id in ids]
    return ", ".join(shown_name(state, row.name) for row in rows)


# Transfer


def _debt_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("From which day"), name="since"))
    node.add(
        fields.choice(
            _("What becomes of the debt"),
            [
                (moving.DEBT_STAYS, _("It stays with the former holder: the account is closed with it, a new one is opened")),
                (moving.DEBT_PASSES, _("It passes with the account (inheritance, an agreement): the account goes on")),
            ],
            name="debt",
            radio=True,
        )
    )
    node.add(fields.checked(_("Number of the new account"), checks.account_number, name="new_number", missing=None,
                            help=_("Only where the debt stays with the former holder.")))  # fmt: skip
    return node


def _debt_initial(state: State) -> dict[str, Any]:
    return {"debt": moving.DEBT_STAYS, "new_number": queries.next_number(state.db, state.context.house_id)}


def _check_debt(state: State, values: dict[str, Any]) -> None:
    moving.check_open(account_row(state), values["since"])
    if values["debt"] == moving.DEBT_STAYS:
        if not values["new_number"]:
            raise FieldFault("new_number", "Укажите номер нового счёта: прежний закрывается вместе с долгом.")
        try:
            accounts.check_new_number(state.db, values["new_number"])
        except StartksError as fault:
            raise FieldFault("new_number", fault.message) from fault


def _transfer_review(state: State) -> Review:
    values, since = state["debt"], state["debt"]["since"]
    stays = values["debt"] == moving.DEBT_STAYS
    notes = [debt_sentence(state)]
    if stays:
        notes += [
            _("The account ${old} is closed from that day with its debt, and its holder still owes it. The account ${new} begins without debt.",
              mapping={"old": state.context.title, "new": values["new_number"]}),
            *([REPAIR] if queries.debt(state.db, state.context.id).capital_repair > 0 else []),
            _("Refusals of services go over to the new account. Meters stay on the old one: put them over."),
        ]  # fmt: skip
    else:
        notes.append(_("The account goes on under its number; the new holder answers for its debt."))
    stay = chosen_residents(state)
    return Review(
        rows=[
            (_("From which day"), plain(state, since)),
            (_("Number of the new account"), values["new_number"] if stays else state.context.title),
            *holder_rows(state),
            (_("Residents who stay"), _names(state, since, stay)),
            (_("Residents who leave"), _names(state, since, [row.person_id for row in _residents(state, since)
                                                             if row.person_id not in stay])),
            *ground_rows(state),
        ],
        notes=notes,
        warnings=share_warnings(state["holder"]["share"]),
        touched=touched_months(state.db, since, account_id=state.context.id),
    )  # fmt: skip


def _transfer_finish(state: State) -> Done:
    values, how = state["debt"], act(state)
    new_id = moving.transfer(
        state.db, state.context.id, holder_of(state, how["reason"]), on=values["since"], debt=values["debt"],
        new_number=values["new_number"], residents=chosen_residents(state), **how,
    )  # fmt: skip
    number = state.context.title if new_id == state.context.id else values["new_number"]
    return Done(
        state.request.frame.path_url(number, below=state.context.__parent__), _("The account was transferred.")
    )


TRANSFER = Wizard(
    name="transfer",
    title=_("Transfer to another holder"),
    steps=(
        Step("debt", _("Day and debt"), _debt_schema, check=_check_debt, initial=_debt_initial, hint=debt_sentence),
        *holder_steps(),
        _residents_step("debt", _("Tick who goes on living here; the others leave on that day.")),
        ground(title=_("Ground"), dated=False),
    ),
    review=_transfer_review,
    finish=_transfer_finish,
    save=_("Transfer the account"),
    allowed=only_open,
)


# Split


def _split_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("From which day"), name="since", help=_("The first day of a month.")))
    holders = [
        (f"{'person' if row.person_id else 'organisation'}_id:{row.person_id or row.organisation_id}",
         f"{row.name if row.organisation_id else shown_name(state, row.name)}, {row.share_part}/{row.share_whole}")
        for row in _holders(state)
    ]  # fmt: skip
    node.add(fields.choice(_("Who gets an account of his own"), holders, name="leaving", radio=True))
    node.add(fields.checked(_("Number of the new account"), checks.account_number, name="new_number"))
    return node


def _holders(state: State) -> Any:
    import datetime as dt

    return queries.holders_on(state.db, state.context.id, dt.date.today())


def _leaving(values: Any) -> dict[str, int]:
    column, _colon, number = values["leaving"].partition(":")
    return {column: int(number)}


def _part_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    rooms = rooms_of(state.db, state.context.premise_id)
    if rooms:
        choices = [("", _("a part of the area, as a new room")), *((row.id, row.number) for row in rooms)]
        node.add(fields.choice(_("Room"), choices, name="room_id", missing=None))
    node.add(fields.checked(_("Number of the new room"), territory_checks.premise_number, name="room_number", missing=None))
    node.add(fields.number(_("Area that goes to the new account, m²"), places=2, name="area", missing=None,
                           help=_("Not asked for where an existing room is chosen.")))  # fmt: skip
    return node


def _room_id(values: Any) -> int | None:
    return int(values["room_id"]) if values.get("room_id") else None


def _check_part(state: State, values: dict[str, Any]) -> None:
    room = _room_id(values)
    if room is None and not values["room_number"]:
        raise FieldFault("room_number", "Укажите номер комнаты, которую получает новый счёт.")
    whose = state["whose"]
    try:
        moving.check_split(
            state.db, account_row(state), whose["since"], _leaving(whose), room_id=room, area=values["area"]
        )
    except StartksError as fault:
        if room is None and "площад" in fault.message:
            raise FieldFault("area", fault.message) from fault
        raise


def _check_whose(state: State, values: dict[str, Any]) -> None:
    try:
        moving.check_first_day(values["since"])
    except StartksError as fault:
        raise FieldFault("since", fault.message) from fault
    moving.check_open(account_row(state), values["since"])
    try:
        accounts.check_new_number(state.db, values["new_number"])
    except StartksError as fault:
        raise FieldFault("new_number", fault.message) from fault


def _split_review(state: State) -> Review:
    whose, part = state["whose"], state["part"]
    since = whose["since"]
    return Review(
        rows=[
            (_("From which day"), plain(state, since)),
            (_("Number of the new account"), whose["new_number"]),
            (_("Area that goes to the new account, m²"), plain(state, part["area"])),
            (_("Residents who go with him"), _names(state, since, chosen_residents(state))),
            *ground_rows(state),
        ],
        notes=[
            debt_sentence(state),
            _("The debt is not divided: it stays on the account ${number}, for it was made before the split. The new account begins without debt.",
              mapping={"number": state.context.title}),
            _("The owners who remain have their shares counted anew, so that they make one whole in what remains."),
            _("The flat keeps the rest of the area; meters stay where they are."),
        ],
        touched=touched_months(state.db, since, account_id=state.context.id),
    )  # fmt: skip


def _split_finish(state: State) -> Done:
    whose, part = state["whose"], state["part"]
    new_id = moving.split(
        state.db, state.context.id, on=whose["since"], new_number=whose["new_number"], leaving=_leaving(whose),
        room_id=_room_id(part), room_number=part["room_number"], area=part["area"],
        residents=chosen_residents(state), **act(state),
    )  # fmt: skip
    assert new_id
    return Done(office_url(state.request, state.context), _("The account was split; the new one stands in its room."))


def _split_allowed(request: Any, context: Any) -> Any:
    refusal = only_open(request, context)
    if refusal is None and len(_holders(State(request, context, {}))) < 2:
        refusal = _("The account has one holder: enter all holders with their shares first, then split it.")
    return refusal


SPLIT = Wizard(
    name="split-account",
    title=_("Split the account"),
    steps=(
        Step("whose", _("Whose part"), _split_schema, check=_check_whose, hint=debt_sentence,
             initial=lambda state: {"new_number": queries.next_number(state.db, state.context.house_id)}),
        Step("part", _("What he gets"), _part_schema, check=_check_part),
        _residents_step("whose", _("Tick who goes with him.")),
        ground(title=_("Ground"), dated=False),
    ),
    review=_split_review,
    finish=_split_finish,
    save=_("Split the account"),
    allowed=_split_allowed,
)  # fmt: skip


# Merge


class OtherAccount(colander.MappingSchema):
    """The account that is closed, and from when."""

    number = fields.checked(_("Number of the account that is closed"), checks.account_number,
                            help=_("Of the same house: another room of the flat, a joined flat."))  # fmt: skip
    since = fields.date(_("From which day"), help=_("The first day of a month."))


def _other(state: State, number: str) -> AccountRow:
    row = queries.by_number(state.db, number)
    if row is None or row.house_id != state.context.house_id:
        raise FieldFault("number", "Такого счёта в этом доме нет: проверьте номер.")
    return state.db.get_one(AccountRow, row.id)


def _check_merge(state: State, values: dict[str, Any]) -> None:
    try:
        moving.check_first_day(values["since"])
    except StartksError as fault:
        raise FieldFault("since", fault.message) from fault
    moving.check_merge(state.db, account_row(state), _other(state, values["number"]), values["since"])


def _merge_review(state: State) -> Review:
    values = state["other"]
    other = _other(state, values["number"])
    mine = moving.area_on(state.db, state.context.premise_id, values["since"])
    theirs = moving.area_on(state.db, other.premise_id, values["since"])
    joined = mine + theirs if other.premise_id != state.context.premise_id else mine
    living = queries.residents_on(state.db, other.id, values["since"])
    return Review(
        rows=[
            (_("Account that goes on"), state.context.title),
            (_("Account that is closed"), values["number"]),
            (_("From which day"), plain(state, values["since"])),
            (_("Area after it, m²"), plain(state, joined)),
            (_("Residents who come over"), str(len(living))),
            *ground_rows(state),
        ],
        notes=[
            debt_sentence(state, other.id),
            _("This debt is not joined: it stays on the closed account ${number} and is still asked for there.",
              mapping={"number": values["number"]}),
            _("The holders of the closed account do not become holders here: add them with their shares from the card."),
            _("Its meters stay on it: put those that go on over to this account."),
        ],
        touched=touched_months(state.db, values["since"], account_id=other.id),
    )  # fmt: skip


def _merge_finish(state: State) -> Done:
    values = state["other"]
    other = _other(state, values["number"])
    moving.merge(state.db, state.context.id, other.id, on=values["since"], **act(state))
    return Done(office_url(state.request, state.context), _("The accounts were merged."))


MERGE = Wizard(
    name="merge-accounts",
    title=_("Merge with another account"),
    steps=(
        Step("other", _("Which account"), OtherAccount, check=_check_merge),
        ground(title=_("Ground"), dated=False),
    ),
    review=_merge_review,
    finish=_merge_finish,
    save=_("Merge the accounts"),
    allowed=only_open,
)

WIZARDS = ((TRANSFER, Account), (SPLIT, Account), (MERGE, Account))
