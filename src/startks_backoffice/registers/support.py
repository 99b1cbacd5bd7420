"""Wizards of social support at an account: a benefit given and ended, a debt confirmed by a court, the subsidy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.accounts import queries as accounts
from startks.domain.facts.services import touched_months
from startks.domain.security.masking import mask_name
from startks.domain.support import rights, subsidy
from startks.domain.support.models import Subsidy
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


def _residents(state: State) -> dict[int, str]:
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


def _anybody(request: Any, context: Any) -> Any:
    if not _residents(State(request, context, {})):
        return _("Nobody is registered at the account: a benefit belongs to a person who lives here. Register him first.")
    return only_open(request, context)


def _tab(state: State) -> str:
    return office_url(state.request, state.context, TAB)


# A benefit is given


def _who_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Resident"), [("", _("choose")), *_residents(state).items()], name="person"))
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
            (_("Resident"), _residents(state)[what["person_id"]]),
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
    return Done(_tab(state), _("The benefit was entered."))


GRANT_BENEFIT = Wizard(
    name="grant-benefit",
    title=_("Give a benefit"),
    steps=(
        Step("who", _("Whose benefit"), _who_schema, check=_check_who, initial=lambda state: {"since": dt.date.today()}),
        ground(title=_("Ground"), dated=False),
    ),
    review=_grant_review,
    finish=_grant_finish,
    allowed=_anybody,
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
    return Done(_tab(state), _("The benefit ended."))


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
    return Done(_tab(state), _("The debt was entered."))


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
    return Done(_tab(state), _("The debt is no longer in the way."))


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


# The subsidy


def _family_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Who applies"), [("", _("choose")), *_residents(state).items()], name="person"))
    node.add(fields.date(_("Day of the application"), name="applied_on",
                         help=_("Up to the 15th: from this month; later: from the next one.")))  # fmt: skip
    for name, title in (
        ("working", _("Able to work")), ("pensioners", _("Pensioners")), ("children", _("Children"))
    ):
        node.add(fields.whole(title, 0, 20, name=name))
    node.add(fields.money(_("Average income of the family a month"), name="income"))
    node.add(fields.money(_("Actual expense a month"), name="expense",
                          help=_("What was charged for housing and utilities in the last month.")))  # fmt: skip
    return node


def _family_initial(state: State) -> dict[str, Any]:
    return {"applied_on": dt.date.today(), "working": 0, "pensioners": 0, "children": 0}


def _application(state: State, values: dict[str, Any] | None = None) -> subsidy.Asked:
    what = values or state["family"]
    return subsidy.Asked(
        state.context.id, int(what["person"]), what["applied_on"], what["working"], what["pensioners"], what["children"],
        int(what["income"]), int(what["expense"]),
    )


def _check_family(state: State, values: dict[str, Any]) -> None:
    subsidy.compute(state.db, _application(state, values))


def explanation_table(state: State, explanation: Any) -> tuple[Any, tuple[Any, ...], list[tuple[str, str, str]]]:
    """How the sum was found, for the last page: every number, then every step."""
    rows = [(step.title, f"{step.value_text} {step.unit}".strip(), step.source) for step in explanation.inputs]
    rows += [
        (step.title, f"{step.value_text} {step.unit}".strip(), step.expression_with_numbers) for step in explanation.steps
    ]
    return _("How the subsidy is found"), (_("Number"), _("Value"), _("Where from")), rows


def _apply_review(state: State) -> Review:
    asked = _application(state)
    found = subsidy.compute(state.db, asked)
    fmt = state.request.fmt
    return Review(
        rows=[
            (_("Who applies"), _residents(state)[asked.person_id]),
            (_("People in the family"), str(asked.members)),
            (_("Average income of the family a month"), fmt.money(asked.income)),
            (_("Subsidy a month"), fmt.money(found.amount)),
            (_("Months"), f"{fmt.period(found.month_from)} – {fmt.period(found.month_to)}"),
            *ground_rows(state),
        ],
        notes=[_("The bill does not change: the subsidy is paid apart. A clerk decides on the application.")],
        tables=[explanation_table(state, found.explanation)],
    )


def _apply_finish(state: State) -> Done:
    subsidy.apply(state.db, _application(state), **act(state))
    return Done(_tab(state), _("The application was entered. It waits for a decision."))


APPLY_SUBSIDY = Wizard(
    name="apply-subsidy",
    title=_("Application for a subsidy"),
    steps=(
        Step("family", _("Family and income"), _family_schema, check=_check_family, initial=_family_initial),
        ground(title=_("Ground"), dated=False),
    ),
    review=_apply_review,
    finish=_apply_finish,
    allowed=_anybody,
)


def _applications(state: State, *states: str) -> list[Subsidy]:
    return [row for row in subsidy.of_account(state.db, state.context.id) if row.state in states]


def _decision_schema(state: State) -> colander.SchemaNode:
    fmt = state.request.fmt
    node = colander.SchemaNode(colander.Mapping())
    rows = [
        (row.id, f"{fmt.date(row.applied_on)}: {fmt.money(row.amount)}") for row in _applications(state, "applied")
    ]
    node.add(fields.choice(_("Application"), rows, name="application"))
    answers = [("granted", _("grant")), ("refused", _("refuse"))]
    node.add(fields.choice(_("Decision"), answers, name="decision", radio=True))
    return node


def _chosen(state: State) -> Subsidy:
    return state.db.get_one(Subsidy, int(state["what"]["application"]))


def _decide_review(state: State) -> Review:
    row, fmt = _chosen(state), state.request.fmt
    granted = state["what"]["decision"] == "granted"
    return Review(
        rows=[
            (_("Decision"), state.translate(_("grant") if granted else _("refuse"))),
            (_("Subsidy a month"), fmt.money(row.amount)),
            (_("Months"), f"{fmt.period(row.month_from)} – {fmt.period(row.month_to)}"),
            *ground_rows(state),
        ],
        tables=[explanation_table(state, subsidy.explain(row))],
    )


def _decide_finish(state: State) -> Done:
    subsidy.decide(
        state.db, int(state["what"]["application"]), granted=state["what"]["decision"] == "granted",
        on=dt.date.today(), **act(state),
    )  # fmt: skip
    return Done(_tab(state), _("The decision was entered."))


def _waits(request: Any, context: Any) -> Any:
    if not _applications(State(request, context, {}), "applied"):
        return _("No application of this account waits for a decision.")
    return None


DECIDE_SUBSIDY = Wizard(
    name="decide-subsidy",
    title=_("Decide on a subsidy"),
    steps=(
        Step("what", _("Application"), _decision_schema, initial=lambda state: {"decision": "granted"}),
        ground(title=_("Ground"), dated=False),
    ),
    review=_decide_review,
    finish=_decide_finish,
    allowed=_waits,
)


def _stop_schema(state: State) -> colander.SchemaNode:
    fmt = state.request.fmt
    node = colander.SchemaNode(colander.Mapping())
    rows = [
        (row.id, f"{fmt.period(row.month_from)} – {fmt.period(row.month_to)}: {fmt.money(row.amount)}")
        for row in _applications(state, "granted")
    ]
    node.add(fields.choice(_("Subsidy"), rows, name="application"))
    node.add(fields.period(_("Last month that is paid"), name="last_month"))
    return node


def _stop_review(state: State) -> Review:
    return Review(
        rows=[
            (_("Subsidy a month"), state.request.fmt.money(_chosen(state).amount)),
            (_("Last month that is paid"), state.request.fmt.period(state["what"]["last_month"])), *ground_rows(state),
        ]
    )


def _stop_finish(state: State) -> Done:
    subsidy.stop(
        state.db, int(state["what"]["application"]), last_month=state["what"]["last_month"], **act(state)
    )
    return Done(_tab(state), _("The subsidy was stopped."))


def _runs(request: Any, context: Any) -> Any:
    if not _applications(State(request, context, {}), "granted"):
        return _("No subsidy is granted at this account.")
    return None


STOP_SUBSIDY = Wizard(
    name="stop-subsidy",
    title=_("Stop a subsidy"),
    steps=(Step("what", _("Subsidy"), _stop_schema), ground(title=_("Ground"), dated=False)),
    review=_stop_review,
    finish=_stop_finish,
    allowed=_runs,
)

BENEFIT_WIZARDS = ((GRANT_BENEFIT, Account), (END_BENEFIT, Account))
SUBSIDY_WIZARDS = (
    (COURT_DEBT, Account), (COURT_DEBT_PAID, Account), (APPLY_SUBSIDY, Account), (DECIDE_SUBSIDY, Account),
    (STOP_SUBSIDY, Account),
)  # fmt: skip
