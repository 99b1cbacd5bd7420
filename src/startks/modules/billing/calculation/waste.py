"""Waste by the containers of the house's site, where it is collected separately (ПП РФ 354 прил. 2 ф. 9(3))."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

METHOD = "waste_containers"


def waste_by_containers(reg: Regimes) -> None:
    """Lines of the volume that was taken away in the month, shared by the days lived; a house whose containers nobody
    counted gives rows without a volume: errors with the way out."""
    rows = reg.rows(methods=(METHOD,), homes=True)
    if rows.is_empty():
        return
    inputs = reg.inputs
    sites = inputs.read_dated(f"""
        SELECT house_id, (container_volume * 1000000)::int8 AS container_volume, emptied::int8 AS emptied_times
          FROM house_containers WHERE house_id {inputs.houses_sql} AND valid @> {inputs.dates.last}""")
    reg.add("waste.containers", "waste", rows.join(sites, on="house_id", how="left").with_columns(
        pl.col("person_days").alias("persons"), pl.col("person_days").sum().over("house_id").alias("site_persons")
    ))
