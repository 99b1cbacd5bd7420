"""Reports of the module: asked for in the office's list of reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from startks.domain.ledger.office_queries import service_totals
from startks.domain.security.access import scope_filter
from startks.domain.security.identity import Identity
from startks.domain.security.permissions import Permission
from startks.domain.territory.passport_queries import HOUSE_SCOPE
from startks.framework.i18n import _

BY_SERVICE = {
    "title": _("Service"),
    "opening_kopecks": _("Owed at the beginning"),
    "charge_kopecks": _("Charged"),
    "recalculation_kopecks": _("Recalculation"),
    "paid_kopecks": _("Paid"),
    "closing_kopecks": _("Owed at the end"),
}
MONEY = ("opening", "charge", "recalculation", "paid", "closing")


def by_service(session: Session, period: int, identity: Identity) -> list[dict[str, Any]]:
    """Return a row a service: its sums (kopecks) of the month over the houses of the reader's territory."""
    scope = scope_filter(identity, Permission.LEDGER_STATEMENT_READ, HOUSE_SCOPE)
    rows = service_totals(session, [period], scope)
    return [
        {"title": row.title, **{f"{name}_kopecks": getattr(row, name) for name in MONEY}}
        for row in rows
    ]


def includeme(config: Any) -> None:
    """Register the reports."""
    config.add_report(
        "by_service",
        by_service,
        title=_("Charged and paid by services"),
        permission=Permission.LEDGER_STATEMENT_READ,
        columns=BY_SERVICE,
    )
