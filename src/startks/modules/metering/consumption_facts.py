"""What consumption is computed from: registers of meters, and what was read of them, as arrays by number.

A register (meter and zone) and a day are one number (*key*): it comes as one column instead of three, sorts as one and
is found by bisection. A register has its place among those of the piece; whatever is known of it lies there in an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from startks.base.db.months import Months
from startks.base.periods import days_in, first_day, shift

Read = Callable[[str], pl.DataFrame]

NONE = -1
"""No day, no value: a day is counted from 1970 and a reading is never below zero."""
REGISTER_BIT, MONTH_BIT = 16, 49
"""A key: the day, or for estimates the month, since 1970 (16 bits); zone and meter, the register; above them the month's
place among several."""
DAY, OF_ONE_MONTH = (1 << REGISTER_BIT) - 1, (1 << MONTH_BIT) - 1
_KEY = f"(meter_id::int8 << {REGISTER_BIT + 2}) + (zone * {1 << REGISTER_BIT} + ({{}}))"
DAY_KEY = _KEY.format("day - DATE '1970-01-01'")
MONTH_KEY = _KEY.format("period / 100 * 12 + period % 100 - (1970 * 12 + 1)")
ZONES, LAPSED, NEW, REMOVED_BIT, REMOVED, REPLACED_BIT = 3, 4, 8, 4, 63, 16
"""State of a meter, rare things in one number: its zones, whether its verification has lapsed, whether it was put in this
month; one more than the days before it was taken out this month; the meter that it is said to replace."""
TURN = -1
"""In place of the months in a row: a dial's turn, not an estimate."""
ID_GAP = 2_000
"""Ids missing in a row at which a run of meters is cut."""
FEW_METERS = 3_000
"""Up to so many meters (some houses) are asked for one by one."""


@dataclass(frozen=True)
class Calendar:
    """The months of the calculation by place, as numbers."""

    months: Months
    number: np.ndarray
    """of the month, since 1970"""
    start: np.ndarray
    """first day, since 1970"""
    days: np.ndarray

    @classmethod
    def of(cls, months: Months) -> Calendar:
        start = np.array([first_day(period) for period in months.periods], "datetime64[D]").astype(np.int64)
        return cls(months, month_of(start), start, np.array([days_in(period) for period in months.periods]))

    def seen(self, month: np.ndarray, oldest: int, newest: int) -> tuple[np.ndarray, np.ndarray]:
        """Of rows of the numbered months: the rows and the months that see them, ``oldest`` to ``newest`` months later."""
        back = self.number - month[:, None]
        return np.nonzero((back >= newest) & (back <= oldest))


def month_of(day: np.ndarray) -> np.ndarray:
    """Number of the month, since 1970, of days since 1970."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


class Registers:
    """The registers of the piece in the order of months, meters and zones; arrays of equal length."""

    def __init__(self, meters: pl.DataFrame) -> None:
        known = {name: meters[name].to_numpy() for name in meters.columns if name != "holder"}
        known["holder"] = meters["holder"].fill_null(0).to_numpy()
        place = known.get("place", np.zeros(meters.height, np.int32))
        meter = (place.astype(np.int64) << MONTH_BIT - REGISTER_BIT) + (known["meter_id"].astype(np.int64) << 2)
        order = np.argsort(meter, kind="stable")
        zones = (known["state"] & ZONES).astype(np.int64)[order]
        row = np.repeat(order, zones)
        # Zone 0 of a plain meter, zones 1 and 2 of a two-zone one.
        nth = np.arange(len(row)) - np.repeat(np.cumsum(zones) - zones, zones)
        self.zone = np.where(np.repeat(zones, zones) == 1, 0, nth + 1)
        self.number = meter[row] + self.zone
        self.place = place[row]
        self.meter_id, self.house_id, self.service_id = (known[name][row] for name in ("meter_id", "house_id", "service_id"))
        self.holder = known["holder"][row]
        """the account; below zero the communal flat; 0 the house"""
        self.state = known["state"][row]
        self.ids = distinct(self.meter_id)

    def __len__(self) -> int:
        return len(self.number)

    def spot(self, rows: np.ndarray) -> np.ndarray:
        """Number of the place in which the meters of some ``rows`` stand: month, house, account or flat, resource."""
        of = np.stack([array[rows].astype(np.int64) for array in (self.place, self.house_id, self.holder, self.service_id)])
        return np.unique(of, axis=1, return_inverse=True)[1].reshape(-1)


class Facts(NamedTuple):
    """Rows in the order of registers and days: register (its place among the registers), day, value."""

    at: np.ndarray
    day: np.ndarray
    value: np.ndarray

    def only(self, rows: np.ndarray) -> Facts:
        return Facts(self.at[rows], self.day[rows], self.value[rows])


def facts(registers: Registers, key: np.ndarray, value: np.ndarray) -> Facts:
    """Rows with these keys, without those of strangers: a run of ids takes in meters of other houses."""
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")  # runs in order, as each partition of the table gives one, are only merged
        key, value = key[order], value[order]
    number = key >> REGISTER_BIT
    at = np.minimum(np.searchsorted(registers.number, number), len(registers) - 1)
    found = Facts(at, key & DAY, value)
    is_known = registers.number[at] == number
    return found if is_known.all() else found.only(is_known)


def firsts(at: np.ndarray) -> np.ndarray:
    """Whether a row is the first of its number, where equal ones lie together."""
    return np.concatenate([[True] * (len(at) > 0), at[1:] != at[:-1]]).astype(bool)


def distinct(ids: np.ndarray) -> np.ndarray:
    """The ids in their order, each once. They come nearly in order, so sorting beats the hashing of ``np.unique`` tenfold."""
    ordered = np.sort(ids, kind="stable")
    return ordered[firsts(ordered)]


def lasts(at: np.ndarray) -> np.ndarray:
    """Whether a row is the last of its number, where equal ones lie together."""
    return np.concatenate([at[1:] != at[:-1], [True] * (len(at) > 0)]).astype(bool)


class Turns:
    """Turns of dials through zero: by how much a reading on a day stands higher than it shows."""

    def __init__(self, key: np.ndarray, span: np.ndarray) -> None:
        order = np.argsort(key)
        self.key, self.total = key[order], np.concatenate([[0], np.cumsum(span[order])])

    def before(self, key: np.ndarray) -> np.ndarray | int:
        """What the turns up to the day of each key made, millionths."""
        if not len(self.key):
            return 0
        key = key & OF_ONE_MONTH
        last, first = np.searchsorted(self.key, key, side="right"), np.searchsorted(self.key, key & ~np.int64(DAY))
        return self.total[last] - self.total[first]


def read_meters(read: Read, months: Months, low: int, high: int) -> pl.DataFrame:
    """Meters of the houses in each month."""
    at = months
    return read(at.each(f"""
        SELECT m.id AS meter_id, m.house_id, coalesce(m.account_id, -m.premise_id) AS holder, m.service_id,
               m.zones::int8
               -- p. 59: from the month of the lapse; a meter taken off in that month counts to its last reading
               + CASE WHEN coalesce(v.until, m.verified_until) < CASE WHEN m.removed_on < {at.until}
                   THEN {at.start} ELSE {at.last} END THEN {LAPSED} ELSE 0 END
               + CASE WHEN m.removed_on < {at.until} THEN (m.removed_on - {at.start} + 1) << {REMOVED_BIT} ELSE 0 END
               + CASE WHEN m.installed_on >= {at.start}
                   THEN {NEW} + (coalesce(m.replaces_id, 0)::int8 << {REPLACED_BIT}) ELSE 0 END AS state
          FROM meter m
          LEFT JOIN (SELECT meter_id, max(verified_until) AS until FROM meter_verification
                      WHERE verified_on < {at.until}
                        AND meter_id IN (SELECT id FROM meter WHERE house_id BETWEEN {int(low)} AND {int(high)})
                      GROUP BY meter_id) v ON v.meter_id = m.id
         WHERE m.house_id BETWEEN {int(low)} AND {int(high)}
           AND m.installed_on < {at.until} AND (m.removed_on IS NULL OR m.removed_on >= {at.start})"""))


def read_readings(read: Read, months: Months, registers: Registers) -> tuple[np.ndarray, np.ndarray]:
    """Keys and values of the readings of each month and of the one before.

    Meters of neighbouring houses have neighbouring ids but for those put in later, so a few runs cover them and the key
    of the readings is used in place of whole months.
    """
    found = read(" UNION ALL ".join(
        f"SELECT {DAY_KEY} AS key, value FROM reading WHERE meter_id {run} AND {_days_between(months, 1, 0)}"
        for run in _runs(registers.ids)
    ))
    return found["key"].to_numpy(), found["value"].to_numpy()


def read_estimates(read: Read, months: Months, registers: Registers, back: int) -> tuple[pl.DataFrame, Turns]:
    """Estimates of the ``back`` months before each month (key, value, months_in_row), and the turns of the dials."""
    oldest, newest = shift(months.periods[0], -back), shift(months.periods[-1], -1)
    found = read(" UNION ALL ".join(
        f"""SELECT {MONTH_KEY} AS key, volume AS value, months_in_row FROM meter_estimate
             WHERE meter_id {run} AND period >= {oldest} AND period <= {newest}
            UNION ALL
            SELECT {DAY_KEY}, span, {TURN}::int2 FROM meter_turn WHERE meter_id {run}"""
        for run in _runs(registers.ids)
    ))
    is_turn = found["months_in_row"] == TURN
    turns = found.filter(is_turn)
    return found.filter(~is_turn), Turns(turns["key"].to_numpy(), turns["value"].to_numpy())


def read_history(read: Read, months: Months, meters: list[tuple[np.ndarray, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Keys and values of readings before each month: for each list of ids back over so many months."""
    # The list as a sub-select: the planner would weigh each of ten thousand ids for each month of the table.
    found = read(" UNION ALL ".join(
        f"""SELECT {DAY_KEY} AS key, value FROM reading
             WHERE meter_id = ANY((SELECT {_array(ids)})::int[]) AND {_days_between(months, back, 1)}"""
        for ids, back in meters if len(ids)
    ))
    return found["key"].to_numpy(), found["value"].to_numpy()


def _runs(ids: np.ndarray) -> list[str]:
    """Conditions on the ids of meters: a list where they are few, else ``BETWEEN`` of the runs in which they lie."""
    if len(ids) <= FEW_METERS:
        return [f"= ANY({_array(ids)})"]
    runs = np.split(ids, np.flatnonzero(np.diff(ids) > ID_GAP) + 1)
    return [f"BETWEEN {run[0]} AND {run[-1]}" for run in runs]


def _array(ids: np.ndarray) -> str:
    return f"'{{{','.join(map(str, ids.tolist()))}}}'::int[]"


def _days_between(months: Months, oldest: int, newest: int) -> str:
    """Condition on the day of a reading: from ``oldest`` months before the first month to ``newest`` before the last."""
    start, end = first_day(shift(months.periods[0], -oldest)), first_day(shift(months.periods[-1], 1 - newest))
    return f"day >= DATE '{start}' AND day < DATE '{end}'"
