"""The facts the town is made of: sourced, marked where they are estimates, and without gaps where they are needed."""

import datetime as dt
from collections import defaultdict

import numpy as np
import pytest

from startks.demo.connections import NO_CATEGORY, lines_of
from startks.demo.data import load
from startks.demo.plan import plan_town

FIRST, LAST = dt.date(2025, 6, 1), dt.date(2027, 12, 31)
CITIES = ("samara", "volgograd")


def spans(rows, key):
    """{key: [(from, until), …]} in order; a missing end is the end of time."""
    found = defaultdict(list)
    for row in rows:
        until = dt.date.fromisoformat(row["until"]) if row.get("until") else dt.date.max
        for service in row["services"]:
            found[key(row, service)].append((dt.date.fromisoformat(row["from"]), until))
    return {name: sorted(value) for name, value in found.items()}


TARIFFS = spans(load("tariffs")["tariffs"], lambda row, service: (row["city"], service, row["category"]))
NORMS = spans(
    load("norms")["norms"],
    lambda row, service: (
        row["city"], service, row["purpose"], row["category"], row.get("rooms", 0), row.get("residents", 0)
    ),
)


@pytest.mark.parametrize("book", [TARIFFS, NORMS], ids=["tariffs", "norms"])
def test_records_follow_one_another_without_gap_or_overlap(book):
    for key, steps in book.items():
        assert all(before[1] == after[0] for before, after in zip(steps, steps[1:], strict=False)), key


@pytest.mark.parametrize("city", CITIES)
def test_every_category_of_the_town_has_one_tariff_and_one_norm_a_month(city):
    """The engine takes what holds on the first day of a month; a change inside a month would leave the month with two."""
    needed = {line for plan in plan_town(city, 20_000, np.random.default_rng(3)) for line in lines_of(plan, city)}
    assert len({line.service for line in needed}) >= 15
    for line in needed:
        steps = TARIFFS[city, line.service, line.tariff]
        assert steps[0][0] <= FIRST and steps[-1][1] > LAST, line
        assert all(start.day == 1 for start, _ in steps), line
        for purpose, rooms in wanted_norms(line):
            rows = [key for key in NORMS if key[:4] == (city, line.service, purpose, line.norm)]
            assert rows, line
            assert len(rows) == (20 if rooms else 1)
            assert all(NORMS[key][0][0] <= FIRST and NORMS[key][-1][1] > LAST for key in rows)


def wanted_norms(line):
    """(purpose, by rooms and residents?) of the norms that a line of this method is charged by."""
    if line.method == "individual":
        return [("individual", line.service == "electricity")]
    if line.method.startswith(("waste", "heat.")) and line.method != "heat_of_water":
        return [("individual", False)]
    if line.method == "heat_of_water":
        return [("heat_per_m3", False)]
    if line.method.startswith("common") and not line.service.endswith("_heat"):
        return [("common", False)]
    return []


def test_dirty_houses_lack_what_their_dirt_says():
    plan = next(plan for plan in plan_town("samara", 3_000, np.random.default_rng(1)) if "heating" not in plan.meters and plan.series)
    plan.dirt = "no_norm_category"
    assert next(line for line in lines_of(plan, "samara") if line.service == "heating").norm == ""
    plan.dirt = "no_tariff_category"
    assert next(line for line in lines_of(plan, "samara") if line.service == "maintenance").tariff == NO_CATEGORY
    assert ("samara", "maintenance", NO_CATEGORY) not in TARIFFS


@pytest.mark.parametrize("name", ["tariffs", "norms", "housing_stock", "households", "calendar"])
def test_every_record_names_a_source_and_estimates_say_how_they_were_made(name):
    data = load(name)
    for part, rows in data.items():
        if not isinstance(rows, list):
            continue
        for row in rows:
            assert row["source"] in data["sources"], (part, row)
            assert isinstance(row["certain"], bool)
            if name in ("tariffs", "norms") and row["source"] == "own":
                assert row["certain"] is False
                assert row["note"]


def test_published_arithmetic_of_samara_holds():
    """790.10 × 0.091 / 12 = 5.99 ₽ a m², as the ministry announced."""
    tariff = next(row for row in load("tariffs")["tariffs"] if row["services"] == ["waste"] and row["value"] == "790.10")
    norm = next(row for row in load("norms")["norms"] if row["city"] == "samara" and row["category"] == "многоквартирные дома")
    assert round(float(tariff["value"]) * float(norm["value"]) / 12, 2) == 5.99


@pytest.mark.parametrize(("year", "working_days"), [(2025, 247), (2026, 247)])
def test_the_calendar_counts_working_days_as_the_decrees_do(year, working_days):
    row = next(row for row in load("calendar")["years"] if row["year"] == year)
    days = 366 if year % 4 == 0 else 365
    assert days - len(set(row["days_off"])) == working_days


def test_invented_organisations_bear_no_public_name():
    text = str(load("organisations"))
    for public in ("Т Плюс", "Самараэнерго", "Самарские коммунальные", "Экология", "Концессии", "Газпром", "Жилищник", "Сбер"):
        assert public not in text


def test_parameters_of_one_code_never_overlap():
    found = defaultdict(list)
    for row in load("parameters")["parameters"]:
        found[row["code"], row.get("city")].append((row["from"], row["until"] or "9999"))
    for key, steps in found.items():
        steps.sort()
        assert all(before[1] <= after[0] for before, after in zip(steps, steps[1:], strict=False)), key
    due = [(row["value"], row["from"]) for row in load("parameters")["parameters"] if row["code"] == "due_day"]
    assert due == [("10", "2005-03-01"), ("15", "2026-03-01")]
    raising = {row["from"]: row["value"] for row in load("parameters")["parameters"] if row["code"] == "raising_coefficient.cold_water"}
    assert raising["2026-01-01"] == "3"
