"""Every line of a whole calculated town, by all three interpreters and as it stands in the statement."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import text

from startks.domain.calc.interpret import apply_reference, apply_trace
from startks.domain.calc.numbers import round_half_up
from startks.domain.calc.registry import rule_for
from startks.modules.billing.explain import HouseTrace
from startks.scripts.period import CONSUMPTION


@pytest.fixture(scope="module")
def lines(town):
    """(period, rule, inputs as exact numbers, bulk results, account, service, charge of the statement) of every line."""
    found = []
    with town.engine.connect() as connection:
        houses = connection.execute(text("SELECT id FROM house ORDER BY id")).scalars().all()
        for period in town.periods:
            charged = {
                (row.account_id, row.service_id): row
                for row in connection.execute(
                    text("""SELECT account_id, service_id, sum(charge)::int8 AS charge, sum(excess)::int8 AS excess,
                                   max(rule_id) AS rule_id
                              FROM statement WHERE period = :period GROUP BY 1, 2"""),
                    {"period": period},
                )
            }
            for house in houses:
                for group in HouseTrace(connection, house, period, CONSUMPTION).groups:
                    for row in group.computed.iter_rows(named=True):
                        values = {
                            item.name: None if row[item.name] is None else Fraction(row[item.name], 10**item.decimals)
                            for item in group.rule.inputs
                        }
                        found.append((period, group.rule, values, row, charged.get((row["account_id"], row["service_id"]))))
    return found


def test_the_town_is_large_and_many_sided(lines):
    assert len(lines) > 2000
    assert len({rule.key for _, rule, *_ in lines}) >= 12


def test_bulk_trace_and_reference_agree_on_every_line(lines):
    for _, rule, values, row, _ in lines:
        if None in values.values():
            assert row["result_charge"] is None
            continue
        exact = apply_reference(rule, values)
        assert row["result_charge"] == exact["charge"], (rule.key, values)
        assert row["result_excess"] == exact["excess"], (rule.key, values)
        assert row["result_volume"] == round_half_up(exact["volume"], 6) * 10**6, (rule.key, values)
    for _, rule, values, row, _ in lines[::7]:
        if None not in values.values():
            assert apply_trace(rule, values).results["charge"] == row["result_charge"]


def test_the_statement_holds_what_the_rules_give(lines):
    sums = {}
    for period, rule, _, row, stated in lines:
        if row["result_charge"] is None:
            continue
        key = (period, row["account_id"], row["service_id"])
        charge, rules, _ = sums.get(key, (0, set(), None))
        sums[key] = (charge + row["result_charge"], rules | {rule.id}, stated)
    assert len(sums) > 2000
    for key, (charge, rules, stated) in sums.items():
        assert stated is not None or charge == 0, (key, charge, rules)
        if stated is None:
            continue
        assert stated.charge == charge, key
        assert stated.rule_id in rules, key


def test_the_edition_of_a_rule_is_the_one_of_its_month(lines):
    from startks.modules.billing.calculation.inputs import Month

    for period, rule, *_ in lines[::50]:
        assert rule_for(rule.key, Month(period, 1, 1).start) is rule
