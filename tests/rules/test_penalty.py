"""Penalties against a day-by-day count written from the law alone; rates, moratoria, due days."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.domain.calc.case_adapters.penalty import kopecks_of
from startks.domain.calc.due_dates import due_dates
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.numbers import round_half_up
from startks.domain.calc.penalty_schedule import (
    CAPITAL_REPAIR,
    HOUSING_AND_UTILITIES,
    Debt,
    Pause,
    Payment,
    charge_penalties,
    moratoria,
    overdue_days,
    penalty_rate,
    plain_penalty,
    split_days,
)

START = date(2024, 1, 10)
DAYS = st.integers(0, 400).map(lambda days: START + timedelta(days=days))


def by_day(debts, payments, pauses, to, rate, capital_repair):
    """The law read day by day: HC art.155 p.14 and 14.1."""
    left = {debt.month: debt.amount for debt in debts}
    total = dict.fromkeys(left, Fraction(0))
    charged = dict.fromkeys(left, 0)
    day = min(debt.last_day_to_pay for debt in debts)
    day = min([day, *(payment.day for payment in payments)])
    while day <= to:
        for debt in debts:
            number = (day - debt.last_day_to_pay).days
            if number > 30 and left[debt.month] and not any(pause.first <= day <= pause.last for pause in pauses):
                fraction = 300 if number <= 90 or capital_repair else 130
                total[debt.month] += left[debt.month] * rate / 100 / fraction
                charged[debt.month] += 1
        for payment in payments:
            rest = payment.amount if payment.day == day else 0
            for month in sorted(left):
                part = min(rest, left[month])
                left[month] -= part
                rest -= part
        day += timedelta(days=1)
    return {month: (int(round_half_up(total[month])), left[month], charged[month]) for month in left}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(DAYS, st.integers(1, 10**7)), min_size=1, max_size=3),
    st.lists(st.builds(Payment, DAYS, st.integers(1, 10**7)), max_size=4),
    st.lists(st.tuples(DAYS, st.integers(0, 90)), max_size=2),
    DAYS, st.sampled_from([Fraction("9.5"), Fraction("4.25"), Fraction(21)]), st.booleans(),
)
def test_the_schedule_equals_a_count_by_days(owed, payments, paused, to, rate, capital_repair):
    debts = [Debt(f"2024-{number:02d}", day, amount) for number, (day, amount) in enumerate(owed, 1)]
    pauses = [Pause(day, day + timedelta(days=length)) for day, length in paused]
    kind = CAPITAL_REPAIR if capital_repair else HOUSING_AND_UTILITIES
    results = charge_penalties(list(reversed(debts)), to, rate, kind, payments, pauses)
    assert [result.debt for result in results] == debts
    wanted = by_day(debts, payments, pauses, to, rate, capital_repair)
    for result in results:
        assert (result.penalty, result.left, result.charged_days) == wanted[result.debt.month]
        for stretch, following in zip(result.stretches, result.stretches[1:], strict=False):
            assert following.first == stretch.last + timedelta(days=1)
        if result.stretches:
            assert result.stretches[0].first == result.debt.last_day_to_pay + timedelta(days=1)
            assert result.stretches[-1].last == to


def test_the_rows_of_one_debt():
    """30 free days, 60 at 1/300, then 1/130; a payment splits a row the day after it."""
    debt = Debt("2025-01", date(2025, 2, 10), 500_000)
    (result,) = charge_penalties([debt], date(2025, 5, 31), Fraction("9.5"), payments=[Payment(date(2025, 4, 1), 100_000)])
    assert [(row.first, row.last, row.days, row.debt, row.divisor, row.paused) for row in result.stretches] == [
        (date(2025, 2, 11), date(2025, 3, 12), 30, 500_000, 0, False),
        (date(2025, 3, 13), date(2025, 4, 1), 20, 500_000, 300, False),
        (date(2025, 4, 2), date(2025, 5, 11), 40, 400_000, 300, False),
        (date(2025, 5, 12), date(2025, 5, 31), 20, 400_000, 130, False),
    ]
    assert result.left == 400_000


def test_a_debt_not_yet_overdue_has_no_rows():
    (result,) = charge_penalties([Debt("2025-01", date(2025, 2, 10), 100)], date(2025, 2, 10), Fraction(10))
    assert (result.stretches, result.penalty, result.left) == ([], 0, 100)


def test_the_moratoria_of_the_law_apply_by_themselves():
    old, new = Debt("2020-03", date(2020, 4, 10), 620_000), Debt("2022-03", date(2022, 4, 11), 100)
    assert moratoria(old) == [Pause(date(2020, 4, 6), date(2020, 12, 31)), Pause(date(2022, 4, 1), date(2022, 10, 1))]
    assert moratoria(new) == [Pause(date(2020, 4, 6), date(2020, 12, 31))]
    # Overdue from 31.03.2022: before the moratorium; from 01.04.2022: not.
    assert len(moratoria(Debt("a", date(2022, 3, 30), 1))) == 2
    assert len(moratoria(Debt("a", date(2022, 3, 31), 1))) == 1
    (result,) = charge_penalties([old], date(2021, 2, 20), Fraction("4.25"))
    assert (result.penalty, result.charged_days) == (10337, 51)
    assert any(row.paused for row in result.stretches)


@pytest.mark.parametrize(
    ("day", "key", "rate", "settled"),
    [
        (date(2022, 2, 27), "9.5", "9.5", True), (date(2022, 2, 28), "20", "9.5", True), (date(2022, 7, 25), "8", "8", True),
        (date(2023, 8, 14), "8.5", "8.5", True), (date(2023, 8, 15), "12", "9.5", True), (date(2026, 12, 31), "16", "9.5", True),
        (date(2027, 1, 1), "16", "16", False), (date(2019, 12, 16), "6.25", "6.25", True),
    ],
)
def test_the_rate_of_a_day(day, key, rate, settled):
    found = penalty_rate(day)
    assert (found.key_rate, found.rate, found.settled) == (Fraction(key), Fraction(rate), settled)


def test_there_is_no_rate_before_the_first_one_known():
    with pytest.raises(CalculationError):
        penalty_rate(date(2015, 12, 31))


@pytest.mark.parametrize(
    ("days", "parts"), [(0, (0, 0)), (30, (0, 0)), (31, (1, 0)), (90, (60, 0)), (91, (60, 1)), (1774, (60, 1684))]
)
def test_days_by_fraction(days, parts):
    assert split_days(days, date(2026, 5, 1)) == parts


def test_plain_forms():
    assert overdue_days(date(2025, 2, 10), date(2025, 2, 10)) == 0
    assert overdue_days(date(2025, 2, 10), date(2025, 2, 1)) == 0
    assert overdue_days(date(2025, 2, 10), date(2025, 2, 11)) == 1
    assert plain_penalty(Fraction(1200), 40, Fraction(11), date(2026, 5, 1)) == 440
    # 60 days at 1/300 and 10 at 1/130 of 10 % on 1300 roubles: 26.00 + 10.00.
    assert plain_penalty(Fraction(1300), 100, Fraction(10), date(2026, 5, 1)) == 3600


@pytest.mark.parametrize(
    ("month", "off", "move", "expected"),
    [
        (date(2025, 12, 5), (), True, ("2026-01-01", "2026-01-10", "2026-01-10", "2026-01-11", "2026-02-10")),
        (date(2026, 1, 1), (), True, ("2026-02-01", "2026-02-10", "2026-02-10", "2026-02-11", "2026-03-13")),
        (date(2026, 2, 1), ("2026-03-15",), True, ("2026-03-05", "2026-03-15", "2026-03-16", "2026-03-17", "2026-04-16")),
        (date(2026, 2, 1), ("2026-03-15",), False, ("2026-03-05", "2026-03-15", "2026-03-15", "2026-03-16", "2026-04-15")),
        (date(2026, 4, 30), ("2026-05-15", "2026-05-16", "2026-05-18"), True,
         ("2026-05-05", "2026-05-15", "2026-05-17", "2026-05-18", "2026-06-17")),
    ],
)
def test_due_days(month, off, move, expected):
    found = due_dates(month, {date.fromisoformat(day) for day in off}, move)
    assert tuple(getattr(found, name).isoformat() for name in found.__dataclass_fields__) == expected


def test_a_sum_of_a_case_is_whole_kopecks():
    assert kopecks_of("10.05") == 1005
    with pytest.raises(ValueError, match="whole"):
        kopecks_of("10.005")


@pytest.mark.parametrize("first", [27, 28, 29, 30, 31, 32, 87, 88, 89, 90, 91, 92, 93])
@pytest.mark.parametrize("capital_repair", [False, True])
def test_payments_and_pauses_at_the_borders_of_the_fractions(first, capital_repair):
    """Two payments on neighbouring days and a moratorium that begins on the day of a payment."""
    debt = Debt("2024-01", START, 1_000_000)
    payments = [Payment(START + timedelta(days=first + shift), 100_000) for shift in (0, 1)]
    kind = CAPITAL_REPAIR if capital_repair else HOUSING_AND_UTILITIES
    to = START + timedelta(days=130)
    pause_day = START + timedelta(days=first)
    for pauses in ([], [Pause(pause_day, pause_day)], [Pause(pause_day + timedelta(days=1), pause_day + timedelta(days=3))]):
        (result,) = charge_penalties([debt], to, Fraction("9.5"), kind, payments, pauses)
        wanted = by_day([debt], payments, pauses, to, Fraction("9.5"), capital_repair)
        assert (result.penalty, result.left, result.charged_days) == wanted["2024-01"]
