"""Wizards of benefits at an account: given, ended; a debt confirmed by a court that stops them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.accounts import queries as accounts
from startks.domain.facts.services import touched_months
from startks.domain.security.masking import mask_name
from startks.domain.support import rights
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.account import only_open
from startks_backoffice.registers.house import ground_rows
from startks_backoffice.registers.steps import act, ground, plain

TAB = "benefits"


def residents(state: State) -> dict[int, str]:
    """Those who live at the account today or will: masked names with what tells them apart."""
    if "residents" not in state.memo:
        rows = accounts.residents_on(state.db, state.context.id, dt.date.today())
        say = LABELS["residence.relation"]
        state.memo["residents"] = {
            row.person_id: ", ".join(filter(None, (
                mask_name(row.name), state.translate(say[row.relation]) if row.relation in say else "",
                state.request.fmt.date(row.since) if row.since else "",
            )))
            for row in rows
        }  # fmt: skip
    return state.memo["residents"]


def anybody(request: Any, context: Any) -> Any:
    """Why nothing can be entered for the people of the account."""
    if not residents(State(request, context, {})):
        return _("Nobody is registered at the account: a benefit belongs to a person who lives here. Register him first.")
    return only_open(request, context)


def tab(state: State) -> str:
    """Address of the tab of the account's card that shows it all."""
    return office_url(state.request, state.context, TAB)


# A benefit is given


def _who_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Resident"), [("", _("choose")), *residents(state).items()], name="person"))
    categories = [(row.id, row.title) for row in rights.categories(state.db)]
    node.add(fields.choice(_("Benefit category"), [("", _("choose")), *categories], name="category"))
    node.add(fields.date(_("From which day"), name="since"))
    node.add(fields.date(_("Last day"), name="last", missing=None,
                         help=_("As the certificate says; empty where it has no end.")))  # fmt: skip
    node.add(fields.flag(_("I correct an earlier entry: it was wrong"), name="correct"))
    return node


def _asked(state: State, values: dict[str, Any] | None = None) -> dict[str, Any]:
    what = values or state["who"]
    return {
        "person_id": int(what["person"]), "category_id": int(what["category"]), "account_id": state.context.id,
        "first": what["since"], "last": what["last"] + dt.timedelta(days=1) if what["last"] else None,
        "correct": what["correct"],
    }


def _check_who(state: State, values: dict[str, Any]) -> None:
    rights.check_right(state.db, **_asked(state, values))


def _category(state: State, number: Any) -> str:
    return next(row.title for row in rights.categories(state.db) if row.id == int(number))


def _grant_review(state: State) -> Review:
    what = _asked(state)
    return Review(
        rows=[
            (_("Resident"), residents(state)[what["person_id"]]),
            (_("Benefit category"), _category(state, what["category_id"])),
            (_("From which day"), plain(state, what["first"])),
            (_("Last day"), plain(state, state["who"]["last"])),
            *ground_rows(state),
        ],
        notes=[_("Of several benefits of one person for one service the largest is taken.")],
        touched=touched_months(state.db, what["first"], what["last"], account_id=state.context.id),
    )


def _grant_finish(state: State) -> Done:
    rights.grant_right(state.db, **_asked(state), **act(state))
    return Done(tab(state), _("The benefit was entered."))


GRANT_BENEFIT = Wizard(
    name="grant-benefit",
    title=_("Give a benefit"),
    steps=(
        Step("who", _("Whose benefit"), _who_schema, check=_check_who, initial=lambda state: {"since": dt.date.today()}),
        ground(title=_("Ground"), dated=False),
    ),
    review=_grant_review,
    finish=_grant_finish,
    allowed=anybody,
)


# A benefit ends


def _standing(state: State) -> dict[int, str]:
    if "standing" not in state.memo:
        rows = rights.rights_of(state.db, state.context.id, dt.date.today())
        state.memo["standing"] = {
            row.id: f"{row.title}: {mask_name(row.name)}" for row in rows
        }
    return state.memo["standing"]


def _right_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Benefit"), [("", _("choose")), *_standing(state).items()], name="right"))
    return node


def _end_review(state: State) -> Review:
    day = state["ground"]["since"]
    return Review(
        rows=[(_("Benefit"), _standing(state)[int(state["what"]["right"])]), *ground_rows(state)],
        notes=[_("What was given for that day and later is taken back by the recalculation.")],
        touched=touched_months(state.db, day, account_id=state.context.id),
    )


def _end_finish(state: State) -> Done:
    rights.end_right(state.db, int(state["what"]["right"]), on=state["ground"]["since"], **act(state))
    return Done(tab(state), _("The benefit ended."))


def _has_rights(request: Any, context: Any) -> Any:
    if not _standing(State(request, context, {})):
        return _("There is no benefit at this account that could end.")
    return None


END_BENEFIT = Wizard(
    name="end-benefit",
    title=_("End a benefit"),
    steps=(Step("what", _("Benefit"), _right_schema), ground(day=_("First day without it"))),
    review=_end_review,
    finish=_end_finish,
    allowed=_has_rights,
)


# A debt confirmed by a court


def _act_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.text(_("Act of the court"), name="act", shortest=5, longest=300,
                         help=_("Court, number and day of the act in force.")))  # fmt: skip
    return node


def _debt_review(state: State) -> Review:
    return Review(
        rows=[(_("Act of the court"), state["what"]["act"]), *ground_rows(state)],
        notes=[_("From that day on compensations are not given, and no subsidy is granted.")],
        touched=touched_months(state.db, state["ground"]["since"], account_id=state.context.id),
    )


def _debt_finish(state: State) -> Done:
    rights.begin_court_debt(
        state.db, state.context.id, first=state["ground"]["since"], act=state["what"]["act"],
        reason=state["ground"]["reason"], by=state.by,
    )  # fmt: skip
    return Done(tab(state), _("The debt was entered."))


def _no_debt(request: Any, context: Any) -> Any:
    if rights.court_debt_on(request.db, context.id, dt.date.today()) is not None:
        return _("A debt confirmed by a court is entered already: note its payment first.")
    return None


COURT_DEBT = Wizard(
    name="court-debt",
    title=_("Debt confirmed by a court"),
    steps=(Step("what", _("Act of the court"), _act_schema), ground()),
    review=_debt_review,
    finish=_debt_finish,
    allowed=_no_debt,
)


def _paid_review(state: State) -> Review:
    return Review(
        rows=ground_rows(state), notes=[_("From that month on compensations are given again.")],
        touched=touched_months(state.db, state["ground"]["since"], account_id=state.context.id),
    )


def _paid_finish(state: State) -> Done:
    rights.end_court_debt(state.db, state.context.id, on=state["ground"]["since"], **act(state))
    return Done(tab(state), _("The debt is no longer in the way."))


def _has_debt(request: Any, context: Any) -> Any:
    if rights.court_debt_on(request.db, context.id, dt.date.today()) is None:
        return _("No debt confirmed by a court is entered at this account.")
    return None


COURT_DEBT_PAID = Wizard(
    name="court-debt-paid",
    title=_("The debt confirmed by a court is paid"),
    steps=(ground(day=_("First day without the debt")),),
    review=_paid_review,
    finish=_paid_finish,
    allowed=_has_debt,
)

BENEFIT_WIZARDS = ((GRANT_BENEFIT, Account), (END_BENEFIT, Account))
DEBT_WIZARDS = ((COURT_DEBT, Account), (COURT_DEBT_PAID, Account))
