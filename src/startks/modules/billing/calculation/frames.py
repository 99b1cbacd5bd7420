"""Small doings with frames that the steps of the calculation share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from startks.modules.billing.calculation.statement import LINE

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Group

_LINES = {
    "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "rule_id": pl.Int16,
    "tariff": pl.Int64, "volume": pl.Int64, "charge": pl.Int64, "excess": pl.Int64,
}


def parts_of(frame: pl.DataFrame, *columns: str) -> dict[tuple, pl.DataFrame]:
    """The frame cut by the values of ``columns``, in the order in which they come first.

    As ``partition_by(as_dict=True)``, which asks every part for its key by a query of its own.
    """
    parts = frame.partition_by(*columns, maintain_order=True) if frame.height else []
    return {tuple(part.item(0, column) for column in columns): part for part in parts}


def lines_of(groups: Iterable[Group]) -> pl.DataFrame:
    """LINE, rule_id, tariff (1e-6 ₽), volume (1e-6), charge and excess (kopecks; null where not computable): a row a rule and line."""
    parts = [
        group.computed.lazy().select(
            *LINE, pl.lit(group.rule.id, pl.Int16).alias("rule_id"), "tariff", pl.col("result_volume").alias("volume"),
            pl.col("result_charge").alias("charge"), pl.col("result_excess").alias("excess"),
        )
        for group in groups
    ]
    return pl.concat([pl.LazyFrame(schema=_LINES), *parts]).collect()
