"""Volumes by meters: true readings, what was charged without them, averages (ПП РФ 354 п. 59–60)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from startks_check.facts import MICRO, Facts, Law, earlier, month_days, months_between

STEP = Decimal("0.000001")


def micro(value: Decimal) -> Decimal:
    """A volume to its millionths, half up."""
    return value.quantize(STEP, ROUND_HALF_UP)


@dataclass
class Metered:
    """Volume of one register in the month: by ``reading`` or ``average``; with ``norm`` the volume is not known here."""

    basis: str
    volume: Decimal
    lapsed: bool = False
    days: int | None = None
    """first days of the month that an estimate stands for; None: all of it"""


def register(facts: Facts, law: Law, meter, zone: int) -> Metered:
    """What one dial of a meter gives for the month."""
    rows = facts.readings.get((meter.id, zone), [])
    turns = facts.turns.get((meter.id, zone), [])

    def height(row) -> Decimal:
        return Decimal(row.value + sum(turn.span for turn in turns if row.day >= turn.day)) / MICRO

    rows = _accepted(rows, height)
    now = [row for row in rows if row.day >= law.start]
    before = [row for row in rows if row.day < law.start]
    lapsed = _lapsed(facts, law, meter)
    if lapsed and meter.removed_on and meter.removed_on < law.end:
        # Its last reading is not accepted: the days until it was taken off are estimated, the new meter carries the month on.
        return _estimate(facts, law, meter, zone, before, height, lapsed, (meter.removed_on - law.start).days)
    last, base = (now or [None])[-1], (before or now or [None])[-1 if before else 0]
    if now and not lapsed:
        estimated = sum(
            (Decimal(row.volume) / MICRO for row in facts.estimates.get((meter.id, zone), [])
             if month_days(row.period)[0] > base.day),
            Decimal(0),
        )
        return Metered("reading", height(last) - height(base) - estimated)
    return _estimate(facts, law, meter, zone, before, height, lapsed, None)


def _accepted(rows: list, height) -> list:
    """A reading that stands below the last accepted one is refused: it is no true reading."""
    accepted: list = []
    for row in rows:
        if not accepted or height(row) >= height(accepted[-1]):
            accepted.append(row)
    return accepted


def _estimate(facts: Facts, law: Law, meter, zone: int, before: list, height, lapsed: bool, days: int | None) -> Metered:
    """Average while it may be taken, else the norm; of the first ``days`` of the month where it is not the whole of it."""
    if days == 0:
        return Metered("reading", Decimal(0))
    city = next(house.city for house in facts.houses if house.id == meter.house_id)
    earlier_rows = {row.period: row for row in facts.estimates.get((meter.id, zone), [])}
    was = earlier_rows.get(earlier(law.period))
    in_row = (was.months_in_row if was else 0) + 1
    if in_row <= law.parameter("average.maximum_periods", city):
        mean = _average(law, city, before, height)
        if mean is not None:
            whole = (law.end - law.start).days
            return Metered("average", mean if days is None else micro(mean * days / whole), lapsed, days)
    return Metered("norm", Decimal(0), lapsed, days)


def _lapsed(facts: Facts, law: Law, meter) -> bool:
    """The verification interval was over in the month (п. 59: the average runs from the month of the lapse).

    A meter that is taken off in the month counts to its last reading, where its interval ended in this month at the earliest.
    """
    known = [row for row in facts.verified.get(meter.id, []) if row.verified_on < law.end]
    until = max((row.verified_until for row in known), default=meter.verified_until)
    # The day itself still counts: an interval that ends with the month has not lapsed in it.
    day = law.start if meter.removed_on and meter.removed_on < law.end else law.end - dt.timedelta(days=1)
    return until is not None and until < day


def _average(law: Law, city: int, rows: list, height) -> Decimal | None:
    """Mean of a month over at least six months up to the last reading, over at least three where it worked less."""
    # One reading a month, its last: what stands between the day of putting in and the month's reading is no whole month.
    rows = list({(row.day.year, row.day.month): row for row in rows}.values())
    if len(rows) < 2:
        return None
    last = rows[-1]
    wanted, least = law.parameter("average.months", city), law.parameter("average.minimum_months", city)
    old = [row for row in rows if months_between(row.day, last.day) >= wanted]
    first = old[-1] if old else rows[0]
    span = months_between(first.day, last.day)
    if span < least:
        return None
    return (height(last) - height(first)) / span
