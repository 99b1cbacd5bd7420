"""One closed month computed again for some accounts, against what it was charged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from startks.base.contracts.consumption import CONSUMPTION
from startks.base.db.bulk import plain_reader
from startks.modules.billing.calculation.inputs import Inputs, Month, Read
from startks.modules.billing.calculation.regimes import Regimes
from startks.modules.billing.calculation.statement import LINE
from startks.modules.billing.replay.marks import Work

Consumption = Callable[[Read, int, int, int], pl.DataFrame]

MOST_HOUSES = 200
"""Houses read at a time."""

DIFFERENCE = {
    "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "rule_id": pl.Int16,
    "charged": pl.Int64, "computed": pl.Int64, "amount": pl.Int64, "volume_charged": pl.Int64,
    "volume_computed": pl.Int64, "causes": pl.List(pl.Int64),
}
"""Columns of the answer: kopecks, millionths of the unit, ids of the causing changes."""


def differences(
    connection, work: Work, open_period: int, consumption: Consumption | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Differences (``DIFFERENCE``) and the lines that cannot be computed (house_id, account_id, service_id).

    A line that lacks an input keeps what it was charged: nothing is given back because a tariff is missing.
    """
    read = plain_reader(connection)
    found, failed = [], []
    for low, high in _runs(work.accounts["house_id"].unique().sort().to_list()):
        part = work.accounts.filter(pl.col("house_id").is_between(low, high))
        lines, faults = _computed(read, work.period, low, high, part, consumption)
        found.append(_compare(lines, faults, _charged(read, work.period, open_period, part), part))
        failed.append(faults)
    return pl.concat(found), pl.concat(failed)


def _runs(houses: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring houses together: a run of ids holds no house that is not asked for."""
    start = previous = houses[0]
    count = 1
    for house in houses[1:]:
        if house != previous + 1 or count == MOST_HOUSES:
            yield start, previous
            start, count = house, 0
        previous, count = house, count + 1
    yield start, previous


def _computed(
    read: Read, period: int, low: int, high: int, accounts: pl.DataFrame, consumption: Consumption | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines of the accounts by today's facts and the law of that month."""
    inputs = Inputs(read, Month(period, low, high))
    used = pl.DataFrame(schema=CONSUMPTION) if consumption is None else consumption(read, period, low, high)
    parts = [
        group.computed.join(accounts, on="account_id", how="semi").select(
            *LINE, pl.lit(group.rule.id, pl.Int16).alias("rule_id"), pl.col("result_volume").alias("volume"),
            pl.col("result_charge").alias("charge"),
        )
        for group in Regimes(inputs, used).build()
    ]
    empty = pl.DataFrame(schema={"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16,
                                 "supplier_id": pl.Int32, "rule_id": pl.Int16, "volume": pl.Int64, "charge": pl.Int64})
    lines = pl.concat([empty, *parts])
    faults = lines.filter(pl.col("charge").is_null()).select(*LINE[:3])
    good = lines.filter(pl.col("charge").is_not_null()).group_by(LINE).agg(
        pl.col("rule_id").max(), pl.col("volume").sum(), pl.col("charge").sum()
    )
    return good, faults


def _charged(read: Read, period: int, open_period: int, accounts: pl.DataFrame) -> pl.DataFrame:
    """What the month was charged, with the recalculations posted for it into months before the open one."""
    ids = ",".join(map(str, accounts["account_id"].unique().to_list()))
    return read(f"""
        SELECT house_id, account_id, service_id, supplier_id, sum(charge)::int8 AS charged,
               sum(volume)::int8 AS volume_charged
          FROM (SELECT house_id, account_id, service_id, supplier_id, charge, volume FROM statement
                 WHERE period = {int(period)} AND account_id = ANY('{{{ids}}}'::int[])
                UNION ALL
                SELECT house_id, account_id, service_id, supplier_id, amount, volume_computed - volume_charged
                  FROM recalculation
                 WHERE for_period = {int(period)} AND period < {int(open_period)}
                   AND account_id = ANY('{{{ids}}}'::int[])) x
         GROUP BY 1, 2, 3, 4""")


def _compare(lines: pl.DataFrame, faults: pl.DataFrame, charged: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    both = (
        charged.join(lines, on=LINE, how="full", coalesce=True)
        .join(faults, on=["account_id", "service_id"], how="anti")
        .with_columns(pl.col("charged", "volume_charged", "charge", "volume").fill_null(0),
                      pl.col("rule_id").fill_null(0))
        .with_columns((pl.col("charge") - pl.col("charged")).alias("amount"))
        .filter(pl.col("amount") != 0)
    )
    return both.join(accounts.select("account_id", "causes"), on="account_id").select(
        *LINE, "rule_id", "charged", pl.col("charge").alias("computed"), "amount", "volume_charged",
        pl.col("volume").alias("volume_computed"), "causes",
    ).cast(DIFFERENCE).sort("account_id", "service_id", "supplier_id")
