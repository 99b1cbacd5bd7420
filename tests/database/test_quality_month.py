"""Acts of breaks and poor quality in the month of the house that is calculated by hand (October 2026, 31 days, 744 hours)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.base.events import DISPATCHER, OutageEnded
from startks.domain.calc.bill_check import check
from startks.domain.facts.errors import ContradictionError
from startks.domain.periods.verify import verify
from startks.domain.reductions import acts
from startks.domain.reductions.acts import ActFault, Node
from startks.framework.jobs.kinds import ChunkInfo, JobInfo
from startks.modules.billing import outages
from startks.modules.billing.attachment import document
from startks.modules.billing.bill import load_bill
from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.receipts import receipts_of_house
from startks.modules.billing.rehearsal.causes import Cause
from startks.modules.billing.replay.services import replay
from startks.modules.billing.taken_off import taken_off
from startks.scripts import month
from startks.scripts.explain import explained
from startks.scripts.period import CONSUMPTION
from tests.factories.acts import draw, moment, taken
from tests.factories.month_life import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    calculate,
    change,
    close,
    found_groups,
    red,
    rehearse,
    scalar,
    small_house,
)


@pytest.fixture
def env(fresh_database):
    """The house with its meters; nothing is calculated yet."""
    with small_house(fresh_database) as env:
        yield env


def recalculation(env, account, service, period=OCTOBER):
    return scalar(env, "SELECT recalculation FROM statement z JOIN service s ON s.id = z.service_id"
                       " WHERE z.period = :period AND account_id = :account AND s.code = :service",
                  period=period, account=account, service=service)


def test_no_water_for_36_hours_takes_4_2_percent_off_a_meter_and_the_missing_hours_off_a_norm_too(env):
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    calculate(env, OCTOBER)
    # 36 whole hours less 8 are 28, by 0.15 % 4.2 %. The meter: 238.28 x 4.2 %
    assert taken(env, OCTOBER, 1) == {"cold_water": [("quality.break", -10_01)]}
    # By the norm with coefficient: 580.13, of it 193.38 without the excess; 193.38 x 36 / 744 + 580.13 x 4.2 %
    assert taken(env, OCTOBER, 3) == {"cold_water": [("quality.break_by_norm", -33_72)]}
    # Twenty-one days: 392.99, without the excess 131.00; 131.00 x 36 / 744 + 392.99 x 4.2 %
    assert taken(env, OCTOBER, 2) == {"cold_water": [("quality.break_by_norm", -22_84)]}
    assert [recalculation(env, account, "cold_water") for account in (1, 2, 3)] == [-10_01, -22_84, -33_72]
    assert scalar(env, "SELECT sum(closing - opening - charge - recalculation + benefit - penalty + paid) FROM statement") == 0


def test_breaks_within_the_allowed_hours_cost_a_meter_nothing(env):
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-03 14:00")
    draw(env, "cold_water", "break", "2026-10-09 08:00", "2026-10-09 10:59", number="13")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 1) == {}  # 8 h 59 min are 8 whole hours


def test_a_planned_repair_is_no_fault_but_a_norm_does_not_pay_for_its_hours(env):
    draw(env, "cold_water", "repair", "2026-10-03 08:00", "2026-10-04 20:30")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 1) == {}
    assert taken(env, OCTOBER, 3) == {"cold_water": [("quality.break_by_norm", -9_36)]}  # 193.38 x 36 / 744


def test_hot_water_of_fifty_degrees_costs_steps_by_day_and_night_on_both_components(env):
    draw(env, "hot_water", "temperature", "2026-10-05 06:00", "2026-10-06 06:00", Node("premise", 1), measured="50")
    calculate(env, OCTOBER)
    # by day 60 - 3 - 50 = 7 degrees are 2 steps for 19 h, by night 60 - 5 - 50 = 5 are 1 step for 5 h: 43 x 0.1 % = 4.3 %
    assert taken(env, OCTOBER, 1) == {
        "hot_water": [("quality.cold_hot_water", -7_74)], "hot_water_heat": [("quality.cold_hot_water", -21_93)],
    }
    assert taken(env, OCTOBER, 2) == {}  # the act is of the first flat


def test_hot_water_colder_than_forty_degrees_is_paid_as_cold(env):
    draw(env, "hot_water", "temperature", "2026-10-05 08:00", "2026-10-05 18:00", Node("premise", 1), measured="38")
    calculate(env, OCTOBER)
    # 3 m3 x 10 / 744 x (60 - 45.50); the heat of these hours is not paid: 510.00 x 10 / 744
    assert taken(env, OCTOBER, 1) == {
        "hot_water": [("quality.hours_as_cold", -58)], "hot_water_heat": [("quality.hours_unpaid", -6_85)],
    }


def test_rooms_colder_by_two_degrees_for_a_day(env):
    draw(env, "heating", "temperature", "2026-10-07 00:00", "2026-10-08 00:00", Node("premise", 1), measured="16", planned="18")
    calculate(env, OCTOBER)
    # night may be 3 degrees colder; by day 2 degrees x 19 h x 0.15 % = 5.7 % of 2500.00
    assert taken(env, OCTOBER, 1) == {"heating": [("quality.room_temperature", -142_50)]}


def test_pressure_composition_and_waste(env):
    draw(env, "cold_water", "pressure", "2026-10-10 00:00", "2026-10-11 00:00", measured="0.025")
    draw(env, "cold_water", "pressure", "2026-10-12 10:00", "2026-10-13 10:00", measured="0.02", number="13")
    draw(env, "hot_water", "composition", "2026-10-14 12:00", "2026-10-16 00:00", number="14")
    draw(env, "waste", "break", "2026-10-10 00:00", "2026-10-15 12:00", number="15")
    calculate(env, OCTOBER)
    found = taken(env, OCTOBER, 1)
    # 16.7 % off for 24 h: 2.4 % of 238.28 are 5.72; 33 % off on two days: 238.28 x 2 / 31 = 15.37
    assert found["cold_water"] == [("quality.pressure", -21_09)]
    assert found["hot_water"] == [("quality.days_unpaid", -11_61)]  # 180.00 x 2 / 31
    assert found["hot_water_heat"] == [("quality.days_unpaid", -32_90)]  # 510.00 x 2 / 31
    assert found["waste"] == [("quality.waste_break", -19_77)]  # 132 h less 72: two full days, 6.6 % of 299.58


def test_two_acts_over_one_another_count_once_and_a_line_never_falls_below_zero(env):
    change(env, "INSERT INTO entrance (house_id, number) VALUES (1, 1)")
    change(env, "UPDATE premise SET entrance_id = (SELECT max(id) FROM entrance) WHERE id = 3")
    entrance = scalar(env, "SELECT max(id) FROM entrance")
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 08:00")
    draw(env, "cold_water", "break", "2026-10-03 20:00", "2026-10-04 20:30", Node("premise", 1))
    draw(env, "cold_water", "composition", "2026-09-30 00:00", "2026-11-01 00:00", Node("entrance", entrance), number="13")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 1) == {"cold_water": [("quality.break", -10_01)]}  # 36 hours together
    rows = taken(env, OCTOBER, 3)["cold_water"]  # every day unpaid, and the break: the charge is all there is
    assert sum(amount for _, amount in rows) == -580_13
    assert rehearse(env, OCTOBER) is not None
    assert not {"recalculations", "reductions"} & set(red(env))


def test_an_outage_that_goes_on_reaches_the_months_end_and_its_end_is_told(env):
    district = scalar(env, "SELECT id FROM district")
    act = draw(env, "cold_water", "break", "2026-10-30 12:00", node=Node("district", district))
    calculate(env, OCTOBER)
    # 36 hours to the end of October
    assert taken(env, OCTOBER, 1) == {"cold_water": [("quality.break", -10_01)]}
    told = []
    with env.sessions.begin() as session:
        session.info[DISPATCHER] = lambda _session, event: told.append(event)
        acts.end(session, act, moment("2026-10-31 08:00"), reason="Вода подана", document="Акт о восстановлении", by=None)
    ended = next(event for event in told if isinstance(event, OutageEnded))
    assert (ended.node_kind, ended.house_id, ended.service_code) == ("district", None, "cold_water")
    month.rehearse(env, OCTOBER, processes=1)
    assert "late_facts" in red(env)
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 1) == {"cold_water": [("quality.break", -4_29)]}  # 20 h less 8: 1.8 % of 238.28


def test_an_act_learned_late_goes_into_the_open_month_and_closed_months_stand(env):
    close(env, SEPTEMBER)
    close(env, OCTOBER)
    act = draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    post(env)
    assert posted(env) == {1: -10_01, 2: -22_84, 3: -33_72}
    assert scalar(env, "SELECT DISTINCT reason FROM recalculation") == "Заявка жителя, акт № 12 от 03.10.2026"
    post(env)
    assert posted(env) == {1: -10_01, 2: -22_84, 3: -33_72}
    calculate(env, NOVEMBER)
    assert recalculation(env, 1, "cold_water", NOVEMBER) == -10_01
    with env.sessions.begin() as session:
        acts.cancel(session, act, reason="Составлен на чужой дом", document=None, by=None)
    post(env)
    assert posted(env) == {}
    close(env, NOVEMBER)
    assert list(verify(env.engine, [SEPTEMBER, OCTOBER, NOVEMBER])) == []


def test_an_act_known_in_time_is_not_posted_again_and_cancelled_later_is_charged_back(env):
    close(env, SEPTEMBER)
    act = draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    close(env, OCTOBER)
    post(env)
    assert posted(env) == {}
    with env.sessions.begin() as session:
        acts.cancel(session, act, reason="Составлен на чужой дом", document=None, by=None)
    post(env)
    assert posted(env) == {1: 10_01, 2: 22_84, 3: 33_72}


def post(env):
    with env.engine.begin() as connection:
        return replay(connection, CONSUMPTION)


def posted(env):
    with env.engine.connect() as connection:
        return dict(connection.execute(
            text("SELECT account_id, amount FROM recalculation WHERE period = :period"), {"period": NOVEMBER}
        ).all())


def test_an_account_opened_after_the_break_gets_nothing_of_it(env):
    change(env, "UPDATE account SET opened_on = '2026-10-10' WHERE id = 1")
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 1) == {}
    assert taken(env, OCTOBER, 3) != {}


def test_contradicting_acts_are_refused_with_both_named(env):
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    with pytest.raises(ContradictionError, match="№ 12 от 03.10.2026"):
        draw(env, "cold_water", "repair", "2026-10-04 20:00", "2026-10-04 22:00", number="13")
    for values, field in (
        ({"until": "2026-10-03 07:00"}, "until"), ({"until": "2099-01-01 00:00"}, "until"), ({"drawn_on": "2026-10-01"}, "drawn_on"),
        ({"measured": "5"}, "measured"),
    ):
        with pytest.raises(ActFault) as caught:
            draw(env, "gas", "break", "2026-10-03 08:00", **{"until": "2026-10-03 09:00", **values})
        assert caught.value.field == field
    with pytest.raises(ActFault) as caught:
        draw(env, "gas", "temperature", "2026-10-03 08:00", "2026-10-03 09:00", measured="5")
    assert caught.value.field == "service"
    with pytest.raises(ActFault, match="уже завершён"), env.sessions.begin() as session:
        acts.end(session, 1, dt.datetime(2026, 10, 5), reason="Подано", document=None, by=None)
    with pytest.raises(ActFault, match="Такого акта нет"), env.sessions.begin() as session:
        acts.cancel(session, 999, reason="Ошибка", document=None, by=None)


def test_the_bill_names_the_act_and_explains_every_step(env):
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30", drawn_on="2026-10-05")
    draw(env, "hot_water", "temperature", "2026-10-05 06:00", "2026-10-06 06:00", Node("premise", 1), measured="50", number="13")
    calculate(env, OCTOBER)
    with env.engine.connect() as connection:
        (receipt, *_) = receipts_of_house(connection, 1, OCTOBER)
        trace = HouseTrace(connection, 1, OCTOBER, CONSUMPTION)
        found = {trace.regimes.inputs.services[code]: code for code in ("cold_water", "hot_water", "hot_water_heat")}
        told = {found[number]: line for number, line in taken_off(connection, trace, 1).items()}
        words = list(explained(connection, "100001", OCTOBER, "cold_water", CONSUMPTION))
        paper = document(connection, trace, load_bill(connection, 1, OCTOBER))
        checked = check(paper)
    assert checked.holds and [len(line["taken_off"]) for line in paper["lines"] if line["service"] in told] == [1, 1, 1]
    assert [(row.ground, row.amount) for row in receipt.recalculations] == [
        ("Перерывы и качество услуги: акт № 12 от 05.10.2026.", -10_01),
        ("Перерывы и качество услуги: акт № 13 от 05.10.2026.", -7_74),
        ("Перерывы и качество услуги: акт № 13 от 05.10.2026.", -21_93),
    ]
    assert set(told) == {"cold_water", "hot_water", "hot_water_heat"} and all(line.matches for line in told.values())
    (part,) = told["cold_water"].parts
    assert part.paragraph == "пункт 98, приложение 1" and not part.is_cut
    assert "№ 12 от 05.10.2026" in part.grounds[0] and "с 03.10.2026 08:00 по 04.10.2026 20:30" in part.grounds[0]
    assert [(step.title, step.value) for step in part.steps] == [
        ("часов сверх допустимого", "28"), ("снижение", "4,2"), ("уменьшение платы", "10,01"),
    ]
    assert "  Перерыв сверх допустимого: −10,01 ₽" in words
    assert any("снижение = 28 × 0,15 = 4,2 %" in line for line in words)
    change(env, "UPDATE quality_act SET cancelled = true WHERE number = '12'")
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, 1, OCTOBER, CONSUMPTION)
        lines = taken_off(connection, trace, 1)
        words = list(explained(connection, "100001", OCTOBER, "cold_water", CONSUMPTION))
    assert not lines[trace.inputs.services["cold_water"]].matches
    assert any("акты или заявления изменились после расчёта" in line for line in words)


def test_a_cut_reduction_says_so_and_voltage_and_feeds_are_counted(env):
    draw(env, "electricity", "voltage", "2026-10-05 10:00", "2026-10-05 20:00")
    draw(env, "electricity", "break", "2026-10-07 10:00", "2026-10-07 15:00", number="13", feeds=2)
    draw(env, "cold_water", "composition", "2026-10-01 00:00", "2026-11-01 00:00", number="14")
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30", number="15")
    calculate(env, OCTOBER)
    # 100 kWh by day x 5.50: ten hours of voltage are 1.5 %, five less two of the break 0.45 %
    assert taken(env, OCTOBER, 1)["electricity_day"] == [("quality.break", -8_25), ("quality.break", -2_48)]
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, 1, OCTOBER, CONSUMPTION)
        line = taken_off(connection, trace, 1, trace.inputs.services["cold_water"])[trace.inputs.services["cold_water"]]
    assert line.amount == -238_28 and [part.is_cut for part in line.parts] == [False, True]


class Metering:
    """The contract as metering offers it."""

    dotted, save_dotted = CONSUMPTION, None


def test_the_end_of_an_outage_prepares_the_reduction_of_everybody_under_it(env, monkeypatch):
    """The job that the event orders calculates the houses again, and the rehearsal names the cause."""
    calculate(env, SEPTEMBER)
    calculate(env, OCTOBER)
    act = draw(env, "cold_water", "break", "2026-10-03 08:00")
    monkeypatch.setattr(outages, "find_contract", lambda *_: Metering)
    with env.sessions.begin() as session:
        session.info[DISPATCHER] = lambda own, event: isinstance(event, OutageEnded) and outages.outage_ended(own, event)
        acts.end(session, act, moment("2026-10-04 20:30"), reason="Вода подана", document=None, by=None)
        payload, job = session.execute(
            text("SELECT c.payload, c.job_id FROM job_chunk c JOIN job j ON j.id = c.job_id WHERE j.kind = :kind AND NOT c.final"),
            {"kind": outages.OUTAGE_JOB},
        ).one()
    assert payload == {"period": OCTOBER, "house": 1, "weight": 3}
    told, piece = JobInfo(job, outages.OUTAGE_JOB, "", {"act": act}), ChunkInfo(1, payload, 3, 1)
    with env.sessions.begin() as session:
        with pytest.raises(StartksError, match="startks worker"):
            outages.run_chunk(session, told, piece)
        session.info["registry"] = object()
        assert outages.run_chunk(session, told, piece) == {"accounts": 3, "amount": -(10_01 + 22_84 + 33_72)}
    assert recalculation(env, 1, "cold_water") == -10_01
    month.rehearse(env, OCTOBER, processes=1)
    assert found_groups(env)[Cause.REDUCTION]["change"] == -(10_01 + 22_84 + 33_72)
    assert "late_facts" not in red(env)  # the house knows the act by now, and nobody else lives under it
    draw(env, "hot_water", "break", "2026-10-05 08:00", "2026-10-06 08:00")
    month.rehearse(env, OCTOBER, processes=1)
    assert red(env)["late_facts"] == 1  # what came after the house was calculated by itself
    change(env, "UPDATE period SET frozen_at = now() WHERE id = 202610")
    with env.sessions.begin() as session:
        session.info["registry"] = object()
        assert outages.run_chunk(session, told, piece) == {"accounts": 0, "amount": 0}
        assert outages.finish(session, told) == {"accounts": 0, "amount": 0}
