"""The explanation says what was done: formula in words, in symbols, with the account's numbers."""

import json
from datetime import date
from fractions import Fraction

import pytest

from startks.domain.calc.errors import CalculationError
from startks.domain.calc.interpret import apply_reference, apply_trace
from startks.domain.calc.numbers import choose, cut, kopecks, maximum, minimum, named, rounded
from startks.domain.calc.registry import rule_for
from startks.domain.calc.trace import Traced, explain_step, number_text

DAY = date(2026, 5, 1)


def leaves():
    steps = []
    names = {"a": Fraction(5), "b": Fraction(-2), "c": Fraction(1, 3)}
    return steps, [Traced.leaf(value, f"слово {name}", name.upper(), steps) for name, value in names.items()]


def shown(value):
    step = explain_step("x", "икс", "м³", value.value, value.node)
    return step.expression, step.symbols, step.expression_with_numbers


def test_three_ways_to_write_a_formula():
    _, (a, b, c) = leaves()
    assert shown(a + b * c) == ("слово a + слово b × слово c", "A + B × C", "5 + (−2) × ≈0,333333")


@pytest.mark.parametrize(
    ("build", "symbols"),
    [
        (lambda a, b, c: (a + b) * c, "(A + B) × C"),
        (lambda a, b, c: a * (b - c), "A × (B − C)"),
        (lambda a, b, c: a - (b - c), "A − (B − C)"),
        (lambda a, b, c: a - (b + c), "A − (B + C)"),
        (lambda a, b, c: a + (b - c), "A + B − C"),
        (lambda a, b, c: a - b - c, "A − B − C"),
        (lambda a, b, c: a / (b * c), "A / (B × C)"),
        (lambda a, b, c: a * b / c, "A × B / C"),
        (lambda a, b, c: a * (b / c), "A × B / C"),
        (lambda a, b, c: a / b + 12, "A / B + 12"),
        (lambda a, b, c: 1 / a - 2 * b, "1 / A − 2 × B"),
        (lambda a, b, c: rounded(a + b, 2) * c, "(A + B) × C"),
        (lambda a, b, c: minimum(a, b + c) * 2, "меньшее из (A; B + C) × 2"),
        (lambda a, b, c: maximum(0, a), "большее из (0; A)"),
        (lambda a, b, c: cut(a / 24), "целая часть (A / 24)"),
        (lambda a, b, c: cut(a, 3), "без округления до 3 знаков (A)"),
        (lambda a, b, c: -a, "0 − A"),
        (lambda a, b, c: choose(a > b, a + c, b) * 2, "(A + C) × 2"),
    ],
)
def test_brackets_stand_where_they_must(build, symbols):
    assert shown(build(*leaves()[1]))[1] == symbols


def test_values_are_exact():
    _, (a, b, c) = leaves()
    assert (a * c / b).value == Fraction(-5, 6)
    assert kopecks(c).value == 33
    assert minimum(a, b).value == -2
    assert maximum(a, 7).value == 7
    assert cut(-c * 4).value == -1


@pytest.mark.parametrize(
    ("test", "holds", "note"),
    [
        (lambda a, b: a < b, False, "слово a < слово b (5 < (−2)): нет"),
        (lambda a, b: a <= 5, True, "слово a ≤ 5 (5 ≤ 5): да"),
        (lambda a, b: a > b, True, "слово a > слово b (5 > (−2)): да"),
        (lambda a, b: a >= 6, False, "слово a ≥ 6 (5 ≥ 6): нет"),
        (lambda a, b: a == 5, True, "слово a = 5 (5 = 5): да"),
        (lambda a, b: a != 5, False, "слово a ≠ 5 (5 ≠ 5): нет"),
    ],
)
def test_a_choice_tells_its_condition(test, holds, note):
    _, (a, b, _) = leaves()
    chosen = choose(test(a, b), a, b)
    assert chosen.value == (5 if holds else -2)
    step = explain_step("x", "икс", "", chosen.value, (chosen * 2 + chosen).node)
    assert step.conditions == (note,)
    assert step.symbols == ("A × 2 + A" if holds else "B × 2 + B")


def test_a_named_result_becomes_a_step_and_a_word_of_the_next():
    steps, (a, b, _) = leaves()
    volume = named(a + b, "volume", "объём", "м³")
    assert shown(volume * 3) == ("объём × 3", "объём × 3", "3 × 3")
    assert [(step.name, step.title, step.unit, step.value, step.symbols) for step in steps] == [
        ("volume", "объём", "м³", 3, "A + B")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(5237, 1000), "5,237"), (Fraction(1234567), "1\u00a0234\u00a0567"), (Fraction(-1, 2), "−0,5"),
        (Fraction(1, 3), "≈0,333333"), (Fraction(2, 3), "≈0,666667"), (Fraction(0), "0"), (Fraction(-5, 10**7), "≈−0,000001"),
        (Fraction(1, 10**7), "≈0"), (Fraction(100), "100"),
    ],
)
def test_numbers_are_written_in_russian(value, text):
    assert number_text(value) == text


def test_a_bill_line_explained():
    explanation = apply_trace(
        rule_for("cold_water.norm_raised", DAY),
        {"person_days": 62, "month_days": 31, "norm": "4.9", "coefficient": 3, "tariff": "39.60"},
        {"tariff": "тариф с 01.01.2026, приказ № 1"},
    )
    assert explanation.results == {"volume": Fraction(98, 10), "charge": 116424, "excess": 77616}
    assert [step.name for step in explanation.steps] == ["volume_by_norm", "volume", "charge", "excess"]
    assert explanation.steps[0].symbols == "n·d / D × N"
    charge = explanation.steps[2]
    assert (charge.value, charge.unit, charge.value_text) == (Fraction("1164.24"), "₽", "1\u00a0164,24")
    assert charge.expression == "объём по нормативу × повышающий коэффициент × тариф"
    assert charge.expression_with_numbers == "9,8 × 3 × 39,6"
    tariff = explanation.inputs[-1]
    assert (tariff.source, tariff.symbols, tariff.expression) == ("тариф с 01.01.2026, приказ № 1", "T", "")
    assert explanation.inputs[0].source == ""
    assert (explanation.act, explanation.label) == ("ПП РФ от 06.05.2011 № 354", "4(1)")


def test_the_explanation_is_plain_data():
    explanation = apply_trace(rule_for("cold_water.meter", DAY), {"volume": "6.549", "tariff": "44.02"})
    plain = json.loads(json.dumps(explanation.as_dict(), ensure_ascii=False))
    assert plain["rule_key"] == "cold_water.meter"
    assert plain["rule_id"] == 101
    assert plain["version"] == 1
    assert plain["results"] == {"volume": "6,549", "charge": "28\u00a0829", "excess": "0"}
    assert [step["name"] for step in plain["steps"]] == ["volume", "charge"]
    assert plain["steps"][1]["value"] == "288,29"
    assert plain["inputs"][0] == {
        "name": "volume", "title": "объём по счётчику", "unit": "м³", "value": "6,549", "expression": "", "symbols": "V",
        "expression_with_numbers": "", "source": "", "conditions": [],
    }
    assert "<" not in json.dumps(plain)


def test_money_that_is_no_product_keeps_its_formula():
    explanation = apply_trace(
        rule_for("maintenance.rest_of_month", DAY), {"area": "46.6", "rate": "31.07", "days_before": 17, "month_days": 31}
    )
    assert explanation.results["charge"] == 65387
    assert explanation.steps[-1].value == Fraction("653.87")


@pytest.mark.parametrize("run", [apply_trace, apply_reference])
@pytest.mark.parametrize(
    ("values", "code", "word"),
    [
        ({"volume": 1}, "missing_input", "тариф"),
        ({"volume": 1, "tariff": None}, "missing_input", "тариф"),
        ({"volume": 1, "tariff": 2, "colour": 3}, "unknown_input", "colour"),
        ({"volume": -1, "tariff": 2}, "implausible_input", "объём"),
        ({"volume": 1, "tariff": 100001}, "implausible_input", "100001"),
    ],
)
def test_contradicting_facts_are_refused_by_name(run, values, code, word):
    with pytest.raises(CalculationError) as caught:
        run(rule_for("cold_water.meter", DAY), values)
    assert caught.value.code == code
    assert word in caught.value.message


@pytest.mark.parametrize("run", [apply_trace, apply_reference])
def test_a_zero_divisor_and_a_float_are_refused(run):
    with pytest.raises(CalculationError) as caught:
        run(rule_for("cold_water.norm", DAY), {"person_days": 1, "month_days": 0, "norm": 1, "tariff": 1})
    assert caught.value.code == "zero_divisor"
    with pytest.raises(TypeError, match="exact"):
        run(rule_for("cold_water.meter", DAY), {"volume": 1.5, "tariff": 1})


def test_the_reference_gives_the_same_line():
    values = {"volume": "6.549", "tariff": "44.02"}
    assert apply_reference(rule_for("cold_water.meter", DAY), values) == {
        "volume": Fraction("6.549"), "charge": 28829, "excess": 0
    }
