"""Causes of changed lines, tried one at a time on two months made up for it; and the parts always sum to the whole."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from startks.domain.calc.registry import all_rules
from startks.modules.billing.rehearsal.causes import ORDER, WORDS, Cause
from startks.modules.billing.rehearsal.compare import compare, families, groups

NOW, BEFORE = 202605, 202604
SERVICES = {"maintenance": 1, "capital_repair": 2, "rent": 3, "cold_water": 9, "hot_water": 10, "hot_water_heat": 11,
            "sewerage": 12, "electricity": 13, "electricity_day": 14, "electricity_night": 15, "heating": 17, "waste": 18,
            "soi_cold_water": 19}
RULE = {rule.key: rule.id for rule in all_rules()}
LINE = {"account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "house_id": pl.Int32, "rule_id": pl.Int16, "volume": pl.Int64,
        "tariff": pl.Int64, "charge": pl.Int64, "recalculation": pl.Int64, "benefit": pl.Int64, "penalty": pl.Int64}
MARKS = {"account_id": pl.Int32, "opened": pl.Boolean, "closed": pl.Boolean, "residents": pl.Boolean, "area": pl.Boolean}
LINE_MARKS = {"account_id": pl.Int32, "service_id": pl.Int16, "connection": pl.Boolean, "error": pl.Boolean}


def line(service, rule, volume=5_000_000, tariff=40_000_000, charge=20_000, account=1, **more):
    """A line of a bill; volume and tariff in millionths, money in kopecks; ``reduction``: part of its recalculation."""
    values = {"account_id": account, "service_id": SERVICES[service], "supplier_id": 1, "house_id": 1, "rule_id": RULE.get(rule, 0),
              "volume": volume, "tariff": tariff, "charge": charge, "recalculation": 0, "benefit": 0, "penalty": 0}
    return {**values, **more}


class Months:
    """Answers the queries of a comparison from what a test gives."""

    def __init__(self, before=(), now=(), **facts):
        self.months = {BEFORE: list(before), NOW: list(now)}
        self.facts = facts

    def __call__(self, sql):
        flat = " ".join(sql.split())
        if flat.startswith("SELECT account_id, service_id, supplier_id, house_id, rule_id"):
            month = next(month for month in self.months if f"period = {month} " in flat)
            return pl.DataFrame(self.months[month], schema=LINE)
        if "FROM reduction" in flat:
            month = next(month for month in self.months if f"period = {month} " in flat)
            columns = {"account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "reduction": pl.Int64}
            rows = [{name: row[name] for name in columns} for row in self.months[month] if row.get("reduction")]
            return pl.DataFrame(rows, schema=columns)
        if "bool_or(what = 3) AS residents" in flat:
            return self._marks(MARKS, self.facts.get("account", {}))
        if "bool_or(what = 1) AS connection" in flat:
            return self._marks(LINE_MARKS, self.facts.get("line", {}))
        if "FROM house_area" in flat:
            return pl.DataFrame({"house_id": [1] if self.facts.get("house_area") else []}, schema={"house_id": pl.Int32})
        if "FROM norm" in flat:
            return pl.DataFrame({"service_id": [SERVICES[code] for code in self.facts.get("norms", ())]},
                                schema={"service_id": pl.Int16})
        if "FROM parameter" in flat:
            return self._some("coefficient")
        if "FROM heating_season" in flat:
            heated = self.facts.get("heated", {}).get(NOW if "2026-06-01" in flat else BEFORE, False)
            return pl.DataFrame({"one": [1] if heated else []}, schema={"one": pl.Int32})
        if flat.startswith("SELECT code, id FROM service"):
            return pl.DataFrame({"code": list(SERVICES), "id": list(SERVICES.values())},
                                schema={"code": pl.String, "id": pl.Int16})
        if "AS usual" in flat:
            return pl.DataFrame(self.facts.get("usual", []), schema={"account_id": pl.Int32, "service_id": pl.Int16,
                                                                     "usual": pl.Int64})
        raise AssertionError(flat)

    @staticmethod
    def _marks(schema, given):
        row = {name: given.get(name, False) for name in schema}
        row["account_id"] = 1
        if "service_id" in schema:
            row["service_id"] = SERVICES[given["service"]] if given else 0
        return pl.DataFrame([row] if given else [], schema=schema)

    def _some(self, name):
        return pl.DataFrame({"one": [1] if self.facts.get(name) else []}, schema={"one": pl.Int32})


def causes(*args, **facts):
    rows = compare(Months(*args, **facts), NOW, 0, 10)
    return {Cause(row["cause"]): row["change"] for row in rows.group_by("cause").agg(pl.col("change").sum()).to_dicts()}


METER, AVERAGE, NORM, RAISED = (f"cold_water.{kind}" for kind in ("meter", "average", "norm", "norm_raised"))
TRIED = [
    (Cause.CONSUMPTION, [line("cold_water", METER)], [line("cold_water", METER, 6_000_000, charge=24_000)], {}),
    (Cause.CONSUMPTION, [line("cold_water", METER, 0, charge=0)], [line("cold_water", METER)], {}),
    (Cause.NO_READING_AVERAGE, [line("cold_water", METER)], [line("cold_water", AVERAGE, charge=21_000)], {}),
    (Cause.NO_READING_NORM, [line("cold_water", AVERAGE)], [line("cold_water", NORM, charge=21_000)], {}),
    (Cause.NO_READING_NORM, [line("cold_water", METER)], [line("cold_water", RAISED, charge=60_000)], {}),
    (Cause.NO_READING_NORM, [line("electricity_day", "electricity_day.meter")],
     [line("electricity", "electricity.norm", charge=30_000)], {}),
    (Cause.READING_CAME, [line("cold_water", AVERAGE)], [line("cold_water", METER, charge=21_000)], {}),
    (Cause.READING_CAME, [line("electricity", "electricity.norm")],
     [line("electricity_day", "electricity_day.meter", charge=9_000)], {}),
    (Cause.COEFFICIENT, [line("cold_water", NORM)], [line("cold_water", RAISED, charge=60_000)], {}),
    (Cause.COEFFICIENT, [line("cold_water", RAISED)], [line("cold_water", RAISED, charge=25_000)], {"coefficient": True}),
    (Cause.NORM, [line("cold_water", NORM)], [line("cold_water", NORM, charge=25_000)], {"norms": ["cold_water"]}),
    (Cause.RESIDENTS, [line("cold_water", NORM)], [line("cold_water", NORM, charge=40_000)], {"account": {"residents": True}}),
    (Cause.AREA, [line("maintenance", "maintenance.area")], [line("maintenance", "maintenance.area", charge=21_000)],
     {"account": {"area": True}}),
    (Cause.AREA, [line("waste", "waste.area")], [line("waste", "waste.area", charge=21_000)], {"house_area": True}),
    (Cause.OPENED, [], [line("maintenance", "maintenance.area")], {"account": {"opened": True}}),
    (Cause.CLOSED, [line("maintenance", "maintenance.area")], [], {"account": {"closed": True}}),
    (Cause.CONNECTION, [], [line("rent", "rent.area")], {"line": {"service": "rent", "connection": True}}),
    (Cause.ERROR, [line("waste", "waste.area")], [], {"line": {"service": "waste", "error": True}}),
    (Cause.HOUSE_METER, [line("soi_cold_water", "common.share")], [line("soi_cold_water", "common.share", charge=100)], {}),
    (Cause.HOUSE_METER, [line("soi_cold_water", "common.share")],
     [line("soi_cold_water", "common.credit_persons", -100, charge=-400)], {}),
    (Cause.SEASON, [], [line("heating", "heating.odpu_no_ipu_season")], {"heated": {NOW: True}}),
    (Cause.SEASON, [line("heating", "heating.norm_season")], [], {"heated": {BEFORE: True}}),
    (Cause.METHOD, [line("waste", "waste.area")], [line("waste", "waste.persons", charge=21_000)], {}),
    (Cause.TARIFF, [line("cold_water", METER)], [line("cold_water", METER, tariff=44_000_000, charge=22_000)], {}),
    (Cause.RECALCULATION, [line("cold_water", METER)], [line("cold_water", METER, recalculation=-700)], {}),
    (Cause.REDUCTION, [line("cold_water", METER)], [line("cold_water", METER, recalculation=-700, reduction=-700)], {}),
    (Cause.BENEFIT, [line("cold_water", METER)], [line("cold_water", METER, benefit=500)], {}),
    (Cause.PENALTY, [line("cold_water", METER)], [line("cold_water", METER, penalty=90)], {}),
    (Cause.JUMP, [line("cold_water", METER)], [line("cold_water", METER, 50_000_000, charge=200_000)],
     {"usual": [{"account_id": 1, "service_id": 9, "usual": 6_000_000}]}),
    (Cause.UNEXPLAINED, [line("maintenance", "maintenance.area")],
     [line("maintenance", "maintenance.area", charge=21_000)], {}),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "before", "now", "facts"), TRIED)
def test_a_change_has_its_cause_and_the_whole_of_its_money(cause, before, now, facts):
    whole = sum(sign * (row["charge"] + row["recalculation"] + row["penalty"] - row["benefit"])
                for sign, rows in ((1, now), (-1, before)) for row in rows)
    assert causes(before, now, **facts) == {cause: whole}


def test_every_cause_is_tried_and_named():
    assert {cause for cause, *_ in TRIED} == set(Cause) == set(WORDS) == set(ORDER)


def test_a_tariff_and_a_volume_that_change_together_are_two_causes():
    # 5 m³ × 40 ₽ = 200 ₽; 6 m³ × 44 ₽ = 264 ₽: the tariff makes 24 ₽ of it, the sixth cubic metre 40 ₽
    found = causes([line("cold_water", METER)], [line("cold_water", METER, 6_000_000, 44_000_000, 26_400)])
    assert found == {Cause.TARIFF: 2_400, Cause.CONSUMPTION: 4_000}


def test_a_kopeck_of_rounding_is_no_cause():
    found = causes([line("waste", "waste.area", tariff=33_333_333, charge=16_667)],
                   [line("waste", "waste.area", tariff=36_666_667, charge=18_334)])
    assert found == {Cause.TARIFF: 1_667}


def test_sewerage_has_the_cause_of_its_water():
    found = causes(
        [line("cold_water", METER), line("sewerage", "sewerage.sum", charge=15_000)],
        [line("cold_water", AVERAGE, 4_000_000, charge=16_000), line("sewerage", "sewerage.sum", 4_000_000, charge=12_000)],
    )
    assert found == {Cause.NO_READING_AVERAGE: -7_000}


def test_large_but_usual_consumption_is_no_jump():
    usual = [{"account_id": 1, "service_id": 9, "usual": 45_000_000}]  # such months there were
    found = causes([line("cold_water", METER)], [line("cold_water", METER, 50_000_000, charge=200_000)], usual=usual)
    assert set(found) == {Cause.CONSUMPTION}


def test_groups_count_accounts_once_a_cause():
    rows = compare(Months(
        [line("cold_water", METER), line("hot_water", "hot_water.meter"), line("cold_water", METER, account=2)],
        [line("cold_water", METER, charge=21_000), line("hot_water", "hot_water.meter", charge=22_000),
         line("cold_water", METER, charge=19_000, account=2)]), NOW, 0, 10)
    whole = next(group for group in groups(rows) if group["service_id"] == 0)
    assert (whole["accounts"], whole["houses"], whole["change"], whole["before"]) == (2, 1, 2_000, 60_000)


def test_every_rule_has_a_family():
    assert families().height == len(all_rules())


KOPECKS = st.integers(-10**7, 10**7)
LINES = st.fixed_dictionaries({
    "charge": KOPECKS, "recalculation": KOPECKS, "benefit": st.integers(0, 10**6), "penalty": st.integers(0, 10**6),
    "volume": st.integers(-10**9, 10**10), "tariff": st.integers(0, 10**10),
    "rule": st.sampled_from([METER, AVERAGE, NORM, RAISED]),
})  # fmt: skip


@given(LINES, LINES)
def test_the_parts_sum_to_the_whole_change(before, now):
    rows = [[line("cold_water", **month)] for month in (before, now)]
    found = compare(Months(*rows), NOW, 0, 10)
    whole = [row["charge"] + row["recalculation"] + row["penalty"] - row["benefit"] for [row] in rows]
    assert found["change"].sum() == whole[1] - whole[0]
