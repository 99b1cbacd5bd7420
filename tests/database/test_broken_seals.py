"""Interference with a flat's meter (ПП РФ 354 п. 81(11)): the act, the month by hand, closed months by replay."""

from __future__ import annotations

import datetime as dt

import pytest

from startks.modules.billing.replay.services import replay
from startks.modules.metering import broken_seals
from startks.modules.metering.broken_seals import SealFault, days_of
from startks.scripts.period import CONSUMPTION
from tests.factories.month_life import OCTOBER, SEPTEMBER, calculate, change, close, scalar, small_house
from tests.factories.regimes import all_explained, charges, errors
from tests.factories.small_house import HOUSE, SERVICE

pytestmark = pytest.mark.integration

FIRST, SECOND, THIRD = HOUSE.accounts
COLD = SERVICE["cold_water"]


@pytest.fixture
def env(fresh_database):
    with small_house(fresh_database) as env:
        yield env


def act(sealed="2026-10-01", checked=None, found="2026-10-20", mended=None):
    day = {"sealed_on": sealed, "checked_on": checked, "found_on": found, "mended_on": mended}
    return {name: None if text is None else dt.date.fromisoformat(text) for name, text in day.items()}


def enter(env, service=COLD, **days):
    with env.sessions.begin() as session:
        return broken_seals.enter(session, 1, service, act(**days), reason="Проверка", document="Акт № 7", by=None)


@pytest.mark.parametrize(("days", "since", "cut"), [
    ({"sealed": "2026-09-05"}, "2026-09-05", False),
    ({"sealed": None, "checked": "2026-08-01"}, "2026-08-01", False),
    ({"sealed": "2026-08-10", "checked": "2026-09-01"}, "2026-09-01", False),
    ({"sealed": "2025-01-01"}, "2026-07-20", True),
    ({"sealed": "2026-07-20"}, "2026-07-20", False),
    ({"sealed": "2020-01-01", "found": "2026-05-31"}, "2026-02-28", True),
])  # fmt: skip
def test_the_days_begin_with_the_seal_or_the_last_check_at_most_three_months_back(days, since, cut):
    found = days_of(act(**days))
    assert (found.since.isoformat(), found.cut) == (since, cut)


@pytest.mark.parametrize(("days", "field"), [
    ({"sealed": None}, "sealed_on"),
    ({"sealed": "2026-10-21"}, "sealed_on"),
    ({"checked": "2026-10-21"}, "checked_on"),
    ({"mended": "2026-10-19"}, "mended_on"),
    ({"sealed": "2026-10-20", "mended": "2026-10-20"}, "mended_on"),
    ({"found": "2999-01-01"}, "found_on"),
])  # fmt: skip
def test_an_act_that_contradicts_itself_is_refused_at_its_field(days, field):
    with pytest.raises(SealFault) as fault:
        days_of(act(**days))
    assert fault.value.field == field


def test_a_service_without_a_meter_and_a_second_act_of_the_same_days_are_refused(env):
    with pytest.raises(SealFault, match="со счётчиком"):
        enter(env, service=SERVICE["heating"])
    enter(env)
    with pytest.raises(SealFault, match="уже пересчитаны по проверке 20.10.2026"):
        enter(env, found="2026-10-25", sealed="2026-10-10")
    with pytest.raises(SealFault, match="раньше, чем обнаружено"), env.sessions.begin() as session:
        broken_seals.mend(session, 1, COLD, dt.date(2026, 10, 5), reason="Устранено", document=None, by=None)


def test_a_whole_month_of_interference_is_charged_by_the_norm_times_ten(env):
    enter(env)
    calculate(env, OCTOBER)
    persons = scalar(env, "SELECT count(*) FROM residence WHERE account_id = 1 AND valid @> DATE '2026-10-15'")
    assert charges(env, FIRST)["cold_water"] == persons * 1_933_75  # 4.25 × 10 × 45.50 a person
    told = all_explained(env, FIRST)["cold_water"]
    assert told.paragraph == "пункт 81(11)"
    assert any("Акт № 7" in step.source for step in told.inputs)


def test_after_it_was_mended_the_readings_count_for_the_rest_of_the_month(env):
    calculate(env, OCTOBER)
    before = charges(env, FIRST)["cold_water"]
    volume = scalar(env, "SELECT sum(volume) FROM statement WHERE period = 202610 AND account_id = 1 AND service_id = :s", s=COLD)
    enter(env, sealed="2026-10-01", found="2026-10-05")
    with env.sessions.begin() as session:
        broken_seals.mend(session, 1, COLD, dt.date(2026, 10, 11), reason="Устранено", document="Акт № 8", by=None)
    calculate(env, OCTOBER)
    persons = scalar(env, "SELECT count(*) FROM residence WHERE account_id = 1 AND valid @> DATE '2026-10-15'")
    left = round(volume * 21 / 31)
    interfered = round(persons * 10 / 31 * 4.25 * 10 * 4550)
    assert charges(env, FIRST)["cold_water"] == pytest.approx(interfered + left * 45.5 / 10_000, abs=2)
    assert charges(env, FIRST)["cold_water"] > before


def test_a_meter_without_readings_is_charged_by_the_norm_for_the_other_days_and_kept_once(env):
    change(env, "DELETE FROM reading WHERE meter_id IN (SELECT id FROM meter WHERE account_id = 1 AND service_id = :s)", s=COLD)
    enter(env, sealed="2026-10-01", found="2026-10-05", mended="2026-10-11")
    calculate(env, OCTOBER)
    factor = scalar(env, "SELECT count(*) FROM residence WHERE account_id = 1 AND valid @> DATE '2026-10-15'")
    # 4.25 × 10/31 × 10 × 45.50 = 623.79; the other 21 days by the norm: 4.25 × 21/31 × 45.50 = 131.00
    assert charges(env, FIRST)["cold_water"] == factor * (623_79 + 131_00)
    estimates = "SELECT volume FROM meter_estimate e JOIN meter m ON m.id = e.meter_id WHERE m.account_id = 1 AND m.service_id = :s"
    assert scalar(env, estimates, s=COLD) == pytest.approx(4_250_000, abs=2)


def test_a_closed_month_comes_by_the_replay(env):
    close(env, SEPTEMBER)
    close(env, OCTOBER)
    enter(env, sealed="2026-09-01")
    with env.engine.begin() as connection:
        replay(connection, CONSUMPTION)
    months = "SELECT count(DISTINCT for_period) FROM recalculation WHERE account_id = 1 AND service_id = :s AND amount > 0"
    assert scalar(env, months, s=COLD) == 2


def test_an_act_for_a_meter_by_zones_is_not_taken_and_one_that_a_file_brought_is_told_of(env):
    with pytest.raises(SealFault, match="со счётчиком"):
        enter(env, service=SERVICE["electricity"])
    change(env, "INSERT INTO broken_seal (account_id, service_id, sealed_on, found_on, valid)"
                " VALUES (1, :s, '2026-10-01', '2026-10-05', '[2026-10-01,)')", s=SERVICE["electricity"])
    calculate(env, OCTOBER)
    assert ("broken_seal_not_charged", FIRST, "electricity") in errors(env)


def test_without_a_norm_the_line_gets_an_error_and_the_house_goes_on(env):
    enter(env)
    change(env, "DELETE FROM norm WHERE service_id = :s", s=COLD)
    calculate(env, OCTOBER)
    assert ("no_norm", FIRST, "cold_water") in errors(env)
    assert charges(env, SECOND)["maintenance"] > 0


def test_owners_answer_for_an_act_before_the_residents_moved_in_who_keep_their_days(env):
    """The second flat has no meter any more, one owner, and a resident from 11 October: 5 days by ten norms, 21 by three."""
    change(env, "INSERT INTO broken_seal (account_id, service_id, sealed_on, found_on, valid)"
                " VALUES (:a, :s, '2026-10-01', '2026-10-05', '[2026-10-01,2026-10-06)')", a=SECOND, s=COLD)
    calculate(env, OCTOBER)
    # 4.25 × 5/31 × 10 × 45.50 = 311.89…; 4.25 × 21/31 × 3 × 45.50 = 392.98…
    assert charges(env, SECOND)["cold_water"] == 311_90 + 392_99


def test_days_by_the_norm_of_a_lapsed_meter_are_not_charged_again_where_an_act_speaks_of_them(env):
    """The meter lapsed and a new one came on the 11th, when the interference was mended: ten days, then all it counted."""
    of_first = "account_id = 1 AND service_id = :s"
    change(env, f"UPDATE meter SET verified_until = '2026-09-01', removed_on = '2026-10-11' WHERE {of_first}", s=COLD)
    change(env, "INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones)"
                " VALUES (1, 1, :s, 'new', '2026-10-11', 1)", s=COLD)
    change(env, """INSERT INTO reading (meter_id, zone, day, value) SELECT id, 0, day, value
                     FROM meter, (VALUES (date '2026-10-11', 0), ('2026-10-25', 2000000)) given (day, value)
                    WHERE serial = 'new'""")
    change(env, "INSERT INTO broken_seal (account_id, service_id, sealed_on, found_on, valid)"
                " VALUES (1, :s, '2026-10-01', '2026-10-05', '[2026-10-01,2026-10-11)')", s=COLD)
    calculate(env, OCTOBER)
    assert charges(env, FIRST)["cold_water"] == 623_79 + 91_00  # 4.25 × 10/31 × 10 × 45.50 and 2 × 45.50
