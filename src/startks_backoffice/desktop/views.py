"""Desktop and search: what a clerk looks at first, within his territory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request
from sqlalchemy import Row, true

from startks.base.periods import shift
from startks.domain.accounts.card_queries import ACCOUNT_SCOPE
from startks.domain.accounts.search_queries import cut, find_accounts, find_by_person, find_by_phone, find_houses
from startks.domain.ledger.office_queries import error_kinds, last_run, run_totals, service_totals
from startks.domain.reference.law_queries import ends_ahead
from startks.domain.security import scope_filter
from startks.domain.security.permissions import Permission
from startks.domain.security.trail_queries import newest_events
from startks.domain.territory.passport_queries import HOUSE_SCOPE, districts
from startks.framework.addons.search import search_modules
from startks.framework.tree.nodes import Root
from startks_backoffice.administration.words import ACTS, SUBJECTS
from startks_backoffice.fund.people import masked_payers

NEAR = 2
"""From this ``nearness`` of ``find_by_person`` on, a surname only resembles what was typed."""


@dataclass(frozen=True, slots=True)
class MonthCompared:
    """Sums of a month beside the month before, kopecks; ``lines`` by service in the order of the bill."""

    period: int
    before: int
    charge: int
    charge_before: int
    paid: int
    paid_before: int
    closing: int
    lines: tuple[Row, ...] = ()

    @property
    def change(self) -> int:
        """How much more (or less) was charged than the month before, kopecks."""
        return self.charge - self.charge_before


def desktop(context: Root, request: Request) -> dict[str, Any]:
    """Counts, the month against the one before, the last calculation with its errors, and the newest audit events."""
    identity = request.identity
    places = districts(request.read, scope_filter(identity, Permission.FUND_HOUSE_LIST, HOUSE_SCOPE))
    trail = request.has_permission(Permission.AUDIT_TRAIL_READ, context)
    money = request.has_permission(Permission.PERIOD_MONTH_READ, context)
    period = next((row.id for row in request.office_periods if row.calculated_at is not None), None)
    statement_scope = scope_filter(identity, Permission.LEDGER_STATEMENT_READ, HOUSE_SCOPE)
    holds_money = identity.holds(Permission.LEDGER_STATEMENT_READ)
    return {
        "houses": sum(row.houses for row in places),
        "accounts": sum(row.accounts for row in places),
        "premises": sum(row.premises for row in places),
        "districts": places,
        "month": compared(request, period, statement_scope) if period is not None and holds_money else None,
        "run": last_run(request.read) if money else None,
        "ends": ends_ahead(request.read, dt.date.today()) if money else (),
        "warnings": error_kinds(request.read, period, statement_scope) if period is not None and holds_money else (),
        "events": newest_events(request.read, 8) if trail else (),
        "acts": ACTS,
        "subjects": SUBJECTS,
    }


def compared(request: Request, period: int, scope: Any) -> MonthCompared:
    """Lay the month beside the one before, over the houses in ``scope``.

    For the whole town the calculation has counted already; a part of it is summed here.
    """
    before = shift(period, -1)
    whole = run_totals(request.read, (period, before)) if scope.compare(true()) else {}
    if period in whole:
        now, then = whole[period], whole.get(before, {})
        return MonthCompared(
            period,
            before,
            now["charge"],
            then.get("charge", 0),
            now["paid"],
            then.get("paid", 0),
            now["closing"],
        )
    rows = service_totals(request.read, (period, before), scope)
    return MonthCompared(
        period,
        before,
        _sum(rows, period, "charge"),
        _sum(rows, before, "charge"),
        _sum(rows, period, "paid"),
        _sum(rows, before, "paid"),
        _sum(rows, period, "closing"),
    )


def _sum(rows: Sequence[Row], period: int, column: str) -> int:
    return sum(getattr(row, column) for row in rows if row.period == period)


def search(context: Root, request: Request) -> dict[str, Any]:
    """Houses, accounts and people found by what was typed, each kind as far as the reader may list it."""
    text = request.params.get("q", "").strip()[:100]
    typed = cut(text)
    identity = request.identity
    houses = find_houses(request.read, typed, scope_filter(identity, Permission.FUND_HOUSE_LIST, HOUSE_SCOPE))
    account_scope = scope_filter(identity, Permission.ACCOUNT_CARD_LIST, ACCOUNT_SCOPE)
    accounts = find_accounts(request.read, typed, account_scope)
    person_scope = scope_filter(identity, Permission.PARTIES_PERSON_READ, ACCOUNT_SCOPE)
    people = find_by_person(request.read, typed, person_scope & account_scope)
    modules = search_modules(request.registry, request.read, text, identity) if text else []
    return {
        "text": text,
        "houses": houses,
        "accounts": masked_payers(accounts),
        "people": masked_payers([row for row in people if row.nearness < NEAR]),
        "near": masked_payers([row for row in people if row.nearness >= NEAR]),
        "phones": masked_payers(find_by_phone(request.read, typed, person_scope & account_scope)),
        "modules": modules,
        "searched": not typed.empty or bool(modules),
    }
