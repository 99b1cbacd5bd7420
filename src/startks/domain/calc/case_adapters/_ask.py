"""What all adapters need: running a rule by its interpreters, and the units of the cases."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from ..interpret import apply_bulk, apply_reference, apply_trace
from ..numbers import round_half_up
from ..registry import Rule, exact, rule_for

#: Day of the law for cases that name no month.
CASE_DAY = date(2026, 5, 1)


def month_start(text: str) -> date:
    """First day of ``YYYY-MM``."""
    return date.fromisoformat(text + "-01")


def rub(kopecks: Any) -> Fraction:
    """Kopecks as roubles."""
    return Fraction(kopecks) / 100


def ask(key: str, day: date = CASE_DAY, **values: Any) -> dict[str, Fraction]:
    """Exact results of a rule by name; trace, reference and bulk are all asked and must agree."""
    entry = rule_for(key, day)
    numbers = {name: exact(value) for name, value in values.items()}
    results = apply_trace(entry, numbers).results
    if results != apply_reference(entry, numbers):
        raise AssertionError(f"{key}: trace and reference disagree")
    _check_bulk(entry, numbers, results)
    return results


def _check_bulk(entry: Rule, numbers: dict[str, Fraction], results: dict[str, Fraction]) -> None:
    columns = {item.name: numbers[item.name] * 10**item.decimals for item in entry.inputs}
    if any(column.denominator != 1 for column in columns.values()):
        return  # an unrounded number given by hand has no place in a scaled column
    frame = pl.DataFrame(
        {name: [int(column)] for name, column in columns.items()}, schema=dict.fromkeys(columns, pl.Int128)
    )
    row = apply_bulk(entry, frame, prefix="out_").row(0, named=True)
    for output in entry.outputs:
        wanted = int(round_half_up(results[output.name], output.decimals) * 10**output.decimals)
        if row["out_" + output.name] != wanted:
            raise AssertionError(f"{entry.key}: bulk gives {row['out_' + output.name]}, trace {wanted}")
