"""Hours and days of acts: minutes that lie over one another, night and day, what hides what. Worked by hand."""

import datetime as dt
from fractions import Fraction

import pytest

from startks.modules.billing.calculation.act_hours import (
    Act,
    Finding,
    days,
    deviation_percent,
    findings,
    minutes,
    night_minutes,
    without,
)

OCTOBER = dt.date(2026, 10, 1)
WHOLE = (0, 31 * 1440)


def act(number, kind, since, until, **more):
    """An act of hours of the month."""
    return Act(number, kind, int(since * 60), int(until * 60), **{
        name: Fraction(value) if isinstance(value, str) else value for name, value in more.items()
    })


def meant(service, *acts, open_span=WHOLE):
    return findings(service, acts, OCTOBER, open_span)


@pytest.mark.parametrize(
    ("spans", "taken", "left"),
    [
        ([(0, 10)], [], [(0, 10)]),
        ([(0, 10)], [(3, 5)], [(0, 3), (5, 10)]),
        ([(0, 10)], [(0, 10)], []),
        ([(0, 10)], [(-5, 2), (8, 20)], [(2, 8)]),
        ([(0, 10), (20, 30)], [(5, 25)], [(0, 5), (25, 30)]),
    ],
)
def test_spans_without_others(spans, taken, left):
    assert without(spans, taken) == left
    assert minutes(left) <= minutes(spans)


def test_night_is_from_midnight_to_five_of_every_day():
    assert night_minutes([(6 * 60, 30 * 60)]) == 300
    assert night_minutes([(60, 120)]) == 60
    assert night_minutes([(5 * 60, 24 * 60)]) == 0
    assert night_minutes([(0, 3 * 1440)]) == 900


def test_days_are_those_that_are_touched():
    assert days([(0, 1440)]) == 1
    assert days([(1439, 1441)]) == 2
    assert days([(0, 60), (120, 180), (1440, 1500)]) == 2


def test_breaks_are_joined_cut_to_whole_hours_and_to_the_days_of_the_account():
    acts = act(1, "break", 10, 20.5), act(2, "break", 20, 30.75)
    assert meant("cold_water", *acts) == [
        Finding("break", {"missing_hours": 20, "hours": 20, "allowed_hours": 8}, (1, 2))
    ]
    assert meant("cold_water", *acts, open_span=(24 * 60, 48 * 60))[0].numbers["hours"] == 6
    assert meant("cold_water", *acts, open_span=(48 * 60, 72 * 60)) == []
    assert meant("cold_water", act(1, "break", 10, 10.9)) == []


def test_a_repair_and_an_accident_on_a_dead_end_main_are_counted_apart():
    found = meant("cold_water", act(1, "break", 0, 10), act(2, "break", 20, 50, dead_end=True), act(3, "repair", 60, 70))
    assert [(one.what, one.numbers["hours"], one.numbers["allowed_hours"]) for one in found] == [
        ("break", 10, 8), ("break", 30, 24), ("repair", 0, 8)
    ]
    assert meant("electricity", act(1, "break", 0, 10, feeds=2))[0].numbers["allowed_hours"] == 2


def test_a_break_hides_the_cold_water_in_it_and_the_nearest_act_the_others():
    # 8 hours of cold by day, of them 2 without any; the flat's own act says one degree less in 2 of the rest
    found = meant(
        "hot_water", act(1, "temperature", 8, 16, measured="53", rank=2), act(2, "break", 8, 10),
        act(3, "temperature", 14, 16, measured="48", rank=0),
    )
    assert found[1] == Finding("temperature", {"step_hours": 4 * 1 + 2 * 3}, (1, 3))


def test_water_below_forty_is_counted_apart_and_warm_water_not_at_all():
    found = meant("hot_water", act(1, "temperature", 8, 18, measured="39.9"), act(2, "temperature", 30, 40, measured="50"))
    # hours 30 to 40 are six to sixteen of the next day: 7 degrees beyond are two steps
    assert found == [Finding("temperature", {"step_hours": 20}, (2,)), Finding("as_cold", {"hours": 10}, (1,))]
    assert meant("hot_water", act(1, "temperature", 8, 18, measured="58")) == []
    assert meant("hot_water", act(1, "temperature", 8, 8.5, measured="30")) == []


def test_rooms_by_whole_degrees():
    assert meant("heating", act(1, "temperature", 0, 24, measured="16.5", planned="18")) == [
        Finding("air", {"degree_hours": 19}, (1,))
    ]
    assert meant("heating", act(1, "temperature", 0, 24, measured="18", planned="18")) == []


def test_pressure_by_hours_by_days_or_not_at_all():
    assert meant("cold_water", act(1, "pressure", 0, 24, measured="0.025"), act(2, "pressure", 30, 50, measured="0.02")) == [
        Finding("pressure", {"hours": 24, "days_over": 2}, (1, 2))
    ]
    assert meant("cold_water", act(1, "pressure", 0, 24, measured="0.3")) == []
    assert meant("heating", act(1, "pressure", 0, 24, measured="0.5", planned="0.6")) == []
    assert meant("heating", act(1, "pressure", 0, 24, measured="0.3", planned="0.6")) == [Finding("days", {"days": 1}, (1,))]
    assert deviation_percent("hot_water", act(1, "pressure", 0, 1, measured="0.54"), OCTOBER) == 20
    assert deviation_percent("gas", act(1, "pressure", 0, 1, measured="0.0009"), OCTOBER) == 25


def test_voltage_and_composition():
    assert meant("electricity", act(1, "voltage", 0, 5.5)) == [Finding("voltage", {"hours": 5, "allowed_hours": 0}, (1,))]
    assert meant("electricity", act(1, "voltage", 0, 0.5)) == []
    # a day of bad water is one although there was none for an hour
    found = meant("cold_water", act(1, "composition", 0, 48), act(2, "break", 10, 11))
    assert [one.what for one in found] == ["break", "days"] and found[1].numbers == {"days": 2}
