"""The month of a house that can be calculated by hand, through the whole run: facts, rules, statement, explanation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.base.settings import load
from startks.modules.billing.bill import load_bill
from startks.modules.billing.calculation import run
from startks.modules.billing.explain import HouseTrace, explain_line
from startks.scripts.environment import Environment
from startks.scripts.period import CONSUMPTION, SAVE, calculate_month
from tests.factories import small_house
from tests.factories.small_house import HOUSE, SERVICE

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = HOUSE.accounts


@pytest.fixture
def env(fresh_database):
    settings = dataclasses.replace(load({}, environ={}), database_url=fresh_database)
    env = Environment(Path("/nonexistent"), fresh_database, "", settings, owner=False)
    with env.engine.begin() as connection:
        small_house.build(connection)
    yield env
    env.engine.dispose()


def calculate(env, period=HOUSE.period):
    return calculate_month(env, period, processes=1)


def change(env, statement, **values):
    with env.engine.begin() as connection:
        connection.execute(text(statement), values)


def writer(connection):
    return small_house.Writer(connection)


def charges(env, account, period=HOUSE.period):
    """Kopecks charged by service code."""
    with env.engine.connect() as connection:
        return {line.service_code: line.charge for line in load_bill(connection, account, period).lines}


def errors(env, period=HOUSE.period):
    with env.engine.connect() as connection:
        return set(connection.execute(text(
            "SELECT e.code, account_id, s.code FROM calculation_error e LEFT JOIN service s ON s.id = e.service_id"
            " WHERE period = :period"), {"period": period}).all())


def statement_rows(env, period=HOUSE.period):
    with env.engine.connect() as connection:
        return connection.execute(text(
            "SELECT * FROM statement WHERE period = :period ORDER BY account_id, service_id, supplier_id"),
            {"period": period}).all()


def test_every_line_of_a_metered_flat_is_what_the_hand_gets(env):
    calculate(env)
    assert charges(env, FIRST) == {
        "maintenance": 125000,  # 50 × 25
        "capital_repair": 50000,  # 50 × 10
        "cold_water": 23828,  # 5.237 × 45.50 = 238.2835
        "hot_water": 18000,  # 3 × 60
        "hot_water_heat": 51000,  # 3 × 0.068 × 2500
        "sewerage": 24711,  # (5.237 + 3) × 30
        "electricity_day": 55000,  # 100 × 5.50
        "electricity_night": 10000,  # 40 × 2.50
        "heating": 250000,  # 3 × 50 / 150 × 2500: own heat and share of the common rooms together
        "waste": 29958,  # 50 × 0.091 / 12 × 790.10 = 299.579…
        "soi_cold_water": 11578,  # (20 − 5.237 − 4.25 × 21/31 − 4.25) × 50 / 150 × 45.50 = 115.7818…
        "soi_electricity": 12600,  # 2.5 × 30 × 50 / 150 × 5.04
        "soi_hot_water": 600,  # 0.01 × 30 × 50 / 150 × 60
        "soi_hot_water_heat": 1700,  # 0.01 × 30 × 50 / 150 × 0.068 × 2500
    }


def test_a_flat_without_meters_pays_by_norm_for_the_days_lived(env):
    calculate(env)
    with env.engine.connect() as connection:
        lines = {line.service_code: line for line in load_bill(connection, SECOND, HOUSE.period).lines}
    assert lines["cold_water"].charge == 39299  # 21/31 × 4.25 × 3 × 45.50 = 392.9879
    assert lines["cold_water"].excess == 26199  # 21/31 × 4.25 × 2 × 45.50 = 261.9919
    assert lines["hot_water"].charge == 12641  # 21/31 × 3.11 × 60; no coefficient recorded for hot water
    assert lines["electricity"].charge == 35166  # 21/31 × 103 × 5.04
    assert "electricity_day" not in lines


def test_an_empty_flat_is_charged_for_its_owner(env):
    calculate(env)
    assert charges(env, THIRD)["hot_water"] == 18660  # one owner × 3.11 × 60


def test_an_act_that_no_meter_can_be_put_takes_the_coefficient_away(env):
    change(env, "INSERT INTO meter_infeasibility (account_id, service_id, act, valid) VALUES (2, :s, 'акт 7', :v)",
           s=SERVICE["cold_water"], v=small_house.ALWAYS)
    calculate(env)
    assert charges(env, SECOND)["cold_water"] == 13100  # 21/31 × 4.25 × 45.50 = 130.9959…


def test_a_tenant_pays_rent_and_no_capital_repair(env):
    change(env, "UPDATE account_holder SET tenure = 'tenant' WHERE account_id = 1")
    calculate(env)
    assert charges(env, FIRST)["rent"] == 40000
    assert "capital_repair" not in charges(env, FIRST)


def test_part_of_a_month_is_charged_by_days(env):
    change(env, "UPDATE account SET opened_on = '2026-10-22' WHERE id = 3")
    calculate(env)
    assert charges(env, THIRD)["maintenance"] == 32258  # 40 × 25 × 10/31


def test_an_excluded_service_is_not_charged(env):
    change(env, "INSERT INTO account_service_exclusion (account_id, service_id, reason, valid) VALUES (1, :s, 'нет', :v)",
           s=SERVICE["waste"], v=small_house.ALWAYS)
    calculate(env)
    assert "waste" not in charges(env, FIRST)


def test_house_lines_and_their_rounding_make_the_house(env):
    calculate(env)
    with env.engine.connect() as connection:
        rows = {row.service_id: row for row in connection.execute(text("SELECT * FROM house_rounding"))}
        balance = connection.execute(text("SELECT * FROM house_balance WHERE service_id = :s"),
                                     {"s": SERVICE["cold_water"]}).one()
    heating = rows[SERVICE["heating"]]
    assert (heating.house_amount, heating.lines_amount, heating.remainder) == (750000, 750000, 0)
    water = rows[SERVICE["soi_cold_water"]]
    assert water.house_amount == 34735  # 7.633968 × 45.50 = 347.345544
    assert water.remainder == water.house_amount - water.lines_amount
    assert (balance.house_volume, balance.metered_volume, balance.norm_volume) == (20_000_000, 5_237_000, 7_129_032)
    assert balance.common_volume == 7_633_968


def test_more_used_by_flats_than_the_house_meter_shows_is_given_back_by_residents(env):
    with env.engine.begin() as connection:
        connection.execute(text("UPDATE reading SET value = 10000000 WHERE meter_id = 4 AND day = '2026-10-20'"))
    calculate(env)
    # 10 − 5.237 − 2.879032 − 4.25 = −2.366032; person-days 31 + 21 + 31 = 83
    assert charges(env, FIRST)["soi_cold_water"] == -4021  # −2.366032 × 31/83 × 45.50 = −40.2087…
    assert charges(env, SECOND)["soi_cold_water"] == -2724  # −2.366032 × 21/83 × 45.50 = −27.2381…


def test_a_missing_reading_is_charged_by_average_and_settled_later(env):
    with env.engine.begin() as connection:
        write = writer(connection)
        write("DELETE FROM reading WHERE meter_id = 1")
        for month, value in enumerate(("70", "75", "80", "85", "90", "95", "100"), 3):
            write.reading(1, f"2026-{month:02d}-20", value)
        write.reading(1, "2026-11-20", "112")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 22750  # (100 − 70) / 6 × 45.50
    with env.engine.connect() as connection:
        estimate = connection.execute(text("SELECT basis, months_in_row, volume FROM meter_estimate")).all()
    assert ("average", 1, 5_000_000) in [tuple(row) for row in estimate]
    calculate(env, 202611)
    assert charges(env, FIRST, 202611)["cold_water"] == 31850  # (112 − 100 − 5) × 45.50: the estimate is settled


def test_after_three_months_without_readings_the_norm_follows_without_coefficient(env):
    with env.engine.begin() as connection:
        write = writer(connection)
        write("DELETE FROM reading WHERE meter_id = 1")
        for month, value in enumerate(("70", "75", "80", "85"), 3):
            write.reading(1, f"2026-{month:02d}-20", value)
        write("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
              " VALUES (202609, 1, 0, 'average', 3, 5000000)")
    calculate(env)
    with env.engine.connect() as connection:
        line = next(x for x in load_bill(connection, FIRST, HOUSE.period).lines if x.service_code == "cold_water")
    assert (line.charge, line.excess, line.rule_key) == (19338, 0, "cold_water.norm")  # 4.25 × 45.50 = 193.375


def test_what_was_charged_by_norm_is_settled_by_the_next_reading(env):
    with env.engine.begin() as connection:
        write = writer(connection)
        write("DELETE FROM reading WHERE meter_id = 1")
        write.reading(1, "2026-09-20", "100")
        write.reading(1, "2026-11-20", "112")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 19338  # too short a history for an average: 4.25 × 45.50
    calculate(env, 202611)
    assert charges(env, FIRST, 202611)["cold_water"] == 35263  # (112 − 100 − 4.25) × 45.50 = 352.625


def test_a_lapsed_verification_ends_in_the_norm_with_coefficient(env):
    change(env, "UPDATE meter SET verified_until = '2026-05-01' WHERE id = 1")
    change(env, "INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
                " VALUES (202609, 1, 0, 'average', 3, 5000000)")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 58013  # 4.25 × 3 × 45.50 = 580.125
    assert ("verification_lapsed", FIRST, "cold_water") in errors(env)


def test_a_verification_that_ends_inside_the_month_ends_the_meter_for_the_whole_of_it(env):
    """The average comes from the month of the lapse (ПП РФ 354 п. 59), though a reading of the month is there."""
    with env.engine.begin() as connection:
        write = writer(connection)
        write("DELETE FROM reading WHERE meter_id = 1")
        for month, value in enumerate(("70", "75", "80", "85", "90", "95", "100", "112"), 3):
            write.reading(1, f"2026-{month:02d}-20", value)
        write("UPDATE meter SET verified_until = '2026-10-15' WHERE id = 1")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 22750  # (100 − 70) / 6 × 45.50, not 12 × 45.50
    assert ("verification_lapsed", FIRST, "cold_water") in errors(env)


def test_a_new_meter_with_one_reading_keeps_the_old_ones_volume(env):
    """The month of a replacement is charged by the old meter's last reading, also where nobody wrote what replaces what."""
    with env.engine.begin() as connection:
        write = writer(connection)
        write("UPDATE meter SET removed_on = '2026-10-21' WHERE id = 1")
        write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
              " VALUES (1, 1, :service, 'NEW', '2026-10-21', 1)", service=SERVICE["cold_water"])
        write.reading(6, "2026-10-21", "0")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 23828  # (105.237 − 100) × 45.50 = 238.2835


def test_the_average_of_a_lapsed_meter_is_charged_for_its_days_only(env):
    """Lapsed in September, replaced on 11.10 by a meter that has no second reading yet: ten days of the average."""
    with env.engine.begin() as connection:
        write = writer(connection)
        write("UPDATE meter SET removed_on = '2026-10-11', verified_until = '2026-09-25' WHERE id = 1")
        write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
              " VALUES (1, 1, :service, 'NEW', '2026-10-11', 1)", service=SERVICE["cold_water"])
        write.reading(1, "2026-03-20", "40")
        write.reading(6, "2026-10-11", "0")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 14677  # (100 − 40) / 6 × 10/31 × 45.50 = 146.774193…
    with env.engine.connect() as connection:
        assert connection.scalar(text("SELECT volume FROM meter_estimate WHERE meter_id = 1 AND period = 202610")) == 3225806


def test_the_norm_of_a_lapsed_meter_is_charged_for_its_days_only(env):
    """No history gives an average: ten days by norm with the coefficient; the new meter has shown nothing yet."""
    with env.engine.begin() as connection:
        write = writer(connection)
        write("UPDATE meter SET removed_on = '2026-10-11', verified_until = '2026-09-25' WHERE id = 1")
        write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
              " VALUES (1, 1, :service, 'NEW', '2026-10-11', 1)", service=SERVICE["cold_water"])
        write.reading(6, "2026-10-11", "0")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 18714  # 4.25 × 10/31 × 3 × 45.50 = 187.137096…


def test_every_silent_month_looks_back_from_the_same_last_reading(env):
    """The third month has the average of the first (ПП РФ 354 п. 59), also where readings lie far apart."""
    with env.engine.begin() as connection:
        write = writer(connection)
        write("DELETE FROM reading WHERE meter_id = 1")
        write.reading(1, "2025-08-20", "0")
        write.reading(1, "2026-07-20", "132")
        write("INSERT INTO meter_estimate (period, meter_id, zone, basis, months_in_row, volume)"
              " VALUES (202608, 1, 0, 'average', 1, 12000000), (202609, 1, 0, 'average', 2, 12000000)")
    calculate(env)
    assert charges(env, FIRST)["cold_water"] == 54600  # 132 / 11 × 45.50; the norm where the look back shrinks


def test_a_reading_below_the_previous_one_is_not_charged_and_named(env):
    change(env, "UPDATE reading SET value = 90000000 WHERE meter_id = 1 AND day = '2026-10-20'")
    calculate(env)
    assert ("reading_below_previous", FIRST, "cold_water") in errors(env)
    assert charges(env, FIRST)["cold_water"] == 19338  # no history for an average: the norm


def test_heating_without_a_house_reading_is_charged_by_norm_and_named(env):
    change(env, "DELETE FROM reading WHERE meter_id = 5")
    calculate(env)
    assert charges(env, FIRST)["heating"] == 375000  # 50 × 0.03 × 2500
    assert "no_house_meter" in {code for code, *_ in errors(env)}


def test_a_flat_with_a_heat_meter_pays_its_own_heat_and_the_rest_by_area(env):
    with env.engine.begin() as connection:
        write = writer(connection)
        write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on)"
              " VALUES (1, 1, :s, 'T', '2020-01-01')", s=SERVICE["heating"])
        write.reading(6, "2026-09-20", "10")
        write.reading(6, "2026-10-20", "10.5")
    calculate(env)
    # own 0.5; others 0.5/50 a metre = 1.0 together; rest 3 − 1.5 = 1.5 shared by area
    assert charges(env, FIRST)["heating"] == 250000  # (0.5 + 1.5 × 50/150) × 2500
    assert charges(env, SECOND)["heating"] == 300000  # (0.6 + 1.5 × 60/150) × 2500


def test_a_premise_cut_from_heating_pays_only_its_share_of_the_common_rooms(env):
    change(env, "UPDATE premise_area SET heated = false WHERE premise_id = 3")
    change(env, "UPDATE house_area SET cut_off_area = 40")
    calculate(env)
    # q = 3 / (110 + 20); rest = 3 − 110 q = 0.461538…; 40/150 of it × 2500
    assert charges(env, THIRD)["heating"] == 30769


def test_a_missing_tariff_stops_the_line_not_the_house(env):
    change(env, "DELETE FROM tariff WHERE service_id = :s", s=SERVICE["waste"])
    totals = calculate(env)
    assert totals["errors"] == 3
    assert {row for row in errors(env) if row[0] == "no_tariff"} == {("no_tariff", n, "waste") for n in (1, 2, 3)}
    assert "waste" not in charges(env, FIRST)
    assert charges(env, FIRST)["maintenance"] == 125000


def test_a_missing_area_is_an_error_with_the_way_out(env):
    change(env, "DELETE FROM premise_area WHERE premise_id = 3")
    calculate(env)
    assert ("no_area", THIRD, "maintenance") in errors(env)
    with env.engine.connect() as connection:
        detail = connection.scalar(text("SELECT detail FROM calculation_error WHERE code = 'no_area' LIMIT 1"))
    assert "карточку помещения" in detail


def test_money_received_pays_what_was_owed_and_the_rest_is_an_advance(env):
    change(env, "INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-10-05', 10000, 'bank'),"
                " (2, '2026-10-05', 100000000, 'bank')")
    calculate(env, 202609)
    calculate(env)
    with env.engine.connect() as connection:
        first, second = (load_bill(connection, account, HOUSE.period) for account in (FIRST, SECOND))
    assert first.paid == 10000
    assert sum(line.paid for line in first.lines) == 10000
    assert first.opening + first.charged - first.paid == first.to_pay
    advance = next(line for line in second.lines if line.service_code == "advance")
    assert advance.closing == -(100000000 - second.opening)
    assert all(line.closing == line.charge for line in second.lines if line.service_code != "advance")
    calculate(env, 202611)
    with env.engine.connect() as connection:
        later = load_bill(connection, SECOND, 202611)
    assert later.paid == 0  # no new money, the advance pays
    assert sum(line.paid for line in later.lines if line.service_code != "advance") == second.charged


def test_calculating_again_gives_the_same_rows(env):
    calculate(env)
    first = statement_rows(env)
    calculate(env)
    assert statement_rows(env) == first


def test_two_processes_give_what_one_gives(env):
    calculate(env)
    first = statement_rows(env)
    calculate_month(env, HOUSE.period, processes=2)
    assert statement_rows(env) == first


def test_one_house_again_replaces_only_its_rows(env):
    calculate(env)
    first = statement_rows(env)
    with env.engine.begin() as connection:
        run.recalculate_house(connection, env.database_url, HOUSE.period, HOUSE.house, CONSUMPTION, SAVE)
    assert statement_rows(env) == first


def test_a_stopped_run_leaves_the_month_as_it_was(env):
    calculate(env)
    first = statement_rows(env)
    with env.engine.begin() as connection:
        pieces = run.prepare(connection, HOUSE.period)
    with env.engine.begin() as connection:
        run.run_piece(connection, env.database_url, pieces[0], CONSUMPTION, SAVE)
    with env.engine.begin() as connection:
        run.abandon(connection, HOUSE.period, pieces[0].run, "stopped")
    assert statement_rows(env) == first
    with env.engine.connect() as connection:
        left = connection.scalar(text("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_r' || :run"),
                                 {"run": str(pieces[0].run)})
    assert left == 0


def test_two_runs_of_one_month_do_not_meet(env):
    with env.engine.begin() as connection:
        run.prepare(connection, HOUSE.period)
    with pytest.raises(StartksError, match="уже идёт"):
        calculate(env)


def test_a_closed_or_unknown_month_is_refused_with_the_way_out(env):
    change(env, "UPDATE period SET state = 'closed', closed_at = now() WHERE id = 202609")
    with pytest.raises(StartksError, match="закрыт"):
        calculate(env, 202609)
    with pytest.raises(StartksError, match="Периода 2031-01 нет"):
        calculate(env, 203101)


@pytest.mark.parametrize("account", HOUSE.accounts)
def test_every_line_is_explained_by_the_sum_it_has(env, account):
    calculate(env)
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, HOUSE.house, HOUSE.period, CONSUMPTION)
        for line in load_bill(connection, account, HOUSE.period).lines:
            found = explain_line(connection, account, HOUSE.period, line.service_code, CONSUMPTION, trace)
            assert found.matches, line.service_code
            assert found.act and found.paragraph
            assert all(step.source for step in found.inputs), (line.service_code, found.inputs)


def test_an_explanation_says_when_facts_changed_after_the_calculation(env):
    calculate(env)
    change(env, "UPDATE premise_area SET total_area = 55 WHERE premise_id = 1")
    with env.engine.connect() as connection:
        found = explain_line(connection, FIRST, HOUSE.period, "maintenance", CONSUMPTION)
    assert not found.matches
    assert (found.charge, found.charged) == (137500, 125000)


def test_a_heat_meter_of_the_house_below_its_flats_takes_back_no_more_than_was_charged(env):
    with env.engine.begin() as connection:
        write = writer(connection)
        for account, now in ((1, "0.1"), (2, "3.9"), (3, "2")):
            write("INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
                  " VALUES (1, :account, :service, 'Т', '2020-01-01', 1)", account=account, service=SERVICE["heating"])
            write.reading(5 + account, "2026-09-20", "0")
            write.reading(5 + account, "2026-10-20", now)
    calculate(env)
    # flats 6, house 3: −3 by areas 50, 60, 40 of 150: 0.1 − 1 < 0; 3.9 − 1.2 = 2.7; 2 − 0.8 = 1.2; × 2500
    assert [charges(env, account).get("heating", 0) for account in HOUSE.accounts] == [0, 675000, 300000]
    assert ("house_meter_below_flats", None, "heating") in errors(env)
