"""Wizards of temporary absence: an application with its papers, a return, an application without proof."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.facts.services import touched_months
from startks.domain.reductions import absences
from startks.domain.reductions.acts import ActFault
from startks.domain.reductions.checks import full_days
from startks.domain.reductions.queries import absences_of, people_of
from startks.domain.security.masking import mask_name
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, FieldFault, Review, State, Step, Wizard
from startks_backoffice.labels import LABELS
from startks_backoffice.registers.steps import plain


def _who_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    people = [(row.id, mask_name(row.name)) for row in people_of(state.db, state.context.id)]
    node.add(fields.choice(_("Who was away"), people, name="person", radio=True,
                           help=_("Of a family each person has an application of his own.")))  # fmt: skip
    return node


def _days_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("Left on"), name="left_on"))
    node.add(fields.date(_("Returned on"), name="returned_on", missing=None,
                         help=_("These two days are not counted. Leave empty while he is away: at most six months ahead.")))  # fmt: skip
    return node


def _paper_schema(state: State) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.date(_("Applied on"), name="applied_on", help=_("Before leaving or within 30 days after the return.")))
    node.add(fields.text(_("Documents"), name="papers", shortest=3, longest=500,
                         help=_("What proves it: travel order, tickets, certificate (ПП 354 п. 93).")))  # fmt: skip
    node.add(fields.choice(_("Decision"), LABELS["absence.decision"].items(), name="decision", radio=True))
    node.add(fields.text(_("Ground of the decision"), name="grounds", missing=None, longest=300,
                         help=_("Needed for a refusal and for a late application.")))  # fmt: skip
    return node


def _values(state: State) -> dict[str, Any]:
    return {**state["days"], **state["paper"]}


def _check(state: State, values: dict[str, Any]) -> None:
    try:
        absences.check(state.db, state.context.id, int(state["who"]["person"]), values)
    except ActFault as fault:
        if fault.field in ("applied_on", "papers", "decision", "grounds"):
            raise FieldFault(fault.field, fault.message) from fault
        raise


def _check_days(state: State, values: dict[str, Any]) -> None:
    if values["returned_on"] is not None and values["returned_on"] <= values["left_on"]:
        raise FieldFault("returned_on", f"Вернулся раньше, чем выбыл ({values['left_on']:%d.%m.%Y}): исправьте день.")


def _check_paper(state: State, values: dict[str, Any]) -> None:
    _check(state, {**state["days"], **values})


def _days_words(state: State, values: Any) -> str:
    if values["returned_on"] is None:
        return state.translate(_("away still"))
    return str(full_days(values["left_on"], values["returned_on"]))


def _review(state: State) -> Review:
    values = _values(state)
    _check(state, values)
    names = {row.id: mask_name(row.name) for row in people_of(state.db, state.context.id)}
    granted = values["decision"] == "granted"
    return Review(
        rows=[
            (_("Who was away"), names[int(state["who"]["person"])]),
            (_("Left on"), plain(state, values["left_on"])),
            (_("Returned on"), plain(state, values["returned_on"])),
            (_("Full days of absence"), _days_words(state, values)),
            (_("Applied on"), plain(state, values["applied_on"])),
            (_("Documents"), values["papers"]),
            (_("Decision"), state.translate(LABELS["absence.decision"][values["decision"]])),
            (_("Ground of the decision"), plain(state, values["grounds"])),
        ],
        notes=[
            _("Taken off are water, electricity and sewerage by norm where an act says that a meter cannot be installed, gas without "
              "a meter, and waste. Heating, common needs and housing stay.")
            if granted else _("The refusal is kept; nothing is taken off."),
        ],
        touched=touched_months(state.db, values["left_on"] + dt.timedelta(days=1), values["returned_on"],
                               account_id=state.context.id) if granted else (),
    )  # fmt: skip


def _finish(state: State) -> Done:
    values = _values(state)
    absences.apply(state.db, state.context.id, int(state["who"]["person"]), values, reason="Заявление о временном отсутствии",
                   by=state.by)  # fmt: skip
    return Done(office_url(state.request, state.context, "quality"), _("The application was entered."))


ABSENCE = Wizard(
    name="absence",
    title=_("Temporary absence"),
    steps=(
        Step("who", _("Who"), _who_schema),
        Step("days", _("Days"), _days_schema, check=_check_days),
        Step("paper", _("Papers and decision"), _paper_schema, check=_check_paper,
             initial=lambda state: {"applied_on": dt.date.today(), "decision": "granted"}),
    ),
    review=_review,
    finish=_finish,
    allowed=lambda request, context: None if people_of(request.db, context.id) else _("Nobody lives here or holds the account."),
)  # fmt: skip


# An application that is there


def _open(db: Any, account_id: int, *, away: bool) -> list[Any]:
    rows = absences_of(db, account_id)
    return [row for row in rows if row.decision == "granted" and not (away and row.returned_on is not None)]


def _title(row: Any) -> str:
    return f"{mask_name(row.name)}, {row.left_on:%d.%m.%Y} – {f'{row.returned_on:%d.%m.%Y}' if row.returned_on else '…'}"


def _choice(away: bool) -> Any:
    def schema(state: State) -> colander.SchemaNode:
        node = colander.SchemaNode(colander.Mapping())
        rows = _open(state.db, state.context.id, away=away)
        node.add(fields.choice(_("Application"), [(row.id, _title(row)) for row in rows], name="absence", radio=True))
        if away:
            node.add(fields.date(_("Returned on"), name="returned_on"))
            node.add(fields.text(_("Documents"), name="papers", missing="", longest=300))
        else:
            node.add(fields.text(_("Reason"), name="reason", shortest=3, longest=300))
        return node

    return schema


def _chosen(state: State, away: bool) -> Any:
    return next(row for row in _open(state.db, state.context.id, away=away) if row.id == int(state["which"]["absence"]))


def _check_return(state: State, values: dict[str, Any]) -> None:
    row = next(row for row in _open(state.db, state.context.id, away=True) if row.id == int(values["absence"]))
    if values["returned_on"] <= row.left_on:
        raise FieldFault("returned_on", f"Вернулся раньше, чем выбыл ({row.left_on:%d.%m.%Y}): исправьте день.")


def _return_review(state: State) -> Review:
    row, day = _chosen(state, True), state["which"]["returned_on"]
    return Review(
        rows=[(_("Application"), _title(row)), (_("Returned on"), plain(state, day)),
              (_("Full days of absence"), str(full_days(row.left_on, day)))],
        notes=[_("What was taken off ahead for later days is charged back.")],
        touched=touched_months(state.db, row.left_on + dt.timedelta(days=1), account_id=state.context.id),
    )  # fmt: skip


def _return_finish(state: State) -> Done:
    values = state["which"]
    absences.returned(state.db, int(values["absence"]), values["returned_on"], papers=values["papers"] or None, reason="Вернулся",
                      by=state.by)  # fmt: skip
    return Done(office_url(state.request, state.context, "quality"), _("The return was entered."))


def _withdraw_review(state: State) -> Review:
    row = _chosen(state, False)
    return Review(
        rows=[(_("Application"), _title(row)), (_("Reason"), state["which"]["reason"])],
        notes=[_("What was taken off by this application is charged back.")],
        touched=touched_months(state.db, row.left_on + dt.timedelta(days=1), row.returned_on, account_id=state.context.id),
    )


def _withdraw_finish(state: State) -> Done:
    absences.withdraw(state.db, int(state["which"]["absence"]), reason=state["which"]["reason"], by=state.by)
    return Done(office_url(state.request, state.context, "quality"), _("The application was withdrawn."))


RETURNED = Wizard(
    name="returned",
    title=_("Returned from absence"),
    steps=(Step("which", _("Return"), _choice(True), check=_check_return),),
    review=_return_review,
    finish=_return_finish,
    allowed=lambda request, context: None if _open(request.db, context.id, away=True) else _("Nobody is away by an application."),
)

WITHDRAW = Wizard(
    name="withdraw-absence",
    title=_("Absence without proof"),
    steps=(Step("which", _("Application"), _choice(False)),),
    review=_withdraw_review,
    finish=_withdraw_finish,
    allowed=lambda request, context: None if _open(request.db, context.id, away=False) else _("There is no granted application."),
)

WIZARDS = ((ABSENCE, Account), (RETURNED, Account), (WITHDRAW, Account))
