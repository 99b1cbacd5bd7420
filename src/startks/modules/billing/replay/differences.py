"""Closed months computed again for some accounts, against what they were charged: all months of a house at once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from startks.base.db.bulk import plain_reader
from startks.modules.billing.calculation.benefits import benefits
from startks.modules.billing.calculation.frames import lines_of
from startks.modules.billing.calculation.inputs import Consumption, Inputs, Month, Read
from startks.modules.billing.calculation.reductions import Reductions
from startks.modules.billing.calculation.regimes import Regimes
from startks.modules.billing.calculation.statement import LINE
from startks.modules.billing.replay.benefits import CORRECTION, benefit_differences

MOST_HOUSE_MONTHS = 400
"""Houses times months computed at a time: of usual houses some 30 000 bills, some hundred megabytes."""

OF_MONTH = ["for_period", *LINE]
DIFFERENCE = {
    "for_period": pl.Int32, "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16,
    "supplier_id": pl.Int32, "rule_id": pl.Int16, "charged": pl.Int64, "computed": pl.Int64, "amount": pl.Int64,
    "volume_charged": pl.Int64, "volume_computed": pl.Int64, "causes": pl.List(pl.Int64),
}
"""Columns of the answer: the closed month, kopecks, millionths of the unit, ids of the causing changes."""
FAULT = {name: DIFFERENCE[name] for name in OF_MONTH[:4]}
"""Columns of a line that cannot be computed."""


def differences(
    connection, work: pl.DataFrame, open_period: int, consumption: Consumption | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Differences (``DIFFERENCE``), lines that cannot be computed (``FAULT``) and differences of benefits (``CORRECTION``)
    of the bills of :func:`.marks.pending`.

    A line that lacks an input keeps what it was charged: nothing is given back because a tariff is missing.
    """
    read = plain_reader(connection)
    found, failed, given = [pl.DataFrame(schema=DIFFERENCE)], [pl.DataFrame(schema=FAULT)], [pl.DataFrame(schema=CORRECTION)]
    for months in stacks(work):
        bills = work.filter(
            pl.col("house_id").is_between(months[0].house_from, months[0].house_to)
            & pl.col("for_period").is_in([month.period for month in months])
        )
        lines, faults, amounts = _computed(read, months, bills, consumption)
        found.append(_compare(lines, faults, _charged(read, months, open_period, bills), bills))
        failed.append(faults)
        given.append(benefit_differences(read, months, open_period, amounts, faults, bills))
    return (
        pl.concat(found).sort("for_period", "account_id", "service_id", "supplier_id"), pl.concat(failed),
        pl.concat(given).sort(list(CORRECTION)[:8]),
    )


def stacks(work: pl.DataFrame) -> Iterator[list[Month]]:
    """Months computed together: those of neighbouring houses that are asked for the same months."""
    houses = work.group_by("house_id").agg(pl.col("for_period").unique().sort()).sort("house_id")
    asked: dict[tuple[int, ...], list[int]] = {}
    for house, periods in houses.iter_rows():
        asked.setdefault(tuple(periods), []).append(house)
    for periods, same in asked.items():
        for low, high in _runs(same, max(1, MOST_HOUSE_MONTHS // len(periods))):
            yield [Month(period, low, high) for period in periods]


def _runs(houses: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Neighbouring houses together: a run of ids holds no house that is not asked for."""
    start = previous = houses[0]
    for house in houses[1:]:
        if house != previous + 1 or house - start == most:
            yield start, previous
            start = house
        previous = house
    yield start, previous


def _computed(
    read: Read, months: list[Month], bills: pl.DataFrame, consumption: Consumption | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines of the bills by today's facts and the law of their months, what acts and absences take off them among it;
    lines that lack an input; what benefits the months would give."""
    inputs = Inputs(read, *months)
    regimes = Regimes(inputs, inputs.consumption(consumption))
    charged = lines_of(regimes.build())
    reduced = Reductions(regimes)
    off = reduced.rows.select(
        *LINE, pl.lit(0, pl.Int16).alias("rule_id"), pl.lit(0, pl.Int64).alias("volume"), pl.col("amount").alias("charge")
    )
    lines = inputs.named(pl.concat([charged.select(off.columns), off])).rename({"period": "for_period"}).join(
        bills, on=["for_period", "account_id"], how="semi"
    )
    faults = lines.filter(pl.col("charge").is_null()).select(list(FAULT))
    good = lines.filter(pl.col("charge").is_not_null()).group_by(OF_MONTH).agg(
        pl.col("rule_id").max(), pl.col("volume").sum(), pl.col("charge").sum()
    )
    return good, faults, benefits(regimes, charged, reduced.money).amounts


def _charged(read: Read, months: list[Month], open_period: int, bills: pl.DataFrame) -> pl.DataFrame:
    """What the months were charged, less what acts and absences took off, with the recalculations posted for them into
    months before the open one."""
    ids = ",".join(map(str, bills["account_id"].unique().to_list()))
    periods = ",".join(str(month.period) for month in months)
    return read(f"""
        SELECT for_period, house_id, account_id, service_id, supplier_id, sum(charge)::int8 AS charged,
               sum(volume)::int8 AS volume_charged
          FROM (SELECT period AS for_period, house_id, account_id, service_id, supplier_id, charge, volume FROM statement
                 WHERE period IN ({periods}) AND account_id = ANY('{{{ids}}}'::int[])
                UNION ALL
                SELECT period, house_id, account_id, service_id, supplier_id, amount, 0 FROM reduction
                 WHERE period IN ({periods}) AND account_id = ANY('{{{ids}}}'::int[])
                UNION ALL
                SELECT for_period, house_id, account_id, service_id, supplier_id, amount, volume_computed - volume_charged
                  FROM recalculation
                 WHERE for_period IN ({periods}) AND period < {int(open_period)} AND kind = 'replay'
                   AND account_id = ANY('{{{ids}}}'::int[])) x
         GROUP BY 1, 2, 3, 4, 5""")


def _compare(lines: pl.DataFrame, faults: pl.DataFrame, charged: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    both = (
        charged.join(lines, on=OF_MONTH, how="full", coalesce=True)
        .join(faults, on=["for_period", "account_id", "service_id"], how="anti")
        .with_columns(pl.col("charged", "volume_charged", "charge", "volume", "rule_id").fill_null(0))
        .with_columns((pl.col("charge") - pl.col("charged")).alias("amount"))
        .filter(pl.col("amount") != 0)
    )
    return both.join(bills.select("for_period", "account_id", "causes"), on=["for_period", "account_id"]).select(
        *OF_MONTH, "rule_id", "charged", pl.col("charge").alias("computed"), "amount", "volume_charged",
        pl.col("volume").alias("volume_computed"), "causes",
    ).cast(DIFFERENCE)
