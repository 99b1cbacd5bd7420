"""Benefits as properties: never above the line, days add up, the largest of several day by day, one kopeck half-up."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.domain.calc.interpret import apply_bulk, apply_reference
from startks.domain.calc.registry import rule_for
from startks.modules.billing.calculation.benefits import _based, _best

DAY = date(2026, 10, 1)
RULES = {name: rule_for(f"benefit.line_{name}", DAY) for name in ("whole", "area", "norm", "repair")}
PEOPLE = st.integers(1, 7)


@st.composite
def lines(draw):
    """A line of a month of 31 days with people who live there and days of those who have a benefit."""
    people = draw(PEOPLE)
    person_days = draw(st.integers(people, people * 31))
    return {
        "base": draw(st.integers(-10_000_00, 100_000_00)), "person_days": person_days,
        "benefit_days": draw(st.integers(1, person_days)), "percent": draw(st.integers(1, 100)) * 1_000_000,
        "area": draw(st.integers(100, 30_000)), "social_norm": draw(st.sampled_from([33, 21, 18])) * 1_000_000,
        "days_charged": draw(st.integers(1, 31)), "month_days": 31, "own_volume": draw(st.integers(0, 10**9)),
        "norm": draw(st.integers(0, 10**8)), "rate": draw(st.integers(1, 10**8)), "least_rate": draw(st.integers(1, 10**8)),
    }


def given_by(name, line):
    rule = RULES[name]
    columns = {item.name: [line[item.name]] for item in rule.inputs}
    return apply_bulk(rule, pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64)))["benefit"][0]


@settings(max_examples=150, deadline=None)
@given(line=lines(), name=st.sampled_from(sorted(RULES)))
def test_never_above_the_line_and_half_up(line, name):
    benefit = given_by(name, line)
    assert abs(benefit) <= abs(line["base"])
    assert benefit == 0 or (benefit > 0) == (line["base"] > 0)
    rule = RULES[name]
    exact = apply_reference(rule, {item.name: Fraction(line[item.name], 10**item.decimals) for item in rule.inputs})
    assert exact["benefit"] == benefit


@settings(max_examples=100, deadline=None)
@given(line=lines(), name=st.sampled_from(sorted(RULES)))
def test_all_of_all_people_within_the_norms_is_the_line_itself(line, name):
    line |= {"percent": 100_000_000, "benefit_days": line["person_days"], "social_norm": 10**9, "norm": 10**9,
             "own_volume": 1, "area": 1, "rate": 5, "least_rate": 9}  # fmt: skip
    assert given_by(name, line) == line["base"]


@settings(max_examples=100, deadline=None)
@given(line=lines(), name=st.sampled_from(sorted(RULES)), part=st.integers(0, 100))
def test_parts_of_the_days_add_up_to_a_kopeck(line, name, part):
    days = line["benefit_days"]
    first = days * part // 100
    whole = given_by(name, line)
    pieces = [given_by(name, {**line, "benefit_days": some}) for some in (first, days - first) if some]
    assert abs(sum(pieces) - whole) <= 1


@pytest.mark.parametrize(("base", "percent", "expected"), [(1, 50, 1), (-1, 50, -1), (3, 50, 2), (1, 49, 0), (177_590, 5, 8880)])
def test_ties_go_away_from_nought(base, percent, expected):
    assert given_by("whole", {"base": base, "person_days": 31, "benefit_days": 31, "percent": percent * 1_000_000}) == expected


CLAIM = {"account_id": pl.Int32, "bundle": pl.Int64, "person_id": pl.Int32, "category_id": pl.Int32, "family": pl.Boolean,
         "percent": pl.Int64, "stay": pl.UInt32, "days": pl.Int64}  # fmt: skip
DAYS = st.integers(1, 2**31 - 1)
"""Days of a month as bits."""


def best(rows, stays):
    """Person-days by (bundle, person, category); person n lives there by the n-th of ``stays``."""
    living = pl.DataFrame({"account_id": 1, "stay": range(len(stays)), "lived": stays},
                          schema={"account_id": pl.Int32, "stay": pl.UInt32, "lived": pl.Int64})  # fmt: skip
    found = _best(pl.DataFrame(rows, schema=CLAIM, orient="row"), living)
    return {row[:3]: row[3] for row in found.select("bundle", "person_id", "category_id", "benefit_days").iter_rows()}


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_largest_of_several_is_taken_day_by_day(data):
    """Rights of up to three people for two bundles of services, own ones and ones for the whole family."""
    stays = data.draw(st.lists(DAYS, min_size=1, max_size=3))
    rows = []
    for person, category in data.draw(st.sets(st.tuples(st.integers(0, len(stays) - 1), st.integers(1, 4)), min_size=1)):
        held = data.draw(DAYS) & stays[person]
        for bundle in data.draw(st.sets(st.integers(0, 1), min_size=1)) if held else ():
            percent = data.draw(st.sampled_from([30, 50, 100])) * 1_000_000
            rows.append((1, bundle, person, category, data.draw(st.booleans()), percent, person, held))
    wanted: dict[tuple[int, int, int], int] = {}
    for bundle in (0, 1):
        for beneficiary, lived in enumerate(stays):
            for day in (1 << number for number in range(31)):
                holding = [
                    (-percent, person, category) for _, of, person, category, family, percent, _, held in rows
                    if of == bundle and (family or person == beneficiary) and held & lived & day
                ]  # fmt: skip
                if holding:
                    winner = (bundle, *min(holding)[1:])
                    wanted[winner] = wanted.get(winner, 0) + 1
    assert best(rows, stays) == wanted


def test_the_order_of_the_rights_does_not_matter():
    month = 2**31 - 1
    rows = [(1, 0, 0, 1, False, 50_000_000, 0, month), (1, 0, 0, 2, False, 50_000_000, 0, month >> 5)]
    assert best(rows, [month]) == best(rows[::-1], [month]) == {(0, 0, 1): 31}


CHARGED = {"house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "charge": pl.Int64,
           "excess": pl.Int64, "volume": pl.Int64, "tariff": pl.Int64}  # fmt: skip
KEYS = st.tuples(st.just(1), st.integers(10, 13), st.integers(1, 2), st.integers(1, 2))
PART = st.dictionaries(KEYS, st.tuples(st.none() | st.integers(0, 900), st.integers(0, 100), st.integers(0, 9), st.integers(1, 9)))


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(PART, min_size=1, max_size=3), entitled=st.sets(st.integers(10, 13), min_size=1), data=st.data())
def test_a_line_bears_a_benefit_on_all_its_rules_charged_less_what_was_taken_off(parts, entitled, data):
    """Accounts 10 to 13; a line may be charged by several rules, one of them without a result, and be reduced by an act."""
    charged: dict[tuple[int, int, int, int], list[tuple[int, int, int]]] = {}
    for part in parts:
        for key, (charge, excess, volume, rate) in part.items():
            if charge is not None and key[1] in entitled:
                charged.setdefault(key, []).append((charge - excess, volume, rate))
    off = {key: -data.draw(st.integers(1, 2000)) for key in sorted(charged) if data.draw(st.booleans())}
    found = _based(
        pl.DataFrame([key + row for part in parts for key, row in part.items()], schema=CHARGED, orient="row"),
        SimpleNamespace(homes=pl.DataFrame({"account_id": range(10, 14)}, schema={"account_id": pl.Int32})),
        pl.DataFrame({"account_id": sorted(entitled)}, schema={"account_id": pl.Int32}),
        pl.DataFrame([(*key, amount) for key, amount in off.items()],
                     schema={**dict(list(CHARGED.items())[:4]), "recalculation": pl.Int64}, orient="row"),
    )  # fmt: skip
    wanted = {}
    for key, pieces in charged.items():
        bases, volumes, rates = zip(*pieces, strict=True)
        base = max(sum(bases) + off[key], 0) if key in off else sum(bases)
        wanted[key] = (base, sum(volumes), max(rates))
    assert {row[:4]: row[4:] for row in found.iter_rows()} == wanted
