"""Which meters stand where, and which of their readings were given: habits, silence, replacements, mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from startks.demo.consumption import MICRO, RESOURCES, Flats
from startks.demo.households import DAY, Window
from startks.demo.meters import (
    FIRST_READING_DAY,
    GIVES_TOGETHER,
    HOUSE_METER_DAY,
    INITIAL_MOST,
    INTERVAL_YEARS,
    LAST_READING_DAY,
    OLD_LAPSE_SHARE,
    REPLACED_SHARE,
    WHOLE_UNITS,
    Fleet,
    Registers,
    registers_of,
    whole_units,
)
from startks.demo.plan import HousePlan

COLD, HOT, POWER, GAS, HEAT = range(5)
HEAT_METERS_IN_NEW_HOUSES = 0.04
TWO_ZONES = 0.18
LAST_MONTH_SHARE = 0.6
"""Readings of the open month that have come by today."""
LAST_MONTH_DAY = 23
EXTRA_DIGIT_NOW = 0.8
"""Share of readings with a digit too many that came in the open month."""
HOUSE_LAPSED = 0.02
HOUSE_MISSING = 0.015
INITIAL_DAY = 20
MONTHS_BEFORE = 6
"""The oldest reading is so many months older than the one before the history."""
NEVER = np.datetime64("NaT")
GROUPS = np.array([GIVES_TOGETHER[resource] for resource in RESOURCES])


@dataclass
class Drawn:
    """Meters of a batch with their readings; ``fresh`` are the first readings of meters put in on the way."""

    fleet: Fleet
    registers: Registers
    before: Registers
    """readings half a year older: with them an average exists from the first month on"""
    fresh: Registers
    extra_digit: np.ndarray
    """accounts (index in the batch) whose reading got a digit too many"""
    below: np.ndarray
    """accounts with a reading below the previous one"""
    lapsed: np.ndarray
    """accounts with a meter whose verification lapsed long ago"""


def draw_presence(
    random: np.random.Generator, flats: Flats, room: np.ndarray, new_house: np.ndarray, heat_meter: np.ndarray, facts: dict
) -> np.ndarray:
    """Which account has a meter of which resource: [account, resource]."""
    size = len(flats.house)
    shares = facts["flat_meters"]
    chance = random.random((size, len(RESOURCES)))
    cold = (chance[:, COLD] < shares["cold_water"]) | flats.shop
    hot = flats.central_hot & (cold & (chance[:, HOT] < shares["hot_water"] / shares["cold_water"]) | flats.shop)
    gas_share = np.where(flats.gas_heating, 1.0, np.where(flats.heater, shares["gas_with_heater"], shares["gas_stove_only"]))
    presence = np.stack([
        cold & ~room, hot & ~room, (chance[:, POWER] < shares["electricity"]) | flats.shop,
        flats.gas & ~flats.shop & ~room & (chance[:, GAS] < gas_share),
        new_house & heat_meter & ~flats.shop & (chance[:, HEAT] < HEAT_METERS_IN_NEW_HOUSES),
    ], axis=1)
    return presence


def draw_fleet(
    random: np.random.Generator, presence: np.ndarray, flats: Flats, room: np.ndarray, plans: list[HousePlan],
    window: Window, first_id: int, facts: dict,
) -> tuple[Fleet, np.ndarray]:
    """Return the fleet (flat meters, house meters, replacements) and for each meter the one it replaces (−1: none)."""
    account, resource = np.nonzero(presence)
    count = len(account)
    interval = np.array([INTERVAL_YEARS[name] for name in RESOURCES])[resource] * 365
    installed = window.start - (30 + random.random(count) * np.minimum(interval, 3_000)).astype(np.int64) * DAY
    verified = window.today + (1 + random.random(count) * interval).astype(np.int64) * DAY
    water = resource <= HOT
    chance = random.random(count)
    old = water & (chance < OLD_LAPSE_SHARE)
    lapsed = water & ~old & (chance < facts["verification_lapsed"])
    verified[old] = (window.start - random.integers(200, 700, count) * DAY)[old]
    verified[lapsed] = (window.start + random.integers(-60, window.days - 30, count) * DAY)[lapsed]
    installed = np.minimum(installed, verified - 700 * DAY)
    replaced = (lapsed & (random.random(count) < 0.5)) | (~old & ~lapsed & (random.random(count) < REPLACED_SHARE))
    when = np.where(
        lapsed, (verified - window.start) / DAY + random.integers(20, 100, count), random.integers(15, window.days - 40, count)
    ).astype(np.int64)
    when = np.maximum(when, 15)
    replaced &= when < window.days - 20
    # Fitters come before the days on which readings are written down.
    moved = window.start + when * DAY
    moved = moved.astype("datetime64[M]").astype("datetime64[D]") + random.integers(4, 15, count) * DAY
    zones = np.where((resource == POWER) & (random.random(count) < TWO_ZONES) & ~(flats.shop | room)[account], 2, 1)
    removed = np.where(replaced, moved, NEVER)
    houses, kinds = _house_meters(plans)
    new = np.flatnonzero(replaced)
    blank = np.full(len(houses), NEVER, dtype="datetime64[D]")
    house_verified = window.today + random.integers(100, 1_400, len(houses)) * DAY
    house_lapsed = random.random(len(houses)) < HOUSE_LAPSED
    house_verified[house_lapsed] = (window.start + random.integers(30, window.days, len(houses)) * DAY)[house_lapsed]
    total = count + len(houses) + len(new)
    fleet = Fleet(
        id=first_id + np.arange(total),
        house=np.concatenate([flats.house[account], houses, flats.house[account[new]]]),
        account=np.concatenate([account, np.full(len(houses), -1), account[new]]),
        resource=np.concatenate([resource, kinds, resource[new]]),
        zones=np.concatenate([zones, np.ones(len(houses), dtype=np.int64), zones[new]]),
        installed=np.concatenate([installed, blank, removed[new]]).astype("datetime64[D]"),
        verified_until=np.concatenate([verified, house_verified, removed[new] + interval[new] * DAY]).astype("datetime64[D]"),
        removed=np.concatenate([removed, blank, np.full(len(new), NEVER)]).astype("datetime64[D]"),
    )
    here = slice(count, count + len(houses))
    fleet.installed[here] = window.start - random.integers(300, 3_000, len(houses)) * DAY
    replaces = np.concatenate([np.full(count + len(houses), -1), new])
    return fleet, replaces


def _house_meters(plans: list[HousePlan]) -> tuple[np.ndarray, np.ndarray]:
    pairs = [
        (index, kind) for index, plan in enumerate(plans) for kind, name in enumerate(RESOURCES) if name in plan.meters
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def draw_readings(
    random: np.random.Generator, fleet: Fleet, replaces: np.ndarray, use: dict, of_house: dict, accounts: int,
    window: Window, facts: dict, mistakes: tuple[int, int],
) -> Drawn:
    """Make the readings of a batch. ``mistakes``: how many readings get a digit too many, and fall below the previous."""
    own = fleet.account >= 0
    volumes = {index: np.concatenate([use[name], of_house.get(name, np.zeros((0, use[name].shape[1]), dtype=np.int64))])
               for index, name in enumerate(RESOURCES)}
    house_rows = {index: len(use[name]) for index, name in enumerate(RESOURCES)}
    rows_of = np.where(own, fleet.account, np.array([house_rows[kind] for kind in range(len(RESOURCES))])[fleet.resource] + fleet.house)
    meter, zone, used = registers_of(fleet, lambda index: volumes[index], RESOURCES, rows_of, random)
    months = used.shape[1]
    kind, owner = fleet.resource[meter], fleet.account[meter]
    is_house = owner < 0
    start_most = np.array([INITIAL_MOST[name] for name in RESOURCES])[kind] * np.where(is_house, 20, 1)
    value = np.empty((len(meter), months + 1), dtype=np.int64)
    half_year = (used.mean(axis=1) * MONTHS_BEFORE * random.uniform(0.9, 1.1, len(meter))).astype(np.int64)
    first = random.integers(1, start_most + 1) * MICRO
    value[:, 0] = first + half_year
    np.cumsum(used, axis=1, out=value[:, 1:])
    value[:, 1:] += value[:, :1]
    given, day = _habits(random, owner, kind, accounts, months, facts)
    source = np.zeros(value.shape, dtype=np.int8)
    source[is_house] = 2
    _replace(random, fleet, meter, replaces, value, used, given, day, source, window)
    whole = random.random(len(fleet)) < np.array([WHOLE_UNITS[name] for name in RESOURCES])[fleet.resource]
    value = whole_units(value, whole[meter] & ~is_house)
    first = whole_units(first[:, None], whole[meter] & ~is_house)
    plain = ~is_house & (kind <= HOT) & (replaces[meter] < 0) & np.isnat(fleet.removed[meter])
    extra_digit, below = _mistakes(random, value, given, owner, plain, mistakes)
    old = (fleet.verified_until < window.start - 100 * DAY) & own
    return Drawn(
        fleet, Registers(meter, zone, value, given, day, source), _known_before(meter, zone, first, replaces),
        _first_of_new(fleet, meter, zone, replaces, months, window),
        extra_digit, below, np.unique(fleet.account[old]),
    )


def _habits(random, owner, kind, accounts, months, facts) -> tuple[np.ndarray, np.ndarray]:
    """Who gives which month's reading, and on which day of the month: [register, month before + months]."""
    size = len(owner)
    usual = random.integers(FIRST_READING_DAY, LAST_READING_DAY + 1, accounts)
    wobble = random.integers(-1, 2, (accounts, months + 1))
    days = np.clip(usual[:, None] + wobble, FIRST_READING_DAY, LAST_READING_DAY).astype(np.int8)
    missing = random.random((3, accounts, months + 1)) < facts["missing_readings"]
    silent = random.random(accounts) < facts["silent_meters"]
    since = np.where(silent, random.integers(1, months - 2, accounts), months + 5)
    missing |= np.arange(months + 1)[None, None, :] >= since[None, :, None]
    late = random.random(accounts) >= LAST_MONTH_SHARE
    missing[:, late, months] = True
    is_house = owner < 0
    row = np.maximum(owner, 0)
    given = ~missing[GROUPS[kind], row]
    day = days[row] if accounts else np.zeros((size, months + 1), dtype=np.int8)
    given[is_house] = random.random((int(is_house.sum()), months + 1)) >= HOUSE_MISSING
    day[is_house] = HOUSE_METER_DAY
    given[:, 0] = True
    day[:, months] = np.minimum(day[:, months], LAST_MONTH_DAY)
    return given, day


def _column(window: Window, days: np.ndarray) -> np.ndarray:
    """Column of a day: 0 is the month before the window."""
    start = window.start.astype("datetime64[M]")
    return (days.astype("datetime64[M]") - start).astype(np.int64) + 1


def _replace(random, fleet, meter, replaces, value, used, given, day, source, window) -> None:
    """Old meters end with the fitter's reading, new ones begin at zero in the same month."""
    columns = np.arange(value.shape[1])
    gone = ~np.isnat(fleet.removed[meter])
    rows = np.flatnonzero(gone)
    at = _column(window, fleet.removed[meter[rows]])
    part = 0.4
    value[rows, at] = value[rows, at - 1] + (used[rows, at - 1] * part).astype(np.int64)
    given[rows] &= columns[None, :] <= at[:, None]
    given[rows, at] = True
    source[rows, at] = 3
    day[rows, at] = (fleet.removed[meter[rows]] - fleet.removed[meter[rows]].astype("datetime64[M]")).astype(np.int64) + 1
    rows = np.flatnonzero(replaces[meter] >= 0)
    at = _column(window, fleet.installed[meter[rows]])
    since = columns[None, 1:] > at[:, None]
    own = np.where(since, used[rows], 0)
    own[np.arange(len(rows)), at - 1] = (used[rows, at - 1] * (1 - part)).astype(np.int64)
    value[rows, 0] = 0
    value[rows, 1:] = np.cumsum(own, axis=1)
    given[rows] &= columns[None, :] >= at[:, None]


def _known_before(meter, zone, first, replaces) -> Registers:
    """The reading with which each old meter came into the base, ``MONTHS_BEFORE`` months before the first column."""
    rows = np.flatnonzero(replaces[meter] < 0)
    shape = (len(rows), 1)
    return Registers(
        meter[rows], zone[rows], first[rows], np.ones(shape, dtype=bool), np.full(shape, INITIAL_DAY, dtype=np.int8),
        np.ones(shape, dtype=np.int8),
    )


def _first_of_new(fleet, meter, zone, replaces, months, window) -> Registers:
    """The zero reading of each new meter on the day it was put in."""
    rows = np.flatnonzero(replaces[meter] >= 0)
    installed = fleet.installed[meter[rows]]
    at = _column(window, installed)
    shape = (len(rows), months + 1)
    given, days = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.int8)
    given[np.arange(len(rows)), at] = True
    days[np.arange(len(rows)), at] = (installed - installed.astype("datetime64[M]")).astype(np.int64) + 1
    return Registers(
        meter[rows], zone[rows], np.zeros(shape, dtype=np.int64), given, days, np.ones(shape, dtype=np.int8)
    )


def _mistakes(random, value, given, owner, plain, mistakes) -> tuple[np.ndarray, np.ndarray]:
    """Spoil single readings as people do: a digit too many, or a number below last month's."""
    result = []
    taken: set[int] = set()
    for which, wanted in enumerate(mistakes):
        rows = np.flatnonzero(plain & given[:, 3:-1].all(axis=1))
        chosen = random.permutation(rows)
        found = []
        for row in chosen:
            if len(found) == wanted:
                break
            if int(owner[row]) in taken:
                continue
            taken.add(int(owner[row]))
            column = int(random.integers(4, value.shape[1] - 3))
            if which == 0:
                # Most of them wait in the open month for the clerk who looks before he calculates.
                if random.random() < EXTRA_DIGIT_NOW:
                    column = value.shape[1] - 1
                    given[row, column] = True
                value[row, column] = value[row, column] // MICRO * MICRO * 10 + int(random.integers(10)) * MICRO
            else:
                value[row, column] = max(value[row, column - 1] - int(random.integers(1, 9)) * MICRO, 0)
            found.append(int(owner[row]))
        result.append(np.array(sorted(found), dtype=np.int64))
    return result[0], result[1]
