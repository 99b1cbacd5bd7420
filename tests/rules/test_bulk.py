"""The bulk interpreter is exact: random formulas over random columns, ties, negatives, house-size sums, proofs."""

from datetime import date
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from startks.domain.calc import interpret
from startks.domain.calc.bulk import Bulk
from startks.domain.calc.errors import CalculationError, OverflowProof
from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.numbers import choose, cut, kopecks, maximum, minimum, named, round_half_up, rounded
from startks.domain.calc.registry import Input, LineResult, Output, Rule, rule_for

COLUMNS = ("a", "b", "c")
DECIMALS = {"a": 2, "b": 3, "c": 0}
SIGNS = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "min": minimum, "max": maximum,
}
TESTS = {
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y, "!=": lambda x, y: x != y,
}

LEAVES = st.one_of(
    st.sampled_from(COLUMNS), st.fractions(-3, 3, max_denominator=6), st.integers(-2, 12), st.just(Fraction(1, 200))
)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(SIGNS)), inner, inner),
        st.tuples(st.sampled_from(["rounded", "cut"]), inner, st.integers(0, 3)),
        st.tuples(st.just("choose"), st.sampled_from(sorted(TESTS)), inner, inner, inner, inner),
        st.tuples(st.just("named"), inner),
        st.tuples(st.just("negative"), inner),
    ),
    max_leaves=7,
)
VALUES = st.one_of(st.integers(-300, 300), st.sampled_from([0, 1, -1, 5, 50, -50, 250, 12345]))


def evaluate(formula, columns):
    """The same formula in any interpreter."""
    if isinstance(formula, str):
        return columns[formula]
    if not isinstance(formula, tuple):
        return formula
    kind, *parts = formula
    if kind in ("rounded", "cut"):
        return (rounded if kind == "rounded" else cut)(evaluate(parts[0], columns), parts[1])
    if kind == "choose":
        sign, left, right, yes, no = parts
        condition = TESTS[sign](evaluate(left, columns), evaluate(right, columns))
        return choose(condition, evaluate(yes, columns), evaluate(no, columns))
    if kind == "named":
        return named(evaluate(parts[0], columns), "x", "икс", "м³")
    if kind == "negative":
        return -evaluate(parts[0], columns)
    return SIGNS[kind](evaluate(parts[0], columns), evaluate(parts[1], columns))


def reference(formula, row):
    try:
        return evaluate(formula, {name: Fraction(row[name], 10 ** DECIMALS[name]) for name in COLUMNS})
    except ZeroDivisionError:
        return None


def as_columns(frame):
    return {
        name: Bulk.column(name, DECIMALS[name], frame[name].min(), frame[name].max()) for name in COLUMNS
    }


@settings(max_examples=250, deadline=None)
@given(FORMULAS, st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=8))
def test_any_formula_equals_the_fractions(formula, rows):
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.Int64), orient="row")
    try:
        result = evaluate(formula, as_columns(frame))
    except (OverflowProof, ZeroDivisionError):
        return  # refused while being built: no wrong number can come out
    if not isinstance(result, Bulk):
        return  # a formula of constants alone is plain arithmetic
    got = frame.select(x=result.column_of(4))["x"].to_list()
    for row, number in zip(frame.to_dicts(), got, strict=True):
        exact = reference(formula, row)
        # A branch not taken may divide by zero: then plain arithmetic refuses, and bulk may know better.
        if exact is not None:
            assert number == int(rounded(Fraction(exact), 4) * 10**4), row


@given(st.integers(-(10**9), 10**9), st.integers(1, 400))
def test_the_bounds_of_a_column_are_never_left(value, decimals):
    column = Bulk.column("a", decimals % 7, value, value + decimals)
    for result in (column + 5, column - column, column * column, rounded(column, 1), minimum(column, 3), -column):
        assert result.low <= result.high
        frame = pl.DataFrame({"a": [value, value + decimals // 2, value + decimals]})
        whole = Bulk(result.expression, result.low, result.high, 1, (), ())
        numbers = frame.select(x=whole.column_of(0))["x"]
        assert result.low <= numbers.min()
        assert numbers.max() <= result.high


def test_ties_are_rounded_by_magnitude():
    frame = pl.DataFrame({"a": [5, -5, 15, -15, 4, -4, 14]})
    column = Bulk.column("a", 3, -15, 15)
    assert frame.select(x=kopecks(column).column_of(0))["x"].to_list() == [1, -1, 2, -2, 0, 0, 1]
    assert frame.select(x=cut(column, 2).column_of(2))["x"].to_list() == [0, 0, 1, -1, 0, 0, 1]


def test_a_negative_divisor_keeps_the_sign():
    frame = pl.DataFrame({"a": [7, -7, 7], "b": [-2, -2, 0]})
    ratio = Bulk.column("a", 0, -7, 7) / Bulk.column("b", 0, -2, 0)
    assert frame.select(x=ratio.column_of(1))["x"].to_list() == [-35, 35, None]


def test_a_missing_condition_gives_no_result():
    frame = pl.DataFrame({"a": [1, None], "b": [5, 5]})
    column = choose(Bulk.column("a", 0, 0, 1) > 0, Bulk.column("b", 0, 5, 5), 7)
    assert frame.select(x=column.column_of(0))["x"].to_list() == [5, None]


def test_the_divisor_of_the_branch_not_taken_does_no_harm():
    frame = pl.DataFrame({"a": [0, 4], "b": [10, 10]})
    divisor = Bulk.column("a", 0, 0, 4)
    column = choose(divisor > 0, Bulk.column("b", 0, 10, 10) / divisor, Bulk.column("b", 0, 10, 10))
    assert frame.select(x=column.column_of(2))["x"].to_list() == [1000, 250]


def test_a_common_divisor_is_not_multiplied_twice():
    area = Bulk.column("a", 2, 1, 10**8)
    share = Bulk.column("b", 2, 0, 10**7) / area
    assert (share + share - share).factors == share.factors
    assert (share / share).factors != ()


@pytest.mark.parametrize(
    ("high", "kind"), [(2**62, pl.Int64), (2**63 - 1, pl.Int64), (2**63, pl.Int128), (2**126, pl.Int128)]
)
def test_the_width_follows_the_proof(high, kind):
    column = Bulk.column("a", 0, 0, high)
    assert pl.DataFrame({"a": [1]}).select(column.expression).dtypes == [kind]


def test_sums_and_products_widen_before_they_overflow():
    frame = pl.DataFrame({"a": [2**62, -(2**62)], "b": [2**62, -(2**62)]})
    a, b = (Bulk.column(name, 0, -(2**62), 2**62) for name in "ab")
    for result, exact in ((a + b, [2**63, -(2**63)]), (a * b, [2**124, 2**124]), (a - b, [0, 0]), (a * 3 - b, [2**63, -(2**63)])):
        whole = frame.select(x=(result / 2**62).column_of(0))["x"].to_list()
        assert whole == [value // 2**62 for value in exact]


def test_a_result_too_large_for_its_column_is_null_not_wrong():
    frame = pl.DataFrame({"a": [2**62, 1]})
    column = Bulk.column("a", 0, 1, 2**62) * 1000
    assert frame.select(x=column.column_of(0))["x"].to_list() == [None, 1000]


def test_beyond_127_bits_the_proof_refuses():
    column = Bulk.column("a", 0, 0, 2**63)
    with pytest.raises(OverflowProof) as caught:
        column * column * 2
    assert caught.value.bits == 128
    assert "128" in caught.value.message
    with pytest.raises(OverflowProof):
        Bulk.column("a", 0, 0, 2**127)
    assert Bulk.column("a", 0, 0, 2**127 - 1).high == 2**127 - 1


def test_the_constant_zero_is_no_divisor():
    with pytest.raises(ZeroDivisionError):
        Bulk.column("a", 0, 0, 5) / 0


def test_a_condition_is_no_truth():
    column = Bulk.column("a", 0, 0, 5)
    with pytest.raises(TypeError, match="choose"):
        bool(column > 1)
    with pytest.raises(TypeError):
        hash(column)


DAY = date(2026, 5, 1)
METER = rule_for("cold_water.meter", DAY)


def test_apply_bulk_names_what_is_wrong_with_the_frame():
    with pytest.raises(CalculationError) as caught:
        apply_bulk(METER, pl.DataFrame({"volume": [1]}))
    assert (caught.value.code, "tariff" in caught.value.message) == ("missing_input", True)
    with pytest.raises(CalculationError) as caught:
        apply_bulk(METER, pl.DataFrame({"volume": [1], "tariff": [1.5]}))
    assert (caught.value.code, "Float64" in caught.value.message) == ("not_integer", True)


def test_apply_bulk_keeps_the_frame_and_adds_by_prefix():
    frame = pl.DataFrame({"account": [7], "volume": [6_549_000], "tariff": [44_020_000]})
    answer = apply_bulk(METER, frame, prefix="water_")
    assert answer.to_dicts() == [
        {
            "account": 7, "volume": 6549000, "tariff": 44020000, "water_volume": 6549000, "water_charge": 28829,
            "water_excess": 0,
        }
    ]
    assert [answer[name].dtype for name in ("water_volume", "water_charge", "water_excess")] == [pl.Int64] * 3


def test_a_lazy_frame_uses_the_declared_limits_and_gives_the_same():
    frame = pl.DataFrame({"volume": [6_549_000, None, -1, 10**12 + 1], "tariff": [44_020_000] * 4})
    lazy = apply_bulk(METER, frame.lazy()).collect()
    assert lazy.equals(apply_bulk(METER, frame))
    assert lazy["charge"].to_list() == [28829, None, None, None]
    assert lazy["volume"].to_list() == [6549000, None, None, None]


def test_limits_themselves_are_plausible():
    frame = pl.DataFrame({"volume": [0, 10**12], "tariff": [10**11, 10**11]})
    assert apply_bulk(METER, frame)["charge"].to_list() == [0, 10**6 * 10**5 * 100]


def test_one_absurd_row_does_not_spoil_the_others():
    heat = rule_for("heating.odpu_no_ipu_season", DAY)
    row = {
        "area": 6200, "connected": 1, "house_volume": 96_400_000, "all_area": 410_000, "off_area": 31_000,
        "common_area": 48_000, "tariff": 2_204_190_000,
    }
    frame = pl.DataFrame([row, row | {"house_volume": 2**62}, row | {"tariff": None}])
    assert apply_bulk(heat, frame)["charge"].to_list() == [344645, None, None]


def test_an_empty_frame_stays_empty():
    assert apply_bulk(METER, pl.DataFrame(schema={"volume": pl.Int64, "tariff": pl.Int64})).height == 0
    nulls = pl.DataFrame({"volume": [None], "tariff": [None]}, schema={"volume": pl.Int64, "tariff": pl.Int64})
    assert apply_bulk(METER, nulls)["charge"].to_list() == [None]


def test_unused_decimals_are_dropped_where_the_product_would_be_too_long():
    """A large house by norm of heat: 1e-6 columns hold hundredths, so the proof succeeds on what is really there."""
    entry = rule_for("common.norm_heat", DAY)
    frame = pl.DataFrame(
        {
            "norm": [30_000, 99_990_000], "common_area": [9_999_999, 9_999_999], "area": [9_999_999, 9_999_999],
            "all_area": [99_999_999, 99_999_999], "heat_norm": [65_200, 999_000], "tariff": [2_368_150_000, 99_999_990_000],
        }
    )
    for row, charge in zip(frame.to_dicts(), apply_bulk(entry, frame)["charge"], strict=True):
        values = {item.name: Fraction(row[item.name], 10**item.decimals) for item in entry.inputs}
        assert charge == entry.results(values)["charge"]
    with pytest.raises(OverflowProof):
        apply_bulk(entry, frame.lazy())


def test_the_overflow_names_the_rule():
    wide = (Input("a", "а", "", 6, "x", limit=10**30), Input("b", "б", "", 6, "x", limit=10**30))
    entry = Rule(
        1, "test.wide", lambda a, b: LineResult(a * b, 0), wide, (Output("volume", "v", "", 6),), "", "", "t", "a", "p", "",
        date(2020, 1, 1), None, 1,
    )
    frame = pl.DataFrame({"a": [2**100 + 1], "b": [2**100 + 1]}, schema={"a": pl.Int128, "b": pl.Int128})
    with pytest.raises(OverflowProof) as caught:
        apply_bulk(entry, frame)
    assert caught.value.rule == "test.wide"
    assert "test.wide" in caught.value.message


def test_a_proof_that_fails_by_rough_bounds_holds_by_the_real_ones():
    """Few rows are bounded by whole bytes: two numbers of 58 bits could make 128, and make 115."""
    numbers = tuple(Input(name, name, "", 0, "x", limit=10**18) for name in "abc")
    entry = Rule(
        1, "test.long", lambda a, b, c: {"share": a * b / c}, numbers, (Output("share", "s", "", 0),), "", "", "t", "a", "p",
        "", date(2020, 1, 1), None, 1,
    )
    row = {"a": 2**57 + 1, "b": 2**57 + 3, "c": 2**55 + 7}
    share = round_half_up(Fraction(row["a"] * row["b"], row["c"]))
    assert apply_bulk(entry, pl.DataFrame([row]))["share"].to_list() == [share]


def test_many_rows_and_few_have_the_same_results(monkeypatch):
    """Expressions are built for real bounds where rows are many, and once for numbers of a size where they are few."""
    entry = rule_for("heating.odpu_some_ipu_metered_season", DAY)
    frame = pl.DataFrame([
        {"volume": 1_234_567 + row, "area": 4_567 + row, "house_volume": 98_765_432, "metered_volume": 45_678_901,
         "metered_area": 123_456, "all_area": 234_567, "off_area": 0, "tariff": 2_368_151_234} for row in range(40)
    ])
    few = apply_bulk(entry, frame)
    hits = interpret._results.cache_info().hits
    assert_frame_equal(apply_bulk(entry, frame[5:20]), few[5:20])
    assert interpret._results.cache_info().hits == hits + 1
    monkeypatch.setattr(interpret, "FEW_ROWS", 0)
    assert_frame_equal(apply_bulk(entry, frame), few)


def test_house_size_sums_beyond_64_bits_are_exact():
    entry = rule_for("heating.odpu_some_ipu_metered_season", DAY)
    row = {
        "volume": 123_456_789, "area": 99_999, "house_volume": 9_876_543_210, "metered_volume": 4_567_890_123,
        "metered_area": 1_234_567, "all_area": 2_345_678, "off_area": 12_345, "tariff": 2_368_151_234,
    }
    frame = pl.DataFrame([row, {name: number + 1 for name, number in row.items()}])
    for given_row, charge in zip(frame.to_dicts(), apply_bulk(entry, frame)["charge"], strict=True):
        values = {item.name: Fraction(given_row[item.name], 10**item.decimals) for item in entry.inputs}
        assert charge == entry.results(values)["charge"]


def test_constants_add_up_before_they_meet_a_column():
    two_thirds = Bulk.constant(Fraction(1, 2)) + Fraction(1, 6)
    assert (two_thirds.expression, two_thirds.low, two_thirds.high, two_thirds.scale) == (None, 4, 4, 6)
    frame = pl.DataFrame({"a": [3, 5]})
    column = (Bulk.constant(1) - two_thirds) * Bulk.column("a", 0, 3, 5)
    assert frame.select(x=column.column_of(2))["x"].to_list() == [100, 167]


def test_a_comparison_with_a_share_of_nothing_has_no_answer():
    frame = pl.DataFrame({"a": [7, 7], "b": [0, 2]})
    share = Bulk.column("a", 0, 7, 7) / Bulk.column("b", 0, 0, 2)
    column = choose(share > 3, 1, 2)
    assert frame.select(x=column.column_of(0))["x"].to_list() == [None, 1]


def test_the_bounds_of_a_share_reach_down_to_nothing():
    """Ten divided by an unknown area may be next to nothing, so a later division by it must be guarded."""
    area = Bulk.column("b", 0, 1, 1000)
    for low, high in ((10, 20), (-20, -10)):
        share = rounded(Bulk.column("a", 0, low, high) / area, 0)
        assert share.low <= 0 <= share.high
    frame = pl.DataFrame({"a": [10, 20], "b": [1000, 1]})
    share = rounded(Bulk.column("a", 0, 10, 20) / area, 0)
    assert frame.select(x=(1 / share).column_of(2))["x"].to_list() == [None, 5]


def test_rounding_widens_where_the_doubled_sum_would_wrap_round():
    high = 2**62 - 1
    frame = pl.DataFrame({"a": [high, high - 500]})
    column = Bulk.column("a", 3, high - 500, high)
    wanted = [int(rounded(Fraction(value, 1000), 0)) for value in (high, high - 500)]
    assert frame.select(x=column.column_of(0))["x"].to_list() == wanted
