"""From bill lines, opening balances and payments to the month's statement.

A payment of the month pays what was owed at its start: it is split over the account's positive opening lines in
proportion to them by largest remainder (ПП РФ 354 п. 118); what is left becomes or enlarges the advance, and an advance
is used before new money counts as one. Nothing is lost: the paid column of an account sums to what was received.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from startks.domain.calc.splitting import split_frame

LINE = ["house_id", "account_id", "service_id", "supplier_id"]
COLUMNS = [
    "period", "account_id", "service_id", "supplier_id", "house_id", "rule_id", "volume", "tariff", "opening", "charge",
    "excess", "recalculation", "benefit", "penalty", "paid", "closing",
]
ACCOUNT_SHIFT, SERVICE_SHIFT = 32, 20
SUMS = ["volume", "opening", "charge", "excess", "recalculation", "paid"]


def distribute(opening: pl.DataFrame, payments: pl.DataFrame, advance_id: int, agent: int) -> pl.DataFrame:
    """Split the month's money over opening lines; returns ``LINE`` columns and ``paid`` (kopecks).

    ``opening``: LINE columns and ``opening``; ``payments``: account_id, house_id, received. The row of the advance
    carries what is left (or, negative, what the advance gave to the lines).
    """
    is_advance = pl.col("service_id") == advance_id
    advances = opening.filter(is_advance).group_by("account_id", "house_id").agg(
        (0 - pl.col("opening").sum()).alias("advance")
    )
    debts = opening.filter(~is_advance & (pl.col("opening") > 0)).sort("account_id", "service_id", "supplier_id")
    owed = debts.group_by("account_id").agg(pl.col("opening").sum().alias("owed"))
    pools = (
        payments.join(advances, on=["account_id", "house_id"], how="full", coalesce=True)
        .join(owed, on="account_id", how="left")
        .with_columns(pl.col("received", "advance", "owed").fill_null(0))
        .with_columns(pl.min_horizontal(pl.col("received") + pl.col("advance"), "owed").alias("spent"))
    )
    covered = debts.join(pools.select("account_id", "spent", "owed"), on="account_id").filter(pl.col("spent") > 0)
    is_whole = pl.col("spent") == pl.col("owed")
    whole = covered.filter(is_whole).with_columns(pl.col("opening").alias("paid"))
    part = split_frame(covered.filter(~is_whole), group="account_id", weight="opening", total="spent", into="paid")
    rest = pools.with_columns((pl.col("received") - pl.col("spent")).alias("paid")).filter(pl.col("paid") != 0)
    rest = rest.select(
        "house_id", "account_id", pl.lit(advance_id, pl.Int16).alias("service_id"),
        pl.lit(agent, pl.Int32).alias("supplier_id"), "paid",
    )
    return pl.concat([whole.select(*LINE, "paid"), part.select(*LINE, "paid"), rest])


def assemble(
    period: int, lines: pl.DataFrame, opening: pl.DataFrame, paid: pl.DataFrame, recalculations: pl.DataFrame
) -> pl.DataFrame:
    """Join lines, opening balances, payments and recalculations to statement rows (``COLUMNS``), in the order of accounts.

    ``lines``: LINE columns, rule_id, volume, tariff, charge, excess; the others LINE columns and their own sum. Rows in
    which nothing happened and nothing is owed are left out.
    """
    sources = (lines, opening, paid, recalculations)
    suppliers = np.unique(np.concatenate([part["supplier_id"].unique().to_numpy() for part in sources]))
    keys = np.concatenate([_keys(part, suppliers) for part in sources])
    # Each source row learns the place of its statement row; adding it there costs a tenth of grouping wide frames.
    order = np.argsort(keys, kind="stable")  # the sources are runs in order already: merging them is what it does
    ordered = keys[order]
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(is_first) - 1
    ordered = ordered[is_first]
    places = np.split(place, np.cumsum([part.height for part in sources])[:-1])

    rows = {name: np.zeros(len(ordered), dtype=np.int64) for name in (*SUMS, "tariff")}
    rows["rule_id"] = np.zeros(len(ordered), dtype=np.int16)
    rows["house_id"] = np.zeros(len(ordered), dtype=np.int32)
    for part, where in zip(sources, places, strict=True):
        rows["house_id"][where] = part["house_id"].to_numpy()
        for name in SUMS:
            if name in part.columns:
                np.add.at(rows[name], where, part[name].fill_null(0).to_numpy())
    for name in ("rule_id", "tariff"):
        np.maximum.at(rows[name], places[0], lines[name].fill_null(0).to_numpy())

    rows["account_id"] = (ordered >> ACCOUNT_SHIFT).astype(np.int32)
    rows["service_id"] = (ordered >> SERVICE_SHIFT & 0xFFF).astype(np.int16)
    rows["supplier_id"] = suppliers[ordered & 0xFFFFF].astype(np.int32)
    frame = pl.DataFrame(rows)
    is_used = np.any([rows[name] != 0 for name in SUMS], axis=0)
    if not is_used.all():
        frame = frame.filter(pl.Series(is_used))
    zero = pl.lit(0, pl.Int64)
    return frame.with_columns(
        pl.lit(period, pl.Int32).alias("period"),
        zero.alias("benefit"), zero.alias("penalty"),
        (pl.col("opening") + pl.col("charge") + pl.col("recalculation") - pl.col("paid")).alias("closing"),
    ).select(COLUMNS)


def _keys(part: pl.DataFrame, suppliers: np.ndarray) -> np.ndarray:
    """One integer a row in the order of account, service, supplier: 31 bits, 12 bits, 20 bits (rank of the supplier)."""
    account = part["account_id"].to_numpy().astype(np.int64)
    service = part["service_id"].to_numpy().astype(np.int64)
    rank = np.searchsorted(suppliers, part["supplier_id"].to_numpy())
    return account << ACCOUNT_SHIFT | service << SERVICE_SHIFT | rank
