"""What is to be computed again: marks of changed facts, as accounts and closed months."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session

# Marks not yet done, and those whose differences stand in the open month already: these are computed again together,
# so that the row of a month has the reasons of all of them.
_MARKED = text("""
    WITH chosen AS (
        SELECT m.id, m.fact_change_id, m.account_id, m.house_id, m.period_from, coalesce(m.period_to, :last) AS period_to
          FROM recalculation_mark m WHERE m.done_at IS NULL),
    accounts AS (
        SELECT c.fact_change_id, a.id AS account_id, a.house_id, c.period_from, c.period_to
          FROM chosen c JOIN account a ON a.id = c.account_id OR a.house_id = c.house_id
         WHERE CAST(:accounts AS int[]) IS NULL OR a.id = ANY(:accounts)),
    pairs AS (
        SELECT DISTINCT a.account_id, a.house_id, p.id AS for_period, a.fact_change_id
          FROM accounts a JOIN period p ON p.id BETWEEN a.period_from AND a.period_to AND p.state = 'closed'
         UNION
        SELECT r.account_id, r.house_id, r.for_period, unnest(r.causes)
          FROM recalculation r
         WHERE r.period = :open AND EXISTS (
               SELECT FROM accounts a WHERE a.account_id = r.account_id
                  AND r.for_period BETWEEN a.period_from AND a.period_to))
    SELECT p.account_id, p.house_id, p.for_period, array_agg(p.fact_change_id ORDER BY p.fact_change_id) AS causes
      FROM pairs p GROUP BY 1, 2, 3 ORDER BY 3, 2, 1""")

_REASONS = text("""
    SELECT id, reason || CASE WHEN coalesce(document, '') = '' THEN '' ELSE ', ' || document END AS reason
      FROM fact_change WHERE id = ANY(:causes)""")

_DONE = text("""
    UPDATE recalculation_mark m SET done_at = now()
     WHERE m.done_at IS NULL AND (
           CAST(:accounts AS int[]) IS NULL OR m.account_id = ANY(:accounts))""")

_WAITING = text("""
    SELECT count(DISTINCT a.id) AS accounts, count(DISTINCT a.house_id) AS houses, min(m.period_from) AS since,
           count(DISTINCT m.fact_change_id) AS changes
      FROM recalculation_mark m JOIN account a ON a.id = m.account_id OR a.house_id = m.house_id
     WHERE m.done_at IS NULL
       AND EXISTS (SELECT FROM period p WHERE p.state = 'closed' AND p.id >= m.period_from
                      AND (m.period_to IS NULL OR p.id <= m.period_to))""")


PENDING = {"account_id": pl.Int32, "house_id": pl.Int32, "for_period": pl.Int32, "causes": pl.List(pl.Int64)}
"""A bill of a closed month to compute again, and the ids of the changes that ask for it."""


def waiting(connection: Connection | Session) -> Row:
    """How much is marked and not done: accounts, houses, since (YYYYMM), changes."""
    return connection.execute(_WAITING).one()


def pending(connection: Connection, open_period: int, accounts: list[int] | None = None) -> pl.DataFrame:
    """Bills of closed months (``PENDING``) touched by marks that are not done, oldest first; with ``accounts`` only theirs."""
    rows = connection.execute(
        _MARKED, {"open": open_period, "last": open_period, "accounts": accounts}
    ).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=PENDING, orient="row")


def reasons(connection: Connection, causes: list[int]) -> dict[int, str]:
    """Words of the changes by id: the reason and its document."""
    return dict(connection.execute(_REASONS, {"causes": causes}).all())


def done(connection: Connection, accounts: list[int] | None = None) -> int:
    """Set the marks done and say how many. With ``accounts`` only their own: a house's mark waits for the whole house."""
    return connection.execute(_DONE, {"accounts": accounts}).rowcount
