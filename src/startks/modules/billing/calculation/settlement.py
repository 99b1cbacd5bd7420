"""The month's money against what was owed at its start: oldest month first, inside a month over all lines.

Money received and an advance pay the positive opening lines of an account. Where they do not reach, the oldest month is
paid first (ГК ст. 319.1 ч. 3), inside a month in proportion to the lines' debts by largest remainder (ПП РФ 354 п. 118),
penalties after all principal (ГК ст. 319). What is left becomes or enlarges the advance, and an advance is used before new
money counts as one. Nothing is lost: the paid column of an account sums to what was received.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from startks.domain.calc.splitting import split_frame
from startks.modules.billing.calculation.keys import cells, numbers, ranked
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
    advances = opening.filter(is_advance)
    owing = in_order(opening.filter(~is_advance & (pl.col("opening") > 0)))
    accounts, (holds, pays, owes, ages) = ranked(
        [numbers(frame, "account_id") for frame in (advances, payments, owing, debts)]
    )
    held, received, owed = np.zeros((3, accounts), dtype=np.int64)
    np.subtract.at(held, holds, numbers(advances, "opening"))
    np.add.at(received, pays, numbers(payments, "received"))
    np.add.at(owed, owes, numbers(owing, "opening"))
    spent = np.minimum(received + held, owed)

    is_whole = (spent == owed)[owes]
    is_aged = np.zeros(accounts, dtype=bool)
    is_aged[ages] = True
    waiting = np.flatnonzero(~is_whole | is_aged[owes])
    parts, paid_of_waiting = _pay_months(owing[waiting], owes[waiting], spent, debts, newest)
    paid = numbers(owing, "opening").copy()
    paid[waiting] = np.where(is_whole[waiting], paid[waiting], paid_of_waiting)

    left = received - spent
    names = {name: np.zeros(accounts, dtype=np.int32) for name in ("house_id", "account_id")}
    for frame, rank in ((advances, holds), (payments, pays)):  # without either nothing is left
        for name, column in names.items():
            column[rank] = numbers(frame, name)
    rest = pl.DataFrame({**names, "paid": left}).select(
        "house_id", "account_id", pl.lit(advance_id, pl.Int16).alias("service_id"),
        pl.lit(agent, pl.Int32).alias("supplier_id"), "paid",
    )
    of_lines = owing.select(*LINE, pl.Series("paid", paid))
    return Settlement(pl.concat([of_lines, rest]).filter(pl.col("paid") != 0), parts)


def distribute(opening: pl.DataFrame, payments: pl.DataFrame, advance_id: int, agent: int) -> pl.DataFrame:
    """:func:`settle` where all that is owed arose in one month; returns ``LINE`` columns and ``paid`` (kopecks)."""
    return settle(opening, payments, advance_id, agent).paid


def _pay_months(
    lines: pl.DataFrame, account: np.ndarray, spent: np.ndarray, debts: pl.DataFrame, newest: int
) -> tuple[pl.DataFrame, np.ndarray]:
    """Give each account's money to its months in their order, inside a month to all lines at once.

    ``lines``: opening lines in order; ``account``: the number of each one's account, ``spent``: money by that number.
    Returns :attr:`Settlement.parts` and what each line was paid. What a line owes beyond ``debts`` is of ``newest``.
    """
    (places, old), total = cells(lines, debts)
    line_of = np.full(total, -1)
    line_of[places] = np.arange(lines.height)
    is_owed = line_of[old] >= 0
    old, amount = line_of[old][is_owed], numbers(debts, "amount")[is_owed]
    fresh = numbers(lines, "opening").copy()
    np.subtract.at(fresh, old, amount)
    has_fresh = np.flatnonzero(fresh > 0)

    line = np.concatenate([old, has_fresh])
    origin = np.concatenate([numbers(debts, "origin")[is_owed], np.full(len(has_fresh), newest, dtype=np.int32)])
    amount = np.concatenate([amount, fresh[has_fresh]])
    order = np.where(origin == PENALTIES, _LAST, origin)
    if len(old):
        sort = np.lexsort((line, order, account[line]))
        line, origin, amount, order = line[sort], origin[sort], amount[sort], order[sort]
        is_new = _changes(line, order)  # a town may bring debts of the newest month by name too
        amount = np.add.reduceat(amount, np.flatnonzero(is_new))
        line, origin, order = line[is_new], origin[is_new], order[is_new]

    is_first = _changes(account[line], order)
    month = np.cumsum(is_first) - 1
    starts = np.flatnonzero(is_first)
    owed = np.add.reduceat(amount, starts) if len(starts) else amount
    payer = account[line[starts]]
    before = np.cumsum(owed) - owed
    begins = _changes(payer)
    before -= before[begins][np.cumsum(begins) - 1]
    money = np.maximum(np.minimum(spent[payer] - before, owed), 0)

    paid = np.where((money == owed)[month], amount, 0)
    shared = np.flatnonzero(((money > 0) & (money < owed))[month])
    split = pl.DataFrame({"month": month[shared], "amount": amount[shared], "money": money[month[shared]]})
    paid[shared] = split_frame(split, "month", "amount", "money")["part"].to_numpy()
    paid_of_line = np.zeros(lines.height, dtype=np.int64)
    np.add.at(paid_of_line, line, paid)
    return lines.select(LINE)[line].with_columns(
        origin=origin, amount=amount, month_money=money[month], month_before=before[month], paid=paid, left=amount - paid
    ), paid_of_line


def _changes(*columns: np.ndarray) -> np.ndarray:
    """Where a row differs from the one before it in some column; the first one does."""
    found = np.ones(len(columns[0]), dtype=bool)
    if len(found):
        np.logical_or.reduce([column[1:] != column[:-1] for column in columns], out=found[1:])
    return found
