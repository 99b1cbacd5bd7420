"""Tab «Льготы и субсидии» of the account card: rights with their acts, what the months gave, debts in the way, the subsidy."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.domain.security.masking import mask_name
from startks.domain.security.permissions import Permission
from startks.domain.support import queries
from startks.framework.tree.nodes import Account


def benefits(context: Account, request: Request) -> dict[str, Any]:
    """Names are masked; categories tell of health and fate, so who may not read persons sees none of them."""
    may_people = bool(request.has_permission(Permission.PARTIES_PERSON_READ, context))
    today = dt.date.today()
    amounts = queries.account_amounts(request.read, context.id)
    return {
        "rights": queries.account_rights(request.read, context.id, today) if may_people else (),
        "hidden": not may_people,
        "debts": queries.account_court_debts(request.read, context.id, today),
        "amounts": amounts,
        "subsidies": queries.account_subsidies(request.read, context.id),
        "mask": mask_name,
        "may_people": may_people,
    }
