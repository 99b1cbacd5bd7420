"""Penalties through whole months: debts brought with the town, carried on, partly paid, explained, sealed by the gate."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from sqlalchemy import text

from startks.domain.ledger.invariants import TITLES
from startks.domain.ledger.partitions import ensure_partitions
from startks.modules.billing.penalty_days import penalty_days
from startks.scripts.explain import explained
from startks.scripts.period import CONSUMPTION
from tests.factories.month_life import calculate, change, scalar, small_house
from tests.factories.small_house import SERVICE

pytestmark = pytest.mark.integration

WATER = SERVICE["cold_water"]
MAY = 1_000_000


@pytest.fixture
def env(fresh_database):
    """The house in September, to which flat 1 brings 10 000 ₽ of cold water of May."""
    with small_house(fresh_database) as env:
        with env.engine.begin() as connection:
            ensure_partitions(connection, 202608)
            supplier = connection.scalar(
                text("""SELECT c.organisation_id FROM house_service hs JOIN contract c ON c.id = hs.contract_id
                         WHERE hs.service_id = :water"""), {"water": WATER},
            )
            values = {"water": WATER, "supplier": supplier, "amount": MAY}
            connection.execute(text("""
                INSERT INTO statement (period, account_id, service_id, supplier_id, house_id, rule_id, volume, tariff, opening,
                                       charge, excess, recalculation, benefit, penalty, paid, closing)
                VALUES (202608, 1, :water, :supplier, 1, 0, 0, 0, :amount, 0, 0, 0, 0, 0, 0, :amount)"""), values)
            connection.execute(text("""
                INSERT INTO debt_origin (account_id, service_id, supplier_id, origin, amount)
                VALUES (1, :water, :supplier, 202605, :amount)"""), values)
        yield env


def lines(env, period):
    with env.engine.connect() as connection:
        return {row.service_id: row for row in connection.execute(
            text("SELECT * FROM statement WHERE period = :period AND account_id = 1"), {"period": period})}


def debts(env, period, service):
    with env.engine.connect() as connection:
        return dict(connection.execute(
            text("SELECT origin, amount FROM month_debt WHERE period = :period AND account_id = 1 AND service_id = :service"),
            {"period": period, "service": service}).all())


def broken(env, name, period):
    with env.engine.connect() as connection:
        return connection.execute(
            text(TITLES[name].sql), {"period": period, "before": period - 1, "low": 0, "high": 2**31 - 1}).all()


def test_three_months_of_a_debt_by_hand(env):
    """May is due on 15.06.2026. September: days 78–90 by 1/300 and 17 days by 1/130; October: 31 days by 1/130.

    November: 4 000 ₽ come on the 10th, so 10 days of 10 000 and 20 days of 6 000 by 1/130; September's own charges, due
    on 15.10, cost 1/300 from their 31st day, 15.11: 16 days.
    """
    calculate(env, 202609)
    september = lines(env, 202609)
    assert september[WATER].penalty == 16_540  # 10 000 x 9.5 % x (13/300 + 17/130) = 165.3974…
    assert sum(row.penalty for row in september.values()) == 16_540
    assert debts(env, 202609, WATER) == {202605: MAY, 0: 16_540}
    calculate(env, 202610)
    october = lines(env, 202610)
    assert october[WATER].penalty == 22_654  # 10 000 x 9.5 % x 31/130 = 226.5384…
    assert sum(row.penalty for row in october.values()) == 22_654, "September is not overdue by thirty days yet"
    assert debts(env, 202610, WATER) == {202605: MAY, 202609: september[WATER].charge, 0: 39_194}

    change(env, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-11-10', 400000, 'bank')")
    calculate(env, 202611)
    november = lines(env, 202611)
    assert {service: row.paid for service, row in november.items() if row.paid} == {WATER: 400_000}
    for service, row in september.items():
        own = (Decimal(row.charge) * 16 * Decimal("0.095") / 300).quantize(Decimal(1), ROUND_HALF_UP)
        old = 16_077 if service == WATER else 0  # (10 x 10 000 + 20 x 6 000) x 9.5 % / 130 = 160.7692…
        assert november[service].penalty == own + old, service
    assert debts(env, 202611, WATER)[202605] == 600_000
    for period in (202609, 202610, 202611):
        assert not broken(env, "closing_formula", period)
        assert not broken(env, "month_debts", period)
        assert not broken(env, "benefit", period)


def test_the_table_of_days_gives_the_sum_of_the_bill(env):
    for period in (202609, 202610):
        calculate(env, period)
    change(env, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-11-10', 400000, 'bank')")
    calculate(env, 202611)
    with env.engine.connect() as connection:
        found = penalty_days(connection, 1, 202611)
        number = connection.scalar(text("SELECT number FROM account WHERE id = 1"))
        told = list(explained(connection, number, 202611, "cold_water", CONSUMPTION))
    for service, row in lines(env, 202611).items():
        assert sum(debt.penalty for debt in found if debt.service_id == service) == row.penalty
    may = found[0]
    assert (may.origin, may.penalty, may.last_day_to_pay.isoformat()) == (202605, 16_077, "2026-06-15")
    assert [(row.days, row.debt, row.divisor) for row in may.stretches] == [(10, MAY, 130), (20, 600_000, 130)]
    assert "    01.11.2026–10.11.2026, 10 дн.: 10000,00 ₽ × 1/130" in [line.replace("\xa0", "").replace(" 000", "000")
                                                                       for line in told]
    assert any("статья 155" in line for line in told)
    assert not any("ВНИМАНИЕ" in line for line in told)


def test_one_house_again_gives_the_same_debts(env):
    from startks.modules.billing.calculation import run
    from startks.scripts.period import SAVE

    calculate(env, 202609)
    before = (lines(env, 202609), debts(env, 202609, WATER))
    with env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, 202609, 1, CONSUMPTION, SAVE)
    assert (lines(env, 202609), debts(env, 202609, WATER)) == before
    assert scalar(env, "SELECT count(*) FROM month_debt WHERE period = 202609") == 2


def test_one_house_again_after_a_payment_gives_the_debts_of_the_whole_month(env):
    from startks.modules.billing.calculation import run
    from startks.scripts.period import SAVE

    calculate(env, 202609)
    before = debts(env, 202609, WATER)
    change(env, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-09-15', 77777, 'bank')")
    with env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, 202609, 1, CONSUMPTION, SAVE)
    again = (lines(env, 202609), debts(env, 202609, WATER))
    assert again[1] != before
    calculate(env, 202609)
    assert (lines(env, 202609), debts(env, 202609, WATER)) == again
