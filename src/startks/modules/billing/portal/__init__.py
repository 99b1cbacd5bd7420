"""Billing in the residents' cabinet: the bill of a month, where each sum comes from, the receipt."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission, Public
from startks.framework.tree.nodes import Account, Root
from startks.modules.billing.portal import bill, explanation, history, receipt
from startks.modules.billing.portal_queries import LAST_PAGE

TEMPLATES = "startks.modules.billing.portal:templates/{}.pt"


def includeme(config: Configurator) -> None:
    """Register the pages."""
    read, explained = Permission.ACCOUNT_BILL_READ, Permission.ACCOUNT_EXPLANATION_READ
    for view, name, permission, template in (
        (bill.page, "", read, None),
        (explanation.page, "explain", explained, "explain_page"),
        (explanation.part, "explain-part", explained, "explain"),
        (explanation.what_if, "what-if", explained, "what_if_answer"),
        (history.page, "history", read, "history_page"),
        (history.part, "history-part", read, "history"),
        (receipt.qr_picture, "qr.svg", read, None),
        (receipt.pdf, "receipt.pdf", read, None),
        (receipt.twin, "receipt", read, "receipt"),
    ):
        config.add_portal_view(
            view,
            context=Account,
            name=name,
            permission=permission,
            request_method="GET",
            **({"renderer": TEMPLATES.format(template)} if template else {}),
        )
    config.add_read_ahead(Account, LAST_PAGE)
    config.add_portal_view(receipt.key, context=Root, name="receipt-key", permission=Public, request_method="GET")
