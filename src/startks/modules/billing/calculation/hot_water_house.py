"""Hot water that the house makes itself (ПП РФ 354 п. 54, формула 20): cold water at its tariff, and a share of the heat,
gas or power that warmed it.

The water is an ordinary line of ``hot_water``. Each resource is a service of its own with the method ``hot.made_in_house``;
what of it went into the water is read from a house meter of that service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

METHODS = ("hot.made_in_house",)


def heat_made_in_house(reg: Regimes) -> None:
    """Lines of the resources: shared by the hot water that each account used."""
    rows = reg.rows(methods=METHODS)
    if rows.is_empty():
        return
    own = reg.own_volumes("hot_water").group_by("house_id", "account_id").agg(pl.col("own_volume").sum().alias("volume"))
    houses = own.group_by("house_id").agg(pl.col("volume").sum().alias("house_hot_volume"))
    used = reg.consumption.filter(pl.col("account_id").is_null() & pl.col("premise_id").is_null()).group_by(
        "house_id", "service_id"
    ).agg(
        # one silent meter of several leaves the house without a sum
        pl.when(pl.col("volume").is_null().any()).then(None).otherwise(pl.col("volume").sum()).alias("resource_volume")
    )
    rows = rows.join(own.drop("house_id"), on="account_id").join(houses, on="house_id").join(
        used, on=["house_id", "service_id"], how="left"
    ).filter(pl.col("volume") > 0)
    for (service,), part in rows.partition_by("service", as_dict=True, maintain_order=True).items():
        reg.add("hot_water.made_in_house", service, part)


def water_for_hot(reg: Regimes) -> pl.DataFrame:
    """house_id, service_id (cold water), for_hot_volume: cold water that houses turned into hot (формула 11)."""
    made = reg.inputs.connections.filter(pl.col("method").is_in(METHODS)).select("house_id").unique()
    schema = {"house_id": pl.Int32, "service_id": pl.Int16, "for_hot_volume": pl.Int64}
    if made.is_empty() or "cold_water" not in reg.inputs.services:
        return pl.DataFrame(schema=schema)
    return reg.own_volumes("hot_water").join(made, on="house_id", how="semi").group_by("house_id").agg(
        pl.col("own_volume").sum().alias("for_hot_volume")
    ).select("house_id", pl.lit(reg.inputs.services["cold_water"], pl.Int16).alias("service_id"), "for_hot_volume")
