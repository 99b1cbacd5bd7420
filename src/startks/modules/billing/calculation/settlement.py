"""The month's money against what was owed at its start: oldest month first, inside a month over all lines.

Money received and an advance pay the positive opening lines of an account. Where they do not reach, the oldest month is
paid first (ГК ст. 319.1 ч. 3), inside a month in proportion to the lines' debts by largest remainder (ПП РФ 354 п. 118),
penalties after all principal (ГК ст. 319). What is left becomes or enlarges the advance, and an advance is used before new
money counts as one. Nothing is lost: the paid column of an account sums to what was received.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from startks.domain.calc.splitting import split_frame
from startks.modules.billing.calculation.statement import LINE, in_order

PENALTIES = 0
"""``origin`` of the unpaid penalties of a line: paid after every month of principal."""
_LAST = 999_999
DEBTS = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32,
         "origin": pl.Int32, "amount": pl.Int64}
"""Columns of debts by month of origin: kopecks unpaid, more than nothing."""
NO_DEBTS = pl.DataFrame(schema=DEBTS)


@dataclass(frozen=True)
class Settlement:
    """``paid``: LINE and paid (kopecks). ``parts``: debts by month of every account that has old ones or is left owing.

    Columns of ``parts``: LINE, origin, amount, ``month_money`` (what the account's money gave to that month of all its
    lines), ``month_before`` (what it owed for months paid earlier), paid, left. Kopecks.
    """

    paid: pl.DataFrame
    parts: pl.DataFrame


def settle(
    opening: pl.DataFrame, payments: pl.DataFrame, advance_id: int, agent: int, debts: pl.DataFrame = NO_DEBTS,
    newest: int = _LAST - 1,
) -> Settlement:
    """Split the month's money over what was owed.

    ``opening``: LINE columns and ``opening``; ``payments``: account_id, house_id, received; ``debts``: what the opening
    lines hold of months before ``newest``, the month of the rest. The row of the advance carries what is left (or,
    negative, what the advance gave to the lines).
    """
    is_advance = pl.col("service_id") == advance_id
    advances = opening.lazy().filter(is_advance).group_by("account_id", "house_id").agg(
        (0 - pl.col("opening").sum()).alias("advance")
    )
    owing = in_order(opening.filter(~is_advance & (pl.col("opening") > 0))).lazy()
    owed = owing.group_by("account_id").agg(pl.col("opening").sum().alias("owed"))
    pools = (
        payments.lazy().join(advances, on=["account_id", "house_id"], how="full", coalesce=True)
        .join(owed, on="account_id", how="left")
        .with_columns(pl.col("received", "advance", "owed").fill_null(0))
        .with_columns(pl.min_horizontal(pl.col("received") + pl.col("advance"), "owed").alias("spent"))
    ).collect().lazy()
    lines = owing.join(
        pools.select("account_id", "spent", "owed"), on="account_id", how="left", maintain_order="left"
    ).collect().lazy()
    is_whole = (pl.col("spent") == pl.col("owed")).fill_null(False)
    whole = lines.filter(is_whole & (pl.col("spent") > 0)).with_columns(pl.col("opening").alias("paid"))
    aged = debts["account_id"].unique().implode() if not debts.is_empty() else pl.Series([[]], dtype=pl.List(pl.Int32))
    waiting = lines.filter(~is_whole | pl.col("account_id").is_in(aged)).with_columns(pl.col("spent").fill_null(0)).collect()
    parts = _pay_months(_by_month(waiting, debts, newest))
    short = parts.lazy().join(waiting.lazy().filter(~is_whole), on=LINE, how="semi", maintain_order="left")
    part = short.group_by(LINE, maintain_order=True).agg(pl.col("paid").sum()).filter(pl.col("paid") != 0)
    rest = pools.with_columns((pl.col("received") - pl.col("spent")).alias("paid")).filter(pl.col("paid") != 0)
    rest = rest.select(
        "house_id", "account_id", pl.lit(advance_id, pl.Int16).alias("service_id"),
        pl.lit(agent, pl.Int32).alias("supplier_id"), "paid",
    )
    return Settlement(pl.concat([whole.select(*LINE, "paid"), part.select(*LINE, "paid"), rest]).collect(), parts)


def distribute(opening: pl.DataFrame, payments: pl.DataFrame, advance_id: int, agent: int) -> pl.DataFrame:
    """:func:`settle` where all that is owed arose in one month; returns ``LINE`` columns and ``paid`` (kopecks)."""
    return settle(opening, payments, advance_id, agent).paid


def _by_month(lines: pl.DataFrame, debts: pl.DataFrame, newest: int) -> pl.DataFrame:
    """Opening lines as their months: LINE, spent (of the account), origin, amount; the rest of a line is of ``newest``."""
    old = debts.lazy().select(*LINE, "origin", "amount").join(
        lines.lazy().select(*LINE, "spent"), on=LINE, maintain_order="left"
    ).collect()
    older = old.lazy().group_by(LINE).agg(pl.col("amount").sum().alias("_old"))
    rest = lines.lazy().join(older, on=LINE, how="left", maintain_order="left").select(
        *LINE, pl.lit(newest, pl.Int32).alias("origin"),
        (pl.col("opening") - pl.col("_old").fill_null(0)).alias("amount"), "spent",
    ).filter(pl.col("amount") > 0)
    order = pl.when(pl.col("origin") == PENALTIES).then(_LAST).otherwise("origin").cast(pl.Int32).alias("_order")
    merged = pl.concat([old.lazy().select(*LINE, "origin", "amount", "spent"), rest])
    if (old["origin"] == newest).any():  # a town may bring debts of the newest month by name too
        merged = merged.group_by(*LINE, "origin", "spent").agg(pl.col("amount").sum())
    return merged.with_columns(order).sort("account_id", "_order", "service_id", "supplier_id").collect()


def _pay_months(parts: pl.DataFrame) -> pl.DataFrame:
    """Give the account's money to its months in their order, inside a month to all lines at once."""
    months = parts.lazy().group_by("account_id", "_order", maintain_order=True).agg(
        pl.col("amount").sum().alias("_total"), pl.col("spent").first()
    ).with_columns((pl.col("_total").cum_sum() - pl.col("_total")).alias("_before")).with_columns(
        # one running sum less where the account begins: much quicker than a running sum of each account
        (pl.col("_before") - pl.col("_before").first().over("account_id")).alias("month_before")
    ).drop("_before")
    months = months.with_columns(
        pl.max_horizontal(pl.min_horizontal(pl.col("spent") - pl.col("month_before"), "_total"), 0).alias("month_money")
    ).drop("spent")
    parts = parts.lazy().join(months, on=["account_id", "_order"], maintain_order="left").collect()
    in_part = (pl.col("month_money") > 0) & (pl.col("month_money") < pl.col("_total"))
    plain = parts.lazy().filter(~in_part).with_columns(
        pl.when(pl.col("month_money") > 0).then("amount").otherwise(0).alias("paid")
    )
    shared = split_frame(parts.filter(in_part), ["account_id", "_order"], "amount", "month_money", into="paid")
    return pl.concat([plain, shared.lazy().select(*parts.columns, "paid")]).select(
        *LINE, "origin", "amount", "month_money", "month_before", "paid", (pl.col("amount") - pl.col("paid")).alias("left"),
    ).collect()
