"""What must hold whatever the numbers are: shares, areas, empty facts, the order of facts, months that did not change.

Each is tried on a real town through the calculation itself, house by house, in memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from startks.base.db.bulk import plain_reader
from startks.base.periods import first_day, shift
from startks.modules.billing.calculation.chunk import calculate
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.modules.billing.calculation.run import resolve
from startks.modules.billing.replay.services import look
from startks.scripts.period import CONSUMPTION

pytestmark = pytest.mark.integration

KEY = ["account_id", "service_id", "supplier_id"]
MICRO = 10**6
FEW = settings(max_examples=12)


@pytest.fixture(scope="module")
def houses(town):
    """A connection, the last calculated month, blocks of flats of the town with accounts, largest first."""
    with town.engine.connect() as connection:
        ids = connection.execute(text("""
            SELECT h.id FROM house h JOIN account a ON a.house_id = h.id WHERE h.kind = 'apartment_building'
             GROUP BY 1 ORDER BY count(*) DESC, 1""")).scalars().all()
        yield SimpleNamespace(connection=connection, period=town.periods[-1], ids=ids)
        connection.rollback()


def month(houses, house, inputs_of=Inputs, read=None):
    """The result of one house's month."""
    reader = read or plain_reader(houses.connection)
    return calculate(reader, Month(houses.period, house, house), resolve(CONSUMPTION), inputs_of)


def rows(result) -> list[tuple]:
    """The statement's rows and what else the month writes, in an order of their own."""
    frames = (result.statement, result.balance, result.rounding, result.debts, result.errors.drop("number", strict=False))
    return [sorted(frame.rows(), key=repr) for frame in frames]


def changed(**columns) -> type[Inputs]:
    """Facts of which some frames are changed: ``accounts=function(frame) -> frame``."""
    names = {
        name: cached_property(lambda self, name=name, change=change: change(_original(self, name)))
        for name, change in columns.items()
    }
    kind = type("Changed", (Inputs,), names)
    for name, prop in names.items():
        prop.__set_name__(kind, name)
    return kind


def _original(inputs, name):
    return getattr(Inputs, name).func(inputs)


def is_whole(houses, house) -> bool:
    """Whether every area of the house pays for the whole month: else its part is left to nobody."""
    accounts = Inputs(plain_reader(houses.connection), Month(houses.period, house, house)).accounts
    return accounts.filter(pl.col("area").is_null() | (pl.col("days") < pl.col("month_days"))).is_empty()


@FEW
@given(data=st.data())
def test_shares_of_a_house_add_up_to_the_whole(houses, data):
    house = data.draw(st.sampled_from([number for number in houses.ids if is_whole(houses, number)]))
    factors = data.draw(st.lists(st.integers(50, 300), min_size=7, max_size=7))

    def areas(frame):
        place = pl.int_range(pl.len())
        factor = (place % 7).replace_strict(dict(enumerate(factors)), return_dtype=pl.Int64)
        return frame.with_columns((pl.col("area") * factor // 100).alias("area"))

    def whole(frame):
        return frame.with_columns(
            pl.lit(total, pl.Int64).alias("total_area"), pl.lit(0, pl.Int64).alias("cut_off_area")
        )

    plain = Inputs(plain_reader(houses.connection), Month(houses.period, house, house))
    total = int(areas(plain.accounts)["area"].sum())
    result = month(houses, house, changed(accounts=areas, houses=whole))
    # Who pays the supplier directly has no line.
    direct = set(plain.exclusions.join(plain.accounts.select("account_id"), on="account_id")["service_id"].to_list())
    for row in result.rounding.iter_rows(named=True):
        lines = result.statement.filter(pl.col("service_id") == row["service_id"])
        assert row["house_amount"] - row["lines_amount"] == row["remainder"]
        assert row["lines_amount"] == lines["charge"].sum()
        if row["service_id"] not in direct:
            assert abs(row["remainder"]) * 2 <= lines.height + 1, row


@FEW
@given(data=st.data())
def test_twice_the_area_doubles_the_lines_by_area(houses, data):
    house = data.draw(st.sampled_from(houses.ids))
    before = month(houses, house)
    after = month(houses, house, changed(accounts=lambda frame: frame.with_columns(pl.col("area") * 2)))
    keys = {group.rule.id for group in before.groups if group.rule.key.endswith(".area")}
    lines = before.statement.filter(pl.col("rule_id").is_in(keys)).join(after.statement, on=KEY, suffix="_after")
    assert lines.height > 0
    for row in lines.iter_rows(named=True):
        # Waste is measured in m³ of a norm a metre: its volume is rounded to a millionth.
        assert abs(row["volume_after"] - 2 * row["volume"]) <= 1
        assert abs(row["charge_after"] - 2 * row["charge"]) <= 1
    others = before.statement.filter(~pl.col("rule_id").is_in(keys)).join(after.statement, on=KEY, suffix="_after")
    by_meter = {group.rule.id for group in before.groups if group.rule.key.endswith((".meter", ".average"))}
    metered = others.filter(pl.col("rule_id").is_in(by_meter))
    assert metered["charge"].to_list() == metered["charge_after"].to_list(), "a meter does not look at the area"


@contextlib.contextmanager
def also(houses, statement, **values) -> Iterator[None]:
    """A fact that is there inside the block only."""
    with houses.connection.begin_nested() as step:
        houses.connection.execute(text(statement), values)
        yield
        step.rollback()


EMPTY_FACTS = {
    "somebody moves in tomorrow": """
        INSERT INTO residence (account_id, person_id, valid)
        SELECT :account, min(id), daterange(CAST(:after AS date), NULL) FROM person
         WHERE id NOT IN (SELECT person_id FROM residence)""",
    "somebody moved out yesterday": """
        INSERT INTO residence (account_id, person_id, valid)
        SELECT :account, min(id), daterange(CAST(:first AS date) - 30, CAST(:first AS date)) FROM person
         WHERE id NOT IN (SELECT person_id FROM residence)""",
    "a service is refused from the next month": """
        INSERT INTO account_service_exclusion (account_id, service_id, valid, reason)
        SELECT :account, id, daterange(CAST(:after AS date), NULL), 'заявление' FROM service WHERE code = 'waste'""",
    "five days away do not count": """
        INSERT INTO temporary_absence (account_id, person_id, left_on, returned_on, applied_on, papers, decision)
        SELECT :account, min(person_id), CAST(:first AS date) + 1, CAST(:first AS date) + 7, :first, 'билет', 'granted'
          FROM residence WHERE account_id = :account AND valid @> CAST(:first AS date) HAVING count(*) > 0""",
    "an outage of an hour is allowed": """
        INSERT INTO quality_act (house_id, service_id, kind, since, until, number, drawn_on)
        SELECT :house, id, 'break', CAST(:first AS timestamp) + interval '1 hour',
               CAST(:first AS timestamp) + interval '2 hours', '1', :first FROM service WHERE code = 'sewerage'""",
    "an act of the next month": """
        INSERT INTO quality_act (house_id, service_id, kind, since, until, number, drawn_on)
        SELECT :house, id, 'composition', CAST(:after AS timestamp), CAST(:after AS timestamp) + interval '3 days', '1', :after
          FROM service WHERE code = 'cold_water'""",
}


@pytest.mark.parametrize("name", EMPTY_FACTS)
@settings(max_examples=4)
@given(data=st.data())
def test_a_fact_of_no_days_changes_nothing(houses, name, data):
    house = data.draw(st.sampled_from(houses.ids))
    accounts = houses.connection.execute(
        text("SELECT id FROM account WHERE house_id = :house AND closed_on IS NULL ORDER BY id"), {"house": house}
    ).scalars().all()
    values = {
        "account": data.draw(st.sampled_from(accounts)), "house": house, "first": first_day(houses.period),
        "after": first_day(shift(houses.period, 1)),
    }
    before = rows(month(houses, house))
    given_to = {key: value for key, value in values.items() if f":{key}" in EMPTY_FACTS[name]}
    with also(houses, EMPTY_FACTS[name], **given_to):
        assert rows(month(houses, house)) == before


def test_the_fact_would_change_something_with_days(houses):
    """The empty facts above are read: with days in the month each of the first three changes the house."""
    house = houses.ids[0]
    account = houses.connection.scalar(text(
        "SELECT min(account_id) FROM residence r JOIN account a ON a.id = r.account_id WHERE a.house_id = :house"), {"house": house})
    before = rows(month(houses, house))
    values = {"account": account, "house": house, "first": first_day(houses.period), "after": first_day(houses.period)}
    for name in ("somebody moves in tomorrow", "a service is refused from the next month", "an act of the next month"):
        given_to = {key: value for key, value in values.items() if f":{key}" in EMPTY_FACTS[name]}
        with also(houses, EMPTY_FACTS[name], **given_to):
            assert rows(month(houses, house)) != before, name


@FEW
@given(data=st.data())
def test_the_order_of_facts_does_not_matter(houses, data):
    house = data.draw(st.sampled_from(houses.ids))
    seed = data.draw(st.integers(0, 10**6))
    plain = plain_reader(houses.connection)

    def shuffled(statement):
        frame = plain(statement)
        # A statement that asks for an order means it.
        return frame if "ORDER BY" in statement else frame.sample(fraction=1.0, shuffle=True, seed=seed)

    assert rows(month(houses, house, read=shuffled)) == rows(month(houses, house))


def test_computing_an_unchanged_month_again_gives_nothing(houses, town):
    """Every account of the town is marked for every calculated month; no fact has changed."""
    connection = houses.connection
    with connection.begin_nested() as step:
        connection.execute(text("""
            INSERT INTO fact_change (kind, subject_id, house_id, field, valid_from, reason)
            SELECT 'house', id, id, 'проверка', '2000-01-01', 'ничего не изменилось' FROM house"""))
        connection.execute(text("""
            INSERT INTO recalculation_mark (fact_change_id, house_id, period_from)
            SELECT id, house_id, :first FROM fact_change WHERE field = 'проверка'"""), {"first": town.periods[0]})
        found = look(connection, CONSUMPTION)
        assert found.bills.height > 100
        assert found.rows.rows() == []
        assert found.failed.height == connection.scalar(text("""
            SELECT count(*) FROM calculation_error e JOIN period p ON p.id = e.period
             WHERE p.state = 'closed' AND e.severity = 'error' AND e.account_id IS NOT NULL AND e.service_id IS NOT NULL"""))
        step.rollback()
