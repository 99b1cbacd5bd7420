"""Penalties of the month (ЖК РФ ст. 155 ч. 14, 14.1) and what of each month's debt is left at its end.

Each month's debt of each line has its own day counter from its own due day. What a day costs is settled for the whole
month: a debt costs its kopecks times its days at each fraction of the rate, less the same for every payment from the day
after it. The rate of a paid part is that of the day of payment, of the rest that of the month's last day. The sum is
rounded once for each month-debt and rate. Nothing here runs per account.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from startks.base.periods import first_day, shift
from startks.domain.calc.due_dates import due_dates
from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.parameters import history, value
from startks.domain.calc.penalty_schedule import CAPITAL_REPAIR, penalty_rate
from startks.domain.calc.registry import rule_for
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.modules.billing.calculation.keys import cells, numbers, ranked
from startks.modules.billing.calculation.settlement import DEBTS, PENALTIES, Settlement
from startks.modules.billing.calculation.statement import LINE

OLDEST = 200504
"""Months before it are as old: the Housing Code is in force since March 2005."""
PART = [*LINE, "origin"]
PENALTY = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32,
           "penalty": pl.Int64}
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Day:
    """A stretch of the month in which days may cost something: both days included, and which debts it is for.

    ``arisen_before``: a moratorium there spares debts that arose before this day, so only later ones cost.
    """

    first: dt.date
    last: dt.date
    arisen_before: dt.date | None = None


def last_days_to_pay(inputs: Inputs, origins: list[int]) -> dict[int, dt.date]:
    """Last day to pay for each month: the town's own due day where it has one, else the law's, moved from a day off."""
    days_off, own, moves = inputs.due_facts
    found = {}
    for origin in origins:
        month = max(origin, OLDEST)
        after = first_day(shift(month, 1))
        day = next((number for number, since, until in own if since <= after and (until is None or after < until)), None)
        if day is None:
            found[origin] = due_dates(first_day(month), days_off, moves).last_day_to_pay
            continue
        last = after.replace(day=day)
        while moves and last in days_off:
            last += dt.timedelta(days=1)
        found[origin] = last
    return found


def stretches(first: dt.date, last: dt.date) -> list[Day]:
    """The days of a month that cost something, moratoria cut out (the counter of days goes on in them)."""
    found = [Day(first, last)]
    for pause in history("penalty.moratorium"):
        until = pause.valid_to - dt.timedelta(days=1)
        if until < first or pause.valid_from > last:
            continue
        begin, end = max(first, pause.valid_from), min(last, until)
        kept = []
        for piece in found:
            if piece.first < begin:
                kept.append(Day(piece.first, min(piece.last, begin - dt.timedelta(days=1)), piece.arisen_before))
            if piece.last > end:
                kept.append(Day(max(piece.first, end + dt.timedelta(days=1)), piece.last, piece.arisen_before))
        if pause.raw != "all":
            kept.append(Day(begin, end, pause.valid_from))
        found = kept
    return found


def rouble_days(inputs: Inputs, settlement: Settlement) -> pl.DataFrame:
    """What the month-debts of the month cost: PART, first_rouble_days, second_rouble_days (kopeck-days), rate (1e-6 %).

    One row for each rate in a month-debt; only debts that cost something.
    """
    month = inputs.month
    parts = settlement.parts.filter(pl.col("origin") != PENALTIES)
    due = last_days_to_pay(inputs, parts["origin"].unique().sort().to_list())
    free = int(value("penalty.free_days", month.last))
    late = [origin for origin, day in due.items() if (month.last - day).days > free]
    if not late:
        return pl.DataFrame(schema={**{name: DEBTS[name] for name in PART}, "rate": pl.Int64,
                                    "first_rouble_days": pl.Int64, "second_rouble_days": pl.Int64})
    parts = parts.filter(pl.col("origin").is_in(late))
    due = numbers(parts.select(pl.col("origin").replace_strict(
        {key: _number(day) for key, day in due.items()}, return_dtype=pl.Int64
    )), "origin")

    paid, left = paid_parts(inputs, parts), numbers(parts, "left")
    unpaid = np.flatnonzero(left > 0)
    place = np.concatenate([numbers(paid, "part"), unpaid])
    amount = np.concatenate([numbers(paid, "_sum"), left[unpaid]])
    until = np.concatenate([numbers(paid, "_until"), np.full(len(unpaid), _number(month.last))])
    rate = np.concatenate([numbers(paid, "rate"), np.full(len(unpaid), rate_on(inputs, month.last))])
    first, second = _days(month, due[place], until)

    rates, of_rate = np.unique(rate, return_inverse=True)
    sums = np.zeros((2, parts.height * len(rates)), dtype=np.int64)
    for kopeck_days, days in zip(sums, (first, second), strict=True):
        np.add.at(kopeck_days, place * len(rates) + of_rate, amount * days)
    found = np.flatnonzero(sums.any(axis=0))
    return parts.select(PART)[found // len(rates)].with_columns(
        rate=rates[found % len(rates)], first_rouble_days=sums[0, found], second_rouble_days=sums[1, found]
    )


def _days(month: Month, due: np.ndarray, until: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many days of the month cost the first and the second fraction of the rate: last days to pay, last days owed."""
    free, switch = (int(value(name, month.last)) for name in ("penalty.free_days", "penalty.first_part_last_day"))
    first, second = np.zeros((2, len(due)), dtype=np.int64)
    for piece in stretches(month.start, month.last):
        begin, end = _number(piece.first), np.minimum(_number(piece.last), until)
        costs = True if piece.arisen_before is None else due + 1 >= _number(piece.arisen_before)
        cheap = np.minimum(end, due + switch) - np.maximum(begin, due + free + 1) + 1
        dear = end - np.maximum(begin, due + switch + 1) + 1
        first += np.where(costs, np.maximum(cheap, 0), 0)
        second += np.where(costs, np.maximum(dear, 0), 0)
    return first, second


def _number(day: dt.date) -> int:
    return (day - _EPOCH).days


def rate_on(inputs: Inputs, day: dt.date) -> int:
    """Rate for penalties on a day, millionths of a per cent: by the book of parameters, else by the law's own figures."""
    key, cap = (
        next((rate for rate, since, until in inputs.rate_facts[code] if since <= day and (until is None or day < until)), None)
        for code in ("key_rate", "penalty.rate_cap")
    )
    law = penalty_rate(day)
    rate = int(law.key_rate * 1_000_000) if key is None else key
    if cap is None and law.cap is not None:
        cap = int(law.cap * 1_000_000)
    return rate if cap is None else min(rate, cap)


def paid_parts(inputs: Inputs, parts: pl.DataFrame) -> pl.DataFrame:
    """Each payment's part in each month-debt (PART; ``part``: its row of ``parts``), with the last day on which it was still
    owed (the day of payment)."""
    month = inputs.month
    paid = parts.with_row_index("part").filter(pl.col("paid") > 0)
    before = _number(month.start) - 1
    accounts = paid["account_id"].unique().implode()
    advance = inputs.services["advance"]
    # The advance is used first, before the month's first day; so is money whose day lies in a month shut before it came.
    held = inputs.opening.lazy().filter((pl.col("service_id") == advance) & pl.col("account_id").is_in(accounts)).select(
        "account_id", pl.lit(before, pl.Int64).alias("_until"), (0 - pl.col("opening")).alias("_money")
    )
    received = inputs.payments_by_day.lazy().filter(pl.col("account_id").is_in(accounts)).select(
        "account_id", pl.max_horizontal((pl.col("paid_on") - pl.lit(_EPOCH)).dt.total_days(), before).alias("_until"),
        pl.col("amount").alias("_money"),
    )
    money = pl.concat([held, received]).group_by("account_id", "_until").agg(pl.col("_money").sum()).sort(
        "account_id", "_until"
    ).with_columns(
        pl.col("_money").cum_sum().over("account_id").alias("_reached"), (pl.len().over("account_id") > 1).alias("_several")
    ).collect()
    steps = paid.lazy().join(money.lazy(), on="account_id").with_columns(
        pl.max_horizontal(pl.min_horizontal(pl.col("_reached") - pl.col("month_before"), "month_money"), 0)
        .cast(pl.Int128).alias("_of_month")
    ).with_columns(
        # The line's part of what has reached its month, half-up; the last step gives the whole of ``paid``.
        ((2 * pl.col("paid").cast(pl.Int128) * pl.col("_of_month") + pl.col("month_money"))
         // (2 * pl.col("month_money").cast(pl.Int128))).cast(pl.Int64).alias("_line")
    ).collect().lazy()
    several = steps.filter("_several").sort("part", "_until").with_columns(
        (pl.col("_line") - pl.col("_line").shift(1).over("part").fill_null(0)).alias("_sum")
    )
    steps = pl.concat([steps.filter(~pl.col("_several")).with_columns(pl.col("_line").alias("_sum")), several])
    rates = {day: rate_on(inputs, max(_EPOCH + dt.timedelta(days=day), month.start)) for day in money["_until"].unique().to_list()}
    return steps.filter(pl.col("_sum") != 0).select(
        *PART, "part", "_sum", "_until",
        pl.col("_until").replace_strict(rates, return_dtype=pl.Int64).alias("rate") if rates
        else pl.lit(0, pl.Int64).alias("rate"),
    ).collect()


def charged(inputs: Inputs, costs: pl.DataFrame) -> pl.DataFrame:
    """Penalty of each row of :func:`rouble_days`: the same columns, divisors and ``penalty`` (kopecks)."""
    last = inputs.month.last
    repair = inputs.services.get(CAPITAL_REPAIR, -1)
    is_repair = pl.col("service_id") == repair
    divisor = int(value("penalty.capital_repair_divisor", last))
    first, second = int(value("penalty.first_divisor", last)), int(value("penalty.second_divisor", last))
    usual = apply_bulk(rule_for("penalty.month_debt", last), costs.filter(~is_repair).with_columns(
        pl.lit(first, pl.Int64).alias("first_divisor"), pl.lit(second, pl.Int64).alias("second_divisor"),
    ))
    repairs = apply_bulk(rule_for("penalty.capital_repair", last), costs.filter(is_repair).with_columns(
        pl.lit(divisor, pl.Int64).alias("first_divisor"), pl.lit(divisor, pl.Int64).alias("second_divisor"),
        (pl.col("first_rouble_days") + pl.col("second_rouble_days")).alias("rouble_days"),
        pl.lit(divisor, pl.Int64).alias("divisor"),
    )).select(usual.columns)
    return pl.concat([usual, repairs])


def penalties(inputs: Inputs, settlement: Settlement) -> pl.DataFrame:
    """``LINE`` and penalty (kopecks) of the month's lines."""
    costs = rouble_days(inputs, settlement)
    if costs.is_empty():
        return pl.DataFrame(schema=PENALTY)
    found = charged(inputs, costs)
    (line,), total = cells(found)
    sums, row = np.zeros((2, total), dtype=np.int64)
    np.add.at(sums, line, numbers(found, "penalty"))
    row[line] = np.arange(found.height)
    some = np.flatnonzero(sums)
    return found.select(LINE)[row[some]].with_columns(penalty=sums[some])


def left_debts(settlement: Settlement, penalty: pl.DataFrame, statement: pl.DataFrame) -> pl.DataFrame:
    """Debts by month at the month's end (``DEBTS``), its own charge left out; penalties of the month among them.

    Where the line owes less than its old months (it was given back by a recalculation or a benefit), the oldest ones are
    taken as paid by it, penalties last.
    """
    debts = settlement.parts.filter(pl.col("left") > 0).select(*PART, pl.col("left").alias("amount"))
    if not penalty.is_empty():
        fresh = penalty.select(*LINE, pl.lit(PENALTIES, pl.Int32).alias("origin"), pl.col("penalty").alias("amount"))
        is_fresh = pl.col("origin") == PENALTIES
        unpaid = pl.concat([debts.filter(is_fresh), fresh]).group_by(PART, maintain_order=True).agg(pl.col("amount").sum())
        debts = pl.concat([debts.filter(~is_fresh), unpaid])
    accounts, (owing, of_row) = ranked([numbers(debts, "account_id"), numbers(statement, "account_id")])
    owes = np.zeros(accounts, dtype=bool)
    owes[owing] = True
    rows = statement.select(*LINE, "closing").filter(owes[of_row])
    (line, row), total = cells(debts, rows)
    over = np.zeros(total, dtype=np.int64)
    np.add.at(over, line, numbers(debts, "amount"))
    over[row] -= np.maximum(numbers(rows, "closing"), 0)
    is_over = over[line] > 0
    if is_over.any():
        cut = _cut(debts.with_columns(_over=over[line]).filter(is_over))
        debts = pl.concat([debts.filter(~is_over), cut])
    return debts


def _cut(debts: pl.DataFrame) -> pl.DataFrame:
    """Take ``_over`` kopecks of a line from its oldest months, penalties last."""
    order = pl.when(pl.col("origin") == PENALTIES).then(999_999).otherwise("origin")
    reached = pl.col("amount").cum_sum().over(LINE)
    kept = pl.max_horizontal(pl.min_horizontal(reached - pl.col("_over"), "amount"), 0).alias("amount")
    return debts.sort("account_id", "service_id", "supplier_id", order).select(*PART, kept).filter(pl.col("amount") > 0)
