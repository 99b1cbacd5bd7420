"""Services computed by a rule that a module brought by the door: the connection's method names it, ``rule:<key>``.

The rule's inputs are taken by their names from what is known of a line: area, living and counted people by days, the tariff
(also as ``rate``), the norm of the service. One that is not known leaves the line without a sum, and the error says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.domain.calc.registry import rule_for
from startks.modules.billing.calculation.fitting import OWN_RULE

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes


def by_own_rules(reg: Regimes) -> None:
    """Add the groups of these services."""
    chosen = reg.inputs.connections.filter(pl.col("method").str.starts_with(OWN_RULE))
    for method, service in chosen.select("method", "service").unique().sort("method", "service").iter_rows():
        rows = reg.rows(methods=(method,), service=service)
        if rows.is_empty():
            continue
        key = method.removeprefix(OWN_RULE)
        rows = reg.with_norm(rows).with_columns(
            pl.col("tariff").alias("rate"), pl.col("days").cast(pl.Int64).alias("days_charged")
        )
        wanted = rule_for(key, reg.inputs.months[-1].start).inputs
        unknown = [pl.lit(None, pl.Int64).alias(item.name) for item in wanted if item.name not in rows.columns]
        reg.add(key, service, rows.with_columns(unknown))
