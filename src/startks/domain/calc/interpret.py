"""Running a rule by each interpreter: a frame of lines, one explained line, one plain line."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import polars as pl

from .bulk import Bulk
from .errors import CalculationError, OverflowProof
from .numbers import Number
from .registry import KOPECKS, Input, Rule, checked_values
from .trace import Explanation, Step, Traced, explain_step

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
Bounds = tuple[tuple[int, int], ...]

FEW_ROWS = 20_000
"""Up to so many rows building a rule's expressions costs more than running them."""
ROUGH_BITS = 8
"""Bounds of few rows are widened to whole bytes, so that expressions built for one house serve the next one."""


def apply_bulk(entry: Rule, frame: Frame, prefix: str = "") -> Frame:
    """Add the results of a rule to every row of ``frame``.

    Columns named as the inputs must be there and hold integers scaled by each input's ``decimals``. Added are
    Int64 columns ``prefix + output name``: for a bill line ``volume`` (1e-6 of the unit, half-up), ``charge``
    and ``excess`` (kopecks). A row with a missing input, an input outside its limits or a zero divisor gets
    nulls. For a DataFrame the bounds of the proof are the real extremes of its columns (a little more where rows
    are few: :data:`ROUGH_BITS`); for a LazyFrame the declared limits. Raises CalculationError ``missing_input`` for an absent column, ``not_integer`` for one of
    another type, and OverflowProof.
    """
    schema = frame.collect_schema()
    for item in entry.inputs:
        if item.name not in schema:
            raise CalculationError("missing_input", f"Правило {entry.key}: нет столбца {item.name} ({item.title}).")
        if not schema[item.name].is_integer():
            raise CalculationError(
                "not_integer", f"Правило {entry.key}: столбец {item.name} должен быть целым, а не {schema[item.name]}."
            )
    if not isinstance(frame, pl.DataFrame):
        return frame.with_columns(_results(entry, tuple(item.bounds for item in entry.inputs), None, True, prefix))
    bounds, doubtful = _measured(entry, frame)
    if frame.height <= FEW_ROWS:
        try:
            return frame.with_columns(_results(entry, _roughly(bounds), None, doubtful, prefix))
        except OverflowProof:
            pass  # proved below by what the columns really hold
    try:
        columns = _results(entry, bounds, None, doubtful, prefix)
    except OverflowProof:
        # Money and tariffs rarely use all the decimals of their column: drop the zeros all rows end in.
        columns = _results(entry, bounds, _trailing_zeros(entry, frame), doubtful, prefix)
    return frame.with_columns(columns)


def _roughly(bounds: Bounds) -> Bounds:
    """The bounds, each widened to whole bytes."""
    return tuple(
        (min(low, 1) if low >= 0 else -_rough(-low), _rough(high) if high > 0 else 0) for low, high in bounds
    )


def _rough(number: int) -> int:
    return 2 ** (-(-number.bit_length() // ROUGH_BITS) * ROUGH_BITS) - 1


@lru_cache(maxsize=2000)
def _results(
    entry: Rule, bounds: Bounds, zeros: tuple[int, ...] | None, doubtful: bool, prefix: str
) -> tuple[pl.Expr, ...]:
    """Result columns; ``doubtful``: some row has a missing or implausible input and must give null.

    ``bounds`` and ``zeros`` (decimals dropped) in the order of the inputs. Kept: the same rule over numbers of the same
    size is the same expression.
    """
    try:
        arguments = {
            item.name: _argument(item, bounds[place], zeros[place] if zeros else 0)
            for place, item in enumerate(entry.inputs)
        }
        results = entry.results(arguments)
        columns = [_column(results[output.name]).column_of(output.decimals) for output in entry.outputs]
    except OverflowProof as fault:
        raise OverflowProof(fault.bits, entry.key) from fault
    if doubtful:
        # A choice may pass by a missing input; the law still needs every fact, as the other interpreters do.
        usable = pl.all_horizontal([_usable(item) for item in entry.inputs])
        columns = [pl.when(usable).then(column) for column in columns]
    return tuple(column.alias(prefix + output.name) for column, output in zip(columns, entry.outputs, strict=True))


def _usable(item: Input) -> pl.Expr:
    """Whether the value is there and within its limits."""
    return pl.col(item.name).is_between(*item.bounds).fill_null(False)


def _measured(entry: Rule, frame: pl.DataFrame) -> tuple[Bounds, bool]:
    """Real extremes of the usable values of the input columns, and whether some value is not usable."""
    found, doubtful = [], False
    for item in entry.inputs:
        column = frame.get_column(item.name)
        low, high = _extremes(column)
        if column.null_count() or low < item.bounds[0] or high > item.bounds[1]:
            doubtful = True
            low, high = _extremes(column.filter(column.is_between(*item.bounds)))
        found.append((low, high))
    return tuple(found), doubtful


def _extremes(column: pl.Series) -> tuple[int, int]:
    """Lowest and highest value of a column; zeros where there is no value."""
    return column.min() or 0, column.max() or 0


def _trailing_zeros(entry: Rule, frame: pl.DataFrame) -> tuple[int, ...]:
    """For each input the number of decimals that are zero in every row."""
    found = frame.select(
        [
            (pl.col(item.name) % 10**power == 0).all().alias(f"{item.name} {power}")
            for item in entry.inputs
            for power in range(1, item.decimals + 1)
        ]
    ).row(0, named=True)
    return tuple(
        sum(found[f"{item.name} {power}"] for power in range(1, item.decimals + 1)) for item in entry.inputs
    )


def _argument(item: Input, bounds: tuple[int, int], zeros: int) -> Bulk:
    """The input column, with ``zeros`` of its decimals dropped."""
    whole = Bulk.column(item.name, item.decimals, *bounds)
    if not zeros:
        return whole
    step = 10**zeros
    return Bulk(whole.expression // step, bounds[0] // step, bounds[1] // step, whole.scale // step, (), whole.key)


def _column(value: Any) -> Bulk:
    return value if isinstance(value, Bulk) else Bulk.constant(value)


def apply_trace(
    entry: Rule, values: Mapping[str, Any], sources: Mapping[str, str] | None = None
) -> Explanation:
    """Calculate one line and explain it.

    ``values``: natural values by input name (Fraction, Decimal, int or text). ``sources``: for each input a
    Russian phrase saying where the value comes from («тариф с 01.10.2026, приказ № 1»). Raises
    CalculationError as :func:`.registry.checked_values`, ``zero_divisor`` if the law divides by zero.
    """
    numbers, sources = checked_values(entry, values), sources or {}
    steps: list[Step] = []
    inputs = tuple(
        Step(item.name, item.title, item.unit, numbers[item.name], symbols=item.symbol or item.name,
             source=sources.get(item.name, ""))
        for item in entry.inputs
    )
    arguments = {
        item.name: Traced.leaf(numbers[item.name], item.title, item.symbol or item.name, steps)
        for item in entry.inputs
    }
    results = _guarded(entry, arguments)
    for output in entry.outputs:
        value = results[output.name]
        if isinstance(value, Number):
            steps.append(_output_step(output, value))
    exact_results = {output.name: _value(results[output.name]) for output in entry.outputs}
    return Explanation(
        entry.key, entry.id, entry.version, entry.title, entry.act, entry.paragraph, entry.label, inputs,
        tuple(steps), exact_results,
    )


def _output_step(output, value: Traced) -> Step:
    """An output as a step; kopecks are shown as roubles, without the ``x 100`` of the conversion."""
    if output.unit != KOPECKS:
        return explain_step(output.name, output.title, output.unit, value.value, value.node)
    node = value.node
    if node.kind == "operation" and node.sign == "*" and node.parts[0].kind == "rounded":
        node = node.parts[0]
    return explain_step(output.name, output.title, "₽", value.value / 100, node)


def _value(value: Any) -> Fraction:
    return value.value if isinstance(value, Traced) else Fraction(value)


def _guarded(entry: Rule, arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return entry.results(arguments)
    except ZeroDivisionError as fault:
        raise CalculationError(
            "zero_divisor",
            f"Правило {entry.key}: деление на ноль. Проверьте площади, число жителей и дни в исходных данных.",
        ) from fault


def apply_reference(entry: Rule, values: Mapping[str, Any]) -> dict[str, Fraction]:
    """Calculate one line with plain fractions: exact results by output name (money in kopecks).

    Raises CalculationError as :func:`apply_trace`.
    """
    results = _guarded(entry, checked_values(entry, values))
    return {name: Fraction(value) for name, value in results.items()}
