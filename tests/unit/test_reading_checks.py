"""What speaks against a reading: every channel asks the same function."""

import dataclasses
import datetime as dt

import pytest

from startks.modules.metering.readings.checks import MICRO, Register, check, parse, say, used

TODAY = dt.date(2026, 11, 24)
DIAL = Register(
    meter_id=17, zone=0, serial="12345", resource="cold_water", service="Холодная вода", unit="m3", digits=5,
    installed_on=dt.date(2022, 3, 1), removed_on=None, house_id=1, account_id=5, account="100", premise="12",
    previous_day=dt.date(2026, 10, 24), previous=100 * MICRO, older_day=dt.date(2026, 4, 24), older=70 * MICRO,
)  # fmt: skip


def codes(value, day=TODAY, turned=False, **changes):
    return [found.code for found in check(dataclasses.replace(DIAL, **changes), day, value * MICRO, today=TODAY, turned=turned)]


def test_an_ordinary_reading_has_nothing_against_it():
    assert codes(105) == []
    assert codes(100) == []  # nobody was at home


@pytest.mark.parametrize(
    ("value", "changes", "code"),
    [
        (99, {}, "below_previous"),
        (-1, {}, "negative"),
        (100_000, {}, "extra_digit"),
        (1_050, {}, "unusual"),
        (106, {"next": 105 * MICRO, "next_day": dt.date(2026, 11, 25)}, "above_next"),
        (106, {"same": 104 * MICRO}, "repeated"),
        (106, {"removed_on": dt.date(2026, 11, 1)}, "after_removed"),
    ],
)
def test_what_is_wrong_is_named(value, changes, code):
    assert codes(value, **changes) == [code]


def test_days_outside_the_life_of_the_meter():
    assert codes(105, day=TODAY + dt.timedelta(days=1)) == ["future"]
    assert codes(105, day=dt.date(2022, 2, 28), previous=None, previous_day=None) == ["before_installed"]


def test_the_dial_through_zero_is_said_on_purpose_and_must_be_likely():
    near_the_end = {"previous": 99_990 * MICRO, "older": 99_960 * MICRO}
    assert codes(4, **near_the_end) == ["below_previous"]
    assert codes(4, turned=True, **near_the_end) == []
    assert used(dataclasses.replace(DIAL, **near_the_end), 4 * MICRO, turned=True) == 14 * MICRO
    assert codes(99, turned=True) == ["no_turn"]  # almost a whole turn in a month
    assert codes(105, turned=True) == ["no_turn"]  # not below the previous one


def test_a_known_turn_between_the_readings_needs_no_new_word():
    assert check(dataclasses.replace(DIAL, previous=99_990 * MICRO, older=None, turned=True), TODAY, 5 * MICRO, today=TODAY) == []


def test_months_without_a_reading_are_counted_before_a_use_is_called_unusual():
    assert codes(190, previous_day=dt.date(2026, 5, 1), older_day=dt.date(2025, 11, 1)) == []


def test_a_house_meter_is_never_called_unusual():
    assert codes(9_000, account_id=None) == []


@pytest.mark.parametrize("typed", ["", "12,3,4", "abc", "1e5", "12,1234567", "=1+1", "-"])
def test_what_is_not_a_number_is_refused_in_russian(typed):
    with pytest.raises(ValueError, match="[а-я]"):
        parse(typed)


def test_numbers_are_exact():
    assert parse("1 234,567") == 1_234_567_000
    assert say(1_234_567_000, "m3") == "1\u00a0234,567\u00a0м³"
