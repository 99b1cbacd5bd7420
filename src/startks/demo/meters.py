"""Flat and house meters with their readings for one batch of houses.

A *register* is a meter and a zone. Its readings are a row of a matrix [register, month]: initial value plus what was
used; the columns go to the monthly partitions one by one, in the order of meters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection

from startks.base.db.bulk import copy_records
from startks.base.periods import first_day, shift
from startks.demo.consumption import MICRO
from startks.demo.households import DAY
from startks.demo.loading import put
from startks.modules.metering.partitions import partition_name

MODELS = {
    "cold_water": ("СВХ-15", "СВХ-15И", "СВ-20"), "hot_water": ("СВГ-15", "СВГ-15И"),
    "electricity": ("СЭ-101", "СЭ-1М"), "gas": ("СГ-4", "СГМ-1,6"), "heating": ("ТС-15",),
}
INTERVAL_YEARS = {"cold_water": 6, "hot_water": 4, "electricity": 16, "gas": 10, "heating": 4}
DIGITS = {"cold_water": 5, "hot_water": 5, "electricity": 6, "gas": 5, "heating": 5}
INITIAL_MOST = {"cold_water": 900, "hot_water": 700, "electricity": 42_000, "gas": 2_500, "heating": 40}
WHOLE_UNITS = {"cold_water": 0.55, "hot_water": 0.55, "electricity": 1.0, "gas": 0.9, "heating": 0.0}
"""Share of meters whose owners write down whole units only."""
GIVES_TOGETHER = {"cold_water": 0, "hot_water": 0, "heating": 0, "electricity": 1, "gas": 2}
NIGHT_SHARE = (0.22, 0.45)
OLD_LAPSE_SHARE = 0.008
REPLACED_SHARE = 0.018
FIRST_READING_DAY, LAST_READING_DAY = 18, 25
HOUSE_METER_DAY = 24
MOSCOW_EVENING = 17 * 3_600 * 1_000_000
"""Readings become known in the evening (UTC microseconds of the day); Самара is ahead of it by four hours."""
POSTGRES_EPOCH = np.datetime64("2000-01-01", "D")
TABLES = ("meter",)
READING = [("meter_id", "i4"), ("zone", "i2"), ("day", "M8[D]"), ("value", "i8"), ("recorded_at", "i8")]


@dataclass
class Fleet:
    """Meters of a batch, one row a meter, in the order of ids."""

    id: np.ndarray
    house: np.ndarray
    """index of the house in the batch"""
    account: np.ndarray
    """index of the account in the batch, −1 for a house meter"""
    resource: np.ndarray
    """index into ``consumption.RESOURCES``"""
    zones: np.ndarray
    installed: np.ndarray
    verified_until: np.ndarray
    removed: np.ndarray
    """NaT for a meter in use"""

    def __len__(self) -> int:
        return len(self.id)


@dataclass
class Registers:
    """Readings of a batch: row = meter and zone, column = month from the month before the history on."""

    meter: np.ndarray
    """index into the fleet"""
    zone: np.ndarray
    value: np.ndarray
    given: np.ndarray
    day: np.ndarray
    source: np.ndarray
    """0 consumer, 1 initial, 2 automatic, 3 act"""


SOURCES = np.array(["consumer", "initial", "automatic", "act"], dtype=object)


def put_meters(
    connection: Connection, fleet: Fleet, house_ids: np.ndarray, account_ids: np.ndarray, services: np.ndarray,
    resources: tuple[str, ...], random: np.random.Generator,
) -> None:
    """Write the meters; ``services`` gives the service id of each resource."""
    own = fleet.account >= 0
    model = np.empty(len(fleet), dtype=object)
    digits = np.zeros(len(fleet), dtype=np.int64)
    for index, resource in enumerate(resources):
        here = np.flatnonzero(fleet.resource == index)
        names = np.array(MODELS[resource], dtype=object)
        model[here] = names[random.integers(0, len(names), len(here))]
        digits[here] = np.where(own[here], DIGITS[resource], 7)
    frame = pl.DataFrame({
        "id": fleet.id, "house_id": house_ids[fleet.house],
        "account": np.where(own, account_ids[np.maximum(fleet.account, 0)] if len(account_ids) else 0, 0),
        "service_id": services[fleet.resource], "zones": fleet.zones,
        "serial": random.integers(10_000_000, 99_999_999, len(fleet)), "model": pl.Series(model.tolist(), dtype=pl.String),
        "digits": digits, "installed_on": fleet.installed, "verified_until": fleet.verified_until,
        "removed_on": fleet.removed,
    })
    put(connection, "meter", frame.select(
        "id", "house_id", pl.when(pl.col("account") > 0).then("account").alias("account_id"), "service_id", "zones",
        pl.col("serial").cast(pl.String), pl.when(pl.col("account") > 0).then("model").otherwise(pl.lit("Узел учёта УУ-2")).alias("model"),
        "digits", "installed_on", "verified_until", "removed_on",
        pl.when(pl.col("account") > 0).then(pl.lit("Квартира")).otherwise(pl.lit("Подвал, узел ввода")).alias("place"),
    ), True)


def registers_of(
    fleet: Fleet, volumes: Callable[[int], np.ndarray], resources: tuple[str, ...], rows_of: np.ndarray,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (meter index, zone, use [register, month]) of a fleet's registers in the order of meters and zones.

    ``volumes(resource)`` gives the matrix of the resource, ``rows_of`` each meter's row in it.
    """
    copies = fleet.zones.astype(np.int64)
    meter = np.repeat(np.arange(len(fleet)), copies)
    order = np.arange(len(meter)) - np.repeat(np.cumsum(copies) - copies, copies)
    zone = np.where(copies[meter] == 2, order + 1, 0)
    night = random.uniform(*NIGHT_SHARE, len(fleet))
    part = np.where(zone == 0, 1.0, np.where(zone == 2, night[meter], 1 - night[meter]))
    use = np.zeros((len(meter), volumes(0).shape[1]), dtype=np.int64)
    for index in range(len(resources)):
        here = np.flatnonzero(fleet.resource[meter] == index)
        use[here] = np.round(volumes(index)[rows_of[meter[here]]] * part[here, None]).astype(np.int64)
    return meter, zone, use


def put_readings(connection: Connection, fleet: Fleet, registers: Registers, first_month: int) -> int:
    """Write the readings month by month into the detached partitions; return their number."""
    total = 0
    for column in range(registers.value.shape[1]):
        period = shift(first_month, column)
        table = partition_name(period)
        given = registers.given[:, column]
        for special in (False, True):
            rows = np.flatnonzero(given & ((registers.source[:, column] > 0) == special))
            if not len(rows):
                continue
            records = np.empty(len(rows), dtype=READING)
            records["meter_id"] = fleet.id[registers.meter[rows]]
            records["zone"] = registers.zone[rows]
            records["day"] = np.datetime64(first_day(period), "D") + (registers.day[rows, column].astype(np.int64) - 1) * DAY
            records["value"] = registers.value[rows, column]
            records["recorded_at"] = (records["day"] - POSTGRES_EPOCH).astype(np.int64) * 86_400_000_000 + MOSCOW_EVENING
            if special:
                put_special(connection, table, records, SOURCES[registers.source[rows, column]])
            else:
                # The table by name: the widths of the array are the columns', recorded_at is a timestamp's eight bytes.
                copy_records(connection, table, records)
            total += len(rows)
    return total


def put_special(connection: Connection, table: str, records: np.ndarray, source: np.ndarray) -> None:
    """Write readings that name their source."""
    stamp = (POSTGRES_EPOCH.astype("datetime64[us]") + records["recorded_at"].astype("m8[us]")).astype("datetime64[us]")
    put(connection, table, pl.DataFrame({
        "meter_id": records["meter_id"], "zone": records["zone"], "day": records["day"], "value": records["value"],
        "recorded_at": pl.Series(stamp).dt.replace_time_zone("UTC"),
        "source": pl.Series(source.tolist(), dtype=pl.String),
    }))


def whole_units(value: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Cut readings to whole units where the owner gives no fraction; else to thousandths."""
    step = np.where(whole, MICRO, 1_000)[:, None]
    return value // step * step
