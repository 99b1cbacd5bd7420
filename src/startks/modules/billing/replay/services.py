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
from startks.modules.billing.replay.differences import DIFFERENCE, differences


@dataclass(frozen=True)
class Replayed:
    """What a replay found. ``rows``: ``DIFFERENCE`` columns, for_period and reason; ``failed``: lines not computable."""

    period: int
    months: int
    accounts: int
    rows: pl.DataFrame
    failed: pl.DataFrame

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
    function = resolve(consumption)
    work = marks.pending(connection, period, accounts)
    found, failed, touched = [], [], set()
    for month in work:
        rows, faults = differences(connection, month, period, function)
        found.append(rows.with_columns(pl.lit(month.period, pl.Int32).alias("for_period")))
        failed.append(faults.with_columns(pl.lit(month.period, pl.Int32).alias("for_period")))
        touched.update(month.accounts["account_id"].to_list())
    rows = pl.concat(found) if found else pl.DataFrame(schema={**DIFFERENCE, "for_period": pl.Int32})
    words = marks.reasons(connection, rows["causes"].explode().drop_nulls().unique().to_list()) if rows.height else {}
    told = ["; ".join(dict.fromkeys(words[cause] for cause in causes)) for causes in rows["causes"].to_list()]
    return Replayed(
        period, len(work), len(touched), rows.with_columns(pl.Series("reason", told, dtype=pl.String)),
        pl.concat(failed) if failed else pl.DataFrame(),
    )


def replay(connection: Connection, consumption: str | None, accounts: list[int] | None = None) -> Replayed:
    """Post the differences into the open month and set the marks done; the open month is calculated afterwards.

    Done again it posts the same rows: what stands in the open month for these accounts and months is replaced.
    """
    # One replay at a time; the marks that come while it runs stay for the next one.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('billing.replay', 0))"))
    answer = look(connection, consumption, accounts)
    for work in marks.pending(connection, answer.period, accounts):
        connection.execute(
            text("""DELETE FROM recalculation
                     WHERE period = :open AND for_period = :month AND account_id = ANY(:accounts)"""),
            {"open": answer.period, "month": work.period, "accounts": work.accounts["account_id"].to_list()},
        )
    if answer.rows.height:
        copy_frame(
            connection, Recalculation.__table__,
            answer.rows.with_columns(
                pl.lit(answer.period, pl.Int32).alias("period"),
                ("{" + pl.col("causes").cast(pl.List(pl.String)).list.join(",") + "}").alias("causes"),
            ),
        )
        connection.execute(  # what was rehearsed lacks these rows
            text("UPDATE period SET state = 'open', rehearsed_at = NULL WHERE id = :id AND state = 'rehearsed'"),
            {"id": answer.period},
        )
    marks.done(connection, accounts)
    return answer
