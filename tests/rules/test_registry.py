"""The register of rules: one rule for a key on any day, stable numbers, plain arithmetic helpers."""

import inspect
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

import startks.domain.calc as calc
from startks.domain.calc import registry
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.numbers import choose, cut, kopecks, maximum, minimum, named, rounded
from startks.domain.calc.registry import (
    Input,
    all_rules,
    catalogue,
    coverage_faults,
    exact,
    rule,
    rule_by_id,
    rule_for,
)

DAY = date(2026, 5, 1)


def test_every_key_has_exactly_one_rule_on_every_day_from_2019_to_2027():
    assert coverage_faults(date(2019, 1, 1), date(2027, 12, 31)) == []


@pytest.fixture
def own_register(monkeypatch):
    monkeypatch.setattr(registry, "_load", lambda: None)
    monkeypatch.setattr(registry, "_BY_KEY", {})
    monkeypatch.setattr(registry, "_BY_ID", {})

    def enter(number, first, last=None, key="k"):
        return rule(
            id=number, key=key, title="t", act="a", paragraph="p", inputs=(), valid_from=first, valid_to=last, version=number
        )(lambda: {"volume": 1})

    return enter


def test_gaps_and_overlaps_are_found(own_register):
    own_register(1, date(2019, 1, 1), date(2020, 1, 1))
    own_register(2, date(2020, 1, 2), date(2021, 1, 1))
    own_register(3, date(2020, 12, 31))
    own_register(4, date(2019, 1, 1), key="whole")
    assert coverage_faults(date(2019, 1, 1), date(2019, 12, 31)) == []
    assert coverage_faults(date(2018, 12, 31), date(2019, 12, 31)) == ["k: 0 rules on 2018-12-31", "whole: 0 rules on 2018-12-31"]
    assert coverage_faults(date(2019, 12, 31), date(2020, 1, 1)) == ["k: 0 rules on 2020-01-01"]
    assert coverage_faults(date(2020, 1, 2), date(2021, 1, 1)) == ["k: 2 rules on 2020-12-31"]
    assert coverage_faults(date(2021, 1, 1), date(2021, 6, 1)) == []


def test_the_edition_in_force_is_found(own_register):
    first = own_register(1, date(2019, 1, 1), date(2020, 1, 1))
    second = own_register(2, date(2020, 1, 1))
    assert rule_for("k", date(2019, 12, 31)) is first
    assert rule_for("k", date(2020, 1, 1)) is second
    assert rule_by_id(1) is first
    assert [entry.id for entry in all_rules()] == [1, 2]
    with pytest.raises(CalculationError) as caught:
        rule_for("k", date(2018, 12, 31))
    assert caught.value.code == "no_rule"
    assert "31.12.2018" in caught.value.message


def test_numbers_are_small_and_taken_once(own_register):
    own_register(7, date(2019, 1, 1))
    for number in (7, 0, 2**15, -1):
        with pytest.raises(ValueError, match="rule id"):
            own_register(number, date(2019, 1, 1))
    assert own_register(2**15 - 1, date(2019, 1, 1)).id == 32767


def test_unknown_keys_and_numbers():
    with pytest.raises(CalculationError) as caught:
        rule_for("lottery", DAY)
    assert "lottery" in caught.value.message
    with pytest.raises(KeyError):
        rule_by_id(32000)


def test_numbers_of_rules_in_old_statements_do_not_change():
    """A change here breaks the explanation of every statement row already written."""
    known = {
        "cold_water.meter": 101, "sewerage.sum": 111, "cold_water.norm": 121, "cold_water.norm_raised": 141,
        "cold_water.average": 161, "hot_water_heat.meter": 201, "common.house": 301, "common.share": 311, "common.norm": 313,
        "heating.norm_season": 401, "heating.odpu_no_ipu_season": 411, "waste.persons": 501, "maintenance.area": 601,
        "capital_repair.area": 602, "rent.area": 603, "penalty.month_debt": 1001,
    }
    assert {key: rule_for(key, DAY).id for key in known} == known


def test_the_days_of_known_editions_do_not_move():
    """Number, key, edition and days of every rule as they were written down; a new rule or edition is added to the file."""
    known = [line.split() for line in (Path(__file__).parent / "editions.txt").read_text("utf-8").splitlines()]
    assert len(known) > 100
    for number, *written in known:
        entry = rule_by_id(int(number))
        assert [entry.key, str(entry.version), str(entry.valid_from), str(entry.valid_to or "-")] == written


@pytest.mark.parametrize("entry", all_rules(), ids=lambda entry: entry.key)
def test_a_rule_is_complete(entry):
    assert list(inspect.signature(entry.function).parameters) == [item.name for item in entry.inputs]
    assert entry.title
    assert entry.act
    assert entry.paragraph
    assert all(item.title and item.source and item.limit > 0 for item in entry.inputs)
    assert len({item.name for item in entry.inputs}) == len(entry.inputs)
    assert entry.function.__doc__
    values = {item.name: Fraction(1) for item in entry.inputs}
    assert set(entry.results(values)) == {output.name for output in entry.outputs}
    assert rule_by_id(entry.id) is entry


def test_a_rule_may_be_called_from_another():
    line = rule_for("cold_water.meter", DAY)(volume=Fraction(2), tariff=Fraction("10.005"))
    assert (line.volume, line.charge, line.excess) == (2, 2001, 0)


def test_the_catalogue_in_the_documentation_is_the_register():
    documented = " ".join(calc.__doc__.split())
    for line in catalogue():
        assert " ".join(line.split()) in documented, line
    assert catalogue([rule_for("cold_water.meter", DAY)]) == [
        "101 cold_water.meter: volume (6), tariff (6) -> volume (6), charge (0), excess (0)"
    ]


def test_bounds_of_an_input():
    assert Input("a", "а", "", 2, "x", limit=50).bounds == (0, 5000)
    assert Input("a", "а", "", 0, "x", limit=50, signed=True).bounds == (-50, 50)


@pytest.mark.parametrize("value", ["1.5", Fraction(3, 2), 1])
def test_exact_numbers(value):
    assert exact(value) == Fraction(value)


@pytest.mark.parametrize(
    ("roubles", "expected"),
    [("0.005", 1), ("-0.005", -1), ("0.0049", 0), ("-0.0049", 0), ("1.015", 102), ("2.675", 268), ("1.005", 101), ("0", 0)],
)
def test_kopecks_half_up_by_magnitude(roubles, expected):
    assert kopecks(Fraction(roubles)) == expected


def test_the_helpers_on_plain_numbers():
    assert rounded(Fraction(1, 8), 2) == Fraction(13, 100)
    assert rounded(Fraction(-1, 8), 2) == Fraction(-13, 100)
    assert cut(Fraction(129, 1000), 2) == Fraction(12, 100)
    assert cut(Fraction(-129, 1000), 2) == Fraction(-12, 100)
    assert cut(Fraction(7, 2)) == 3
    assert (minimum(1, 2), maximum(1, 2)) == (1, 2)
    assert (choose(True, 1, 2), choose(False, 1, 2)) == (1, 2)
    assert named(5, "x", "икс", "м³") == 5


def test_a_day_before_the_law_has_no_rule():
    since = min(entry.valid_from for entry in all_rules())
    key = next(entry.key for entry in all_rules() if entry.valid_from == since)
    with pytest.raises(CalculationError):
        rule_for(key, since - timedelta(days=1))
