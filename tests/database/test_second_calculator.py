"""The second calculator agrees with the engine on a small town, and notices what is not so."""

import datetime as dt
from decimal import Decimal

import psycopg
import pytest

from startks_check.compare import compare
from startks_check.money import LAST, debts, left_of_months, pay, share
from startks_check.penalties import penalty


def _dsn(town) -> str:
    return town.database_url.replace("+psycopg", "")


def test_lines_of_the_small_town_are_equal(town):
    dsn = _dsn(town)
    with psycopg.connect(dsn) as connection:
        months = [row[0] for row in connection.execute("SELECT DISTINCT period FROM statement ORDER BY 1")]
        lines = connection.execute("SELECT count(*) FROM statement").fetchone()[0]
    results = [compare(dsn, month) for month in months]
    assert [dict(result.causes) for result in results] == [{}] * len(months)
    assert sum(result.lines for result in results) >= lines > 1000


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [(100, [1, 1, 1], [34, 33, 33]), (0, [5, 5], [0, 0]), (7, [2, 1], [5, 2]), (10, [0, 3], [0, 10])],
)
def test_a_sum_is_split_by_largest_remainder(amount, weights, parts):
    assert share(amount, weights) == parts


def test_the_oldest_month_is_paid_first_and_penalties_last():
    owed = {"a": debts(100, [(202501, 30), (0, 20)]), "b": debts(40, []), "c": debts(-30, [])}
    assert owed == {"a": {202501: 30, 0: 20, LAST: 50}, "b": {LAST: 40}, "c": {}}
    assert pay([(1, 30)], owed, str) == ({("a", 202501): [(1, 30)]}, 0)
    parts, left = pay([(1, 100), (5, 50)], owed, str)
    assert left == 10
    assert parts["a", LAST] == [(1, 39), (5, 11)]
    assert parts["b", LAST] == [(1, 31), (5, 9)]
    assert parts["a", 0] == [(5, 20)]


def test_less_than_the_old_months_leaves_the_youngest_of_them():
    assert debts(40, [(202501, 30), (202502, 30)]) == {202501: 10, 202502: 30}


def test_what_is_left_of_the_months():
    owed = {202501: 30, 0: 20, LAST: 50}
    assert left_of_months(owed, {202501: 30, LAST: 10}, 5, 1000, 202503) == {202503: 40, 0: 25}
    # A recalculation leaves 50 in all: the oldest months count as paid, penalties stay to the last.
    assert left_of_months(owed, {}, 0, 50, 202503) == {202503: 30, 0: 20}
    assert left_of_months(owed, {}, 0, -1, 202503) == {}


class _Book:
    """The figures of the law that penalties need, in force for ever."""

    start, end = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
    figures = {"due_day": 15, "due_day_moves_from_day_off": 1, "key_rate": 16, "penalty.rate_cap": Decimal("9.5"),
               "penalty.free_days": 30, "penalty.second_day": 91, "penalty.first_divisor": 300, "penalty.second_divisor": 130}

    def __init__(self, **others):
        self.remembered = {}
        self.others = others

    def dated(self, code, city, day):
        return Decimal(self.others.get(code, self.figures[code]))

    def is_day_off(self, day):
        return day.weekday() >= 5


@pytest.mark.parametrize(
    ("origin", "is_repair", "paid", "kopecks"),
    [
        (202606, False, [], 17_271),  # due 15.07: 13 days by 1/300, 18 days by 1/130
        (202607, False, [], 9_817),  # due 17.08, a Monday: 31 days by 1/300
        (202608, False, [], 5_067),  # due 15.09: 15.10 is day 30, 16 days by 1/300
        (202609, False, [], 0),
        (202605, True, [], 9_817),  # capital repair never takes 1/130
        (202607, False, [(dt.date(2026, 10, 10), 1_000_000)], 3_167),  # the day of payment is included: 10 days
        (202607, False, [(dt.date(2026, 9, 30), 1_000_000)], 0),
    ],
)
def test_penalties_of_a_month_by_hand(origin, is_repair, paid, kopecks):
    assert penalty(_Book(), 1, is_repair, origin, 1_000_000, paid) == kopecks


def test_a_paid_part_takes_the_rate_of_its_day_and_is_rounded_with_its_own():
    class Cut(_Book):
        def dated(self, code, city, day):
            return Decimal(8) if code == "key_rate" and day < dt.date(2026, 10, 20) else super().dated(code, city, day)

    # 4 000 x 10 x 8 % / 300 = 10.666… and 6 000 x 31 x 9.5 % / 300 = 58.90
    assert penalty(Cut(), 1, False, 202607, 1_000_000, [(dt.date(2026, 10, 10), 400_000)]) == 1_067 + 5_890


def test_a_moratorium_stops_the_sum_and_not_the_counter():
    book = _Book(due_day=10)
    book.start, book.end = dt.date(2022, 10, 1), dt.date(2022, 11, 1)
    # February 2022 was due on 10.03 and arose before April: 1 October costs nothing; 30 days by 1/130.
    assert penalty(book, 1, False, 202202, 1_000_000, []) == 21_923
    # March was due on 11.04, after the moratorium began: all 31 days.
    assert penalty(book, 1, False, 202203, 1_000_000, []) == 22_654
