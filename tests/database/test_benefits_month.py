"""Benefits in the month of the house that is calculated by hand, and the worked examples through the whole month."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.domain.calc.bill_check import check
from startks.domain.facts.errors import ContradictionError
from startks.domain.support import rights
from startks.modules.billing.attachment import document
from startks.modules.billing.benefit_words import benefits_of_line
from startks.modules.billing.bill import load_bill
from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.replay.services import replay
from startks.scripts.explain import explained
from startks.scripts.period import CONSUMPTION
from tests.factories.benefits import Support
from tests.factories.month_life import NOVEMBER, OCTOBER, calculate, close, red, scalar, small_house
from tests.factories.small_house import SERVICE

FLAT, SECOND, THIRD = 1, 2, 3
IVANOV, PETROV, SIDOROVA = 1, 2, 3
HALF = {
    "maintenance": (50, "area"), "heating": (50, "area"), "cold_water": (50, "norm"), "hot_water": (50, "norm"),
    "hot_water_heat": (50, "norm"), "sewerage": (50, "norm"), "electricity_day": (50, "norm"),
    "electricity_night": (50, "norm"), "waste": (50, "none"),
}


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


@pytest.fixture
def support(env):
    return Support(env)


def test_half_of_everything_within_the_norms(env, support):
    """One person, 50 m² of which 33 count; each line by hand."""
    support.right(IVANOV, support.category("disabled", HALF), FLAT)
    calculate(env, OCTOBER)
    lines = support.lines(FLAT)
    assert lines["maintenance"] == (1250_00, 412_50)  # 1250 × 33/50 × 50 %
    assert lines["cold_water"] == (238_28, 96_69)  # 238.28 × 4.25/5.237 × 50 %
    assert lines["hot_water"] == (180_00, 90_00)  # 3 m³ within the norm of 3.11
    assert lines["hot_water_heat"] == (510_00, 255_00)
    assert lines["sewerage"] == (247_11, 110_40)  # 247.11 × (4.25 + 3.11)/8.237 × 50 %
    assert lines["electricity_day"] == (550_00, 202_32)  # 103 of the 100 + 40 kWh of both zones
    assert lines["electricity_night"] == (100_00, 36_79)
    charge, benefit = lines["heating"]
    assert benefit == (charge * 33 * 2 + 100) // 200  # half-up of 33/50 × 50 %
    charge, benefit = lines["waste"]
    assert benefit == (charge + 1) // 2
    assert lines["capital_repair"][1] == 0  # not among the terms
    assert support.lines(SECOND)["maintenance"][1] == 0
    assert scalar(env, "SELECT count(*) FROM statement WHERE period = 202610 AND closing <> opening + charge + recalculation"
                       " + penalty - benefit - paid") == 0
    assert "benefits" not in red(env) and "benefit" not in red(env)


@pytest.mark.parametrize(("area", "rate", "people", "percents", "expected"), [
    ("54", "28.50", 3, (50,), 256_50),  # benefits-01
    ("61.4", "33.17", 2, (30, 50, 25), 348_29),  # benefits-02: the largest, never the sum
])
def test_the_worked_examples_of_area(env, support, area, rate, people, percents, expected):
    support.area(FLAT, area)
    support.tariff("maintenance", rate)
    for _ in range(people - 1):
        support.resident(FLAT)
    for percent in percents:
        support.right(IVANOV, support.category(f"c{percent}", {"maintenance": (percent, "area")}), FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["maintenance"][1] == expected
    assert len(support.amounts(FLAT)) == 1


def test_the_worked_example_of_water(env, support):
    """benefits-03: 15 m³ of three people, norm 4.3, one holder: 88.795 is a tie and goes up."""
    support("UPDATE norm SET value = 4.3 WHERE service_id = (SELECT id FROM service WHERE code = 'cold_water') AND purpose = 'individual'")
    support.tariff("cold_water", "41.30")
    support("UPDATE reading SET value = 115000000 WHERE meter_id = 1 AND day = '2026-10-20'")
    support.resident(FLAT), support.resident(FLAT)
    support.right(IVANOV, support.category("disabled", {"cold_water": (50, "norm")}), FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["cold_water"] == (619_50, 88_80)


def test_the_worked_example_of_capital_repair_paid_apart(env, support):
    """benefits-04: 62 m², standard 33, all of the contribution, as a compensation: the bill stays."""
    support.area(FLAT, "62")
    support.tariff("capital_repair", "14.44")
    category = support.category("old", {"capital_repair": (100, "area")}, form="compensation", tenure="owner")
    support.right(IVANOV, category, FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["capital_repair"] == (895_28, 0)
    assert support.amounts(FLAT) == {("capital_repair", category): 476_52}


def test_what_owners_decided_above_the_minimum_contribution_bears_no_benefit(env, support):
    """The house pays 20 ₽ a metre, the region's minimum is 10: half of the half, within 33 of 50 m²."""
    support("""INSERT INTO tariff (municipality_id, house_id, service_id, value, valid, act_id)
               SELECT 1, 1, id, 20, '[2020-01-01,)', 1 FROM service WHERE code = 'capital_repair'""")
    category = support.category("invalid", {"capital_repair": (50, "area")}, form="compensation", tenure="owner")
    support.right(IVANOV, category, FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["capital_repair"][0] == 1000_00
    assert support.amounts(FLAT) == {("capital_repair", category): 165_00}  # 1000 × 10/20 × 33/50 × 50 %


def test_a_family_is_covered_whole_and_a_better_right_of_one_member_wins(env, support):
    """Family 30 %, one member 50 %: his third by his right, the rest by the family's."""
    wife, child = support.resident(FLAT), support.resident(FLAT)
    family = support.category("family", {"maintenance": (30, "none")}, covers="family")
    own = support.category("own", {"maintenance": (50, "none")})
    support.right(wife, family, FLAT)
    support.right(child, own, FLAT)
    calculate(env, OCTOBER)
    assert support.amounts(FLAT) == {("maintenance", family): 250_00, ("maintenance", own): 208_33}
    assert support.lines(FLAT)["maintenance"] == (1250_00, 458_33)


def test_two_holders_stand_side_by_side(env, support):
    wife = support.resident(FLAT)
    category = support.category("disabled", {"maintenance": (50, "none")})
    support.right(IVANOV, category, FLAT), support.right(wife, category, FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["maintenance"] == (1250_00, 625_00)
    assert scalar(env, "SELECT count(*) FROM benefit_amount WHERE period = 202610") == 2


def test_part_of_a_month_by_days(env, support):
    """From 11 October: 21 days of 31; a better right from 21 October takes its 11 days."""
    support.right(IVANOV, support.category("a", {"maintenance": (30, "none")}), FLAT, "[2026-10-11,)")
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["maintenance"][1] == 254_03  # 1250 × 21/31 × 30 % = 254.032
    better = support.category("b", {"maintenance": (50, "none")})
    support.right(IVANOV, better, FLAT, "[2026-10-21,2026-11-01)")
    calculate(env, OCTOBER)
    assert sorted(support.amounts(FLAT).values()) == [120_97, 221_77]  # 10 days of 30 %, 11 of 50 %


def test_the_excess_of_a_raising_coefficient_bears_no_benefit(env, support):
    """The second flat has no meter: K = 3, the benefit is half of the third without it, by the person's own days."""
    support.right(PETROV, support.category("disabled", {"cold_water": (50, "norm")}), SECOND)
    calculate(env, OCTOBER)
    charge, benefit = support.lines(SECOND)["cold_water"]
    excess = scalar(env, "SELECT excess FROM statement z JOIN service s ON s.id = z.service_id"
                         " WHERE period = 202610 AND account_id = 2 AND s.code = 'cold_water'")
    assert excess > 0 and benefit == (charge - excess + 1) // 2


def test_a_debt_confirmed_by_a_court_stops_what_the_setting_says(env, support):
    support.right(IVANOV, support.category("off", {"maintenance": (50, "none")}), FLAT)
    support.right(IVANOV, support.category("apart", {"waste": (50, "none")}, form="compensation"), FLAT)
    with env.sessions.begin() as session:
        rights.begin_court_debt(session, FLAT, first=dt.date(2026, 9, 1), act="Приказ № 2-1/2026", reason="Суд", by=None)
    calculate(env, OCTOBER)
    assert {service for service, _ in support.amounts(FLAT)} == {"maintenance"}
    support("INSERT INTO parameter (code, value, valid, act_id) VALUES ('benefit.court_debt_stops', 2, '[2020-01-01,)', 1)")
    calculate(env, OCTOBER)
    assert support.amounts(FLAT) == {}
    with env.sessions.begin() as session:
        rights.end_court_debt(session, FLAT, on=dt.date(2026, 10, 15), reason="Погашен", by=None)
    calculate(env, OCTOBER)
    assert {service for service, _ in support.amounts(FLAT)} == {"maintenance", "waste"}


def test_only_tenants_where_the_law_says_so(env, support):
    support.right(IVANOV, support.category("disabled", {"maintenance": (50, "none")}, tenure="tenant"), FLAT)
    calculate(env, OCTOBER)
    assert support.amounts(FLAT) == {}
    support("UPDATE account_holder SET tenure = 'tenant' WHERE account_id = 1")
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["maintenance"][1] == 625_00


def test_the_towns_own_terms_win_over_the_countrys(env, support):
    category = support.category("labour", {"maintenance": (50, "none")})
    support("""INSERT INTO benefit_term (category_id, service_id, municipality_id, percent, form, valid, act_id)
               SELECT category_id, service_id, 1, 40, 'discount', valid, 1 FROM benefit_term""")
    support.right(IVANOV, category, FLAT)
    calculate(env, OCTOBER)
    assert support.lines(FLAT)["maintenance"][1] == 500_00


def test_a_benefit_without_a_person_and_one_without_a_norm_are_named(env, support):
    support.right(SIDOROVA, support.category("disabled", {"maintenance": (50, "none")}), THIRD)  # nobody lives there
    support("DELETE FROM parameter WHERE code LIKE 'area_standard%'")
    support.right(IVANOV, support.category("area", {"maintenance": (50, "area")}), FLAT)
    calculate(env, OCTOBER)
    with env.engine.connect() as connection:
        errors = {(row.account_id, row.code, row.severity) for row in connection.execute(
            text("SELECT * FROM calculation_error WHERE period = 202610 AND code LIKE '%benefit%'"))}
    assert errors == {(THIRD, "benefit_without_person", "error"), (FLAT, "no_benefit_norm", "error")}
    assert support.lines(FLAT)["maintenance"] == (1250_00, 0)  # charged all the same


def test_rights_that_cannot_be_are_refused_and_both_named(env, support):
    category = support.category("disabled", {"maintenance": (50, "none")})
    first = dt.date(2026, 10, 15)
    act = {"category_id": category, "reason": "Заявление", "by": None}
    with env.sessions() as session:
        with pytest.raises(StartksError, match="Льгота без жителя"):
            rights.grant_right(session, person_id=SIDOROVA, account_id=THIRD, first=first, **act)
        rights.grant_right(session, person_id=IVANOV, account_id=FLAT, first=first, document="МСЭ 7", **act)
        session.execute(text("INSERT INTO residence (account_id, person_id, kind, valid) VALUES (2, 1, 'temporary', '[2026-01-01,)')"))
        with pytest.raises(ContradictionError) as refused:
            rights.grant_right(session, person_id=IVANOV, account_id=SECOND, first=first, **act)
        assert "счёту 100001 (МСЭ 7)" in refused.value.existing and "счёту 100002" in refused.value.new
        with pytest.raises(StartksError, match="раньше, чем начинается"):
            rights.grant_right(session, person_id=IVANOV, account_id=FLAT, first=first, last=first, **act)


def test_a_right_learned_late_gives_back_for_closed_months(env, support):
    """October is closed when the certificate comes: the open month carries October's discount and its own."""
    category = support.category("disabled", {"maintenance": (50, "none")})
    apart = support.category("apart", {"waste": (50, "none")}, form="compensation")
    close(env, OCTOBER - 1)
    close(env, OCTOBER)
    with env.sessions.begin() as session:
        for number in (category, apart):
            change = rights.grant_right(
                session, person_id=IVANOV, category_id=number, account_id=FLAT, first=dt.date(2026, 10, 1),
                reason="Заявление", document="МСЭ 7", by=None,
            )
            assert change.touched == [OCTOBER]
    with env.engine.begin() as connection:
        answer = replay(connection, CONSUMPTION)
    assert answer.rows.is_empty() and answer.benefits["amount"].sum() > 0
    assert set(answer.benefits["reason"]) == {"Заявление, МСЭ 7"}
    calculate(env, NOVEMBER)
    charge, benefit = support.lines(FLAT, NOVEMBER)["maintenance"]
    assert (charge, benefit) == (1250_00, 625_00 + 625_00)
    waste = support.lines(FLAT, NOVEMBER)["waste"]
    assert waste[1] == 0
    assert support.amounts(FLAT, NOVEMBER)["waste", apart] == 2 * ((waste[0] + 1) // 2)
    assert "benefits" not in red(env, NOVEMBER)
    with env.engine.begin() as connection:  # again: nothing new, nothing lost
        assert replay(connection, CONSUMPTION).benefits.is_empty()
    calculate(env, NOVEMBER)
    assert support.lines(FLAT, NOVEMBER)["maintenance"] == (1250_00, 1250_00)


def test_an_ended_right_takes_back(env, support):
    support.right(IVANOV, support.category("disabled", {"maintenance": (50, "none")}), FLAT)
    close(env, OCTOBER - 1)
    close(env, OCTOBER)
    with env.sessions.begin() as session:
        right = session.scalar(text("SELECT id FROM benefit_right"))
        rights.end_right(session, right, on=dt.date(2026, 10, 1), reason="Срок справки истёк", by=None)
    with env.engine.begin() as connection:
        answer = replay(connection, CONSUMPTION)
    assert answer.benefits["amount"].to_list() == [-625_00]
    calculate(env, NOVEMBER)
    assert support.lines(FLAT, NOVEMBER)["maintenance"] == (1250_00, -625_00)
    owed = scalar(env, "SELECT closing - penalty FROM statement z JOIN service s ON s.id = z.service_id"
                       " WHERE period = 202611 AND account_id = 1 AND s.code = 'maintenance'")
    assert owed == 625_00 + 625_00 + 1250_00 + 625_00  # September and October with the benefit, November, what is taken back


def test_the_explanation_the_attachment_and_the_bill_give_the_same_sum(env, support):
    support.right(IVANOV, support.category("disabled", HALF), FLAT)
    support.right(IVANOV, support.category("apart", {"capital_repair": (50, "area")}, form="compensation"), FLAT)
    calculate(env, OCTOBER)
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, 1, OCTOBER, CONSUMPTION)
        bill = load_bill(connection, FLAT, OCTOBER)
        for line in bill.lines:
            told = benefits_of_line(connection, trace, FLAT, line.service_id)
            assert all(part.matches for part in told)
            assert sum(part.amount for part in told if part.is_discount) == line.benefit
        [repair] = benefits_of_line(connection, trace, FLAT, SERVICE["capital_repair"])
        assert not repair.is_discount and repair.amount == 165_00 and "не меняет" in repair.form  # 500 × 33/50 × 50 %
        [hidden] = benefits_of_line(connection, trace, FLAT, SERVICE["maintenance"], shown=False)
        assert (hidden.category, hidden.document, hidden.person) == ("", "", "И*** И.")
        attached = document(connection, trace, bill)
    checked = check(attached)
    assert checked.holds, [line.faults for line in checked.lines]
    assert sum(len(line["benefits"]) for line in attached["lines"]) == len(HALF)
    support("UPDATE benefit_term SET percent = 40 WHERE form = 'discount'")  # the facts change after the month
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, 1, OCTOBER, CONSUMPTION)
        [changed] = benefits_of_line(connection, trace, FLAT, SERVICE["maintenance"])
        assert not changed.matches and changed.computed == 330_00
        attached = document(connection, trace, load_bill(connection, FLAT, OCTOBER))
    assert any("изменены" in fault for line in check(attached).lines for fault in line.faults)
    text_of_it = "\n".join(explained_of(env))
    assert "Содержание и ремонт жилого помещения, льгота: 412,50 ₽ (скидка в счёте)" in text_of_it
    assert "ВНИМАНИЕ: сегодняшние данные дают 330,00 ₽ вместо 412,50 ₽" in text_of_it


def explained_of(env):
    with env.engine.connect() as connection:
        yield from explained(connection, "100001", OCTOBER, "maintenance", CONSUMPTION)


def test_an_advance_of_the_family_and_a_debt_see_the_line_less_its_benefit(env, support):
    """What is owed for October is the line less its benefit: a payment of exactly that leaves nothing."""
    support.right(IVANOV, support.category("disabled", HALF), FLAT)
    calculate(env, OCTOBER)
    owed = scalar(env, "SELECT sum(closing) FROM statement WHERE period = 202610 AND account_id = 1")
    support("INSERT INTO payment (account_id, paid_on, amount, channel) VALUES (1, '2026-11-05', :sum, 'bank')", sum=owed)
    calculate(env, NOVEMBER)
    opening, paid = scalar(env, "SELECT sum(opening) FROM statement WHERE period = 202611 AND account_id = 1"), scalar(
        env, "SELECT sum(paid) FROM statement WHERE period = 202611 AND account_id = 1")
    assert opening == paid == owed
    assert scalar(env, "SELECT count(*) FROM statement WHERE period = 202611 AND account_id = 1 AND penalty <> 0") == 0
