"""The page «Мои счета»: what stands to be paid on each account the user is bound to."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import account_path
from startks.modules.billing.portal_queries import last_sums


def my_accounts(context: Root, request: Request) -> dict[str, Any]:
    """Own accounts with the sum of the last calculated month; their addresses come with the identity."""
    own = request.identity.accounts
    sums = last_sums(request.read, [account.account_id for account in own]) if own else {}
    return {
        "cards": [
            (account, account_path(request, account.path), sums.get(account.account_id)) for account in own
        ]
    }
