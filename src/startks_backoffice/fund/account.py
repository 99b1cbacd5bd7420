"""Tabs of the account card that every account has: holders and residents, services, history of facts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.base.periods import first_day, shift
from startks.domain.accounts import card_queries
from startks.domain.accounts.regime_queries import account_regime_facts
from startks.domain.facts.queries import history as fact_history
from startks.domain.security.masking import mask_name
from startks.domain.security.permissions import Permission
from startks.domain.territory.passport_queries import premise_areas
from startks.framework.tree.nodes import Account
from startks_backoffice.fund.people import PURPOSES, log_shown, owners_sum, parties
from startks_backoffice.period import chosen_period


def main(context: Account, request: Request, shown: bool = False) -> dict[str, Any]:
    """Holders with shares, residents by day of the month, areas by date; names masked."""
    period = chosen_period(request)
    holders = card_queries.account_holders(request.read, context.id)
    residents = card_queries.account_residents(request.read, context.id, first_day(period), first_day(shift(period, 1)))
    if shown:
        log_shown(request, [*holders, *residents], ("name", "birth_date", "phone", "snils"))
    return {
        "account": card_queries.account_card(request.read, context.id, dt.date.today()),
        "areas": premise_areas(request.read, context.premise_id),
        "holders": parties(holders, shown),
        "residents": parties(residents, shown),
        "period": period,
        "shares": owners_sum(holders, dt.date.today()),
        "may_people": request.has_permission(Permission.PARTIES_PERSON_READ, context),
        **_show_form(context, request, shown),
    }


def main_shown(context: Account, request: Request) -> dict[str, Any]:
    """The same page with personal data shown; the reading is written down."""
    return main(context, request, shown=True)


def services(context: Account, request: Request) -> dict[str, Any]:
    """Services of the house and which of them this account does not get."""
    today = dt.date.today()
    exclusions = card_queries.account_exclusions(request.read, context.id, today)
    return {
        "services": card_queries.house_services(request.read, context.house_id, today),
        "regime_facts": account_regime_facts(request.read, context.id),
        "exclusions": exclusions,
        "excluded": {row.service_id: row for row in exclusions if row.holds},
    }


def history(context: Account, request: Request, shown: bool = False) -> dict[str, Any]:
    """Every dated fact of the account with its document and the moment it became known; names masked."""
    facts = card_queries.account_facts(request.read, context.id)
    if shown:
        log_shown(request, facts, ("name",))
    masked = [
        {**row._mapping, "value": mask_name(row.value) if row.person_id is not None and not shown else row.value}
        for row in facts
    ]
    entries = fact_history(request.read, "account", context.id, personal=shown)
    return {"facts": masked, "entries": entries, **_show_form(context, request, shown)}


def history_shown(context: Account, request: Request) -> dict[str, Any]:
    """The same history with names shown; the reading is written down."""
    return history(context, request, shown=True)


def _show_form(context: Account, request: Request, shown: bool) -> dict[str, Any]:
    return {
        "shown": shown,
        "may_show": not shown and request.has_permission(Permission.PARTIES_PERSON_SHOW, context),
        "purposes": PURPOSES,
    }
