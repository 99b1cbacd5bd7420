"""What the cabinet reads besides the bill itself: statements built once, with bind parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row, text

ACCOUNT_HISTORY = text("""
    SELECT period, sum(charge + recalculation + penalty - benefit)::int8 AS charged, sum(paid)::int8 AS paid,
           sum(closing)::int8 AS closing
      FROM statement WHERE account_id = :account AND period <= :period
     GROUP BY period ORDER BY period DESC LIMIT :months""")

LAST_SUMS = text("""
    SELECT s.account_id, s.period, sum(s.closing)::int8 AS closing,
           sum(s.charge + s.recalculation + s.penalty - s.benefit)::int8 AS charged
      FROM statement s
     WHERE s.account_id = ANY(:accounts)
       AND s.period = (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL)
     GROUP BY s.account_id, s.period""")


def account_history(connection: Connection, account_id: int, period: int, months: int) -> Sequence[Row]:
    """Return period, charged, paid and closing (kopecks) of the last months up to ``period``, oldest first."""
    rows = connection.execute(ACCOUNT_HISTORY, {"account": account_id, "period": period, "months": months})
    return list(reversed(rows.all()))


def last_sums(connection: Connection, accounts: Iterable[int]) -> dict[int, Row]:
    """Return period, closing and charged (kopecks) of the last calculated month by account."""
    rows = connection.execute(LAST_SUMS, {"accounts": list(accounts)})
    return {row.account_id: row for row in rows}
