"""Which month a page of the office speaks of."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import Row

from startks.domain.ledger.office_queries import periods


def office_periods(request: Request) -> list[Row]:
    """Return all periods, newest first; read once a request."""
    return list(periods(request.read))


def current_period(request: Request) -> Row | None:
    """Return the newest month that is still open, the one people work in; the newest of all where none is."""
    found = request.office_periods
    unfinished = [row for row in found if row.state != "closed"]
    return unfinished[0] if unfinished else (found[0] if found else None)


def chosen_period(request: Request) -> int:
    """Return the month asked for by ``?period=YYYYMM``, the newest calculated one where nothing valid was asked."""
    known = {row.id for row in request.office_periods}
    asked = request.params.get("period", "")
    if asked.isascii() and asked.isdigit() and int(asked) in known:
        return int(asked)
    calculated = next((row.id for row in request.office_periods if row.calculated_at is not None), None)
    if calculated is not None:
        return calculated
    current = request.office_current_period
    return current.id if current is not None else 200001
