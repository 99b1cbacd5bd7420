"""The replay: look first, then post."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame
from startks.base.errors import StartksError
from startks.domain.ledger.models import Recalculation
from startks.domain.periods.services import current_period
from startks.modules.billing.calculation.run import resolve
from startks.modules.billing.replay import marks
from startks.modules.billing.replay.benefits import post
from startks.modules.billing.replay.differences import differences


@dataclass(frozen=True)
class Replayed:
    """What a replay found. ``bills``: what it computed again (``PENDING``); ``rows``: ``DIFFERENCE`` columns and reason;
    ``failed``: lines not computable; ``benefits``: ``CORRECTION`` columns and reason."""

    period: int
    bills: pl.DataFrame
    rows: pl.DataFrame
    failed: pl.DataFrame
    benefits: pl.DataFrame

    @property
    def months(self) -> int:
        """How many closed months were computed again."""
        return self.bills["for_period"].n_unique()

    @property
    def accounts(self) -> int:
        """Of how many accounts."""
        return self.bills["account_id"].n_unique()

    @property
    def amount(self) -> int:
        """Sum of all differences, kopecks."""
        return int(self.rows["amount"].sum())


def look(connection: Connection, consumption: str | None, accounts: list[int] | None = None) -> Replayed:
    """Compute what a replay would post; nothing is written. With ``accounts`` only their marks.

    ``consumption`` is the function that the metering contract names, None without metering. StartksError where no month
    is open.
    """
    period = current_period(connection)
    if period is None:
        raise StartksError("Нет открытого месяца, в который внести перерасчёт: откройте следующий период.")
    bills = marks.pending(connection, period, accounts)
    rows, failed, given = differences(connection, bills, period, resolve(consumption))
    causes = pl.concat([rows["causes"], given["causes"]]).explode().drop_nulls().unique().to_list()
    words = marks.reasons(connection, causes) if causes else {}
    return Replayed(period, bills, _told(rows, words), failed, _told(given, words))


def _told(rows: pl.DataFrame, words: dict[int, str]) -> pl.DataFrame:
    """The rows with ``reason``: what each was caused by, in words."""
    told = ["; ".join(dict.fromkeys(words[cause] for cause in causes)) for causes in rows["causes"].to_list()]
    return rows.with_columns(pl.Series("reason", told, dtype=pl.String))


def replay(connection: Connection, consumption: str | None, accounts: list[int] | None = None) -> Replayed:
    """Post the differences into the open month and set the marks done; the open month is calculated afterwards.

    Done again it posts the same rows: what stands in the open month for these accounts and months is replaced.
    """
    # One replay at a time; the marks that come while it runs stay for the next one.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('billing.replay', 0))"))
    answer = look(connection, consumption, accounts)
    connection.execute(
        text("""DELETE FROM recalculation r USING unnest(CAST(:months AS int[]), CAST(:accounts AS int[])) AS again (month, account)
                 WHERE r.period = :open AND r.kind = 'replay' AND r.for_period = again.month AND r.account_id = again.account"""),
        {"open": answer.period, "months": answer.bills["for_period"].to_list(), "accounts": answer.bills["account_id"].to_list()},
    )
    if answer.rows.height:
        copy_frame(
            connection, Recalculation.__table__,
            answer.rows.with_columns(
                pl.lit(answer.period, pl.Int32).alias("period"),
                ("{" + pl.col("causes").cast(pl.List(pl.String)).list.join(",") + "}").alias("causes"),
            ),
        )
    post(connection, answer.period, answer.bills, answer.benefits)
    if answer.rows.height or answer.benefits.height:
        connection.execute(  # what was rehearsed lacks these rows
            text("UPDATE period SET state = 'open', rehearsed_at = NULL WHERE id = :id AND state = 'rehearsed'"),
            {"id": answer.period},
        )
    marks.done(connection, accounts)
    return answer
