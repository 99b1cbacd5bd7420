"""What a month hands over to the next one, house by house and packed: closing balances and debts by month.

Opening balances are by far the largest read of a month: millions of rows of which the next month needs four numbers each.
So the run that writes the rows also writes these numbers once more, as arrays of a house (``carry_pack``). The ledger
stays the truth: a house without a pack is read from it, rows changed otherwise than by the calculation take the pack
of their house away (trigger), and the gate of every month holds its opening balances against the ledger's closing ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from startks.base.periods import shift
from startks.modules.billing.calculation.settlement import DEBTS

CLOSING, DEBT = 0, 1
"""``kind`` of a pack: closing balances that are not zero; debts by month of origin (``month_debt``)."""
ARRAYS = {
    "account_ids": ("account_id", "<i4"), "service_ids": ("service_id", "<i2"), "supplier_ids": ("supplier_id", "<i4"),
    "origins": ("origin", "<i4"), "amounts": ("amount", "<i8"),
}
"""Arrays of a pack: the column and the kind of number, one a line; ``origins`` is empty where nothing needs it."""
COLUMNS = {"period": "int4", "house_id": "int4", "kind": "int2", "lines": "int4", **dict.fromkeys(ARRAYS, "bytea")}
"""Columns of ``carry_pack`` and their types, in the order of the rows that :func:`packs` gives."""
OPENING = {name: kind for name, kind in DEBTS.items() if name not in ("origin", "amount")} | {"opening": pl.Int64}


def packs(period: int, houses: pl.Series, statement: pl.DataFrame, debts: pl.DataFrame) -> Iterator[tuple]:
    """Rows of ``carry_pack`` (``COLUMNS``) for every one of ``houses``, also for those that carry nothing."""
    closing = statement.filter(pl.col("closing") != 0).select(
        "house_id", "account_id", "service_id", "supplier_id", pl.col("closing").alias("amount")
    )
    every = np.sort(houses.to_numpy())
    for kind, frame in ((CLOSING, closing), (DEBT, debts.select(list(DEBTS)))):
        yield from _packs(period, kind, every, frame)


def _packs(period: int, kind: int, houses: np.ndarray, frame: pl.DataFrame) -> Iterator[tuple]:
    of_house = frame["house_id"].to_numpy()
    order = np.argsort(of_house, kind="stable")
    ordered = of_house[order]
    starts, ends = np.searchsorted(ordered, houses, "left"), np.searchsorted(ordered, houses, "right")
    arrays = [
        frame[column].to_numpy()[order].astype(number) if column in frame.columns else np.empty(0, number)
        for column, number in ARRAYS.values()
    ]
    for house, start, end in zip(houses.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield (period, house, kind, end - start, *(array[start:end].tobytes() for array in arrays))


def packs_sql(period: int, houses: str) -> str:
    """SELECT of the packs that the month before ``period`` left for houses (``houses``: a condition after house_id)."""
    return f"""
        SELECT house_id, kind, lines, {", ".join(ARRAYS)} FROM carry_pack
         WHERE period = {shift(period, -1)} AND house_id {houses} ORDER BY kind, house_id"""


def packed_debts(read: Callable[[str], pl.DataFrame], period: int, house_id: int) -> pl.DataFrame | None:
    """The rows of ``month_debt`` that a house has in a calculated month; None where no pack says them."""
    rows = read(packs_sql(shift(period, 1), f"= {int(house_id)}"))
    return None if rows.is_empty() else unpacked(rows)[1]


def unpacked(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Opening balances (LINE columns, opening) and debts by month (``DEBTS``) of packs that :func:`packs_sql` gave."""
    opening = _unpacked(rows.filter(pl.col("kind") == CLOSING), ["account_id", "service_id", "supplier_id", "amount"])
    debts = _unpacked(rows.filter(pl.col("kind") == DEBT), ["account_id", "service_id", "supplier_id", "origin", "amount"])
    return opening.rename({"amount": "opening"}).select(list(OPENING)), debts.select(list(DEBTS))


def _unpacked(rows: pl.DataFrame, wanted: list[str]) -> pl.DataFrame:
    lines = rows["lines"].to_numpy()
    columns = {"house_id": np.repeat(rows["house_id"].to_numpy(), lines)}
    for name, (column, number) in ARRAYS.items():
        if column in wanted:
            columns[column] = np.frombuffer(b"".join(rows[name].to_list()), dtype=number)
    return pl.DataFrame(columns, schema_overrides={"house_id": pl.Int32})
