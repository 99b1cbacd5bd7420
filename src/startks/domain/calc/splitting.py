"""One sum of money in proportion to weights, by largest remainder: nothing is lost, nothing is made.

Exact shares are cut down to whole kopecks; the kopecks left over go one each to the largest cut-off fractions,
ties to the first in order. A negative sum is split by its magnitude. Convention of the project for every split:
payments over services, owners' shares, rooms of a communal flat.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm
from typing import Any

import polars as pl

from .errors import CalculationError
from .registry import exact


def _refuse_zero(where: str = "") -> CalculationError:
    return CalculationError(
        "zero_weights", f"Сумму не на что разделить{where}: все веса равны нулю. Задайте доли, площади или число жителей."
    )


def split(total: int, weights: Iterable[Any]) -> list[int]:
    """Parts of ``total`` (kopecks) in the order of ``weights`` (int, Decimal, Fraction or text).

    The parts add up to ``total``. Raises CalculationError ``zero_weights`` where the weights add up to nothing
    and ``negative_weight`` for a weight below zero.
    """
    fractions = [exact(weight) for weight in weights]
    if any(weight < 0 for weight in fractions):
        raise CalculationError("negative_weight", "Доля при разделении суммы не может быть отрицательной.")
    common = lcm(*(weight.denominator for weight in fractions))
    whole = [int(weight * common) for weight in fractions]
    everything = sum(whole)
    if not everything:
        raise _refuse_zero()
    amount = abs(total)
    parts = [amount * weight // everything for weight in whole]
    by_fraction = sorted(range(len(whole)), key=lambda place: -(amount * whole[place] % everything))
    for place in by_fraction[: amount - sum(parts)]:
        parts[place] += 1
    return parts if total >= 0 else [-part for part in parts]


def split_frame(frame: pl.DataFrame, group: str | list[str], weight: str, total: str, into: str = "part") -> pl.DataFrame:
    """:func:`split` for every group of a frame at once, in the order of its rows.

    ``weight``: integer column, not below zero. ``total``: integer column of kopecks, equal within a group. Adds the
    Int64 column ``into``. Raises CalculationError ``zero_weights``, ``negative_weight`` or ``missing_input`` (null
    weight or total), and OverflowError if a total times a weight could exceed 126 bits.
    """
    keys = [group] if isinstance(group, str) else group
    _check_frame(frame, keys, weight, total)
    amount = pl.col(total).cast(pl.Int128).abs()
    share = pl.col(weight).cast(pl.Int128)
    everything = share.sum().over(keys)
    product = amount * share
    parts = frame.with_columns(_part=product // everything, _cut=product % everything)
    left = amount - pl.col("_part").sum().over(keys)
    place = pl.col("_cut").rank("ordinal", descending=True).over(keys)
    part = pl.col("_part") + (place <= left).cast(pl.Int128)
    signed = pl.when(pl.col(total) < 0).then(0 - part).otherwise(part)
    return parts.with_columns(signed.cast(pl.Int64).alias(into)).drop("_part", "_cut")


def _check_frame(frame: pl.DataFrame, keys: list[str], weight: str, total: str) -> None:
    if frame.is_empty():
        return
    facts = frame.select(
        missing=pl.col(weight).is_null().any() | pl.col(total).is_null().any(), lowest=pl.col(weight).min(),
        heaviest=pl.col(weight).max(), largest=pl.col(total).cast(pl.Int128).abs().max(),
    ).row(0, named=True)
    if facts["missing"]:
        raise CalculationError("missing_input", "При разделении суммы не задан вес или сама сумма.")
    if facts["lowest"] < 0:
        raise CalculationError("negative_weight", "Доля при разделении суммы не может быть отрицательной.")
    if facts["heaviest"] * frame.height * max(facts["largest"], 1) >= 2**126:
        raise OverflowError("total times weight does not fit 126 bits")
    empty = frame.group_by(keys, maintain_order=True).agg(pl.col(weight).sum()).filter(pl.col(weight) == 0)
    if not empty.is_empty():
        raise _refuse_zero(f" ({', '.join(str(value) for value in empty.row(0)[:-1])})")
