"""Splitting by largest remainder: nothing lost, nothing made, nobody off by a kopeck."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.domain.calc.errors import CalculationError
from startks.domain.calc.splitting import split, split_frame

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any)
TOTALS = st.integers(-(10**12), 10**12)


@given(TOTALS, WEIGHTS)
def test_parts_add_up_and_stay_within_a_kopeck_of_the_exact_share(total, weights):
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1
        assert weight or not part


@given(TOTALS, WEIGHTS)
def test_no_other_whole_parts_are_nearer_to_the_exact_shares(total, weights):
    """Largest remainder: who got the stray kopeck had a larger cut-off fraction, or stood before."""
    amount, everything = abs(total), sum(weights)
    cut = [amount * weight % everything for weight in weights]
    raised = [abs(part) > amount * weight // everything for part, weight in zip(split(total, weights), weights, strict=True)]
    for first in range(len(weights)):
        for second in range(len(weights)):
            if raised[second] and not raised[first]:
                assert (cut[second], -second) > (cut[first], -first)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10000, [1, 1, 1], [3334, 3333, 3333]),
        (-10000, [1, 1, 1], [-3334, -3333, -3333]),
        (2, [1, 1, 1], [1, 1, 0]),
        (1, ["1/3", "2/3"], [0, 1]),
        (100, ["0.5", "0", "0.5"], [50, 0, 50]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_known_splits(total, weights, parts):
    assert split(total, weights) == parts


@pytest.mark.parametrize(("weights", "code"), [([0, 0], "zero_weights"), ([], "zero_weights"), ([2, -1], "negative_weight")])
def test_refusals(weights, code):
    with pytest.raises(CalculationError) as caught:
        split(100, weights)
    assert caught.value.code == code


def test_a_float_weight_is_refused():
    with pytest.raises(TypeError):
        split(100, [0.5])


@settings(max_examples=60)
@given(st.lists(st.tuples(TOTALS, WEIGHTS), min_size=1, max_size=6))
def test_the_frame_splits_like_the_list(groups):
    rows = [(number, total, weight) for number, (total, weights) in enumerate(groups) for weight in weights]
    frame = pl.DataFrame(rows, schema={"house": pl.Int64, "total": pl.Int64, "weight": pl.Int64}, orient="row")
    shuffled = pl.concat([frame[::2], frame[1::2]])
    answer = split_frame(shuffled, "house", "weight", "total").group_by("house", maintain_order=True).agg("weight", "total", "part")
    for row in answer.to_dicts():
        assert row["part"] == split(row["total"][0], row["weight"])


def test_the_frame_keeps_its_columns_and_takes_two_keys():
    frame = pl.DataFrame({"a": [1, 1, 1], "b": [1, 1, 2], "w": [1, 1, 5], "t": [3, 3, 7]})
    answer = split_frame(frame, ["a", "b"], "w", "t", into="kopecks")
    assert answer.to_dict(as_series=False) == {"a": [1, 1, 1], "b": [1, 1, 2], "w": [1, 1, 5], "t": [3, 3, 7], "kopecks": [2, 1, 7]}
    assert split_frame(frame.clear(), "a", "w", "t").columns == ["a", "b", "w", "t", "part"]


@pytest.mark.parametrize(
    ("weights", "totals", "code"),
    [([0, 0], [5, 5], "zero_weights"), ([1, -1], [5, 5], "negative_weight"), ([1, None], [5, 5], "missing_input"),
     ([1, 1], [5, None], "missing_input")],
)
def test_the_frame_refuses(weights, totals, code):
    frame = pl.DataFrame({"g": [7, 7], "w": weights, "t": totals})
    with pytest.raises(CalculationError) as caught:
        split_frame(frame, "g", "w", "t")
    assert caught.value.code == code
    if code == "zero_weights":
        assert "7" in caught.value.message


def test_the_frame_refuses_sums_that_could_overflow():
    frame = pl.DataFrame({"g": [1], "w": pl.Series([2**70], dtype=pl.Int128), "t": [2**60]})
    with pytest.raises(OverflowError):
        split_frame(frame, "g", "w", "t")
