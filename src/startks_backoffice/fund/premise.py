"""The card of a flat, room or non-residential premise."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.domain.accounts.card_queries import ACCOUNT_SCOPE, premise_accounts
from startks.domain.facts.queries import history as fact_history
from startks.domain.security import scope_filter
from startks.domain.security.permissions import Permission
from startks.domain.territory.passport_queries import premise_areas, premise_passport
from startks.domain.territory.queries import rooms_of
from startks.framework.tree.nodes import Apartment
from startks_backoffice.fund.people import masked_payers


def card(context: Apartment, request: Request) -> dict[str, Any]:
    """The premise, its areas by date and its accounts."""
    scope = scope_filter(request.identity, Permission.ACCOUNT_CARD_LIST, ACCOUNT_SCOPE)
    return {
        "premise": premise_passport(request.read, context.id, dt.date.today()),
        "areas": premise_areas(request.read, context.id),
        "entries": fact_history(request.read, "premise", context.id),
        "rooms": rooms_of(request.read, context.id),
        "accounts": masked_payers(premise_accounts(request.read, context.id, scope)),
    }
