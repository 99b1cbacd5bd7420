"""Accounts, rights and meters that begin or end inside a month, and readings that were refused: golden figures by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from startks.modules.billing.bill import load_bill
from startks.modules.billing.explain import HouseTrace, explain_line
from startks.scripts.period import CONSUMPTION
from tests.factories.month_life import calculate, change, scalar, small_house
from tests.factories.small_house import ALWAYS, HOUSE, SERVICE, Writer

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = HOUSE.accounts
OCTOBER, NOVEMBER = 202610, 202611


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


def charges(env, account, period=OCTOBER):
    with env.engine.connect() as connection:
        return {line.service_code: line.charge for line in load_bill(connection, account, period).lines}


def explained(env, account, service, period=OCTOBER):
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, HOUSE.house, period, CONSUMPTION)
        return explain_line(connection, account, period, service, CONSUMPTION, trace)


def write(env, *statements):
    with env.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_account_opened_inside_the_month_pays_for_its_days(env):
    change(env, "UPDATE account SET opened_on = '2026-10-22' WHERE id = 3")
    calculate(env, OCTOBER)
    assert charges(env, THIRD) == {
        "maintenance": 32258,  # 40 × 25 × 10/31 = 322.5806
        "capital_repair": 12903,  # 40 × 10 × 10/31 = 129.0322
        "cold_water": 18714,  # one owner for 10 days: 10/31 × 4.25 × 3 × 45.50 = 187.1370
        "hot_water": 6019,  # 10/31 × 3.11 × 60 = 60.1935
        "hot_water_heat": 17055,  # 10/31 × 3.11 × 0.068 × 2500 = 170.5483…
        "sewerage": 7123,  # 10/31 × (4.25 + 3.11) × 30 = 71.2258
        "electricity": 16746,  # 10/31 × 103 × 5.04 = 167.4580…
        "heating": 64516,  # 3 × 40/150 × 10/31 × 2500 = 645.1612…
        "waste": 7731,  # 40 × 0.091 / 12 × 10/31 × 790.10 = 77.3108…
        # (20 − 5.237 − 4.25 × (21 + 10)/31) × 40/150 × 10/31 × 45.50 = 41.1464…
        "soi_cold_water": 4115,
        "soi_electricity": 3252,  # 2.5 × 30 × 40/150 × 10/31 × 5.04 = 32.5161…
        "soi_hot_water": 155,  # 0.01 × 30 × 40/150 × 10/31 × 60 = 1.5483…
        "soi_hot_water_heat": 439,  # 0.01 × 30 × 40/150 × 10/31 × 0.068 × 2500 = 4.3870…
    }
    for service in charges(env, THIRD):
        found = explained(env, THIRD, service)
        assert found.matches, service
        assert all(step.source for step in found.inputs), (service, found.inputs)
    words = [step.title for step in explained(env, THIRD, "heating").inputs]
    assert {"дней начисления в месяце", "дней в месяце"} <= set(words)


def test_the_days_nobody_answers_for_are_no_rounding_of_the_house(env):
    change(env, "UPDATE account SET opened_on = '2026-10-22' WHERE id = 3")
    calculate(env, OCTOBER)
    remainder = "SELECT remainder FROM house_rounding WHERE service_id = :service"
    assert abs(scalar(env, remainder, service=SERVICE["heating"])) <= 2
    assert abs(scalar(env, remainder, service=SERVICE["soi_cold_water"])) <= 2


def test_an_account_that_closes_takes_its_residents_with_it_on_its_last_day(env):
    change(env, "UPDATE account SET closed_on = '2026-10-11' WHERE id = 1")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["heating"] == 80645  # 3 × 50/150 × 10/31 × 2500
    # 20 − 5.237 − 4.25 × 21/31 − 4.25 = 7.633968 shared; 50/150 of it for 10 days
    assert charges(env, FIRST)["soi_cold_water"] == 3735  # 7.633968 × 50/150 × 10/31 × 45.50 = 37.3490…
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, HOUSE.house, OCTOBER, CONSUMPTION)
    days = dict(trace.inputs.accounts.select("account_id", "person_days").iter_rows())
    assert days[FIRST] == 10  # registered without an end, but the account is there for ten days


def test_the_day_of_february_that_is_not_every_year_counts(env):
    write(env, "INSERT INTO period (id) VALUES (202802)", "UPDATE account SET closed_on = '2028-02-29' WHERE id = 3")
    calculate(env, 202802)
    assert charges(env, THIRD, 202802)["maintenance"] == 96552  # 40 × 25 × 28/29 = 965.5172
    assert charges(env, FIRST, 202802)["maintenance"] == 125000
    assert charges(env, THIRD, 202802)["waste"] == 23140  # 40 × 0.091 / 12 × 28/29 × 790.10 = 231.3993…


def succeed(env, day):
    """The premise of the third account passes to a fourth on a day."""
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("UPDATE account SET closed_on = CAST(:day AS date) WHERE id = 3", day=day)
        put("INSERT INTO account (number, house_id, premise_id, opened_on) VALUES ('100004', 1, 3, CAST(:day AS date))", day=day)
        put("INSERT INTO account_holder (account_id, person_id, payer, valid) VALUES (4, 2, true, daterange(CAST(:day AS date), NULL))",
            day=day)


def test_two_accounts_of_one_premise_pay_the_month_between_them_to_the_kopeck(env):
    write(env, "INSERT INTO period (id) VALUES (202702)", "UPDATE tariff SET value = 25.00025 WHERE service_id = 1")
    succeed(env, "2027-02-15")
    calculate(env, 202702)
    # 40 × 25.00025 = 1000.01 a month; half of it is 500.005: the first pays 500.01, the second the rest
    assert charges(env, THIRD, 202702)["maintenance"] == 50001
    assert charges(env, 4, 202702)["maintenance"] == 50000
    found = explained(env, 4, "maintenance", 202702)
    assert found.matches
    assert "остаток месяца после смены плательщика" in found.title
    assert scalar(env, "SELECT abs(remainder) FROM house_rounding WHERE period = 202702 AND service_id = :s",
                  s=SERVICE["heating"]) is None  # no heat was measured
    assert charges(env, THIRD, 202702)["heating"] + charges(env, 4, 202702)["heating"] == 300000  # 40 × 0.03 × 2500


def test_a_second_payer_after_a_gap_pays_by_his_own_days(env):
    succeed(env, "2026-10-11")
    change(env, "UPDATE account SET closed_on = '2026-10-09' WHERE id = 3")
    calculate(env, OCTOBER)
    assert charges(env, THIRD)["maintenance"] == 25806  # 1000 × 8/31
    assert charges(env, 4)["maintenance"] == 67742  # 1000 × 21/31


def test_owners_count_by_the_days_of_their_right(env):
    write(env, "UPDATE account_holder SET valid = '[2020-01-01,2026-10-11)' WHERE account_id = 3",
          "INSERT INTO account_holder (account_id, person_id, payer, valid) VALUES (3, 1, true, '[2026-10-11,)'),"
          " (3, 2, false, '[2026-10-11,)')")
    calculate(env, OCTOBER)
    # nobody registered: 10 days of one owner and 21 of two are 52 person-days; 52/31 × 3.11 × 60 = 313.0064…
    assert charges(env, THIRD)["hot_water"] == 31301


def test_a_flat_bought_from_the_city_pays_rent_before_and_capital_repair_after(env):
    write(env, "UPDATE account_holder SET tenure = 'tenant', valid = '[2020-01-01,2026-10-11)' WHERE account_id = 1",
          "INSERT INTO account_holder (account_id, person_id, payer, valid) VALUES (1, 1, true, '[2026-10-11,)')")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["rent"] == 12903  # 50 × 8 × 10/31
    assert charges(env, FIRST)["capital_repair"] == 33871  # 50 × 10 × 21/31
    assert charges(env, FIRST)["maintenance"] == 125000


def test_a_refused_reading_is_no_base_for_the_next_month(env):
    write(env, "UPDATE reading SET value = 90000000 WHERE meter_id = 1 AND day = '2026-10-20'",
          "INSERT INTO reading (meter_id, zone, day, value) VALUES (1, 0, '2026-11-20', 112000000)")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["cold_water"] == 19338  # too short a history: 4.25 × 45.50
    calculate(env, NOVEMBER)
    # from the last true reading, 100: 112 − 100 − 4.25 charged without a reading; from the refused 90 it would be 22
    assert charges(env, FIRST, NOVEMBER)["cold_water"] == 35263


def test_a_refused_reading_does_not_spoil_the_average(env):
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("DELETE FROM reading WHERE meter_id = 1")
        for month, value in enumerate(("65", "70", "75", "80", "85", "90", "72"), 3):
            put.reading(1, f"2026-{month:02d}-20", value)
        put("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
            " VALUES (202609, 1, 0, 'average', 1, 5000000)")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["cold_water"] == 22750  # (90 − 65) / 5 × 45.50: September's 72 was refused


def replaced(env, months_in_row):
    """The lapsed meter of cold water gives way to a new one on 15 October, which shows 2 m³ on the 25th."""
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("DELETE FROM reading WHERE meter_id = 1")
        for month, value in enumerate(("70", "75", "80", "85", "90", "95"), 1):
            put.reading(1, f"2026-{month:02d}-20", value)
        put("UPDATE meter SET verified_until = '2026-07-01', removed_on = '2026-10-15' WHERE id = 1")
        put("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
            " VALUES (202609, 1, 0, 'average', :row, 5000000)", row=months_in_row)
        put("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, replaces_id)"
            " VALUES (1, 1, :service, 'NEW', '2026-10-15', 1)", service=SERVICE["cold_water"])
        put.reading(6, "2026-10-15", "0")
        put.reading(6, "2026-10-25", "2")


def test_a_lapsed_meter_counts_by_average_to_the_day_of_its_replacement(env):
    replaced(env, 1)
    calculate(env, OCTOBER)
    # (95 − 70) / 5 × 14/31 = 2.258065 and 2 by the new one: 4.258065 × 45.50 = 193.7419…
    assert charges(env, FIRST)["cold_water"] == 19374
    found = explained(env, FIRST, "cold_water")
    assert found.matches
    assert any("14 дн. до замены счётчика" in step.source for step in found.inputs)


def test_after_three_months_the_days_before_the_replacement_go_by_the_raised_norm(env):
    replaced(env, 3)
    calculate(env, OCTOBER)
    with env.engine.connect() as connection:
        line = next(x for x in load_bill(connection, FIRST, OCTOBER).lines if x.service_code == "cold_water")
    # by the new meter 2 × 45.50 = 91.00; before it 14/31 × 4.25 × 3 × 45.50 = 261.9919…, of which the coefficient 174.6612…
    assert (line.charge, line.excess) == (9100 + 26199, 17466)
    found = explained(env, FIRST, "cold_water")
    assert found.matches
    assert found.steps[-1].expression_with_numbers == "91 + 261,99"
    assert "по индивидуальному счётчику" in found.title
    assert "повышающим коэффициентом" in found.title


def test_a_two_zone_meter_replaced_after_its_lapse_is_charged_for_both_parts(env):
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("UPDATE meter SET verified_until = '2026-05-01', removed_on = '2026-10-15' WHERE id = 3")
        for zone in (1, 2):
            put("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
                " VALUES (202609, 3, :zone, 'norm', 4, 0)", zone=zone)
        put("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones, replaces_id)"
            " VALUES (1, 1, :service, 'NEW', '2026-10-15', 2, 3)", service=SERVICE["electricity"])
        for zone in (1, 2):
            put.reading(6, "2026-10-15", "0", zone)
            put.reading(6, "2026-10-25", "10", zone)
    calculate(env, OCTOBER)
    found = charges(env, FIRST)
    assert (found["electricity_day"], found["electricity_night"]) == (5500, 2500)
    assert found["electricity"] == 23444  # 14/31 × 103 × 5.04 = 234.4413: this town has no coefficient for electricity


def test_a_reading_after_more_than_a_year_settles_every_estimate(env):
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("DELETE FROM reading WHERE meter_id = 1")
        put.reading(1, "2025-02-20", "0")
        put.reading(1, "2026-10-20", "100")
        months = [*range(202503, 202513), *range(202601, 202610)]
        for number, month in enumerate(months, 1):
            put("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
                " VALUES (:month, 1, 0, 'norm', :row, 4000000)", month=month, row=number)
    calculate(env, OCTOBER)
    assert len(months) == 19
    assert charges(env, FIRST)["cold_water"] == 109200  # (100 − 19 × 4) × 45.50


def heat_meter(env, account, now):
    with env.engine.begin() as connection:
        put = Writer(connection)
        meter = put.connection.scalar(text(
            "INSERT INTO meter (house_id, account_id, service_id, serial, installed_on)"
            " VALUES (1, :account, :service, 'T', '2020-01-01') RETURNING id"),
            {"account": account, "service": SERVICE["heating"]})
        put.reading(meter, "2026-09-20", "10")
        put.reading(meter, "2026-10-20", now)


def heat_balance(env):
    with env.engine.connect() as connection:
        return tuple(connection.execute(text(
            "SELECT metered_volume, norm_volume, common_volume FROM house_balance WHERE service_id = :s"),
            {"s": SERVICE["heating"]}).one())


def test_the_heat_balance_of_a_house_follows_its_own_regime(env):
    calculate(env, OCTOBER)
    # 150 of 150 + 20 m² are premises: 3 × 150/170 = 2.647059 their own, 0.352941 of the common rooms
    assert heat_balance(env) == (0, 2_647_059, 352_941)
    heat_meter(env, FIRST, "10.5")
    calculate(env, OCTOBER)
    # the metered flat 0.5 on 50 m²; the other 100 m² as much a metre, 1; the rest is 1.5
    assert heat_balance(env) == (500_000, 1_000_000, 1_500_000)
    heat_meter(env, SECOND, "11")
    heat_meter(env, THIRD, "10.4")
    calculate(env, OCTOBER)
    assert heat_balance(env) == (1_900_000, 0, 1_100_000)  # 0.5 + 1 + 0.4; all have meters


def test_a_lapsed_heat_meter_that_was_replaced_does_not_make_the_flat_look_warm_for_less(env):
    """Where one of a flat's heat meters gives nothing the flat counts as one without a meter."""
    heat_meter(env, FIRST, "10.5")
    write(env, "UPDATE meter SET verified_until = '2026-05-01' WHERE id = 6",
          "INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
          " VALUES (202609, 6, 0, 'norm', 4, 0)")
    heat_meter(env, FIRST, "10.2")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["heating"] == 100000 * 50 // 20  # 3 × 50/150 × 2500, as without meters


def test_rights_and_days_do_not_depend_on_whether_anything_changed_elsewhere(env):
    calculate(env, OCTOBER)
    before = charges(env, FIRST)
    change(env, "INSERT INTO account_service_exclusion (account_id, service_id, reason, valid) VALUES (3, :s, 'нет', :v)",
           s=SERVICE["waste"], v=ALWAYS)
    change(env, "UPDATE account SET opened_on = '2026-10-31' WHERE id = 3")
    calculate(env, OCTOBER)
    after = charges(env, FIRST)
    assert {code for code in before if before[code] != after[code]} <= {"soi_cold_water"}  # the neighbour used less
