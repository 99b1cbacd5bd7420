"""Common needs billed by a supplier: by the house meter, but no more than the norm (ПП РФ 354 п. 44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

METHODS = ("common.meter_capped",)
KEY = ["house_id", "service_id"]


def capped(reg: Regimes, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows (a house and service) of common needs with ``billed`` cut to norm × common area where the house's method says so.

    What lies above stays with the provider. Without a norm nothing is cut, and the house is named.
    """
    chosen = rows.filter(pl.col("method").is_in(METHODS) & (pl.col("billed") > 0))
    if chosen.is_empty():
        return rows
    houses = chosen.with_columns(reg.norms.plain(chosen, "common"))
    without = houses.filter(pl.col("norm").is_null())
    reg.warn(without.with_columns(pl.lit(None, pl.Int32).alias("account_id")), "no_norm", "Нет норматива на общедомовые нужды: "
             "объём по счётчику не ограничен. Внесите норматив в справочник «Нормативы» и пересчитайте дом.")
    caps = reg.apply("common.house_norm", houses.drop("billed")).select(*KEY, pl.col("billed").alias("cap"))
    return rows.join(caps, on=KEY, how="left", maintain_order="left").with_columns(
        pl.min_horizontal("billed", "cap").alias("billed")
    ).drop("cap")
