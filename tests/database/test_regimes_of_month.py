"""Regimes of houses and accounts that stand as dated facts, through the month to the explanation: golden figures by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.factories.month_life import calculate, change, scalar, small_house
from tests.factories.regimes import OCTOBER, all_explained, charges, errors, evenly, write
from tests.factories.small_house import ALWAYS, HOUSE, SERVICE, Writer

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = HOUSE.accounts


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


# -- heating in even parts ------------------------------------------------------------------------------------------


def test_even_payment_is_a_twelfth_of_the_last_year(env):
    evenly(env)
    calculate(env, OCTOBER)
    # 12.6 / 12 = 1.05 Gcal; own and common together are the share of the area: 1.05 × 50/150 × 2500
    assert [charges(env, account)["heating"] for account in HOUSE.accounts] == [87500, 105000, 70000]
    told = all_explained(env, FIRST)["heating"]
    assert "среднемесячное тепло дома за прошлый год" in [step.title for step in told.steps]
    assert told.paragraph == "пункт 42(1), приложение 2, формула 3(1)"
    assert scalar(env, "SELECT remainder FROM house_rounding WHERE service_id = :s", s=SERVICE["heating"]) == 0


def test_even_payment_goes_on_in_summer(env):
    evenly(env)
    write(env, "INSERT INTO period (id) VALUES (202607)")
    calculate(env, 202607)
    assert charges(env, FIRST, 202607)["heating"] == 87500


def test_flats_with_heat_meters_pay_a_twelfth_of_their_own_year(env):
    evenly(env)
    write(env, "INSERT INTO account_heat (account_id, volume, valid) VALUES (1, 2400000, '[2026-01-01,2027-01-01)')")
    calculate(env, OCTOBER)
    # own 0.2 on 50 m²: the others 0.004 a metre, 0.4 together; rest 1.05 − 0.6 = 0.45 by area
    assert charges(env, FIRST)["heating"] == 87500  # (0.2 + 0.15) × 2500
    assert charges(env, SECOND)["heating"] == 105000  # (0.24 + 0.18) × 2500
    write(env, "UPDATE account_heat SET volume = 1200000")
    calculate(env, OCTOBER)
    # own 0.1; the others 0.002 a metre, 0.2; rest 0.75
    assert charges(env, FIRST)["heating"] == 87500  # (0.1 + 0.25) × 2500
    write(env, "INSERT INTO account_heat (account_id, volume, valid)"
               " VALUES (2, 6000000, '[2026-01-01,2027-01-01)'), (3, 3600000, '[2026-01-01,2027-01-01)')")
    calculate(env, OCTOBER)
    # 0.1 + 0.5 + 0.3 = 0.9 of 1.05: 0.15 shared by area
    assert [charges(env, account)["heating"] for account in HOUSE.accounts] == [37500, 140000, 85000]
    all_explained(env, SECOND)


def test_without_a_last_year_even_payment_goes_by_norm_and_says_so(env):
    evenly(env, None)
    write(env, "INSERT INTO parameter (code, value, valid, act_id) VALUES ('heating_months', 7, '[2020-01-01,)', 1)")
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["heating"] == 218750  # 50 × 0.03 × 7/12 × 2500
    assert ("no_heat_year", None, "heating") in errors(env)


def test_a_part_of_an_even_month_goes_by_days(env):
    evenly(env)
    change(env, "UPDATE account SET opened_on = '2026-10-22' WHERE id = 3")
    calculate(env, OCTOBER)
    assert charges(env, THIRD)["heating"] == 22581  # 1.05 × 40/150 × 10/31 × 2500 = 225.8064…
    all_explained(env, THIRD)


# -- communal flats -------------------------------------------------------------------------------------------------


def communal(env):
    """The third flat (40 m²) becomes communal: rooms of 12 and 18 m² living, accounts 4 and 5 with one and two people."""
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("UPDATE account SET closed_on = '2026-01-01' WHERE id = 3")
        put("UPDATE premise SET number = '3', kind = 'flat' WHERE id = 3")
        for number, (area, living) in enumerate(((16, 12), (24, 18)), 4):
            put("INSERT INTO premise (house_id, parent_id, kind, number, slug, rooms) VALUES (1, 3, 'room', :n, :n, 1)",
                n=f"3-{number}")
            put("INSERT INTO premise_area (premise_id, valid, total_area, living_area) VALUES (:p, :always, :area, :living)",
                p=number, always=ALWAYS, area=area, living=living)
            put("INSERT INTO account (number, house_id, premise_id, opened_on) VALUES (:text, 1, :n, '2020-01-01')",
                text=f"10000{number}", n=number)
            put("INSERT INTO account_holder (account_id, person_id, payer, valid) VALUES (:n, 3, true, :always)",
                n=number, always=ALWAYS)
        put("INSERT INTO person (last_name, first_name) VALUES ('Белов', 'Олег'), ('Белова', 'Ольга')")
        put("INSERT INTO residence (account_id, person_id, valid) VALUES (4, 3, :always), (5, 4, :always), (5, 5, :always)",
            always=ALWAYS)


def flat_meter(env, resource, now):
    with env.engine.begin() as connection:
        put = Writer(connection)
        meter = connection.scalar(text(
            "INSERT INTO meter (house_id, premise_id, service_id, serial, installed_on) VALUES (1, 3, :s, 'КВ', '2020-01-01')"
            " RETURNING id"), {"s": SERVICE[resource]})
        put.reading(meter, "2026-09-20", "100")
        put.reading(meter, "2026-10-20", now)


def room_meter(env, account, now):
    with env.engine.begin() as connection:
        put = Writer(connection)
        meter = connection.scalar(text(
            "INSERT INTO meter (house_id, account_id, service_id, serial, installed_on)"
            " VALUES (1, :a, :s, 'К', '2020-01-01') RETURNING id"), {"s": SERVICE["electricity"], "a": account})
        put.reading(meter, "2026-09-20", "0")
        put.reading(meter, "2026-10-20", now)


def test_rooms_share_the_common_meters_of_their_flat_by_people(env):
    communal(env)
    flat_meter(env, "cold_water", "109")
    flat_meter(env, "hot_water", "106")
    calculate(env, OCTOBER)
    first, second = charges(env, 4), charges(env, 5)
    assert (first["cold_water"], second["cold_water"]) == (13650, 27300)  # 9 m³ × 45.50 as 1 : 2
    assert (first["hot_water"], second["hot_water"]) == (12000, 24000)  # 6 m³ × 60
    assert (first["hot_water_heat"], second["hot_water_heat"]) == (34000, 68000)  # 2 and 4 m³ × 0.068 × 2500
    assert (first["sewerage"], second["sewerage"]) == (15000, 30000)  # 5 and 10 m³ × 30
    told = all_explained(env, 4)["cold_water"]
    assert told.label == "7"
    assert any("109 на 20.10.2026" in step.source for step in told.inputs)
    # the flat's volume is the rooms': 20 − 5.237 − 4.25 × 21/31 − 9 stay for the house
    balance = scalar(env, "SELECT common_volume FROM house_balance WHERE service_id = :s", s=SERVICE["cold_water"])
    assert balance == 20_000_000 - 5_237_000 - 2_879_032 - 9_000_000


def test_rooms_with_electricity_meters_pay_their_own_and_share_the_kitchen(env):
    communal(env)
    flat_meter(env, "electricity", "280")
    room_meter(env, 4, "50")
    room_meter(env, 5, "70")
    calculate(env, OCTOBER)
    # 180 − 120 = 60 of common places: 20 and 40
    assert charges(env, 4)["electricity"] == 35280  # (50 + 20) × 5.04
    assert charges(env, 5)["electricity"] == 55440  # (70 + 40) × 5.04
    assert all_explained(env, 5)["electricity"].label == "9"


def test_room_meters_above_the_flats_take_back_no_more_than_the_room_used(env):
    communal(env)
    flat_meter(env, "electricity", "180")
    room_meter(env, 4, "10")
    room_meter(env, 5, "130")
    calculate(env, OCTOBER)
    # 80 − 140 = −60: −20 and −40; the first used only 10
    assert charges(env, 4).get("electricity", 0) == 0
    assert charges(env, 5)["electricity"] == 45360  # (130 − 40) × 5.04
    assert {("flat_meter_below_rooms", 4, "electricity"), ("flat_meter_below_rooms", 5, "electricity")} <= errors(env)
    assert all_explained(env, 5)["electricity"].label == "9"


def test_one_room_without_a_meter_makes_the_whole_flat_go_by_people(env):
    communal(env)
    flat_meter(env, "electricity", "280")
    room_meter(env, 4, "50")
    calculate(env, OCTOBER)
    assert charges(env, 4)["electricity"] == 30240  # 180 × 1/3 × 5.04
    assert ("rooms_without_meter", 5, "electricity") in errors(env)


def test_heat_and_common_needs_go_to_the_flat_first(env):
    communal(env)
    calculate(env, OCTOBER)
    # heat of the flat 3 × 40/150 = 0.8 Gcal, by living area 12 : 18
    assert (charges(env, 4)["heating"], charges(env, 5)["heating"]) == (80000, 120000)
    # 2.5 × 30 × 40/150 = 20 kWh of the flat, by people 1 : 2
    assert (charges(env, 4)["soi_electricity"], charges(env, 5)["soi_electricity"]) == (3360, 6720)
    assert "soi_hot_water_heat" in charges(env, 4)
    for account in (4, 5):
        all_explained(env, account)
    assert abs(scalar(env, "SELECT remainder FROM house_rounding WHERE service_id = :s", s=SERVICE["heating"])) <= 2


def test_a_room_without_a_living_area_is_named_and_the_neighbours_are_computed(env):
    communal(env)
    write(env, "UPDATE premise_area SET living_area = NULL WHERE premise_id = 4")
    calculate(env, OCTOBER)
    assert {("no_living_area", 4, "heating"), ("no_living_area", 5, "heating")} <= errors(env)
    assert charges(env, FIRST)["heating"] == 250000
    assert "heating" not in charges(env, 5)


def test_a_flat_whose_meter_is_silent_pays_by_its_rooms(env):
    communal(env)
    flat_meter(env, "cold_water", "109")
    write(env, "DELETE FROM reading WHERE meter_id = 6 AND day = '2026-10-20'")
    calculate(env, OCTOBER)
    assert charges(env, 4)["cold_water"] == 58013  # no history for an average: 4.25 × 3 × 45.50


# -- own categories, volumes by act, containers --------------------------------------------------------------------------


def test_a_ground_floor_freed_of_the_lift_has_its_own_rate(env):
    write(env, "INSERT INTO tariff (municipality_id, service_id, value, category, valid, act_id)"
               " VALUES (1, :s, 21.5, 'без лифта', :v, 1)", s=SERVICE["maintenance"], v=ALWAYS)
    write(env, "INSERT INTO account_category (account_id, service_id, tariff_category, valid, document)"
               " VALUES (1, :s, 'без лифта', '[2026-05-01,)', 'Протокол № 4')", s=SERVICE["maintenance"])
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["maintenance"] == 107500  # 50 × 21.50
    assert charges(env, SECOND)["maintenance"] == 150000
    told = all_explained(env, FIRST)["maintenance"]
    assert any("Протокол № 4" in step.source for step in told.inputs)


def test_an_own_category_without_a_tariff_is_an_error_of_this_account(env):
    write(env, "INSERT INTO account_category (account_id, service_id, tariff_category, valid) VALUES (1, :s, 'нет такой', :v)",
          s=SERVICE["maintenance"], v=ALWAYS)
    calculate(env, OCTOBER)
    assert ("no_tariff", FIRST, "maintenance") in errors(env)
    assert charges(env, SECOND)["maintenance"] == 150000


def test_an_own_norm_category_takes_another_norm(env):
    write(env, "INSERT INTO norm (municipality_id, service_id, purpose, category, value, unit, valid, act_id)"
               " VALUES (1, :s, 'individual', 'электроплиты', 150, 'кВт·ч', :v, 1)", s=SERVICE["electricity"], v=ALWAYS)
    write(env, "INSERT INTO account_category (account_id, service_id, norm_category, valid) VALUES (3, :s, 'электроплиты', :v)",
          s=SERVICE["electricity"], v=ALWAYS)
    calculate(env, OCTOBER)
    assert charges(env, THIRD)["electricity"] == 75600  # 150 × 5.04


def test_a_shop_without_a_meter_pays_what_the_supplier_calculated(env):
    write(env, "UPDATE account SET kind = 'nonresidential' WHERE id = 3")
    calculate(env, OCTOBER)
    assert ("nonresidential_without_meter", THIRD, "cold_water") in errors(env)
    assert "cold_water" not in charges(env, THIRD)
    write(env, "INSERT INTO calculated_volume (account_id, service_id, volume, valid, document)"
               " VALUES (3, :cold, 7000000, '[2026-10-01,2026-11-01)', 'Акт № 12'), (3, :hot, 2000000, :v, 'Акт № 13')",
          cold=SERVICE["cold_water"], hot=SERVICE["hot_water"], v=ALWAYS)
    calculate(env, OCTOBER)
    found = charges(env, THIRD)
    assert found["cold_water"] == 31850  # 7 × 45.50
    assert found["hot_water"] == 12000  # 2 × 60
    assert found["hot_water_heat"] == 34000  # 2 × 0.068 × 2500
    assert ("nonresidential_without_meter", THIRD, "electricity") in errors(env)
    told = all_explained(env, THIRD)["cold_water"]
    assert any("Акт № 12" in step.source for step in told.inputs)
    balance = "SELECT nonresidential_volume FROM house_balance WHERE service_id = :s"
    assert scalar(env, balance, s=SERVICE["cold_water"]) == 7_000_000
    # also where the shop pays the supplier himself
    write(env, "INSERT INTO account_service_exclusion (account_id, service_id, reason, valid) VALUES (3, :s, 'прямой', :v)",
          s=SERVICE["cold_water"], v=ALWAYS)
    calculate(env, OCTOBER)
    assert "cold_water" not in charges(env, THIRD)
    assert scalar(env, balance, s=SERVICE["cold_water"]) == 7_000_000


def test_waste_by_containers_is_shared_by_the_days_lived(env):
    write(env, "UPDATE house_service SET method = 'waste_containers' WHERE service_id = :s", s=SERVICE["waste"])
    calculate(env, OCTOBER)
    assert {("no_containers", n, "waste") for n in HOUSE.accounts} <= errors(env)
    write(env, "INSERT INTO house_containers (house_id, container_volume, emptied, valid, document)"
               " VALUES (1, 0.75, 2, '[2026-10-01,2026-11-01)', 'Акт вывоза')")
    calculate(env, OCTOBER)
    # 1.5 m³ by 31, 21 and 31 of 83 person-days
    assert charges(env, FIRST)["waste"] == 44265  # 1.5 × 31/83 × 790.10 = 442.6463…
    assert charges(env, SECOND)["waste"] == 29986  # 1.5 × 21/83 × 790.10 = 299.8572…
    assert all_explained(env, SECOND)["waste"].label == "9(3)"


# -- bands of electricity --------------------------------------------------------------------------------------------


def bands(env, method="bands", limits=("100", "150")):
    """Second and third price for the plain tariff; account 2 gets a plain meter with 170 kWh."""
    with env.engine.begin() as connection:
        put = Writer(connection)
        for number, (code, zone, band, price) in enumerate((
            ("electricity_2", "electricity", 2, "8"), ("electricity_3", "electricity", 3, "10"),
            ("electricity_day_2", "electricity_day", 2, "9"), ("electricity_day_3", "electricity_day", 3, "11"),
            ("electricity_night_2", "electricity_night", 2, "4"), ("electricity_night_3", "electricity_night", 3, "5"),
        ), 101):
            there = connection.scalar(text("SELECT id FROM service WHERE code = :code"), {"code": code})
            number = there or number
            if not there:
                put("INSERT INTO service (id, code, title, short_title, unit, section, resource, position)"
                    " OVERRIDING SYSTEM VALUE SELECT :id, :code, title || :words, short_title || :words, unit, section, resource,"
                    " position FROM service WHERE code = :zone", id=number, code=code, zone=zone, words=f", {band}-й диапазон")
            put("INSERT INTO house_service (house_id, service_id, contract_id, method, valid) VALUES (1, :s, 1, :m, :v)",
                s=number, m=method, v=ALWAYS)
            put("INSERT INTO tariff (municipality_id, service_id, value, valid, act_id) VALUES (1, :s, :price, :v, 1)",
                s=number, price=price, v=ALWAYS)
        for number, limit in enumerate(limits, 1):
            put("INSERT INTO parameter (code, value, valid, act_id) VALUES (:code, :limit, :v, 1)",
                code=f"electricity_band.{number}.upper", limit=limit, v=ALWAYS)
        meter = connection.scalar(text(
            "INSERT INTO meter (house_id, account_id, service_id, serial, installed_on)"
            " VALUES (1, 2, :s, 'Э', '2020-01-01') RETURNING id"), {"s": SERVICE["electricity"]})
        put.reading(meter, "2026-09-20", "0")
        put.reading(meter, "2026-10-20", "170")


def power(env, account):
    return {code: charge for code, charge in charges(env, account).items() if code.startswith("electricity")}


def test_each_part_of_the_volume_has_the_price_of_its_band(env):
    bands(env)
    calculate(env, OCTOBER)
    # 100 × 5.04, 50 × 8, 20 × 10
    assert power(env, SECOND) == {"electricity": 50400, "electricity_2": 40000, "electricity_3": 20000}
    # 100 by day and 40 by night are 140, above 100: the limits as 100 : 40
    assert power(env, FIRST) == {
        "electricity_day": 39286,  # 71.428571 × 5.50 = 392.8571…
        "electricity_day_2": 25714,  # 28.571429 × 9 = 257.1428…
        "electricity_night": 7143,  # 28.571429 × 2.50 = 71.4285…
        "electricity_night_2": 4571,  # 11.428571 × 4 = 45.7142…
    }
    assert power(env, THIRD) == {"electricity": 51912}  # by norm, 103 × 5.04: bands are for what was measured
    for account in (FIRST, SECOND):
        all_explained(env, account)
    measured = scalar(env, "SELECT metered_volume FROM house_balance WHERE service_id = :s", s=SERVICE["electricity"])
    assert measured == 170_000_000 + 140_000_000


def test_homes_heated_by_electricity_have_wider_bands_in_the_season(env):
    bands(env, "bands.heating")
    write(env, "INSERT INTO parameter (code, value, valid, act_id) VALUES ('electricity_band.heating', 1.2, :v, 1)", v=ALWAYS)
    calculate(env, OCTOBER)
    assert power(env, SECOND) == {"electricity": 60480, "electricity_2": 40000}  # 120 × 5.04 and 50 × 8
    write(env, "UPDATE heating_season SET valid = '[2026-11-01,2027-05-01)'")
    calculate(env, OCTOBER)
    assert power(env, SECOND) == {"electricity": 50400, "electricity_2": 40000, "electricity_3": 20000}


def test_the_social_norm_is_of_the_household(env):
    bands(env, "bands.social", ())
    write(env, "INSERT INTO parameter (code, value, valid, act_id) VALUES ('electricity_social_norm.first', 110, :v, 1),"
               " ('electricity_social_norm.next', 30, :v, 1)", v=ALWAYS)
    calculate(env, OCTOBER)
    assert power(env, SECOND) == {"electricity": 55440, "electricity_2": 48000}  # one person: 110 × 5.04, 60 × 8
    write(env, "INSERT INTO residence (account_id, person_id, valid) VALUES (2, 3, :v)", v=ALWAYS)
    calculate(env, OCTOBER)
    assert power(env, SECOND) == {"electricity": 70560, "electricity_2": 24000}  # two: 140 × 5.04, 30 × 8


def test_bands_without_a_limit_are_named_and_everything_is_charged_by_the_first_price(env):
    bands(env, limits=())
    calculate(env, OCTOBER)
    assert power(env, SECOND) == {"electricity": 85680}
    assert ("no_band_limit", SECOND, "electricity") in errors(env)


# -- hot water made in the house, common needs capped --------------------------------------------------------------------


def made_in_house(env, heat="2"):
    with env.engine.begin() as connection:
        put = Writer(connection)
        put("UPDATE house_service SET method = 'hot.made_in_house' WHERE service_id = :s", s=SERVICE["hot_water_heat"])
        put("UPDATE reading SET value = 30000000 WHERE meter_id = 4 AND day = '2026-10-20'")
        if heat:
            meter = connection.scalar(text(
                "INSERT INTO meter (house_id, service_id, serial, installed_on) VALUES (1, :s, 'ТЭ', '2020-01-01') RETURNING id"),
                {"s": SERVICE["hot_water_heat"]})
            put.reading(meter, "2026-09-20", "10")
            put.reading(meter, "2026-10-20", str(10 + float(heat)))


def test_the_heat_of_water_made_in_the_house_is_shared_by_the_water(env):
    made_in_house(env)
    calculate(env, OCTOBER)
    # 3, 2.106774 and 3.11 m³ are 8.216774; 2 Gcal × 2500 = 5000.00 by them
    assert [charges(env, account)["hot_water_heat"] for account in HOUSE.accounts] == [182553, 128200, 189247]
    assert charges(env, FIRST)["hot_water"] == 18000  # the water itself, 3 × 60
    # 30 − 5.237 − 2.879032 − 4.25 and the 8.216774 that became hot: 9.417194 × 50/150 × 45.50 = 142.8274…
    assert charges(env, FIRST)["soi_cold_water"] == 14283
    told = all_explained(env, SECOND)["hot_water_heat"]
    assert told.label == "20"
    assert any("12 на 20.10.2026 − 10 на 20.09.2026" in step.source for step in told.inputs)


def test_a_silent_meter_of_the_houses_boiler_is_an_error_with_the_way_out(env):
    made_in_house(env, None)
    calculate(env, OCTOBER)
    assert {("no_resource_volume", n, "hot_water_heat") for n in HOUSE.accounts} <= errors(env)
    assert charges(env, FIRST)["hot_water"] == 18000


def test_a_supplier_bills_no_more_common_needs_than_the_norm(env):
    write(env, "UPDATE house_service SET method = 'common.meter_capped' WHERE service_id = :s", s=SERVICE["soi_cold_water"])
    calculate(env, OCTOBER)
    # by the meter 7.633968; the norm 0.02 × 30 = 0.6: × 50/150 × 45.50
    assert charges(env, FIRST)["soi_cold_water"] == 910
    all_explained(env, FIRST)
    write(env, "UPDATE norm SET value = 2 WHERE service_id = :s AND purpose = 'common'", s=SERVICE["soi_cold_water"])
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["soi_cold_water"] == 11578  # 60 m³ allowed: by the meter
    write(env, "DELETE FROM norm WHERE service_id = :s AND purpose = 'common'", s=SERVICE["soi_cold_water"])
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["soi_cold_water"] == 11578
    assert ("no_norm", None, "soi_cold_water") in errors(env)
