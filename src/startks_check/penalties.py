"""Penalties of a month, day by day (ЖК РФ ст. 155 ч. 14 and 14.1; ГК РФ ст. 193)."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from startks_check.facts import Law, month_days
from startks_check.money import LAST

DAY = dt.timedelta(days=1)
REPAIR_DIVISOR = 300
"""Capital repair from the 31st day on, however old the debt (ч. 14.1)."""
NO_ACCRUAL = (
    (dt.date(2020, 4, 6), dt.date(2020, 12, 31), dt.date.max),
    (dt.date(2022, 4, 1), dt.date(2022, 10, 1), dt.date(2022, 4, 1)),
)
"""Moratoria, both days included, and the day before which a debt must have arisen (ПП РФ 424/2020, 497/2022)."""


def last_day_to_pay(law: Law, city: int, origin: int) -> dt.date:
    """The due day of the bill of a month: by the law of the month after it, from a day off to the next working day."""
    after = month_days(origin)[1]
    day = after.replace(day=int(law.dated("due_day", city, after)))
    if law.dated("due_day_moves_from_day_off", city, after):
        while law.is_day_off(day):
            day += DAY
    return day


def penalty(law: Law, city: int, is_repair: bool, origin: int, amount: int, paid: list[tuple]) -> int:
    """Kopecks that the debt of a month costs in the month of ``law``; ``paid`` holds (day, part) in kopecks.

    The day of payment is included; what is paid takes the rate of its day, the rest that of the month's last day. Rounded
    once for each rate.
    """
    before = law.start.year * 100 + law.start.month
    before = before - 1 if before % 100 > 1 else before - 89
    due = _remembered(law, last_day_to_pay, city, before if origin == LAST else origin)
    last = law.end - DAY
    pieces = [(part, min(day, last)) for day, part in paid]
    pieces.append((amount - sum(part for part, _ in pieces), last))
    sums: dict[Decimal, Fraction] = {}
    for part, until in pieces:
        weight = _remembered(law, _weight, city, is_repair, due, until)
        if part and weight:
            rate = _remembered(law, _rate, city, until)
            sums[rate] = sums.get(rate, Fraction(0)) + part * weight
    return sum(_half_up(money * Fraction(rate) / 100) for rate, money in sums.items())


def _remembered(law: Law, function, *key):
    """Debts of a month share their due day: what a function of the law gave once is kept with the law."""
    found = law.remembered.get((function, key))
    if found is None:
        found = law.remembered[function, key] = function(law, *key)
    return found


def _weight(law: Law, city: int, is_repair: bool, due: dt.date, until: dt.date) -> Fraction:
    """Sum over the month's overdue days up to ``until`` of the part of the rate that each costs."""
    days = _days(max(law.start, due + DAY), until)
    return sum((_fraction(law, city, is_repair, day, due) for day in days), Fraction(0))


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + DAY * number for number in range((last - first).days + 1)]


def _fraction(law: Law, city: int, is_repair: bool, day: dt.date, due: dt.date) -> Fraction:
    number = (day - due).days
    if number <= law.dated("penalty.free_days", city, day):
        return Fraction(0)
    if any(first <= day <= last and due < arisen for first, last, arisen in NO_ACCRUAL):
        return Fraction(0)
    if is_repair:
        return Fraction(1, REPAIR_DIVISOR)
    late = number >= law.dated("penalty.second_day", city, day)
    return 1 / Fraction(law.dated("penalty.second_divisor" if late else "penalty.first_divisor", city, day))


def _rate(law: Law, city: int, day: dt.date) -> Decimal:
    """The key rate of the day, but no more than the cap (since 28.02.2022)."""
    rate = law.dated("key_rate", city, day)
    return rate if day < dt.date(2022, 2, 28) else min(rate, law.dated("penalty.rate_cap", city, day))


def _half_up(kopecks: Fraction) -> int:
    return int((Decimal(kopecks.numerator) / Decimal(kopecks.denominator)).quantize(Decimal(1), ROUND_HALF_UP))
