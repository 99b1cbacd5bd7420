"""Rooms of communal flats (ПП РФ 354 п. 43, 44, 50, формулы 7–9): what the flat used is shared by its rooms.

A room is a premise with a flat above it (``parent_id``) and an account of its own. The flat's common meter belongs to the
flat's premise. Without one each room is charged by itself, as a flat is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from startks.modules.billing.calculation.inputs import Inputs
    from startks.modules.billing.calculation.regimes import Regimes

FLAT = ["house_id", "flat_id"]
WATER = "hot_water"


def rooms_of(inputs: Inputs) -> pl.DataFrame:
    """Rooms with their flats: account_id, flat_id, room_area, flat_area (living, hundredths of m²), flat_total (of the flat),
    room_persons, flat_persons (person-days). Few houses have any, so the frame is small or empty."""
    at = inputs.dates
    rooms = inputs.read_dated(f"""
        SELECT a.id AS account_id, a.house_id, p.parent_id AS flat_id, (own.living_area * 100)::int8 AS room_area,
               (flat.total_area * 100)::int8 AS flat_total
          FROM premise p
          JOIN account a ON a.premise_id = p.id
          LEFT JOIN premise_area own ON own.premise_id = p.id AND own.valid @> {at.last}
          LEFT JOIN premise_area flat ON flat.premise_id = p.parent_id AND flat.valid @> {at.last}
         WHERE p.parent_id IS NOT NULL AND p.house_id {inputs.houses_sql}
           AND a.opened_on < {at.until} AND (a.closed_on IS NULL OR a.closed_on > {at.start})""")
    if rooms.is_empty():
        return rooms.with_columns(
            pl.lit(0, pl.Int64).alias(name) for name in ("flat_area", "room_persons", "flat_persons")
        )
    rooms = rooms.join(
        inputs.accounts.select("account_id", "premise_id", pl.col("person_days").alias("room_persons")), on="account_id"
    )
    areas = rooms.unique(["house_id", "premise_id"]).group_by(FLAT).agg(
        # a room without a living area leaves the flat without a sum: no share of it can be said
        pl.when(pl.col("room_area").is_null().any()).then(None).otherwise(pl.col("room_area").sum()).alias("flat_area")
    )
    people = pl.col("room_persons").sum().over(FLAT).alias("flat_persons")
    return rooms.with_columns(people).join(areas, on=FLAT, how="left").drop("premise_id", "house_id")


def take_rooms(reg: Regimes, rows: pl.DataFrame, used: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Charge rooms whose flat has a usable meter; return the rows that are left, and the rooms' hot water for its heat.

    ``rows``: accounts × services charged individually with their own consumption; ``used``: consumption of the flats' meters
    (flat_id, service_id, flat_volume). By formula 9 where every room has an own meter, else by formula 7.
    """
    of_rooms = np.flatnonzero(rows["account_id"].is_in(reg.rooms["account_id"].implode()).to_numpy())  # a few of all
    shared = rows[of_rooms].with_columns(pl.Series("_row", of_rooms)).join(reg.rooms, on="account_id").join(
        used, on=[*FLAT, "service_id"]
    )
    if shared.is_empty():
        return rows, None
    has_own = pl.col("basis").is_in(["meter", "average"])
    shared = shared.with_columns(
        pl.col("volume").clip(lower_bound=0).alias("room_volume"), has_own.fill_null(False).alias("_metered")
    ).with_columns(
        pl.col("_metered").all().over([*FLAT, "service_id"]).alias("_every"),
        pl.col("_metered").any().over([*FLAT, "service_id"]).alias("_some"),
        pl.col("room_volume").sum().over([*FLAT, "service_id"]).alias("all_rooms_volume"),
    )
    reg.warn(shared.filter(pl.col("_some") & ~pl.col("_every") & ~pl.col("_metered")), "rooms_without_meter",
             "Не у всех комнат квартиры есть счётчики: объём квартиры разделён по числу жителей (формула 7). "
             "Поставьте счётчик в комнату или снимите счётчики остальных.")
    reg.warn(shared.filter(pl.col("_every") & (pl.col("service") == "electricity") & (pl.col("all_rooms_volume") > pl.col("flat_volume"))),
             "flat_meter_below_rooms", "Общий счётчик квартиры показал меньше, чем счётчики комнат: разница снята по числу жителей, "
             "но не больше начисленного. Проверьте показания квартиры и комнат и пересчитайте дом.")
    by_meters = pl.col("_every") & (pl.col("service") == "electricity")
    for (service,), part in shared.partition_by("service", as_dict=True, maintain_order=True).items():
        reg.add("communal.persons", service, part.filter(~by_meters))
        reg.add("communal.electricity_meters", service, part.filter(by_meters))
    is_left = np.ones(rows.height, dtype=bool)
    is_left[shared["_row"].to_numpy()] = False
    return rows.filter(is_left), _hot_water(reg, shared.drop("_row"))


def _hot_water(reg: Regimes, shared: pl.DataFrame) -> pl.DataFrame | None:
    """The rooms' hot water with the volumes that were charged: its heat follows them."""
    found = [
        group.computed.select("account_id", pl.col("result_volume").alias("volume"))
        for group in reg.groups if group.service == WATER and group.rule.key == "communal.persons"
    ]
    if not found:
        return None
    return shared.filter(pl.col("service") == WATER).drop("volume").join(pl.concat(found), on="account_id")


def flat_meters(reg: Regimes) -> pl.DataFrame:
    """house_id, flat_id, service_id, flat_volume (1e-6) of flats whose common meters all gave a volume."""
    return reg.consumption.filter(pl.col("premise_id").is_not_null()).group_by(
        "house_id", pl.col("premise_id").alias("flat_id"), "service_id"
    ).agg(
        pl.when(pl.col("volume").is_null().any()).then(None).otherwise(pl.col("volume").sum().clip(lower_bound=0)).alias("flat_volume")
    ).filter(pl.col("flat_volume").is_not_null())


def add_rooms(reg: Regimes, key: str, service: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Charge the rooms of ``frame`` by ``<key>_room``, the flat's area standing for the room's; return the other rows."""
    if reg.rooms.is_empty() or frame.is_empty():
        return frame
    rooms = frame.join(reg.rooms.drop("flat_id"), on="account_id").with_columns(
        pl.col("flat_total").alias("area"), pl.col("days").cast(pl.Int64).alias("days_charged")
    )
    reg.add(f"{key}_room", service, rooms)
    return frame.join(rooms.select("account_id"), on="account_id", how="anti")
