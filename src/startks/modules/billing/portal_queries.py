"""What the cabinet reads besides the bill itself: statements built once, with bind parameters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, text

ACCOUNT_HISTORY = text("""
    SELECT period, sum(charge + recalculation + penalty - benefit)::int8 AS charged, sum(paid)::int8 AS paid,
           sum(closing)::int8 AS closing
      FROM statement WHERE account_id = :account AND period <= :period
     GROUP BY period ORDER BY period DESC LIMIT :months""")


def account_history(connection: Connection, account_id: int, period: int, months: int) -> Sequence[Row]:
    """Return period, charged, paid and closing (kopecks) of the last months up to ``period``, oldest first."""
    rows = connection.execute(ACCOUNT_HISTORY, {"account": account_id, "period": period, "months": months})
    return list(reversed(rows.all()))
