"""Wizards of the housing subsidy at an account: applied for with its explanation, decided, stopped (ЖК РФ ст. 159, ПП РФ 761)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.support import subsidy
from startks.domain.support.models import Subsidy
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.web import fields
from startks.framework.wizards import Done, Review, State, Step, Wizard
from startks_backoffice.registers.house import ground_rows
from startks_backoffice.registers.steps import act, ground
from startks_backoffice.registers.support import anybody, residents, tab


def _family_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Who applies"), [("", _("choose")), *residents(state).items()], name="person"))
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
            (_("Who applies"), residents(state)[asked.person_id]),
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
    return Done(tab(state), _("The application was entered. It waits for a decision."))


APPLY_SUBSIDY = Wizard(
    name="apply-subsidy",
    title=_("Application for a subsidy"),
    steps=(
        Step("family", _("Family and income"), _family_schema, check=_check_family, initial=_family_initial),
        ground(title=_("Ground"), dated=False),
    ),
    review=_apply_review,
    finish=_apply_finish,
    allowed=anybody,
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
    return Done(tab(state), _("The decision was entered."))


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
    return Done(tab(state), _("The subsidy was stopped."))


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

WIZARDS = ((APPLY_SUBSIDY, Account), (DECIDE_SUBSIDY, Account), (STOP_SUBSIDY, Account))
