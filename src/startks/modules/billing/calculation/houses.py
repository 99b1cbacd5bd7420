"""What a whole house shares: common needs (ПП РФ 354 п. 44–48, ПП РФ 491 п. 29), and the balance of any resource.

Each function takes the :class:`.regimes.Regimes` under construction, reads its volumes, adds its groups and keeps one
balance row a house and resource (``house_rows``), which is stored and shown to the resident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.modules.billing.calculation.part_month import add_by_days

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

RESOURCES = ("cold_water", "hot_water", "electricity", "sewerage", "gas")
BALANCE = [
    "house_id", "service_id", "has_meter", "house_volume", "metered_volume", "norm_volume", "nonresidential_volume",
    "common_volume", "total_area", "common_area", "cut_off_area", "persons",
]


def house_meters(reg: Regimes, resource: str) -> pl.DataFrame:
    """house_id, house_volume (1e-6) by the house meters of a resource; houses without a usable volume are absent."""
    service_id = reg.inputs.services.get(resource, -1)
    meters = reg.consumption.filter(pl.col("account_id").is_null() & (pl.col("service_id") == service_id))
    usable = meters.group_by("house_id").agg(
        pl.col("volume").sum().alias("house_volume"), pl.col("volume").is_null().any().alias("lost")
    )
    return usable.filter(~pl.col("lost") & (pl.col("house_volume") >= 0)).select("house_id", "house_volume")


def house_frame(reg: Regimes, resource: str) -> pl.DataFrame:
    """One row a house: areas, person-days, volume of the house meter and what its flats consumed."""
    own = reg.own_volumes(resource)
    nonresidential = reg.inputs.accounts.filter(pl.col("nonresidential")).select("account_id")
    sums = own.join(nonresidential, on="account_id", how="anti").group_by("house_id").agg(
        pl.col("own_volume").filter(pl.col("kind") == "meter").sum().alias("metered_volume"),
        pl.col("own_volume").filter(pl.col("kind") == "norm").sum().alias("norm_volume"),
    )
    service_id = reg.inputs.services.get(resource, -1)
    # Non-residential premises count by their own meters, also where they pay the supplier directly.
    shops = (
        reg.consumption.filter(pl.col("service_id") == service_id)
        .join(nonresidential, on="account_id", how="semi")
        .group_by("house_id").agg(pl.col("volume").sum().alias("nonresidential_volume"))
    )
    people = reg.inputs.accounts.group_by("house_id").agg(pl.col("person_days").sum().alias("house_person_days"))
    return (
        reg.inputs.houses.join(house_meters(reg, resource), on="house_id", how="left")
        .join(sums, on="house_id", how="left").join(shops, on="house_id", how="left")
        .join(people, on="house_id", how="left")
        .with_columns(
            pl.col("metered_volume", "norm_volume", "nonresidential_volume", "house_person_days").fill_null(0),
            pl.lit(0, pl.Int64).alias("for_hot_volume"),
        )
    )


def keep_balance(reg: Regimes, resource: str, frame: pl.DataFrame) -> None:
    """Remember the balance rows of a resource (``frame`` has ``common_volume``)."""
    reg.house_rows.append(frame.with_columns(
        pl.lit(reg.inputs.services[resource], pl.Int16).alias("service_id"),
        pl.col("house_volume").is_not_null().alias("has_meter"), pl.col("house_volume").fill_null(0),
        pl.col("house_person_days").cast(pl.Int32).alias("persons"),
        pl.col("total_area", "common_area", "cut_off_area").fill_null(0),
    ).select(BALANCE))


def common_needs(reg: Regimes) -> None:
    """Lines of КР на СОИ for every resource the houses share."""
    connected = reg.inputs.connections.filter(pl.col("method").is_in(["common.meter", "common.norm"]))
    for resource in RESOURCES:
        services = connected.filter(pl.col("resource") == resource)["service"].unique().sort().to_list()
        if services:
            _common_of_resource(reg, resource, services)
    for service in connected.filter(pl.col("resource").is_null())["service"].unique().sort():
        _common_without_meter(reg, service)


def _common_of_resource(reg: Regimes, resource: str, services: list[str]) -> None:
    frame = house_frame(reg, resource)
    metered = reg.apply("common.house", frame.filter(pl.col("house_volume").is_not_null()))
    # p.47: more consumed by the flats than the house meter shows is given back; p.46: exactly nothing is not charged.
    balance = pl.concat([metered, frame.filter(pl.col("house_volume").is_null())], how="diagonal").with_columns(
        pl.col("common").fill_null(0).alias("common_volume")
    )
    keep_balance(reg, resource, balance)
    house = balance.select(
        "house_id", "house_volume", "common", "billed", pl.col("total_area").alias("all_area"), "common_area",
        "house_person_days",
    )
    own = reg.own_volumes(resource).group_by("account_id").agg(pl.col("own_volume").sum())
    for service in services:
        rows = reg.rows(methods=("common.meter", "common.norm"), service=service).join(house, on="house_id", how="left")
        by_meter = (pl.col("method") == "common.meter") & pl.col("house_volume").is_not_null()
        _by_house_meter(reg, service, rows.filter(by_meter), own)
        norms = rows.filter(~by_meter)
        if service.endswith("_heat"):
            norms = _with_heat_norm(norms, reg).join(house_norm(reg, "soi_hot_water", "common"), on="house_id", how="left")
            add_by_days(reg, "common.norm_heat", service, norms)
        else:
            add_by_days(reg, "common.norm", service, reg.with_norm(norms, "common"))


def _common_without_meter(reg: Regimes, service: str) -> None:
    """Common needs of what no house meter measures (sewerage): by norm."""
    rows = reg.rows(methods=("common.norm",), service=service)
    areas = reg.inputs.houses.select("house_id", pl.col("total_area").alias("all_area"), "common_area")
    add_by_days(reg, "common.norm", service, reg.with_norm(rows.join(areas, on="house_id", how="left"), "common"))


def house_norm(reg: Regimes, service: str, purpose: str, name: str = "norm") -> pl.DataFrame:
    """house_id and the norm of a connected service that depends neither on rooms nor on residents."""
    keys = ["municipality_id", "service_id", "norm_category"]
    norms = reg.inputs.norms.filter((pl.col("purpose") == purpose) & (pl.col("rooms") == 0) & (pl.col("residents") == 0))
    connected = reg.inputs.connections.filter(pl.col("service") == service)
    return connected.join(norms, on=keys).select("house_id", pl.col("norm").alias(name)).unique("house_id")


def _with_heat_norm(rows: pl.DataFrame, reg: Regimes) -> pl.DataFrame:
    """q of the house's own hot water: the heat of common needs is counted by the same norm."""
    return rows.join(house_norm(reg, "hot_water_heat", "heat_per_m3", "heat_norm"), on="house_id", how="left")


def _by_house_meter(reg: Regimes, service: str, rows: pl.DataFrame, own: pl.DataFrame) -> None:
    """A positive remainder is shared by area, a negative one given back by residents within their own volume."""
    is_heat = service.endswith("_heat")
    if is_heat:
        rows = _with_heat_norm(rows, reg)
    shared = rows.filter(pl.col("billed") > 0).with_columns(pl.col("billed").alias("common_volume"))
    add_by_days(reg, "common.share_heat" if is_heat else "common.share", service, shared)
    given_back = rows.filter((pl.col("common") < 0) & ~pl.col("nonresidential")).with_columns(
        pl.col("common").alias("common_volume")
    ).join(own, on="account_id").filter(pl.col("own_volume") > 0)
    reg.add("common.credit_persons_heat" if is_heat else "common.credit_persons", service, given_back)
