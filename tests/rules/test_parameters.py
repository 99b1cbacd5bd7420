"""Figures of the law: dated, sourced, without gaps and overlaps."""

from datetime import date
from fractions import Fraction

import pytest

from startks.domain.calc import parameters
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.parameters import history, names, parameter, settled_until, value


@pytest.mark.parametrize("name", names())
def test_a_figure_is_complete(name):
    rows = history(name)
    assert all(row.name == name and row.title and row.act and row.paragraph for row in rows)
    assert all(row.valid_to is None or row.valid_from < row.valid_to for row in rows)
    assert all(before.valid_to is not None and before.valid_to <= after.valid_from for before, after in zip(rows, rows[1:], strict=False))
    assert all(row.certain or row.note for row in rows)


@pytest.mark.parametrize("name", [name for name in names() if name != "penalty.moratorium"])
def test_a_figure_has_no_gap(name):
    rows = history(name)
    assert all(before.valid_to == after.valid_from for before, after in zip(rows, rows[1:], strict=False))


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("raising_coefficient.cold_water", date(2025, 12, 31), "1.5"), ("raising_coefficient.cold_water", date(2026, 1, 1), "3"),
        ("raising_coefficient.hot_water", date(2026, 1, 1), "1.5"), ("raising_coefficient.electricity", date(2024, 1, 1), "1.5"),
        ("raising_coefficient.sewerage", date(2026, 1, 1), "1"), ("raising_coefficient.gas", date(2026, 1, 1), "1"),
        ("penalty.key_rate", date(2022, 2, 27), "9.5"), ("penalty.key_rate", date(2022, 2, 28), "20"),
        ("penalty.key_rate", date(2020, 9, 1), "4.25"), ("penalty.key_rate", date(2016, 1, 1), "11"),
        ("penalty.key_rate", date(2025, 6, 8), "21"), ("penalty.key_rate", date(2025, 12, 22), "16"),
        ("due.payment_day", date(2026, 2, 28), "10"), ("due.payment_day", date(2026, 3, 1), "15"),
        ("due.document_day", date(2026, 2, 28), "1"), ("due.document_day", date(2026, 3, 1), "5"),
        ("quality.allowed_hours.heating", date(2026, 1, 1), "24"), ("quality.waste_percent_per_day", date(2026, 1, 1), "3.3"),
    ],
)
def test_known_values(name, day, expected):
    assert value(name, day) == Fraction(expected)


def test_lists_of_values():
    assert parameter("electricity.band_limits_max", date(2026, 1, 1)).values == (3900, 6000)
    assert len(parameter("electricity.zones_two", date(2026, 1, 1)).raw) == 24


def test_a_day_without_a_value_is_refused():
    with pytest.raises(CalculationError) as caught:
        value("penalty.key_rate", date(2015, 12, 31))
    assert caught.value.code == "no_parameter"
    assert "31.12.2015" in caught.value.message
    with pytest.raises(CalculationError):
        value("penalty.rate_cap", date(2027, 1, 1))
    with pytest.raises(KeyError):
        value("lottery", date(2026, 1, 1))


def test_the_operator_can_be_warned_before_a_figure_ends():
    assert settled_until("penalty.rate_cap") == date(2027, 1, 1)
    assert settled_until("penalty.key_rate") is None


def test_every_file_of_figures_is_read():
    assert {"penalty.key_rate", "subsidy.months", "quality.room_percent", "average.max_periods"} <= set(names())
    assert parameters.__doc__
