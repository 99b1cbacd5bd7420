"""What a whole house shares: common needs (ПП РФ 354 п. 44–48, ПП РФ 491 п. 29), and the balance of any resource.

Each function takes the :class:`.regimes.Regimes` under construction, reads its volumes, adds its groups and keeps one
balance row a house and resource (``house_rows``), which is stored and shown to the resident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.modules.billing.calculation.common_cap import capped
from startks.modules.billing.calculation.communal import add_rooms
from startks.modules.billing.calculation.connected import beside
from startks.modules.billing.calculation.frames import parts_of
from startks.modules.billing.calculation.hot_water_house import water_for_hot
from startks.modules.billing.calculation.part_month import add_by_days

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Regimes

RESOURCES = ("cold_water", "hot_water", "electricity", "sewerage", "gas")
COMMON_METHODS = ("common.meter", "common.meter_capped", "common.norm", "common.norm_settled")
BY_NORM = ("common.norm", "common.norm_settled")
"""By norm in every month; the second is settled by the meter once a year (:mod:`startks.modules.billing.year_settlement`)."""
BALANCE = [
    "house_id", "service_id", "has_meter", "house_volume", "metered_volume", "norm_volume", "nonresidential_volume",
    "common_volume", "total_area", "common_area", "cut_off_area", "persons",
]


def house_frame(reg: Regimes, resource: str) -> pl.DataFrame:
    """One row a house: areas, person-days, volume of the house meter and what its flats consumed by their lines so far.

    Columns house_volume (null without a usable volume of the house's meters), metered_volume, norm_volume,
    nonresidential_volume (1e-6), house_person_days, service_id (of the resource) and those of ``inputs.houses``.
    """
    return house_frames(reg, (resource,))


def house_frames(reg: Regimes, resources: tuple[str, ...]) -> pl.DataFrame:
    """:func:`house_frame` of several resources, a row a house and resource."""
    ids = [number for resource, number in reg.inputs.services.items() if resource in resources]
    key = ["house_id", "service_id"]
    accounts, used = reg.inputs.accounts.lazy(), reg.consumption.lazy()
    nonresidential = accounts.filter(pl.col("nonresidential")).select("account_id")
    own = _own_volumes(reg, resources)
    is_meter = pl.col("kind") == "meter"
    sums = own.join(nonresidential, on="account_id", how="anti").group_by(key).agg(
        pl.col("own_volume").filter(is_meter).sum().alias("metered_volume"),
        pl.col("own_volume").filter(~is_meter).sum().alias("norm_volume"),
    )
    meters = used.filter(pl.col("account_id").is_null() & pl.col("premise_id").is_null()).group_by(key).agg(
        pl.col("volume").sum().alias("house_volume"), pl.col("volume").is_null().any().alias("lost")
    ).filter(~pl.col("lost") & (pl.col("house_volume") >= 0)).drop("lost")
    # Non-residential premises count by their own meters or the supplier's act, also where they pay him directly.
    metered = used.join(nonresidential, on="account_id", how="semi").select(*key, "account_id", "volume")
    by_act = reg.calculated.lazy().join(
        metered.filter(pl.col("volume").is_not_null()), on=["account_id", "service_id"], how="anti"
    ).join(nonresidential, on="account_id", how="semi").select(*key, "account_id", "volume")
    shops = pl.concat([metered, by_act]).group_by(key).agg(
        pl.col("volume").sum().alias("nonresidential_volume")
    )
    people = accounts.group_by("house_id").agg(pl.col("person_days").sum().alias("house_person_days"))
    services = pl.LazyFrame({"service_id": ids}, schema={"service_id": pl.Int16})
    return (
        reg.inputs.houses.lazy().join(services, how="cross").join(meters, on=key, how="left").join(sums, on=key, how="left")
        .join(shops, on=key, how="left").join(people, on="house_id", how="left")
        .join(water_for_hot(reg).lazy(), on=key, how="left")
        .with_columns(pl.col(
            "metered_volume", "norm_volume", "nonresidential_volume", "house_person_days", "for_hot_volume"
        ).fill_null(0))
        .collect()
    )


def keep_balance(reg: Regimes, frame: pl.DataFrame) -> None:
    """Remember balance rows (:func:`house_frames` with ``common_volume``)."""
    reg.house_rows.append(frame.select(
        "house_id", "service_id", pl.col("house_volume").is_not_null().alias("has_meter"), pl.col("house_volume").fill_null(0),
        "metered_volume", "norm_volume", "nonresidential_volume", "common_volume",
        pl.col("total_area", "common_area", "cut_off_area").fill_null(0),
        pl.col("house_person_days").cast(pl.Int32).alias("persons"),
    ))


def common_needs(reg: Regimes) -> None:
    """Lines of КР на СОИ for every resource the houses share, and its balance."""
    connected = reg.connected.connections.filter(pl.col("method").is_in(COMMON_METHODS))
    resources = {
        service: resource for service, resource in connected.select("service", "resource").unique().iter_rows()
        if resource is None or resource in RESOURCES
    }
    if not resources:
        return
    balance = _balance(reg, tuple(resource for resource in RESOURCES if resource in resources.values()))
    parts = list(reg.connected.of(COMMON_METHODS, tuple(resources)))
    if not parts:
        return
    houses = capped(reg, _houses(reg, pl.concat(parts), resources, balance))
    for is_heat, part in ((False, houses.filter(~pl.col("is_heat"))), (True, houses.filter("is_heat"))):
        if not part.is_empty():
            _lines(reg, _with_heat_norm(reg, part) if is_heat else part, is_heat)


def _houses(reg: Regimes, connections: pl.DataFrame, resources: dict[str, str | None], balance: pl.DataFrame) -> pl.DataFrame:
    """Connections to common needs with the areas and the balance of their houses: what is charged is decided by houses."""
    ids = {service: reg.inputs.services.get(resource or "") for service, resource in resources.items()}
    volumes = balance.lazy().select(
        "house_id", pl.col("service_id").alias("resource_id"), "house_volume", "common", "billed", "house_person_days"
    )
    areas = reg.inputs.houses.lazy().select("house_id", pl.col("total_area").alias("all_area"), "common_area")
    is_normed = pl.col("method").is_in(BY_NORM)
    return (
        connections.lazy()
        .with_columns(pl.col("service").replace_strict(ids, return_dtype=pl.Int16).alias("resource_id"))
        # What no house meter measures (sewerage of some towns) has common needs by norm only.
        .filter(pl.col("resource_id").is_not_null() | is_normed)
        .join(areas, on="house_id", how="left")
        .join(volumes, on=["house_id", "resource_id"], how="left")
        .with_columns(
            (pl.col("house_volume").is_not_null() & ~is_normed).alias("by_meter"),
            pl.col("service").str.ends_with("_heat").alias("is_heat"),
        )
        .collect()
    )


def _balance(reg: Regimes, resources: tuple[str, ...]) -> pl.DataFrame:
    """House frames of the resources with what is left to common needs (``common``) and what of it is charged (``billed``)."""
    frame = house_frames(reg, resources)
    metered = reg.apply("common.house", frame.filter(pl.col("house_volume").is_not_null()))
    # p.47: more consumed by the flats than the house meter shows is given back; p.46: exactly nothing is not charged.
    balance = pl.concat([metered, frame.filter(pl.col("house_volume").is_null())], how="diagonal").with_columns(
        pl.col("common").fill_null(0).alias("common_volume")
    )
    keep_balance(reg, balance)
    return balance


def _lines(reg: Regimes, houses: pl.DataFrame, is_heat: bool) -> None:
    """A positive remainder is shared by area, a negative one given back by residents within their own volume; else by norm."""
    ending = "_heat" if is_heat else ""
    by_meter, normed = houses.filter("by_meter"), houses.filter(~pl.col("by_meter"))
    shared = by_meter.filter(pl.col("billed") > 0).with_columns(pl.col("billed").alias("common_volume"))
    for (service,), part in parts_of(shared, "service").items():
        _add(reg, f"common.share{ending}", service, reg.lines(part))
    given_back = by_meter.filter(pl.col("common") < 0).with_columns(pl.col("common").alias("common_volume"))
    if not given_back.is_empty():
        own = _own_volumes(reg, RESOURCES).group_by("account_id", "service_id").agg(pl.col("own_volume").sum()).collect()
        volumes = parts_of(own, "service_id")
        for (service,), part in parts_of(given_back, "service").items():
            of_resource = volumes.get((part.item(0, "resource_id"),), own.clear())
            rows = beside(reg.lines(part, homes=True), of_resource.drop("service_id"))
            reg.add(f"common.credit_persons{ending}", service, rows.filter(pl.col("own_volume") > 0))
    for (service,), part in parts_of(normed, "service").items():
        rows = reg.lines(part)
        _add(reg, f"common.norm{ending}", service, rows if is_heat else reg.with_norm(rows, "common"))


def _add(reg: Regimes, key: str, service: str, rows: pl.DataFrame) -> None:
    """Groups of a service: rooms of communal flats, whole months and parts."""
    add_by_days(reg, key, service, add_rooms(reg, key, service, rows))


def _own_volumes(reg: Regimes, resources: tuple[str, ...]) -> pl.LazyFrame:
    """account_id, house_id, service_id (of the resource), kind, own_volume: what the accounts' own lines consumed."""
    none = pl.LazyFrame(schema={"account_id": pl.Int32, "house_id": pl.Int32, "kind": pl.String, "own_volume": pl.Int64,
                                "service_id": pl.Int16})
    return pl.concat([none, *(
        reg.own_volumes(resource).lazy().with_columns(pl.lit(number, pl.Int16).alias("service_id"))
        for resource, number in reg.inputs.services.items() if resource in resources
    )])


def house_norm(reg: Regimes, service: str, purpose: str, name: str = "norm") -> pl.DataFrame:
    """house_id and the norm of a connected service that depends neither on rooms nor on residents."""
    connected = reg.connected.connections.filter(pl.col("service") == service)
    return connected.select("house_id").with_columns(reg.norms.plain(connected, purpose, name)).drop_nulls(name)


def _with_heat_norm(reg: Regimes, rows: pl.DataFrame) -> pl.DataFrame:
    """q of the house's own hot water, the heat of common needs is counted by the same norm, and the norm of its volume."""
    return rows.join(house_norm(reg, "hot_water_heat", "heat_per_m3", "heat_norm"), on="house_id", how="left").join(
        house_norm(reg, "soi_hot_water", "common"), on="house_id", how="left"
    )
