"""Worked examples through the runner of ``startks cases``, and the runner itself."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from startks.base.errors import ConfigurationError, StartksError
from startks.domain.calc import case_adapters  # noqa: F401  (enters the adapters)
from startks.domain.calc.cases import ADAPTERS, adapter, answer, differs, read_folder, run_case, run_folder
from startks.domain.calc.errors import CalculationError
from startks.scripts.cases import register_upper_storeys

FOLDER = Path(__file__).parent / "cases"
register_upper_storeys()
CASES = [case for _, cases in read_folder(FOLDER) for case in cases]


@pytest.fixture(scope="module")
def outcome_of():
    """Asks an example by the runner of the command, each once."""
    known = {}

    def ask(case):
        if case["id"] not in known:
            known[case["id"]] = run_case(case)
        return known[case["id"]]

    return ask


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_worked_example(case, outcome_of):
    outcome = outcome_of(case)
    assert outcome.passed, (outcome.problem, outcome.got)


def test_the_folder_runs_as_a_whole(outcome_of, monkeypatch):
    monkeypatch.setattr("startks.domain.calc.cases.run_case", outcome_of)
    outcomes = list(run_folder(FOLDER))
    assert [outcome.id for outcome in outcomes] == [case["id"] for case in CASES]
    assert len(outcomes) > 170


def test_every_adapter_is_asked_by_some_example():
    assert {case["kind"] for case in CASES} == set(ADAPTERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_changed_answer_does_not_pass(case, outcome_of):
    """The comparison sees every value: spoil one after another, each must be noticed."""
    spoiled = list(_spoil(case["expected"]))
    assert spoiled
    got = outcome_of(case).got
    for wrong in spoiled:
        assert differs(wrong, got), wrong


def _spoil(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: wrong} for wrong in _spoil(item))
        yield {**value, "something more": 1}
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from ([*value[:place], wrong, *value[place + 1 :]] for wrong in _spoil(item))
        yield [*value, "more"]
    elif isinstance(value, bool):
        yield not value
        yield int(value)
    elif isinstance(value, int):
        yield value + 1
    elif value is None:
        yield ""
    else:
        try:
            yield str(Fraction(value) + Fraction(1, 100))
        except ValueError:
            yield value + "x"
        yield None


EXTRA = [
    ("average_consumption",
     {"service": "cold_water", "unit": "m3", "cause": "no_reading", "billing_month": "2026-02", "period_number": 1,
      "tariff_rub_per_unit": "41.30", "last_volumes": ["5.0", "6.2"]},
     {"error": "too_few_months"}),
    ("benefit_area_discount",
     {"area_m2": "60", "members": 3, "holders": 1, "covers_family": True, "rate_rub_per_m2": "10",
      "social_norm_m2_per_person": "18", "discount_percents": ["50"]},
     {"charge_rub": "600.00", "counted_area_m2": "54", "discount_percent": "50", "benefit_rub": "270.00"}),
    ("charge_by_norm_raised",
     {"service": "gas_cooking", "unit": "m3", "billing_month": "2026-06", "persons": 2, "norm_per_person_month": "10",
      "tariff_rub_per_unit": "7", "meter_feasible": True, "meter_present": False},
     {"volume": "20", "coefficient": "1", "charge_rub": "140.00", "excess_rub": "0.00"}),
    ("bill_from_readings",
     {"meters": [{"id": "t", "service": "electricity", "unit": "kwh", "previous_reading": "1", "current_reading": "3",
                  "tariff_rub_per_unit": "2"}]},
     {"lines": [{"id": "t", "volume": "2", "charge_rub": "4.00"}], "total_rub": "4.00"}),
    ("quality_break", {"service": "rent", "charge_rub": "10", "break_hours": 9}, {"error": "no_allowed_hours"}),
    ("heating_by_norm",
     {"norm_gcal_per_m2_month": "0.053", "heating_months": 7, "norm_round_digits": 3, "area_m2": "10",
      "tariff_rub_per_gcal": "1000"},
     {"norm_applied_gcal_per_m2_month": "0.031", "charge_rub": "310.00"}),
    ("heating_year_correction", {"charged_in_year_rub": "5", "actual_cost_share_rub": "5"},
     {"actual_cost_share_rub": "5.00", "correction_rub": "0.00", "direction": "none"}),
    ("payment_by_debts",
     {"payment_rub": "1", "penalty_rub": "0", "debts": [{"month": "2026-01", "lines": [{"service": "a", "debt_rub": "1"}]}]},
     {"months": [{"month": "2026-01", "lines": [{"service": "a", "paid_rub": "1.00"}]}], "principal_paid_rub": "1.00",
      "penalty_paid_rub": "0.00", "advance_rub": "0.00"}),
    ("deadline_limitation", {"warning_delivered": "2026-08-03", "paid": "2026-08-05"},
     {"limit_not_before": "2026-08-24", "suspend_not_before": "2026-09-03", "restore_by": "2026-08-07"}),
]


@pytest.mark.parametrize(("kind", "inputs", "expected"), EXTRA, ids=[row[0] for row in EXTRA])
def test_corners_the_examples_leave_out(kind, inputs, expected):
    outcome = ask(kind, inputs, expected)
    assert outcome.passed, (outcome.problem, outcome.got)


def ask(kind="true_up", inputs=None, expected=None):
    return run_case({"id": "x", "kind": kind, "inputs": inputs or {}, "expected": expected or {}})


def test_an_unknown_kind_is_not_built():
    assert ask("lottery").problem == "kind not built"


def test_unknown_and_missing_keys_fail_and_name_the_key():
    good = next(case for case in CASES if case["kind"] == "payment_by_debts")
    inputs = good["inputs"]
    month = inputs["debts"][0]
    assert "unknown key in inputs: colour" in run_case(good | {"inputs": inputs | {"colour": "red"}}).problem
    short = {key: value for key, value in inputs.items() if key != "penalty_rub"}
    assert "missing key in inputs: penalty_rub" in run_case(good | {"inputs": short}).problem
    more = inputs | {"debts": [month | {"lines": [{"service": "a", "debt_rub": "1", "x": 1}]}]}
    assert "unknown key in inputs: debts.lines.x" in run_case(good | {"inputs": more}).problem
    less = inputs | {"debts": [month | {"lines": [{"service": "a"}]}]}
    assert "missing key in inputs: debts.lines.debt_rub" in run_case(good | {"inputs": less}).problem


def test_refusals_crashes_and_other_errors(monkeypatch):
    def raising(fault):
        def question(inputs):
            raise fault

        return question

    monkeypatch.setattr("startks.domain.calc.cases.ADAPTERS", dict(ADAPTERS))
    import startks.domain.calc.cases as cases

    for name, fault in (
        ("refuses", CalculationError("bad", "Плохо.")), ("crashes", ZeroDivisionError("by zero")),
        ("silent", StartksError("Просто не вышло.")),
    ):
        assert adapter(name)(raising(fault)) is cases.ADAPTERS[name].run
    assert ask("refuses", expected={"error": "bad"}).passed
    assert "error" in ask("refuses", expected={"error": "worse"}).problem
    assert ask("crashes").problem == "ZeroDivisionError: by zero"
    assert ask("silent").problem == "StartksError: Просто не вышло."


@pytest.mark.parametrize(
    ("value", "key", "text"),
    [
        (Fraction(5, 1), "volume", "5"), (Fraction(16, 3), "volume", "5.333333"), (Fraction(-1, 8), "x", "-0.125"),
        (Fraction(1, 2), "charge_rub", "0.50"), (Fraction(-5, 100), "charge_rub", "-0.05"), (Decimal("1.10"), "x", "1.1"),
        (Fraction(1, 8), "charge_rub", "0.125"), (Fraction(0), "x", "0"), (Fraction(5, 10**7), "x", "0.000001"),
        (Fraction(1000), "x", "1000"),
    ],
)
def test_exact_numbers_as_texts(value, key, text):
    assert answer({key: [value]}) == {key: [text]}


def test_money_that_is_not_whole_kopecks_is_seen():
    assert differs({"a_rub": "0.13"}, answer({"a_rub": Fraction(1, 8)}))


@pytest.mark.parametrize(
    ("expected", "got"), [("1/2", "0.5"), ("5", 5), (1, True), ("a", "b"), ([1], [1, 2]), ({"a": 1}, [1]), (None, "")]
)
def test_differences(expected, got):
    assert differs(expected, got)


def test_numbers_compare_by_value():
    assert not differs({"a": ["5.50", "x"]}, {"a": ["5.5", "x"]})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "JSON"), (b"\xff", "UTF-8"), (b"{}", "\u0441\u043f\u0438\u0441\u043e\u043a"), (b"[1]", "пример 1"),
        (b'[{"id": "a", "kind": "b", "inputs": {}}]', "expected"),
    ],
)
def test_bad_files_are_named(tmp_path, content, words):
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_folder(tmp_path)
    assert "bad.json" in caught.value.message
    assert words in caught.value.message


def test_a_missing_and_an_empty_folder(tmp_path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            read_folder(folder)
        assert str(folder) in caught.value.message
        assert caught.value.exit_code == 2
