"""A bill checked from its own numbers: every way in which it can fail to hold is said."""

import copy
import datetime as dt

import pytest

from startks.domain.calc.bill_check import COLUMNS, FORMAT, VERSION, check
from startks.domain.calc.errors import CalculationError
from startks.domain.calc.registry import rule_for

RULE = rule_for("cold_water.meter", dt.date(2026, 10, 1))
INPUTS = [{"name": "volume", "value": "5237/1000"}, {"name": "tariff", "value": "91/2"}]
CHARGE = 23828  # 5.237 × 45.50 = 238.2835


def bill(**line):
    """One line of cold water, with some of it changed."""
    money = dict.fromkeys(COLUMNS, 0) | {"charge": CHARGE, "closing": CHARGE}
    part = {"rule": RULE.key, "rule_id": RULE.id, "rule_version": RULE.version, "title": "вода", "inputs": INPUTS, "charge": CHARGE}
    one = {"service": "cold_water", "title": "Холодная вода", "note": "", "parts": [part], **money, **line}
    return {
        "format": FORMAT, "version": VERSION, "lines": [one], "totals": {name: one[name] for name in COLUMNS},
        "to_pay": max(one["closing"], 0),
    }


def faults(document):
    checked = check(document)
    assert checked.holds == (not any(line.faults for line in checked.lines) and not checked.faults)
    return [*checked.faults, *(fault for line in checked.lines for fault in line.faults)]


def test_a_true_bill_holds():
    checked = check(bill())
    assert checked.holds and checked.lines[0].holds and checked.lines[0].computed == CHARGE


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"charge": CHARGE + 1, "closing": CHARGE + 1}, "начислено не то, что выходит по правилам"),
        ({"excess": 5}, "сумма превышения не та, что выходит по правилам"),
        ({"closing": CHARGE - 1}, "долг на конец не сходится с остальными суммами строки"),
        ({"parts": [], "note": "исходные данные изменены"}, "исходные данные изменены"),
        ({"parts": []}, "к строке не приложен расчёт"),
    ],
)
def test_a_line_that_does_not_hold_says_why(line, said):
    assert faults(bill(**line)) == [said]


def test_a_part_that_gives_another_sum_or_whose_rule_is_unknown_is_named():
    document = bill()
    document["lines"][0]["parts"][0]["charge"] += 1
    assert faults(document) == ["расчёт «вода» даёт другую сумму, чем в нём записано"]
    for change in ({"rule_version": RULE.version + 1}, {"rule_id": 9999}):
        document = copy.deepcopy(bill())
        document["lines"][0]["parts"][0] |= change
        assert "не известно" in faults(document)[0] and check(document).lines[0].computed is None


def test_sums_and_documents_of_another_kind_are_refused():
    document = bill()
    document["totals"]["paid"] = 1
    document["to_pay"] += 1
    assert faults(document) == ["итог «paid» не равен сумме строк", "сумма к оплате не равна долгу на конец месяца"]
    for other in ({**bill(), "version": VERSION + 1}, {**bill(), "lines": None}):
        with pytest.raises(CalculationError):
            check(other)


BREAK = rule_for("quality.break", dt.date(2026, 10, 1))


def taken(amount, hours="36", **change):
    """A break of so many hours on the line: 28 hours over are 4.2 %, 10.01."""
    values = {"charge_rub": "23828/100", "hours": hours, "allowed_hours": "8", "percent_per_hour": "3/20"}
    return {
        "rule": BREAK.key, "rule_id": BREAK.id, "rule_version": BREAK.version, "title": "перерыв", "amount": amount,
        "inputs": [{"name": name, "value": value} for name, value in values.items()], **change,
    }


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([taken(-1001)], []),
        ([taken(-1001), taken(-22827, hours="744")], []),  # the second is cut to what is left of the charge
        ([taken(-1000)], ["снижение «перерыв» даёт другую сумму, чем в нём записано"]),
        ([taken(-1001), taken(-23828, hours="744")], ["снижение «перерыв» даёт другую сумму, чем в нём записано"]),
        ([taken(-1001, rule_version=7)], ["правило «quality.break», редакция 7, этой версии программы не известно"]),
    ],
)
def test_what_acts_took_off_is_recomputed(parts, said):
    amount = sum(part["amount"] for part in parts)
    assert faults(bill(taken_off=parts, recalculation=amount, closing=CHARGE + amount)) == said


BENEFIT_RULE = rule_for("benefit.line_whole", dt.date(2026, 10, 1))


def given(amount=11914, **changed):
    """Half of the water line of one of one people."""
    numbers = {"base": "5957/25", "person_days": "31", "benefit_days": "31", "percent": "50"}
    return {
        "amount": amount, "for_period": 202610, "note": "", "title": "льгота на строку", "rule": BENEFIT_RULE.key,
        "rule_id": BENEFIT_RULE.id, "rule_version": BENEFIT_RULE.version,
        "inputs": [{"name": name, "value": value} for name, value in numbers.items()], **changed,
    }


def with_benefits(parts, benefit=11914):
    return bill(benefit=benefit, closing=CHARGE - benefit, benefits=parts)


def test_a_benefit_holds_by_its_rule_and_a_bill_of_before_needs_none():
    assert faults(with_benefits([given()])) == []
    assert faults(bill(benefit=5, closing=CHARGE - 5)) == []


def test_a_benefit_that_does_not_hold_says_why():
    correction = {"amount": -500, "for_period": 202609, "note": ""}
    assert faults(with_benefits([given(), correction], 11414)) == []
    changed = {"amount": 11914, "for_period": 202610, "note": "исходные данные изменены"}
    assert faults(with_benefits([changed])) == ["льгота: исходные данные изменены"]
    assert faults(with_benefits([given(11915)], 11915)) == ["льгота «льгота на строку» даёт другую сумму, чем в ней записано"]
    assert faults(with_benefits([given()], 11900)) == ["льгота строки не равна сумме приложенных"]
    [said] = faults(with_benefits([given(rule_version=9)]))
    assert "не известно" in said
