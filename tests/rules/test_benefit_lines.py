"""Benefits as properties: never above the line, days add up, the largest of several day by day, one kopeck half-up."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.domain.calc.interpret import apply_bulk, apply_reference
from startks.domain.calc.registry import rule_for
from startks.modules.billing.calculation.benefits import _best

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


CLAIM = {"account_id": pl.Int32, "service_id": pl.Int16, "person_id": pl.Int32, "category_id": pl.Int32,
         "beneficiary": pl.Int32, "percent": pl.Int64, "bound": pl.String, "is_discount": pl.Boolean, "first": pl.Int32,
         "last": pl.Int32}  # fmt: skip


@st.composite
def claims(draw):
    """Rights of a few people for one service; a category has one percent and one person holds it once."""
    rows = []
    for category in range(1, draw(st.integers(2, 4))):
        percent = draw(st.sampled_from([30, 50, 100])) * 1_000_000
        holder = draw(st.integers(1, 2))
        for beneficiary in draw(st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True)):
            first = draw(st.integers(0, 30))
            rows.append((1, 1, holder, category, beneficiary, percent, "none", True, first, draw(st.integers(first, 30))))
    return rows


@settings(max_examples=150, deadline=None)
@given(rows=claims())
def test_the_largest_of_several_is_taken_day_by_day(rows):
    best = _best(pl.DataFrame(rows, schema=CLAIM, orient="row"))
    wanted: dict[tuple[int, int], int] = {}
    for beneficiary in {row[4] for row in rows}:
        for day in range(31):
            holding = [row for row in rows if row[4] == beneficiary and row[8] <= day <= row[9]]
            if holding:
                winner = min(holding, key=lambda row: (-row[5], row[2], row[3]))
                wanted[winner[2], winner[3]] = wanted.get((winner[2], winner[3]), 0) + 1
    found = {(row["person_id"], row["category_id"]): row["benefit_days"] for row in best.iter_rows(named=True)}
    assert found == wanted


def test_the_order_of_the_rights_does_not_matter():
    rows = [(1, 1, 1, 1, 1, 50_000_000, "none", True, 0, 30), (1, 1, 1, 2, 1, 50_000_000, "none", False, 5, 20)]
    forward, backward = (_best(pl.DataFrame(order, schema=CLAIM, orient="row")).sort("category_id") for order in (rows, rows[::-1]))
    assert forward.equals(backward) and forward["benefit_days"].to_list() == [31]
