"""Monthly consumption of meters, whole houses at a time (ПП РФ 354 п. 42, 59, 60).

One frame out, and no loop over meters: what is known of a register lies in arrays (:mod:`.consumption_facts`). A month's
volume of a meter is the last reading of the month less the last true reading before it, less what was charged by estimate
since then (true-up). Without a reading, with a lapsed verification, or with a reading below the previous one the average
of at least six months stands in for three months in a row at most; then the norm (with the raising coefficient where the
verification lapsed). A reading that was refused because it stood below an earlier one is no true reading: neither the
next month nor an average starts from it.

Several months are computed as one (the replay): what was read once is given to every month that sees it, and a register
is a number of its own in each of them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from startks.base.contracts.consumption import CONSUMPTION
from startks.base.db.months import Months
from startks.modules.metering.consumption_facts import (
    DAY,
    LAPSED,
    MONTH_BIT,
    NEW,
    NONE,
    REGISTER_BIT,
    REMOVED,
    REMOVED_BIT,
    REPLACED_BIT,
    Calendar,
    Facts,
    Read,
    Registers,
    distinct,
    facts,
    firsts,
    lasts,
    month_of,
    read_estimates,
    read_history,
    read_meters,
    read_readings,
)

AVERAGE_MONTHS_WANTED = 6
AVERAGE_MONTHS_LEAST = 3
AVERAGE_WINDOW_MONTHS = 12
ESTIMATE_MONTHS_MOST = 3
"""ПП РФ 354 п. 59: at least six months, not fewer than three, at most three billing periods in a row."""
AVERAGE_BACK_MONTHS = AVERAGE_WINDOW_MONTHS + ESTIMATE_MONTHS_MOST
"""The third month in a row looks back from the same last reading as the first one did."""
LOOK_BACK_MONTHS = 36
"""How far back the previous true reading is sought and estimates are settled: three years (ГК ст. 196)."""

FAULTS = (None, "verification_lapsed", "reading_below_previous", "no_reading")
FINE, LAPSE, BELOW, UNREAD = range(len(FAULTS))
BASES = ("meter", "average", "norm", "norm_raised")
METER, AVERAGE, NORM, RAISED = range(len(BASES))


def consumption(read: Read, months: Months, house_from: int, house_to: int) -> pl.DataFrame:
    """Consumption of every meter and zone of the houses in ``[house_from, house_to]`` in each month.

    Columns (``CONSUMPTION``): ``account_id`` is null for meters of the house and, with ``premise_id``, of a communal flat;
    ``zone`` 0, 1 day, 2 night; ``basis`` is
    ``meter``, ``average``, ``norm`` or ``norm_raised``; ``volume`` in millionths (null for norms); for an average also
    its total and number of months; ``fault`` names why a reading was not used (``reading_below_previous``,
    ``verification_lapsed``, ``no_reading``) or is null. Of several months also ``place``, the row's month among them.
    """
    meters = read_meters(read, months, house_from, house_to)
    if meters.is_empty():
        return pl.DataFrame(schema={**CONSUMPTION, "place": pl.Int32} if months.several else CONSUMPTION)
    return _Volumes(read, months, meters).frame()


class _Volumes:
    """What is known and found of the registers, in arrays by register: days since 1970, millionths, ``NONE`` for nothing."""

    def __init__(self, read: Read, months: Months, meters: pl.DataFrame) -> None:
        self.read, self.months = read, months
        self.calendar, self.registers = Calendar.of(months), Registers(meters)
        self.state = self.registers.state
        noted, self.turns = read_estimates(read, months, self.registers, LOOK_BACK_MONTHS)
        self._guessed(noted)
        self._readings()
        history = self._previous()
        self._settle()
        self._leave_out()
        self._estimate(history)

    def _nothing(self) -> np.ndarray:
        return np.full(len(self.registers), NONE, np.int64)

    def _of_month(self, values: np.ndarray, at: np.ndarray | slice = slice(None)) -> np.ndarray:
        """What holds in the month of registers."""
        return values[self.registers.place[at]] if self.months.several else values[0]

    def _seen(self, key: np.ndarray, value: np.ndarray, month: np.ndarray, oldest: int, newest: int) -> Facts:
        """Rows once for each month that sees them: from ``oldest`` months before it to ``newest`` before."""
        if self.months.several:
            row, place = self.calendar.seen(month, oldest, newest)
            key, value = key[row] + (place << MONTH_BIT), value[row]
        return facts(self.registers, key, value)

    def _guessed(self, noted: pl.DataFrame) -> None:
        """Estimates of the months before, and for how many months in a row there were some up to the last one."""
        key, volume, in_row = (noted[name].to_numpy() for name in ("key", "value", "months_in_row"))
        found = self._seen(key, np.arange(len(key)), key & DAY, LOOK_BACK_MONTHS, 1)
        self.estimates = Facts(found.at, found.day, volume[found.value])  # the days are months
        last = found.only(found.day == self._of_month(self.calendar.number, found.at) - 1)
        self.row_before = np.zeros(len(self.registers), np.int16)
        self.row_before[last.at] = in_row[last.value]
        self.guessed_at = last.at

    def _readings(self) -> None:
        """Last reading of the month; last one before it."""
        key, value = read_readings(self.read, self.months, self.registers)
        found = self._seen(key, value + self.turns.before(key), month_of(key & DAY) if self.months.several else key, 1, 0)
        in_month = found.day >= self._of_month(self.calendar.start, found.at)
        is_last = lasts(found.at)
        self.day, self.value = self._nothing(), self._nothing()
        self.previous_day, self.previous_value = self._nothing(), self._nothing()
        current = is_last & in_month
        before = ~in_month & (is_last | np.append(in_month[1:], True))
        for rows, day, value in ((current, self.day, self.value), (before, self.previous_day, self.previous_value)):
            at = found.at[rows]
            day[at], value[at] = found.day[rows], found.value[rows]
        self.readings, self.in_month = found, in_month

    def _previous(self) -> Facts:
        """Find the previous reading in earlier months where last month had none or only one that was refused; return the
        readings of the months before, of these registers and of others that will want an average.

        A month with a refused reading was charged by an estimate, so only registers with one are looked at closer.
        """
        self.previous_day[self.guessed_at] = self.previous_value[self.guessed_at] = NONE
        lost = self.previous_day == NONE
        wanting = (self.day == NONE) | (self.state & LAPSED > 0) | (self.value < self.previous_value)
        far = distinct(self.registers.meter_id[lost])
        near = np.setdiff1d(distinct(self.registers.meter_id[wanting & ~lost]), far, assume_unique=True)
        if not len(far) and not len(near):
            return self.readings.only(slice(0))
        key, value = read_history(self.read, self.months, [(far, LOOK_BACK_MONTHS), (near, AVERAGE_BACK_MONTHS)])
        month = month_of(key & DAY) if self.months.several else key
        history = self._seen(key, value + self.turns.before(key), month, LOOK_BACK_MONTHS, 1)
        older = _highest(history.only(lost[history.at]))
        self.previous_day[older.at], self.previous_value[older.at] = older.day, older.value
        self._put_in_now()
        return history

    def _put_in_now(self) -> None:
        """A meter put in this month counts from its first reading."""
        inside = self.readings.only(self.in_month & (self.previous_day == NONE)[self.readings.at])
        first = inside.only(firsts(inside.at))
        first = first.only(first.day < self.day[first.at])
        self.previous_day[first.at], self.previous_value[first.at] = first.day, first.value

    def _settle(self) -> None:
        """Volume by readings less the estimates charged since the previous true reading; what is wrong with the readings."""
        self.has_volume = (self.day != NONE) & (self.previous_day != NONE)
        self.estimated = np.zeros(len(self.registers), np.int64)
        since = self.previous_day[self.estimates.at]
        charged = self.estimates.only((since != NONE) & (self.estimates.day > month_of(since)))
        np.add.at(self.estimated, charged.at, charged.value)
        self.volume = self.value - self.previous_value - self.estimated
        self.fault = np.where(self.has_volume, np.where(self.value < self.previous_value, BELOW, FINE), UNREAD)
        self.fault[self.state & LAPSED > 0] = LAPSE

    def _leave_out(self) -> None:
        """Meters that another one stands in for this month; days of the month for those that stand for a part of it."""
        before = (self.state >> REMOVED_BIT & REMOVED) - 1
        # A meter taken out this month without a last reading is not estimated: the new one carries the month on. One whose
        # verification had lapsed before stands, as the months before, to the day it was taken out (п. 59).
        is_gone = (before >= 0) & (self.fault != FINE)
        is_lapsed = is_gone & (self.fault == LAPSE) & (before > 0)
        # Nor is the one put in its place, which has no second reading yet where the old one had its last. Beside one that
        # had lapsed it stands with what it has shown so far, nothing: then the estimate is of the old one's days only.
        is_carried, is_beside = self._carried(is_lapsed)
        self.is_left = (~is_gone | is_lapsed) & (~is_carried | is_beside)
        self.days = np.where(is_lapsed, before, NONE)
        self.fault[is_beside], self.volume[is_beside], self.has_volume[is_beside] = FINE, 0, True

    def _carried(self, is_lapsed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Registers put in place of one that was taken out this month with a reading, and those of them beside a lapsed one."""
        carried, beside = np.zeros(len(self.registers), bool), np.zeros(len(self.registers), bool)
        fresh, gone = (self.state & NEW > 0) & (self.fault == UNREAD), self.state >> REMOVED_BIT & REMOVED > 0
        if not fresh.any() or not gone.any():
            return carried, beside
        rows = np.flatnonzero(fresh | gone)
        spot, meter = self.registers.spot(rows), self.registers.meter_id[rows]
        old: dict[int, set[int]] = {}
        for where, which in zip(spot[has_last := gone[rows] & (self.day[rows] != NONE)], meter[has_last], strict=True):
            old.setdefault(where, set()).add(which)
        lapsed = set(spot[is_lapsed[rows]])
        for row, where, which in zip(rows[new := fresh[rows]], spot[new], meter[new], strict=True):
            # The old one is found by its place too: a meter that came with a load may not name what it replaces.
            said = int(self.state[row]) >> REPLACED_BIT
            others = old.get(where, set()) - {which}
            carried[row] = said in others if said else bool(others)
            beside[row] = carried[row] and self.registers.zone[row] == 0 and where in lapsed
        return carried, beside

    def _estimate(self, history: Facts) -> None:
        """Give a basis to every row; averages to those without a usable reading."""
        self.total, self.parts = _averages(
            history, np.flatnonzero(self.is_left & (self.fault != FINE)), len(self.registers),
            self._of_month(self.calendar.number, history.at),
        )
        in_row = self.row_before + np.int16(1)
        has_average = (self.parts > 0) & (in_row <= ESTIMATE_MONTHS_MOST)
        self.basis = np.where(has_average, AVERAGE, np.where(self.fault == LAPSE, RAISED, NORM))
        self.basis[self.fault == FINE] = METER
        self.in_row = np.where(self.fault == FINE, np.int16(0), in_row)
        at = np.flatnonzero(self.basis == AVERAGE)
        month_days = self._of_month(self.calendar.days, at)
        days = np.where(self.days[at] == NONE, month_days, self.days[at])
        parts = self.parts[at] * month_days
        self.volume[at] = (2 * self.total[at] * days + parts) // (2 * parts)
        self.has_volume = (self.basis == AVERAGE) | (self.basis == METER)

    def frame(self) -> pl.DataFrame:
        """The columns of ``CONSUMPTION``; values as they stand on the dial: bills and cards show them so."""
        of, is_average = self.registers, self.basis == AVERAGE
        values = {
            side: value - self.turns.before(of.number << REGISTER_BIT | np.maximum(day, 0))
            for side, value, day in (("current", self.value, self.day), ("previous", self.previous_value, self.previous_day))
        }
        raw = {
            "meter_id": of.meter_id, "house_id": of.house_id, "holder": of.holder, "service_id": of.service_id, "zone": of.zone,
            "basis": self.basis, "volume": self.volume, "has_volume": self.has_volume, "fault": self.fault,
            "average_total": self.total, "average_months": self.parts, "is_average": is_average, "months_in_row": self.in_row,
            "previous_day": self.previous_day, "previous_value": values["previous"], "current_day": self.day,
            "current_value": values["current"], "estimated": self.estimated, "days": self.days, "place": of.place,
        }
        holder = pl.col("holder")
        known = {
            "account_id": pl.when(holder > 0).then(holder), "premise_id": pl.when(holder < 0).then(-holder),
            "basis": pl.lit(pl.Series(BASES)).gather(pl.col("basis")), "fault": pl.lit(pl.Series(FAULTS)).gather(pl.col("fault")),
            "volume": pl.when("has_volume").then("volume"), "days": pl.when(pl.col("days") != NONE).then("days"),
            **{name: pl.when("is_average").then(name) for name in ("average_total", "average_months")},
            **{f"{side}_{what}": pl.when(pl.col(f"{side}_day") != NONE).then(f"{side}_{what}")
               for side in ("current", "previous") for what in ("day", "value")},
        }
        columns = {**CONSUMPTION, "place": pl.Int32} if self.months.several else CONSUMPTION
        rows = pl.DataFrame(raw if self.is_left.all() else {name: array[self.is_left] for name, array in raw.items()})
        return rows.select(known.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in columns.items())


def _highest(readings: Facts) -> Facts:
    """The last true reading of each register: readings below an earlier one were refused, so it is the highest, and of equal
    ones the last."""
    if not len(readings.at):
        return readings
    start = np.flatnonzero(firsts(readings.at))
    highest = np.maximum.reduceat(readings.value, start)
    is_highest = readings.value == np.repeat(highest, np.diff(np.append(start, len(readings.at))))
    return readings.only(np.maximum.reduceat(np.where(is_highest, np.arange(len(readings.at)), 0), start))


def _averages(history: Facts, lost: np.ndarray, registers: int, month: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Total and number of months of the newest span of at least six months (three where there are no six), by register.

    ``lost``: the registers that want one; ``month``: number of the month of each row of ``history``.
    """
    total, parts = np.zeros(registers, np.int64), np.zeros(registers, np.int64)
    back = AVERAGE_BACK_MONTHS - (month - month_of(history.day))  # place of the row's month in the window
    rank = np.full(registers, NONE)
    rank[lost] = np.arange(len(lost))
    used = (back >= 0) & (rank[history.at] != NONE)
    if not used.any():
        return total, parts
    cell = (rank[history.at] * AVERAGE_BACK_MONTHS + back)[used]
    start = np.flatnonzero(firsts(cell))
    highest = np.full((len(lost), AVERAGE_BACK_MONTHS), NONE)
    highest.flat[cell[start]] = np.maximum.reduceat(history.value[used], start)
    # A month whose readings all stand below an earlier one was refused.
    window, risen = np.arange(AVERAGE_BACK_MONTHS), np.maximum.accumulate(highest, axis=1)
    is_true = (highest == risen) & (highest != NONE)
    last = np.where(is_true, window, NONE).max(axis=1)
    age = np.where(is_true, last[:, None] - window, NONE)
    # The shortest span of six months or more; else the longest shorter one.
    long = np.where(age >= AVERAGE_MONTHS_WANTED, age, AVERAGE_BACK_MONTHS).min(axis=1)
    short = np.where(age < AVERAGE_MONTHS_WANTED, age, NONE).max(axis=1)
    months = np.where(long < AVERAGE_BACK_MONTHS, long, short)
    has = np.flatnonzero(months >= AVERAGE_MONTHS_LEAST)
    parts[lost[has]] = months[has]
    total[lost[has]] = risen[has, -1] - highest[has, last[has] - months[has]]
    return total, parts
