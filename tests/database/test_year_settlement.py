"""The year of even heating and of common needs by norm, settled by the house's meter: golden figures by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.modules.billing import year_settlement
from startks.modules.billing.bill import load_bill
from startks.modules.billing.replay import services as replay_services
from startks.modules.billing.replay.queries import of_line
from startks.scripts.period import CONSUMPTION
from tests.factories.month_life import calculate, small_house
from tests.factories.regimes import OCTOBER, charges, evenly, write
from tests.factories.small_house import ALWAYS, HOUSE, SERVICE, Writer

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = HOUSE.accounts


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


HEAT = (3, 2.5, 2, 1, 0, 0, 0, 0, 0, 1.5, 2.5, 3)
"""Gcal of each month of 2026 by the house meter: 15.5 together."""


def a_year_of_even_payment(env):
    evenly(env)
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("INSERT INTO period (id) SELECT 202600 + n FROM generate_series(1, 12) n ON CONFLICT DO NOTHING")
        put("INSERT INTO period (id) VALUES (202701), (202601 - 100) ON CONFLICT DO NOTHING")
        put("DELETE FROM reading WHERE meter_id = 5")
        stands = 0
        put.reading(5, "2025-12-20", "0")
        for month, used in enumerate(HEAT, 1):
            stands += used
            put.reading(5, f"2026-{month:02d}-20", str(stands))
        put("UPDATE account SET closed_on = '2026-11-01' WHERE id = 3")
    for month in range(202601, 202613):
        calculate(env, month)
    write(env, "UPDATE period SET state = 'closed' WHERE id < 202701")


def settled(env):
    with env.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(
            "SELECT account_id, charged, computed, amount, kind FROM recalculation ORDER BY account_id"))]


def test_the_year_of_even_payment_is_settled_by_the_meter(env):
    a_year_of_even_payment(env)
    with env.engine.begin() as connection:
        found = year_settlement.settle(connection, 2026)
    # 12.6 / 12 × 50/150 × 2500 = 875.00 a month, 10 500.00 charged; 15.5 × 2500 × 50/150 = 12 916.67 cost
    # the third was there for ten months: 10 Gcal of 15.5: 10 × 2500 × 40/150 = 6 666.67 against 10 × 700.00
    assert settled(env) == [
        (1, 1050000, 1291667, 241667, "year"), (2, 1260000, 1550000, 290000, "year"), (3, 700000, 666667, -33333, "year"),
    ]
    assert found.amount == 241667 + 290000 - 33333
    assert found.refused.is_empty()
    with env.engine.begin() as connection:
        year_settlement.settle(connection, 2026)
    assert len(settled(env)) == 3  # the same rows again, not twice
    calculate(env, 202701)
    with env.engine.connect() as connection:
        line = next(x for x in load_bill(connection, FIRST, 202701).lines if x.service_code == "heating")
        told = of_line(connection, FIRST, 202701, "heating")
    assert line.recalculation == 241667
    [row] = told
    assert "тепло дома по счётчику стоило 38750,00 ₽, доля помещения 50,00 из 150,00 м², начислено за год 10500,00 ₽" in row.reason
    assert row.may_instal  # over a quarter more than January of the year before


def test_a_replay_leaves_the_correction_of_the_year_alone(env):
    a_year_of_even_payment(env)
    with env.engine.begin() as connection:
        year_settlement.settle(connection, 2026)
        change_area(connection)
        replay_services.replay(connection, CONSUMPTION)
    years = [row for row in settled(env) if row[4] == "year"]
    assert len(years) == 3


def change_area(connection):
    """The first flat was measured wrongly in December."""
    change_id = connection.scalar(text(
        "INSERT INTO fact_change (kind, subject_id, field, reason) VALUES ('premise', 1, 'premise_area', 'Обмер') RETURNING id"))
    connection.execute(text(
        "INSERT INTO recalculation_mark (fact_change_id, account_id, period_from) VALUES (:change, 1, 202612)"),
        {"change": change_id})
    connection.execute(text("UPDATE premise_area SET valid = '[2020-01-01,2026-12-01)' WHERE premise_id = 1"))
    connection.execute(text("INSERT INTO premise_area (premise_id, valid, total_area) VALUES (1, '[2026-12-01,)', 52)"))


def test_a_year_that_is_not_over_or_lacks_a_month_is_not_settled(env):
    evenly(env)
    calculate(env, OCTOBER)
    with env.engine.connect() as connection, pytest.raises(StartksError, match="ещё не закончен"):
        year_settlement.look(connection, 2026)
    write(env, "INSERT INTO period (id) VALUES (202701)", "UPDATE period SET state = 'closed' WHERE id < 202701")
    with env.engine.connect() as connection:
        found = year_settlement.look(connection, 2026)
    assert found.rows.is_empty()
    assert found.refused.to_dicts() == [{"house_id": 1, "service_id": SERVICE["heating"], "months": 1, "lacks": False}]


def test_common_needs_by_norm_are_settled_by_the_meter_once_a_year(env):
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("UPDATE house_service SET method = 'common.norm_settled' WHERE service_id = :s", s=SERVICE["soi_cold_water"])
        put("INSERT INTO period (id) SELECT 202600 + n FROM generate_series(1, 12) n ON CONFLICT DO NOTHING")
        put("INSERT INTO period (id) VALUES (202701) ON CONFLICT DO NOTHING")
        put("DELETE FROM reading WHERE meter_id IN (1, 4)")
        put("UPDATE residence SET valid = :always WHERE account_id = 2", always=ALWAYS)
        for month in range(13):
            day = f"{2025 + (month + 11) // 12}-{(month + 11) % 12 + 1:02d}-20"
            put.reading(1, day, str(100 + 5 * month))
            put.reading(4, day, str(20 * month))
    for month in range(202601, 202613):
        calculate(env, month)
    assert charges(env, FIRST, 202603)["soi_cold_water"] == 910  # the norm: 0.02 × 30 × 50/150 × 45.50 = 9.10
    write(env, "UPDATE period SET state = 'closed' WHERE id < 202701")
    with env.engine.begin() as connection:
        found = year_settlement.settle(connection, 2026)
    # by the meter 20 − 5 − 4.25 − 4.25 = 6.5 a month: 78 × 45.50 = 3549.00; a third of it less 12 × 9.10
    assert settled(env)[0] == (1, 10920, 118300, 107380, "year")
    assert {row["service_id"] for row in found.rows.to_dicts()} == {SERVICE["soi_cold_water"]}
    calculate(env, 202701)
    with env.engine.connect() as connection:
        [row] = of_line(connection, SECOND, 202701, "soi_cold_water")
    assert "по общедомовому счётчику он стоил 3549,00 ₽" in row.reason


def test_a_year_is_settled_once(env):
    a_year_of_even_payment(env)
    with env.engine.begin() as connection:
        year_settlement.settle(connection, 2026)
    write(env, "INSERT INTO period (id) VALUES (202702)", "UPDATE period SET state = 'closed' WHERE id = 202701")
    with env.engine.begin() as connection, pytest.raises(StartksError, match="второй раз"):
        year_settlement.settle(connection, 2026)
