"""What a month hands over to the next one: packed beside the ledger, never instead of it."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text

from startks.base.db.bulk import open_reader
from startks.base.periods import shift
from startks.modules.billing.calculation import run
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.scripts.environment import Environment
from startks.scripts.period import CONSUMPTION, SAVE, calculate_month

pytestmark = pytest.mark.integration

ORDER = ["account_id", "service_id", "supplier_id"]


@pytest.fixture
def env(clone_database, town, services, test_settings):
    """A copy of the town with its next month calculated and still open."""
    town.engine.dispose()
    with clone_database("carry", town.database_url) as url:
        settings = dataclasses.replace(test_settings, database_url=url, data_dir=services.folder.path)
        env = Environment(services.folder.path, url, "", settings, owner=False)
        calculate_month(env, shift(town.periods[-1], 1), processes=1)
        yield env
        env.engine.dispose()


@pytest.fixture
def month(town):
    """The month that was calculated."""
    return shift(town.periods[-1], 1)


def handed_over(env, month):
    """Opening balances and debts of the month after ``month`` for all houses, and the statements that were asked."""
    asked = []
    with open_reader(env.database_url) as read:
        inputs = Inputs(lambda sql: (asked.append(sql), read(sql))[1], Month(shift(month, 1), 1, 2**31 - 1))
        return inputs.opening.sort(ORDER), inputs.debts.sort([*ORDER, "origin"]), asked


def ledger(env, month):
    with open_reader(env.database_url) as read:
        opening = read(f"""SELECT house_id, account_id, service_id, supplier_id, closing AS opening FROM statement
                            WHERE period = {month} AND closing <> 0""")
        debts = read(f"""SELECT house_id, account_id, service_id, supplier_id, origin, amount FROM month_debt
                          WHERE period = {month}""")
    return opening.sort(ORDER), debts.sort([*ORDER, "origin"])


def reads_ledger(asked):
    return any("FROM statement" in sql for sql in asked)


def same(env, month):
    """Whether what is handed over is the ledger's; returns what was asked."""
    opening, debts, asked = handed_over(env, month)
    known_opening, known_debts = ledger(env, month)
    assert opening.height > 100
    assert opening.select(known_opening.columns).equals(known_opening)
    assert debts.select(known_debts.columns).equals(known_debts)
    return asked


def test_a_month_hands_over_what_the_ledger_says_without_reading_it(env, month):
    assert not reads_ledger(same(env, month))
    known = ledger(env, month)[1]
    assert known.height > 0, "the town has debts by month, else this would prove little"


def test_a_row_that_somebody_changes_sends_its_house_back_to_the_ledger(env, month):
    with env.engine.begin() as connection:
        row = connection.execute(
            text("SELECT house_id, account_id FROM statement WHERE period = :month AND closing > 0 LIMIT 1"), {"month": month}
        ).one()
        connection.execute(
            text("UPDATE statement SET charge = charge + 1, closing = closing + 1 WHERE period = :month AND account_id = :account"),
            {"month": month, "account": row.account_id},
        )
        left = connection.scalar(
            text("SELECT count(*) FROM carry_pack WHERE period = :month AND house_id = :house"),
            {"month": month, "house": row.house_id},
        )
        others = connection.scalar(text("SELECT count(*) FROM carry_pack WHERE period = :month"), {"month": month})
    assert left == 0 and others > 0
    assert reads_ledger(same(env, month))


@pytest.mark.parametrize("change", [
    "DELETE FROM month_debt WHERE ctid = (SELECT ctid FROM month_debt_{month} LIMIT 1)",
    "UPDATE month_debt SET amount = amount + 1 WHERE period = {month}",
])
def test_a_debt_that_somebody_changes_is_taken_as_it_is(env, month, change):
    with env.engine.begin() as connection:
        assert connection.execute(text(change.format(month=month))).rowcount > 0
    same(env, month)


def test_a_month_without_packs_is_read_from_the_ledger(env, month):
    with env.engine.begin() as connection:
        connection.execute(text("DELETE FROM carry_pack WHERE period = :month"), {"month": month})
    assert reads_ledger(same(env, month))


def test_a_house_again_hands_over_its_new_balances(env, month):
    with env.engine.begin() as connection:
        house, account = connection.execute(
            text("SELECT house_id, account_id FROM statement WHERE period = :month AND charge > 0 LIMIT 1"), {"month": month}
        ).one()
        connection.execute(
            text("""INSERT INTO payment (account_id, paid_on, amount, channel)
                    VALUES (:account, make_date(:year, :number, 20), 12345, 'bank')"""),
            {"account": account, "year": month // 100, "number": month % 100},
        )
        before = connection.scalar(
            text("SELECT sum(closing) FROM statement WHERE period = :month AND account_id = :account"),
            {"month": month, "account": account},
        )
    with env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, month, house, CONSUMPTION, SAVE)
        after = connection.scalar(
            text("SELECT sum(closing) FROM statement WHERE period = :month AND account_id = :account"),
            {"month": month, "account": account},
        )
    assert before - after == 12345
    assert not reads_ledger(same(env, month))


def test_a_published_month_has_lost_the_defaults_of_its_run(env, month):
    """A run's own table fills the month and empty columns by itself; afterwards nobody may forget them."""
    with env.engine.connect() as connection:
        defaults = connection.execute(
            text("""SELECT column_name FROM information_schema.columns
                     WHERE table_name IN (:statement, :debt) AND column_default IS NOT NULL"""),
            {"statement": f"statement_{month}", "debt": f"month_debt_{month}"},
        ).all()
        sums = connection.execute(
            text("""SELECT count(*) FILTER (WHERE excess <> 0 OR recalculation <> 0 OR benefit <> 0 OR penalty <> 0) AS rare,
                           count(*) AS lines FROM statement WHERE period = :month"""), {"month": month},
        ).one()
    assert defaults == []
    assert 0 < sums.rare < sums.lines / 2
