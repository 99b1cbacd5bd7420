"""Temporary absence in the month of the house that is calculated by hand (October 2026)."""

from __future__ import annotations

import datetime as dt

import pytest

from startks.domain.facts.errors import ContradictionError
from startks.domain.reductions import absences
from startks.domain.reductions.acts import ActFault
from startks.modules.billing.replay.services import replay
from startks.scripts.period import CONSUMPTION
from tests.factories.acts import away, draw, taken
from tests.factories.month_life import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    calculate,
    change,
    close,
    red,
    rehearse,
    scalar,
    small_house,
)
from tests.factories.small_house import ALWAYS, SERVICE


@pytest.fixture
def env(fresh_database):
    """The house; an act says that flat 3 cannot have a meter of cold water."""
    with small_house(fresh_database) as env:
        change(env, "INSERT INTO meter_infeasibility (account_id, service_id, act, valid) VALUES (3, :service, 'Акт 7', :always)",
               service=SERVICE["cold_water"], always=ALWAYS)
        yield env


def post(env):
    with env.engine.begin() as connection:
        replay(connection, CONSUMPTION)
    return scalar(env, "SELECT coalesce(sum(amount), 0) FROM recalculation WHERE period = 202611")


SEVENTEEN = {
    "cold_water": [("absence.by_norm", -106_04)],  # 4.25 x 17 / 31 x 45.50
    "sewerage": [("absence.by_norm", -69_92)],  # the same water x 30
    "waste": [("absence.waste", -131_43)],  # 239.66 x 17 / 31
}


def test_seventeen_full_days_are_taken_off_water_by_norm_sewerage_and_waste(env):
    away(env, 3, 3, "2026-10-02", "2026-10-20")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 3) == SEVENTEEN  # hot water may have a meter: it stays; so does electricity
    rehearse(env, OCTOBER)
    assert not {"recalculations", "reductions"} & set(red(env))


def test_a_feasible_meter_gives_no_right(env):
    away(env, 2, 2, "2026-10-12", "2026-10-31")
    calculate(env, OCTOBER)
    assert set(taken(env, OCTOBER, 2)) == {"waste"}


def test_absence_comes_first_and_a_break_after_it_never_below_zero(env):
    away(env, 3, 3, "2026-09-20", "2026-11-02")
    draw(env, "cold_water", "break", "2026-10-03 08:00", "2026-10-04 20:30")
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 3)["cold_water"] == [("absence.by_norm", -193_38)]  # all of it


def test_days_are_those_of_each_month_and_six_months_at_most_ahead(env):
    away(env, 3, 3, "2026-04-10")
    calculate(env, OCTOBER)
    # from 11 April to 9 October: nine days of October
    assert taken(env, OCTOBER, 3)["cold_water"] == [("absence.by_norm", -56_14)]


def test_a_late_application_is_replayed_and_one_without_proof_is_charged_back(env):
    close(env, SEPTEMBER)
    close(env, OCTOBER)
    absence = away(env, 3, 3, "2026-10-02", "2026-10-20", "2026-11-10")
    assert post(env) == -(106_04 + 69_92 + 131_43)
    with env.sessions.begin() as session:
        absences.withdraw(session, absence, reason="Документы не представлены", by=None)
    assert post(env) == 0


def test_a_return_ends_what_was_given_ahead(env):
    absence = away(env, 3, 3, "2026-10-02")
    close(env, SEPTEMBER)
    close(env, OCTOBER)
    assert taken(env, OCTOBER, 3)["cold_water"] == [("absence.by_norm", -180_90)]  # 29 days
    with env.sessions.begin() as session:
        absences.returned(session, absence, dt.date(2026, 10, 20), papers="Билеты", reason="Вернулся", by=None)
    post(env)
    assert scalar(env, "SELECT amount FROM recalculation WHERE service_id = :service AND for_period = 202610",
                  service=SERVICE["cold_water"]) == 180_90 - 106_04
    calculate(env, NOVEMBER)
    assert taken(env, NOVEMBER, 3) == {}


def test_a_return_too_early_takes_the_right_away(env):
    absence = away(env, 3, 3, "2026-10-02")
    with env.sessions.begin() as session:
        row = absences.returned(session, absence, dt.date(2026, 10, 5), papers=None, reason="Вернулся", by=None)
        assert (row.decision, row.returned_on) == ("refused", dt.date(2026, 10, 5))
    calculate(env, OCTOBER)
    assert taken(env, OCTOBER, 3) == {}


def test_what_cannot_be_is_refused_with_the_way_out(env):
    for left, returned, applied, field in (
        ("2026-10-20", "2026-10-02", None, "returned_on"),
        ("2026-10-02", "2026-10-08", None, "returned_on"),  # five full days
        ("2026-08-02", "2026-08-20", "2026-10-20", "grounds"),  # later than 30 days
    ):
        with pytest.raises(ActFault) as caught:
            away(env, 3, 3, left, returned, applied)
        assert caught.value.field == field
    with pytest.raises(ActFault) as caught:
        away(env, 3, 3, "2026-10-02", "2026-10-20", decision="refused")
    assert caught.value.field == "grounds"
    with pytest.raises(ActFault) as caught:
        away(env, 3, 1, "2026-10-02", "2026-10-20")
    assert caught.value.field == "person_id"
    away(env, 3, 3, "2026-08-02", "2026-08-20", "2026-10-20", grounds="Болел до 01.10.2026, справка 17")
    away(env, 3, 3, "2026-10-02", "2026-10-20")
    with pytest.raises(ContradictionError, match=r"02\.10\.2026"):
        away(env, 3, 3, "2026-10-10", "2026-10-30")
