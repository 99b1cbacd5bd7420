"""Houses with their passports, entrances, premises and areas.

:class:`Premises` holds one batch of whole houses as columns of numbers; the frames for the data base are made from it.
Areas are whole hundredths of a square metre, so that a house's total is the exact sum of its premises.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection

from startks.demo.loading import hundredths, put, put_rows
from startks.demo.plan import HousePlan

FLAT, ROOM, SHOP = 0, 1, 2
KINDS = np.array(["flat", "room", "nonresidential"], dtype=object)
ROOM_WEIGHTS = {0: 0.12, 1: 0.36, 2: 0.38, 3: 0.22, 4: 0.04}
ROOMS_A_COMMUNAL_FLAT = 3
SHOP_AREA = (3_500, 14_000)
FACTS_SINCE = "2020-01-01"
HEATED_COMMON_SHARE = 0.7
AMENITIES = {
    True: "Капитальные ж/д со всеми удобствами",
    False: "Ж/д с неполным благоустройством",
}
TABLES = (
    "district", "street", "house", "house_area", "house_characteristic", "entrance", "premise", "premise_area",
    "house_manager",
)  # fmt: skip


@dataclass
class Premises:
    """Premises of a batch of houses, in the order of ids."""

    id: np.ndarray
    house: np.ndarray
    """index of the house in the batch"""
    entrance: np.ndarray
    """number of the entrance"""
    parent: np.ndarray
    """id of the communal flat, 0 for others"""
    kind: np.ndarray
    number: np.ndarray
    """number of the flat or shop; for a room the number of its flat"""
    room: np.ndarray
    """number of the room in its flat, 0 for others"""
    floor: np.ndarray
    rooms: np.ndarray
    area: np.ndarray
    living: np.ndarray
    heated: np.ndarray
    has_account: np.ndarray

    def __len__(self) -> int:
        return len(self.id)


def draw_premises(plans: list[HousePlan], first_id: int, random: np.random.Generator) -> Premises:
    """Draw the premises of a batch of houses."""
    parts = []
    for index, plan in enumerate(plans):
        part = _house_premises(plan, first_id, random)
        part["house"] = np.full(len(part["id"]), index)
        first_id += len(part["id"])
        parts.append(part)
    return Premises(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _house_premises(plan: HousePlan, first_id: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    slots = np.arange(plan.slots)
    per_entrance = plan.storeys * plan.flats_a_floor
    entrance = slots // per_entrance + 1
    floor = slots % per_entrance // plan.flats_a_floor + 1
    stack = (entrance - 1) * plan.flats_a_floor + slots % plan.flats_a_floor
    rooms_of_stack, area_of_stack = _layout(plan, random)
    # Shops take the first places of the ground floor.
    ground = np.flatnonzero(floor == 1)[: plan.shops]
    flat = np.ones(len(slots), dtype=bool)
    flat[ground] = False
    entrance, floor, stack = entrance[flat], floor[flat], stack[flat]
    count = len(stack)
    rooms = rooms_of_stack[stack]
    area = area_of_stack[stack] + 10 * random.integers(-3, 4, count)
    living = (area * random.uniform(0.58, 0.70, count) / 10).astype(np.int64) * 10
    communal = np.zeros(count, dtype=bool)
    if plan.communal:
        largest = np.argsort(-area, kind="stable")[: plan.communal]
        communal[largest] = True
        rooms[largest] = ROOMS_A_COMMUNAL_FLAT
    copies = np.where(communal, 1 + ROOMS_A_COMMUNAL_FLAT, 1)
    source = np.repeat(np.arange(count), copies)
    room = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies)
    ids = first_id + np.arange(len(source) + plan.shops)
    is_room = room > 0
    parent = np.where(is_room, ids[: len(source)] - room, 0)
    heated = random.random(count) >= (0.004 if plan.kind == "apartment_building" else 0.0)
    part = {
        "entrance": entrance[source], "parent": parent, "kind": np.where(is_room, ROOM, FLAT),
        "number": source + 1, "room": room, "floor": floor[source], "rooms": np.where(is_room, 1, rooms[source]),
        "area": area[source], "living": living[source], "heated": heated[source] | communal[source],
        "has_account": ~communal[source] | is_room,
    }
    for flat_index in np.flatnonzero(communal):
        where = np.flatnonzero((source == flat_index) & is_room)
        part["living"][where] = _split(int(living[flat_index]), random.uniform(0.8, 1.3, ROOMS_A_COMMUNAL_FLAT))
        part["area"][where] = _split(int(area[flat_index]), part["living"][where])
    shops = plan.shops
    extra = {
        "entrance": np.ones(shops, dtype=np.int64), "parent": np.zeros(shops, dtype=np.int64),
        "kind": np.full(shops, SHOP), "number": np.arange(1, shops + 1), "room": np.zeros(shops, dtype=np.int64),
        "floor": np.ones(shops, dtype=np.int64), "rooms": np.ones(shops, dtype=np.int64),
        "area": random.integers(SHOP_AREA[0] // 10, SHOP_AREA[1] // 10, shops) * 10,
        "living": np.zeros(shops, dtype=np.int64), "heated": np.ones(shops, dtype=bool),
        "has_account": np.ones(shops, dtype=bool),
    }
    return {"id": ids, **{name: np.concatenate([part[name], extra[name]]) for name in part}}


def _layout(plan: HousePlan, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rooms and area (hundredths of m²) of each stack of flats, one above the other."""
    stacks = plan.entrances * plan.flats_a_floor
    if plan.series is None:
        return np.array([int(random.integers(2, 5))]), 10 * random.integers(400, 1_300, 1)
    areas = {int(rooms): bounds for rooms, bounds in plan.series["flat_area_m2_by_rooms"].items()}
    weights = np.array([ROOM_WEIGHTS[rooms] for rooms in areas])
    drawn = random.choice(np.array(list(areas)), stacks, p=weights / weights.sum())
    bounds = np.array([areas[int(rooms)] for rooms in drawn])
    area = np.round(random.uniform(bounds[:, 0], bounds[:, 1]) * 10).astype(np.int64) * 10
    return np.maximum(drawn, 1), area


def _split(whole: int, parts: np.ndarray) -> np.ndarray:
    """Share a whole number in proportion to ``parts``; the last one takes what is left."""
    shares = (whole * parts / parts.sum() / 10).astype(np.int64) * 10
    shares[-1] += whole - shares.sum()
    return shares


def house_areas(plans: list[HousePlan], premises: Premises) -> dict[str, np.ndarray]:
    """Areas of each house of the batch, hundredths of m²; a house's total is the sum of its flats and shops."""
    count = len(plans)

    def total(mask: np.ndarray) -> np.ndarray:
        return np.bincount(premises.house[mask], premises.area[mask], minlength=count).astype(np.int64)

    whole = premises.kind != ROOM
    residential, shops = total(premises.kind == FLAT), total(premises.kind == SHOP)
    share = np.array([plan.series["common_area_share"] if plan.series else 0.0 for plan in plans])
    common = np.round((residential + shops) * share / 10).astype(np.int64) * 10
    return {
        "total": residential + shops, "residential": residential, "nonresidential": shops, "common": common,
        "heated_common": np.round(common * HEATED_COMMON_SHARE / 10).astype(np.int64) * 10,
        "cut_off": total(whole & ~premises.heated),
    }


def put_places(connection: Connection, city: str, municipality_id: int, districts: list, streets: list) -> None:
    """Districts and streets of the town."""
    put_rows(connection, "district", [
        {"id": number, "municipality_id": municipality_id, "name": row["name"], "slug": row["slug"],
         "population": row["population"]}
        for number, row in enumerate(districts, 1)
    ])
    put_rows(connection, "street", [
        {"id": number, "municipality_id": municipality_id, "name": row["name"], "certain": row["certain"]}
        for number, row in enumerate(streets, 1)
    ])


def put_houses(
    connection: Connection, plans: list[HousePlan], areas: dict[str, np.ndarray], managers: list[list]
) -> None:
    """Houses with areas, characteristics, entrances and managers; ``managers`` gives (since, until, organisation)."""
    houses, characteristics, entrances, owners = [], [], [], []
    for index, plan in enumerate(plans):
        houses.append(_house_row(plan))
        for code, value in _characteristics(plan):
            characteristics.append((plan.id, code, value))
        entrances += [(plan.id, number) for number in range(1, plan.entrances + 1)]
        owners += [(plan.id, *manager) for manager in managers[index]]
    put_rows(connection, "house", houses, recorded=True)
    put(connection, "house_characteristic", pl.DataFrame(
        characteristics, schema=["house_id", "code", "value"], orient="row"
    ).with_columns(pl.int_range(1, pl.len() + 1).alias("id"), pl.lit(f"[{FACTS_SINCE},)").alias("valid")), True)
    put(connection, "entrance", pl.DataFrame(
        entrances, schema=["house_id", "number"], orient="row"
    ).with_columns(pl.int_range(1, pl.len() + 1).alias("id")))
    put_rows(connection, "house_manager", [
        {"id": number, "house_id": house, "organisation_id": organisation,
         "valid": f"[{since},{until or ''})", "document": "Протокол общего собрания"}
        for number, (house, since, until, organisation) in enumerate(owners, 1)
    ])
    columns = ("total", "residential", "nonresidential", "common", "heated_common", "cut_off")
    frame = pl.DataFrame({name: areas[name] for name in columns}).select(
        hundredths(name).alias(f"{name}_area") for name in columns
    )
    put(connection, "house_area", frame.with_columns(
        pl.Series("id", [plan.id for plan in plans]), pl.Series("house_id", [plan.id for plan in plans]),
        pl.lit(f"[{FACTS_SINCE},)").alias("valid"), pl.lit("Технический паспорт").alias("document"),
    ), True)


def _house_row(plan: HousePlan) -> dict:
    landmark = plan.slug == "eroshevskogo-3"
    seed = plan.id * 2_654_435_761
    return {
        "id": plan.id, "district_id": plan.district + 1, "street_id": plan.street + 1, "number": plan.number,
        "slug": plan.slug, "kind": "dormitory" if plan.key == "small" and plan.id % 3 == 0 else plan.kind,
        "series": plan.series["title"] if plan.series else None, "year_built": plan.year, "storeys": plan.storeys,
        "entrances": plan.entrances, "walls": plan.series["walls"] if plan.series else "дерево, кирпич",
        "inventory_number": "2385254741" if landmark else str(1_000_000_000 + seed % 8_999_999_999),
        "registry_number": "4585964712" if landmark else str(1_000_000_000 + seed // 7 % 8_999_999_999),
        "cadastral_number": f"99:01:{plan.district + 1:07d}:{plan.id}",
        "survey_date": dt.date(2006, 5, 1) if landmark else dt.date(2004 + plan.id % 19, 1 + plan.id % 12, 1 + plan.id % 28),
        "note": None,
    }


def _characteristics(plan: HousePlan) -> list[tuple[str, str]]:
    block = plan.series is not None
    heater = plan.hot_water in ("heater", "none")
    rows = [
        ("amenities", AMENITIES[block and plan.key != "barrack2"]),
        ("water_supply", "Оборудованные внутренним водопроводом"),
        ("hot_water_system", {
            "open": "Центральное, открытая система", "closed": "Центральное, закрытая система",
            "heater": "Газовая колонка", "none": "Нет",
        }[plan.hot_water]),
        ("stove", "Электроплита" if plan.electric_stove else "Газовая плита и водонагреватель" if heater else "Газовая плита"),
        ("heating", "Центральное" if block else "Своё, газовый котёл"),
        ("floors", str(plan.storeys)),
    ]
    if block:
        rows += [
            ("lift", "Есть" if plan.series["lift"] else "Нет"),
            ("rubbish_chute", "Есть" if plan.series["rubbish_chute"] else "Нет"),
        ]
    return rows


def put_premises(connection: Connection, plans: list[HousePlan], premises: Premises, without_area: np.ndarray) -> None:
    """Premises and their areas; ``without_area`` marks premises whose area is missing in the base (dirt)."""
    house_ids = np.array([plan.id for plan in plans])[premises.house]
    first_entrance = np.array([plan.first_entrance for plan in plans])[premises.house]
    frame = pl.DataFrame({
        "id": premises.id, "house_id": house_ids, "entrance_id": first_entrance + premises.entrance - 1,
        "parent_id": premises.parent, "kind": pl.Series(KINDS[premises.kind].tolist(), dtype=pl.String),
        "flat": premises.number, "room": premises.room, "floor": premises.floor, "rooms": premises.rooms,
    }).with_columns(
        pl.when(pl.col("room") > 0).then(pl.format("{}-{}", "flat", "room")).otherwise(pl.col("flat").cast(pl.String)).alias("number"),
        pl.when(pl.col("parent_id") > 0).then("parent_id").alias("parent_id"),
        pl.format("99:01:{}:{}", pl.col("house_id"), pl.col("id")).alias("cadastral_number"),
    ).with_columns(
        pl.when(pl.col("kind") == "nonresidential").then(pl.format("n{}", "number")).otherwise("number").alias("slug"),
    )
    put(connection, "premise", frame.select(
        "id", "house_id", "entrance_id", "parent_id", "kind", "number", "slug", "floor", "rooms", "cadastral_number",
    ))
    areas = pl.DataFrame({
        "id": premises.id, "premise_id": premises.id, "total": premises.area, "living": premises.living,
        "heated": premises.heated,
    }).filter(pl.Series(~without_area)).select(
        "id", "premise_id", pl.lit(f"[{FACTS_SINCE},)").alias("valid"),
        hundredths("total").alias("total_area"),
        pl.when(pl.col("living") > 0).then(hundredths("living")).alias("living_area"),
        "heated", pl.lit("Технический паспорт").alias("document"),
    )
    put(connection, "premise_area", areas, True)
