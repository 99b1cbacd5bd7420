"""Which days of a debt cost how much: overdue days, payments, moratoria (ЖК, статья 155, части 14, 14.1).

The overdue day number one is the day after the last day to pay. A payment goes to the oldest debt first and lowers
it from the day after its date (the day of payment still counts). Days inside a moratorium cost nothing, but the
counter of days goes on. Sums are kopecks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from .interpret import apply_reference
from .parameters import history, value
from .registry import rule_for

#: Kinds of debt: everything but the capital repair contribution, and that contribution.
HOUSING_AND_UTILITIES, CAPITAL_REPAIR = "housing_and_utilities", "capital_repair"


@dataclass(frozen=True)
class Debt:
    """Principal of one month: ``month`` YYYY-MM (or any ordered name), last day to pay, kopecks."""

    month: str
    last_day_to_pay: date
    amount: int


@dataclass(frozen=True)
class Payment:
    """Money received on a day, kopecks."""

    day: date
    amount: int


@dataclass(frozen=True)
class Pause:
    """A moratorium: both days included."""

    first: date
    last: date


@dataclass(frozen=True)
class Stretch:
    """A row of the calculation: equal days ``first`` .. ``last`` (inclusive).

    ``divisor`` is the fraction of the rate (1/300, 1/130), 0 where the days cost nothing; ``paused`` tells that
    a moratorium is the reason.
    """

    first: date
    last: date
    debt: int
    divisor: int
    paused: bool

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


@dataclass
class DebtPenalty:
    """Penalty of one month's debt: kopecks, what is left of the debt, days that cost something, the rows."""

    debt: Debt
    penalty: int = 0
    left: int = 0
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def charged_days(self) -> int:
        """Days that cost something."""
        return sum(stretch.days for stretch in self.stretches if stretch.divisor and stretch.debt)


@dataclass(frozen=True)
class PenaltyRate:
    """Rate on a day: key rate, rate for penalties, and whether the law of that day is settled in the data."""

    key_rate: Fraction
    rate: Fraction
    settled: bool
    cap: Fraction | None = None


def penalty_rate(day: date) -> PenaltyRate:
    """The smaller of the key rate of the day and the cap in force; without a cap the key rate itself.

    Raises CalculationError ``no_parameter`` before the first key rate known. ``settled`` is False from the day
    the last known cap ends: the operator must be told.
    """
    key_rate = value("penalty.key_rate", day)
    caps = history("penalty.rate_cap")
    for cap in caps:
        if cap.valid_on(day):
            answer = apply_reference(rule_for("penalty.rate", day), {"key_rate": key_rate, "cap": cap.value})
            return PenaltyRate(key_rate, answer["rate"], True, cap.value)
    return PenaltyRate(key_rate, key_rate, day < caps[0].valid_from)


def moratoria(debt: Debt) -> list[Pause]:
    """Moratoria of the law that apply to a debt."""
    found = []
    for row in history("penalty.moratorium"):
        # A debt arises the day after its last day to pay.
        if row.raw == "all" or debt.last_day_to_pay < row.valid_from - timedelta(days=1):
            found.append(Pause(row.valid_from, row.valid_to - timedelta(days=1)))
    return found


def charge_penalties(
    debts: Sequence[Debt],
    calculated_to: date,
    rate: Fraction,
    kind: str = HOUSING_AND_UTILITIES,
    payments: Iterable[Payment] = (),
    pauses: Iterable[Pause] | None = None,
) -> list[DebtPenalty]:
    """Penalties of several debts up to ``calculated_to`` (inclusive), oldest debt first.

    ``rate``: percent a year, one for all days (the rate of the day of payment or calculation). ``pauses``: the
    moratoria to apply to every debt; None takes those of the law.
    """
    results = [DebtPenalty(debt, left=debt.amount) for debt in sorted(debts, key=lambda debt: debt.month)]
    lowered = _pay(results, payments, calculated_to)
    for result in results:
        own = moratoria(result.debt) if pauses is None else list(pauses)
        _stretches(result, calculated_to, lowered[id(result)], kind, own)
        result.penalty = _amount(result, rate, kind, calculated_to)
    return results


def _pay(
    results: list[DebtPenalty], payments: Iterable[Payment], calculated_to: date
) -> dict[int, list[tuple[date, int]]]:
    """Share payments to the oldest debts; for each debt the days of payment and the sums."""
    lowered: dict[int, list[tuple[date, int]]] = {id(result): [] for result in results}
    for payment in sorted(payments, key=lambda payment: payment.day):
        rest = payment.amount if payment.day <= calculated_to else 0
        for result in results:
            part = min(rest, result.left)
            if part > 0:
                result.left -= part
                rest -= part
                lowered[id(result)].append((payment.day, part))
    return lowered


def _stretches(
    result: DebtPenalty, calculated_to: date, lowered: list[tuple[date, int]], kind: str, pauses: list[Pause]
) -> None:
    """Rows between the days on which something changes."""
    start = result.debt.last_day_to_pay + timedelta(days=1)
    if start > calculated_to:
        return
    free = int(value("penalty.free_days", calculated_to))
    switch = int(value("penalty.first_part_last_day", calculated_to))
    first, second = _divisors(kind, calculated_to)
    changes = {start, start + timedelta(days=free), start + timedelta(days=switch), calculated_to + timedelta(days=1)}
    changes |= {day + timedelta(days=1) for day, _ in lowered}
    changes |= {pause.first for pause in pauses} | {pause.last + timedelta(days=1) for pause in pauses}
    borders = sorted(day for day in changes if start <= day <= calculated_to + timedelta(days=1))
    for begin, end in itertools.pairwise(borders):
        number = (begin - start).days + 1
        debt = result.debt.amount - sum(part for day, part in lowered if day < begin)
        paused = any(pause.first <= begin <= pause.last for pause in pauses)
        divisor = 0 if paused or number <= free else first if number <= switch else second
        result.stretches.append(Stretch(begin, end - timedelta(days=1), debt, divisor, paused))


def _divisors(kind: str, day: date) -> tuple[int, int]:
    if kind == CAPITAL_REPAIR:
        divisor = int(value("penalty.capital_repair_divisor", day))
        return divisor, divisor
    return int(value("penalty.first_divisor", day)), int(value("penalty.second_divisor", day))


def _amount(result: DebtPenalty, rate: Fraction, kind: str, day: date) -> int:
    first, second = _divisors(kind, day)
    days = {divisor: Fraction(0) for divisor in (first, second)}
    for stretch in result.stretches:
        if stretch.divisor:
            days[stretch.divisor] += Fraction(stretch.debt, 100) * stretch.days
    if kind == CAPITAL_REPAIR:
        values = {"rouble_days": days[first], "divisor": first, "rate": rate}
        return int(apply_reference(rule_for("penalty.capital_repair", day), values)["penalty"])
    values = {
        "first_rouble_days": days[first], "second_rouble_days": days[second], "first_divisor": first,
        "second_divisor": second, "rate": rate,
    }
    return int(apply_reference(rule_for("penalty.month_debt", day), values)["penalty"])


def overdue_days(last_day_to_pay: date, calculated_to: date) -> int:
    """Days overdue, the day of calculation included; zero in time."""
    return max((calculated_to - last_day_to_pay).days, 0)


def split_days(days: int, day: date) -> tuple[int, int]:
    """Of ``days`` overdue: how many at the first fraction and how many at the second."""
    answer = apply_reference(
        rule_for("penalty.days", day),
        {
            "overdue_days": days, "free_days": value("penalty.free_days", day),
            "first_part_last_day": value("penalty.first_part_last_day", day),
        },
    )
    return int(answer["first_days"]), int(answer["second_days"])


def plain_penalty(debt: Fraction, days: int, rate: Fraction, day: date) -> int:
    """Penalty in kopecks of one unchanged debt (roubles) overdue for ``days``."""
    first, second = split_days(days, day)
    divisors = _divisors(HOUSING_AND_UTILITIES, day)
    values = {
        "first_rouble_days": debt * first, "second_rouble_days": debt * second, "first_divisor": divisors[0],
        "second_divisor": divisors[1], "rate": rate,
    }
    return int(apply_reference(rule_for("penalty.month_debt", day), values)["penalty"])
