"""From bill lines, opening balances, payments, recalculations, penalties and benefits to the month's statement."""

from __future__ import annotations

import numpy as np
import polars as pl

LINE = ["house_id", "account_id", "service_id", "supplier_id"]
COLUMNS = [
    "period", "account_id", "service_id", "supplier_id", "house_id", "rule_id", "volume", "tariff", "opening", "charge",
    "excess", "recalculation", "benefit", "penalty", "paid", "closing",
]
ACCOUNT_SHIFT, SERVICE_SHIFT = 32, 20
SUMS = ["volume", "opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid"]


def assemble(
    period: int, lines: pl.DataFrame, opening: pl.DataFrame, paid: pl.DataFrame, recalculations: pl.DataFrame,
    *more: pl.DataFrame,
) -> pl.DataFrame:
    """Join lines, opening balances, payments and recalculations to statement rows (``COLUMNS``), in the order of accounts.

    ``lines``: LINE columns, rule_id, volume, tariff, charge, excess; the others, and ``more`` of them (penalties,
    benefits), LINE columns and their own sum. Rows in which nothing happened and nothing is owed are left out.
    """
    sources = (lines, opening, paid, recalculations, *more)
    suppliers = np.sort(pl.concat([part["supplier_id"] for part in sources]).unique().to_numpy())
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
                np.add.at(rows[name], where, _numbers(part[name]))
    for name in ("rule_id", "tariff"):
        np.maximum.at(rows[name], places[0], _numbers(lines[name]))

    rows["account_id"] = (ordered >> ACCOUNT_SHIFT).astype(np.int32)
    rows["service_id"] = (ordered >> SERVICE_SHIFT & 0xFFF).astype(np.int16)
    rows["supplier_id"] = suppliers[ordered & 0xFFFFF].astype(np.int32)
    frame = pl.DataFrame(rows)
    is_used = np.any([rows[name] != 0 for name in SUMS], axis=0)
    if not is_used.all():
        frame = frame.filter(pl.Series(is_used))
    return frame.with_columns(
        pl.lit(period, pl.Int32).alias("period"),
        (pl.col("opening") + pl.col("charge") + pl.col("recalculation") + pl.col("penalty") - pl.col("benefit")
         - pl.col("paid")).alias("closing"),
    ).select(COLUMNS)


def _numbers(column: pl.Series) -> np.ndarray:
    return (column.fill_null(0) if column.null_count() else column).to_numpy()


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of accounts, services, suppliers; left as they are where they come so, as a month's rows do."""
    account, service, supplier = (frame[name].to_numpy() for name in LINE[1:])
    tied = (account[1:] == account[:-1]) & (
        (service[1:] < service[:-1]) | ((service[1:] == service[:-1]) & (supplier[1:] < supplier[:-1]))
    )
    if not (tied | (account[1:] < account[:-1])).any():
        return frame
    return frame.sort(LINE[1:], maintain_order=True)


def closing_of(lines: pl.DataFrame, statement: pl.DataFrame) -> pl.Series:
    """``closing`` of the statement (as :func:`assemble` gives it) for each of ``lines`` (LINE columns); 0 where it has none.

    The statement is in the order of its keys, so that looking a few lines up takes an eighth of joining it.
    """
    suppliers = np.sort(pl.concat([statement["supplier_id"], lines["supplier_id"]]).unique().to_numpy())
    known, wanted = _keys(statement, suppliers), _keys(lines, suppliers)
    if not len(known):
        return pl.Series("closing", np.zeros(len(wanted), dtype=np.int64))
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found = np.where(known[place] == wanted, statement["closing"].to_numpy()[place], 0)
    return pl.Series("closing", found)


def _keys(part: pl.DataFrame, suppliers: np.ndarray) -> np.ndarray:
    """One integer a row in the order of account, service, supplier: 31 bits, 12 bits, 20 bits (rank of the supplier)."""
    account = part["account_id"].to_numpy().astype(np.int64)
    service = part["service_id"].to_numpy().astype(np.int64)
    rank = np.searchsorted(suppliers, part["supplier_id"].to_numpy())
    return account << ACCOUNT_SHIFT | service << SERVICE_SHIFT | rank
