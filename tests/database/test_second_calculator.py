"""The second calculator agrees with the engine on a small town, and notices what is not so."""

import psycopg
import pytest

from startks_check.compare import compare
from startks_check.house import PART_MONTH
from startks_check.money import LAST, debts, pay, share


def _dsn(town) -> str:
    return town.database_url.replace("+psycopg", "")


def test_lines_of_the_small_town_are_equal(town):
    dsn = _dsn(town)
    with psycopg.connect(dsn) as connection:
        months = [row[0] for row in connection.execute("SELECT DISTINCT period FROM statement ORDER BY 1")]
        lines = connection.execute("SELECT count(*) FROM statement").fetchone()[0]
    results = [compare(dsn, month) for month in months]
    # The engine charges what is shared by area for the whole month where an account began inside it (decision 0029).
    others = {cause: count for result in results for cause, count in result.causes.items() if PART_MONTH not in cause[2]}
    assert others == {}
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
    assert pay(30, owed, str) == ({"a": 30}, 0)
    assert pay(120, owed, str) == ({"a": 80, "b": 40}, 0)
    assert pay(150, owed, str) == ({"a": 100, "b": 40}, 10)


def test_less_than_the_old_months_leaves_the_youngest_of_them():
    assert debts(40, [(202501, 30), (202502, 30)]) == {202501: 10, 202502: 30}
