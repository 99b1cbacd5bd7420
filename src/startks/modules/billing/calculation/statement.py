"""From bill lines, opening balances, payments, recalculations, penalties and benefits to the month's statement."""

from __future__ import annotations

import numpy as np
import polars as pl

from startks.modules.billing.calculation.keys import cells, numbers

LINE = ["house_id", "account_id", "service_id", "supplier_id"]
COLUMNS = [
    "period", "account_id", "service_id", "supplier_id", "house_id", "rule_id", "volume", "tariff", "opening", "charge",
    "excess", "recalculation", "benefit", "penalty", "paid", "closing",
]
SUMS = ["volume", "opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid"]
BALANCE = {"opening": np.add, "charge": np.add, "recalculation": np.add, "penalty": np.add, "benefit": np.subtract,
           "paid": np.subtract}
"""What makes the closing balance of a row, and how."""
KINDS = {**dict.fromkeys(COLUMNS, np.int64), **dict.fromkeys(("period", *LINE), np.int32), "service_id": np.int16,
         "rule_id": np.int16}
"""Kinds of numbers as the table has them, so that writing casts nothing."""


def assemble(
    period: int, lines: pl.DataFrame, opening: pl.DataFrame, paid: pl.DataFrame, recalculations: pl.DataFrame,
    *more: pl.DataFrame,
) -> pl.DataFrame:
    """Join lines, opening balances, payments and recalculations to statement rows (``COLUMNS``), in the order of accounts.

    ``lines``: LINE columns, rule_id, volume, tariff, charge, excess; the others, and ``more`` of them (penalties,
    benefits), LINE columns and their own sum. Rows in which nothing happened and nothing is owed are left out.
    """
    parts = (lines, opening, paid, recalculations, *more)
    found, total = cells(*parts)
    is_row = np.zeros(total, dtype=bool)
    for part, cell in zip(parts, found, strict=True):
        happened = _happened(part)
        is_row[cell if happened.all() else cell[happened]] = True
    place = np.cumsum(is_row) - 1
    count = np.count_nonzero(is_row)
    place[~is_row] = count  # lines of nothing only: one row more takes them all and is cut off again

    rows = {name: np.zeros(count + 1, dtype=kind) for name, kind in KINDS.items()}
    for part, cell in zip(parts, found, strict=True):
        row = place[cell]
        for name in LINE:
            rows[name][row] = numbers(part, name)
        for name in SUMS:
            if name in part.columns:
                np.add.at(rows[name], row, numbers(part, name))
        for name in ("rule_id", "tariff"):
            if name in part.columns:
                np.maximum.at(rows[name], row, numbers(part, name))
    for name, work in BALANCE.items():
        work(rows["closing"], rows[name], out=rows["closing"])
    rows["period"][:] = period
    frame = pl.DataFrame({name: column[:count] for name, column in rows.items()})
    happened = _happened(frame)  # a key's sums may have cancelled each other
    return frame if happened.all() else frame.filter(pl.Series(happened))


def _happened(part: pl.DataFrame) -> np.ndarray:
    """Whether any sum of a row is not 0."""
    bits = np.zeros(part.height, dtype=np.int64)
    for name in SUMS:
        if name in part.columns:
            bits |= numbers(part, name)
    return bits != 0


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of accounts, services, suppliers; left as they are where they come so, as a month's rows do."""
    account, service, supplier = (frame[name].to_numpy() for name in LINE[1:])
    tied = (account[1:] == account[:-1]) & (
        (service[1:] < service[:-1]) | ((service[1:] == service[:-1]) & (supplier[1:] < supplier[:-1]))
    )
    if not (tied | (account[1:] < account[:-1])).any():
        return frame
    return frame.sort(LINE[1:], maintain_order=True)
