"""Electricity in bands of volume (ПП РФ 1178, диапазоны; ПП РФ 614, социальная норма): each part at its own price.

The part above a limit is a service of its own with its own tariff (``electricity_2``, ``electricity_3`` and those of the
zones). A house has bands where it is connected to these; the method of the connection says which limits hold. Only the few
accounts above the first limit are charged otherwise than everybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

BANDS = {
    "electricity": ("electricity_2", "electricity_3"), "electricity_day": ("electricity_day_2", "electricity_day_3"),
    "electricity_night": ("electricity_night_2", "electricity_night_3"),
}
"""Services of the second and the third band."""
LIMITS, HEATED, SOCIAL = "bands", "bands.heating", "bands.social"
METHODS = (LIMITS, HEATED, SOCIAL)
"""Limits of volume; the same where homes are heated by electricity; the social norm of a household."""
SERVICES = tuple(service for pair in BANDS.values() for service in pair)
ONE = 1_000_000


def split_by_bands(reg: Regimes) -> None:
    """Take what lies above the limits out of the lines by meter and average, and charge it at its own price."""
    methods = {method for method, service in reg.connected.parts if method in METHODS and service in SERVICES}
    groups = [group for group in reg.groups if group.service in BANDS and group.rule.key.endswith((".meter", ".average"))]
    if not methods or not groups:
        return
    used = pl.concat([
        group.computed.select(
            "house_id", "account_id", "service_id", "supplier_id", "tariff", pl.lit(group.service).alias("service"),
            pl.col("result_volume").fill_null(0).alias("volume"),
        ) for group in groups
    ])
    many = used.group_by("account_id").agg(pl.col("volume").sum()).filter(pl.col("volume") > _least_limit(reg, methods))
    above = reg.rows(methods=METHODS, service=SERVICES, only=many["account_id"])
    if above.is_empty():
        return
    used = used.join(_limits(reg, above), on=["account_id", "service"]).with_columns(
        pl.col("volume").sum().over("account_id").alias("_whole")
    )
    used = used.filter(pl.col("_whole") > pl.col("first_limit"))
    reg.warn(used.filter(pl.col("first_limit") == 0), "no_band_limit", "Нет границы диапазона электроэнергии: всё начислено "
             "по цене первого. Внесите границу в справочник «Параметры» и пересчитайте дом.")
    used = used.filter(pl.col("first_limit") > 0)
    if used.is_empty():
        return
    # A two-zone meter has the limits in proportion to what each zone used.
    part, whole = pl.col("volume"), pl.col("_whole")
    used = used.with_columns(
        ((pl.col(limit).cast(pl.Int128) * part * 2 + whole) // (whole * 2)).cast(pl.Int64).alias(limit)
        for limit in ("first_limit", "second_limit")
    )
    over = used.select("account_id", "service_id")
    split = {id(group) for group in groups}
    reg.groups = [
        replace(group, frame=group.frame.join(over, on=["account_id", "service_id"], how="anti", maintain_order="left"))
        if id(group) in split else group for group in reg.groups
    ]
    _add_bands(reg, used, above)


def _add_bands(reg: Regimes, used: pl.DataFrame, above: pl.DataFrame) -> None:
    last = pl.col("second_limit").is_null()
    for service, (second, third) in BANDS.items():
        part = used.filter(pl.col("service") == service)
        reg.add("electricity.band", service, part.with_columns(
            pl.lit(0, pl.Int64).alias("lower"), pl.col("first_limit").alias("upper")
        ))
        volumes = part.select("account_id", "volume", "first_limit", "second_limit")
        higher = above.filter(pl.col("service") == second).join(volumes, on="account_id").with_columns(
            pl.col("first_limit").alias("lower"), pl.col("second_limit").alias("upper")
        )
        reg.add("electricity.band", second, higher.filter(~last))
        reg.add("electricity.last_band", second, higher.filter(last))
        highest = above.filter(pl.col("service") == third).join(
            volumes.filter(pl.col("volume") > pl.col("second_limit")), on="account_id"
        )
        reg.add("electricity.last_band", third, highest.with_columns(pl.col("second_limit").alias("lower")))


def _least_limit(reg: Regimes, methods: set[str]) -> int:
    """What an account with the smallest first limit of any month may use (1e-6 kWh): most use less and need no look."""
    parameter = reg.inputs.parameter
    firsts = parameter("electricity_band.1.upper", 0)
    heated = [first * min(more, ONE) // ONE for first, more in zip(firsts, parameter("electricity_band.heating", ONE), strict=True)]
    limits = {LIMITS: firsts, HEATED: heated, SOCIAL: parameter("electricity_social_norm.first", 0)}
    return min(limit for method in methods for limit in limits[method])


def _limits(reg: Regimes, above: pl.DataFrame) -> pl.DataFrame:
    """account_id, service, first_limit, second_limit (1e-6 kWh) of accounts with bands.

    There is no second limit under the social norm, nor where the house has no third price.
    """
    inputs = reg.inputs
    base = {second: service for service, (second, _third) in BANDS.items()}
    thirds = above.filter(pl.col("service").is_in([third for _second, third in BANDS.values()])).select(
        "account_id", pl.col("service").str.replace("_3", "_2", literal=True), pl.lit(True).alias("has_third")
    )
    accounts = above.filter(pl.col("service").is_in(list(base))).join(
        thirds, on=["account_id", "service"], how="left", maintain_order="left"
    ).with_columns(pl.col("service").replace_strict(base, return_dtype=pl.String))
    first, second, more, alone, each = (
        inputs.by_month(inputs.parameter(code, default)) for code, default in (
            ("electricity_band.1.upper", 0), ("electricity_band.2.upper", 0), ("electricity_band.heating", ONE),
            ("electricity_social_norm.first", 0), ("electricity_social_norm.next", 0),
        )
    )
    in_season = inputs.by_month(inputs.heating_months, pl.Boolean)
    factor = pl.when((pl.col("method") == HEATED) & in_season).then(more).otherwise(ONE)
    people = pl.max_horizontal(pl.when(pl.col("persons") > 0).then("persons").otherwise("owners"), pl.lit(1)).cast(pl.Int64)
    is_social = pl.col("method") == SOCIAL
    return accounts.select(
        "account_id", "service",
        pl.when(is_social).then(alone + (people - 1) * each).otherwise(first * factor // ONE).alias("first_limit"),
        pl.when(is_social | pl.col("has_third").is_null()).then(None).otherwise(second * factor // ONE).alias("second_limit"),
    )
