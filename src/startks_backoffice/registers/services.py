"""Wizards of what an account does not get: a service of its house it has no connection to, from a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import colander

from startks.domain.accounts.card_queries import account_exclusions, house_services
from startks.domain.accounts.models import AccountServiceExclusion
from startks.domain.facts import services as facts
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.wizards import Done, Review, State, Step, Wizard
from startks_backoffice.registers.account import only_open
from startks_backoffice.registers.house import ground_rows
from startks_backoffice.registers.steps import act, ground


def _offered(state: State) -> dict[str, str]:
    rows = house_services(state.db, state.context.house_id, dt.date.today())
    return {str(row.service_id): row.title for row in rows}


def _refused(state: State) -> dict[str, str]:
    rows = account_exclusions(state.db, state.context.id, dt.date.today())
    return {str(row.service_id): row.title for row in rows if row.holds}


def _choice(state: State, services: dict[str, str]) -> colander.SchemaNode:
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Service"), [("", _("choose")), *services.items()], name="service"))
    return node


def _left(state: State) -> dict[str, str]:
    refused = _refused(state)
    return {code: title for code, title in _offered(state).items() if code not in refused}


def _keys(state: State) -> dict[str, int]:
    return {"account_id": state.context.id, "service_id": int(state["what"]["service"])}


def _refuse_review(state: State) -> Review:
    when = state["ground"]
    plan = facts.preview(
        state.db, AccountServiceExclusion, _keys(state), {"reason": when["reason"]}, valid_from=when["since"],
        correct=when["correct"],
    )  # fmt: skip
    return Review(
        rows=[(_("Service"), _offered(state)[state["what"]["service"]]), *ground_rows(state)],
        notes=[_("From that day on the service is not charged to this account.")],
        touched=plan.touched,
    )


def _refuse_finish(state: State) -> Done:
    when = state["ground"]
    facts.change(
        state.db, AccountServiceExclusion, _keys(state), {"reason": when["reason"]}, valid_from=when["since"],
        correct=when["correct"], **act(state),
    )  # fmt: skip
    return Done(office_url(state.request, state.context, "services"), _("The service is no longer charged."))


REFUSE_SERVICE = Wizard(
    name="refuse-service",
    title=_("The account does not get a service"),
    steps=(Step("what", _("Service"), lambda state: _choice(state, _left(state))), ground(correct=True)),
    review=_refuse_review,
    finish=_refuse_finish,
    allowed=only_open,
)


def _restore_review(state: State) -> Review:
    plan = facts.preview_close(state.db, AccountServiceExclusion, _keys(state), until=state["ground"]["since"])
    return Review(
        rows=[(_("Service"), _refused(state)[state["what"]["service"]]), *ground_rows(state)],
        notes=[_("From that day on the service is charged as for the whole house.")],
        touched=plan.touched,
    )


def _restore_finish(state: State) -> Done:
    facts.close(state.db, AccountServiceExclusion, _keys(state), until=state["ground"]["since"], **act(state))
    return Done(office_url(state.request, state.context, "services"), _("The service is charged again."))


def _anything_refused(request: Any, context: Any) -> Any:
    if not _refused(State(request, context, {})):
        return _("The account gets every service of its house.")
    return only_open(request, context)


RESTORE_SERVICE = Wizard(
    name="restore-service",
    title=_("The account gets a service again"),
    steps=(Step("what", _("Service"), lambda state: _choice(state, _refused(state))), ground()),
    review=_restore_review,
    finish=_restore_finish,
    allowed=_anything_refused,
)

WIZARDS = ((REFUSE_SERVICE, Account), (RESTORE_SERVICE, Account))
