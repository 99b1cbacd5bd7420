"""Every rule, run by the three interpreters, gives the same line to the kopeck."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.domain.calc.errors import CalculationError
from startks.domain.calc.interpret import apply_bulk, apply_reference, apply_trace
from startks.domain.calc.numbers import round_half_up
from startks.domain.calc.registry import all_rules

ROWS = 12
#: Values of the size met in one house; the declared limits of all inputs at once would overflow any width.
HOUSE_SIZE = {"ед.": 10**5, "м³": 10**4, "Гкал": 10**3, "кВт·ч": 10**5, "м²": 10**4, "₽": 10**7}


def scaled(item):
    """Values of a column: zeros, ones, round sums and long ones; halves come from small round numbers."""
    unit = 10**item.decimals
    high = min(item.limit, HOUSE_SIZE.get(item.unit, 5000))
    low = -high if item.signed else 0
    return st.one_of(
        st.sampled_from([0, unit, 2 * unit, unit // 2, unit // 4, unit // 200]).filter(
            lambda value: value <= high * unit
        ),
        st.integers(low * 10, high * 10).map(lambda value: min(value * unit // 200, high * unit)),
        st.integers(low * unit, high * unit),
        st.none(),
    )


def expected(entry, values):
    """Results by the reference as scaled integers, or None where the line cannot be calculated."""
    try:
        results = apply_reference(entry, values)
    except CalculationError as fault:
        assert fault.code in ("zero_divisor", "missing_input")
        return None
    return {
        output.name: int(round_half_up(results[output.name], output.decimals) * 10**output.decimals)
        for output in entry.outputs
    }


@pytest.mark.parametrize("entry", all_rules(), ids=lambda entry: f"{entry.key}-{entry.version}")
@given(data=st.data())
@settings(max_examples=6, deadline=None)
def test_bulk_and_trace_equal_the_reference(entry, data):
    columns = {
        item.name: data.draw(st.lists(scaled(item), min_size=ROWS, max_size=ROWS), label=item.name)
        for item in entry.inputs
    }
    frame = pl.DataFrame(
        columns, schema={item.name: pl.Int128 if item.decimals > 6 else pl.Int64 for item in entry.inputs}
    )
    answers = apply_bulk(entry, frame, prefix="out_").to_dicts()
    for row, answer in zip(frame.to_dicts(), answers, strict=True):
        values = {
            item.name: None if row[item.name] is None else Fraction(row[item.name], 10**item.decimals)
            for item in entry.inputs
        }
        wanted = expected(entry, values)
        got = {output.name: answer["out_" + output.name] for output in entry.outputs}
        if wanted is None:
            assert None in got.values(), (values, got)
            with pytest.raises(CalculationError):
                apply_trace(entry, values)
        else:
            assert got == wanted, values
            assert apply_trace(entry, values).results == apply_reference(entry, values)
