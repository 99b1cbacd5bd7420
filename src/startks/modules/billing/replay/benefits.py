"""Benefits of closed months computed again: what changes goes into the open month, right by right and line by line."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame
from startks.domain.support.models import BenefitCorrection
from startks.modules.billing.calculation.benefits import AMOUNT
from startks.modules.billing.calculation.inputs import Month, Read
from startks.modules.billing.calculation.statement import LINE

OF_RIGHT = ["for_period", *LINE, "person_id", "category_id", "is_discount"]
CORRECTION = {
    **{name: AMOUNT[name] for name in OF_RIGHT}, "given": pl.Int64, "computed": pl.Int64, "amount": pl.Int64,
    "causes": pl.List(pl.Int64),
}
"""Columns of the answer: the closed month, kopecks, ids of the causing changes."""


def benefit_differences(
    read: Read, months: list[Month], open_period: int, computed: pl.DataFrame, faults: pl.DataFrame, bills: pl.DataFrame
) -> pl.DataFrame:
    """Differences (``CORRECTION``) of the benefits of these bills; ``computed``: ``AMOUNT`` by today's facts.

    A line that cannot be computed keeps its benefit, as it keeps its charge.
    """
    now = computed.join(bills, on=["for_period", "account_id"], how="semi").group_by(OF_RIGHT).agg(
        pl.col("amount").sum().alias("computed")
    )
    both = (
        _given(read, months, open_period, bills).join(now, on=OF_RIGHT, how="full", coalesce=True)
        .join(faults, on=["for_period", "account_id", "service_id"], how="anti")
        .with_columns(pl.col("given", "computed").fill_null(0))
        .with_columns((pl.col("computed") - pl.col("given")).alias("amount"))
        .filter(pl.col("amount") != 0)
    )
    return both.join(bills.select("for_period", "account_id", "causes"), on=["for_period", "account_id"]).select(
        *CORRECTION
    ).cast(CORRECTION)


def _given(read: Read, months: list[Month], open_period: int, bills: pl.DataFrame) -> pl.DataFrame:
    """What the months gave, with the corrections posted for them into months before the open one."""
    ids = ",".join(map(str, bills["account_id"].unique().to_list()))
    periods = ",".join(str(month.period) for month in months)
    key = "house_id, account_id, service_id, supplier_id, person_id, category_id, is_discount"
    return read(f"""
        SELECT for_period, {key}, sum(amount)::int8 AS given
          FROM (SELECT for_period, {key}, amount FROM benefit_amount
                 WHERE period IN ({periods}) AND for_period = period AND account_id = ANY('{{{ids}}}'::int[])
                UNION ALL
                SELECT for_period, {key}, amount FROM benefit_correction
                 WHERE for_period IN ({periods}) AND period < {int(open_period)}
                   AND account_id = ANY('{{{ids}}}'::int[])) x
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""").cast({name: AMOUNT[name] for name in OF_RIGHT})


def post(connection: Connection, open_period: int, bills: pl.DataFrame, rows: pl.DataFrame) -> None:
    """Put the differences (``CORRECTION`` and reason) in the place of what stands in the open month for these bills."""
    connection.execute(
        text("""DELETE FROM benefit_correction r
                 USING unnest(CAST(:months AS int[]), CAST(:accounts AS int[])) AS again (month, account)
                 WHERE r.period = :open AND r.for_period = again.month AND r.account_id = again.account"""),
        {"open": open_period, "months": bills["for_period"].to_list(), "accounts": bills["account_id"].to_list()},
    )
    if rows.height:
        copy_frame(
            connection, BenefitCorrection.__table__,
            rows.with_columns(
                pl.lit(open_period, pl.Int32).alias("period"),
                ("{" + pl.col("causes").cast(pl.List(pl.String)).list.join(",") + "}").alias("causes"),
            ),
        )
