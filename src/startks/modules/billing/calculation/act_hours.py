"""What acts of one service say of one month: hours without it, hours too cold, days unpaid. Plain numbers, no data base.

Times are whole minutes since the month's first midnight. Two acts that lie over each other count once: a break hides what
else was wrong in it, the act nearest to the flat hides those of the entrance, the house, the district. Hours are whole
hours of the month's sum (ПП РФ 354, приложение 1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from startks.domain.calc.interpret import apply_reference
from startks.domain.calc.parameters import value
from startks.domain.calc.registry import rule_for
from startks.domain.calc.rules.pp354_quality import allowed_hours

DAY = 24 * 60
NIGHT = 5 * 60
"""Minutes of a day that are night (0–5 h)."""
Span = tuple[int, int]


@dataclass(frozen=True)
class Act:
    """An act within a month. ``since``/``until``: minutes; ``measured``, ``planned``: °C or MPa; ``rank`` 0 is the flat."""

    id: int
    kind: str
    since: int
    until: int
    rank: int = 0
    measured: Fraction | None = None
    planned: Fraction | None = None
    feeds: int = 1
    dead_end: bool = False


@dataclass(frozen=True)
class Finding:
    """What some acts of a service mean: the rule of the line by ``what``, its numbers by name, the acts."""

    what: str
    """break | repair | temperature | as_cold | air | pressure | days | voltage"""
    numbers: dict[str, int]
    acts: tuple[int, ...]


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """The parts of ``spans`` outside ``taken``."""
    left = list(spans)
    for begin, end in taken:
        left = [
            piece
            for since, until in left
            for piece in ((since, min(until, begin)), (max(since, end), until))
            if piece[0] < piece[1]
        ]
    return left


def minutes(spans: Iterable[Span]) -> int:
    """Sum of spans that do not meet."""
    return sum(until - since for since, until in spans)


def night_minutes(spans: Iterable[Span]) -> int:
    """How much of them lies between midnight and five."""
    return sum(
        max(min(until, day * DAY + NIGHT) - max(since, day * DAY), 0)
        for since, until in spans
        for day in range(since // DAY, (until - 1) // DAY + 1)
    )


def days(spans: Iterable[Span]) -> int:
    """How many days they touch."""
    return len({day for since, until in spans for day in range(since // DAY, (until - 1) // DAY + 1)})


def findings(service: str, acts: Iterable[Act], first: dt.date, open_span: Span) -> list[Finding]:
    """What the acts of ``service`` mean in the month of ``first``; ``open_span``: minutes in which the account was open."""
    closed = [(-(10**9), open_span[0]), (open_span[1], 10**9)]
    ordered = sorted(acts, key=lambda act: (act.rank, act.since, act.id))
    dark = _each([act for act in ordered if act.kind in ("break", "repair")], closed)
    silent = [*closed, *(span for _, spans in dark for span in spans)]
    found = _breaks(service, dark, first)
    for kind, tell in (
        ("temperature", _air if service == "heating" else _water), ("pressure", _pressure), ("voltage", _voltage),
    ):
        parts = _each([act for act in ordered if act.kind == kind], silent)
        found += tell(service, parts, first) if parts else []
    # a day of bad water is a bad day also where there was none for an hour
    found += _composition(service, _each([act for act in ordered if act.kind == "composition"], closed), first)
    return found


Parts = list[tuple[Act, list[Span]]]


def _each(acts: Sequence[Act], taken: Sequence[Span]) -> Parts:
    """Every act with the minutes that are its own; acts with none are left out."""
    used = list(taken)
    parts = []
    for act in acts:
        spans = without([(act.since, act.until)], used)
        used += spans
        if spans:
            parts.append((act, spans))
    return parts


def _ids(parts: Parts) -> tuple[int, ...]:
    return tuple(sorted(act.id for act, _ in parts))


def _hours(parts: Parts) -> int:
    return sum(minutes(spans) for _, spans in parts) // 60


def _breaks(service: str, dark: Parts, first: dt.date) -> list[Finding]:
    """Breaks that the law allows for different hours are counted apart; a planned repair takes no percent."""
    found = []
    kinds = sorted({(act.kind, act.dead_end, act.feeds) for act, _ in dark})
    for kind, dead_end, feeds in kinds:
        parts = [part for part in dark if (part[0].kind, part[0].dead_end, part[0].feeds) == (kind, dead_end, feeds)]
        hours = _hours(parts)
        allowed = int(allowed_hours(service, first, feeds, dead_end))
        counted = 0 if kind == "repair" else hours
        numbers = {"missing_hours": hours, "hours": counted, "allowed_hours": allowed}
        found.append(Finding(kind, numbers, _ids(parts)))
    return [finding for finding in found if finding.numbers["missing_hours"]]


def _day_and_night(spans: list[Span]) -> tuple[tuple[str, int], tuple[str, int]]:
    dark = night_minutes(spans)
    return ("day", (minutes(spans) - dark) // 60), ("night", dark // 60)


def _water(service: str, parts: Parts, first: dt.date) -> list[Finding]:
    """Hot water colder than the norm by steps; colder than 40 °C it is paid as cold."""
    cold_below = value("quality.hot_water_as_cold_below", first)
    cool = [part for part in parts if part[0].measured >= cold_below]
    cold = [part for part in parts if part[0].measured < cold_below]
    total = sum(
        int(apply_reference(rule_for("quality.step_hours", first), {
            "measured": act.measured, "normal": value("quality.hot_water_temperature", first),
            "allowed": value(f"quality.hot_water_deviation.{time}", first), "step": value("quality.hot_water_step", first),
            "hours": hours,
        })["step_hours"])
        for act, spans in cool for time, hours in _day_and_night(spans)
    )
    found = [Finding("temperature", {"step_hours": total}, _ids(cool))] if total else []
    hours = _hours(cold)
    return found + ([Finding("as_cold", {"hours": hours}, _ids(cold))] if hours else [])


def _air(service: str, parts: Parts, first: dt.date) -> list[Finding]:
    """Rooms colder than their norm by whole degrees."""
    total = sum(
        int(apply_reference(rule_for("quality.degree_hours", first), {
            "measured": act.measured, "normal": act.planned, "allowed": value(f"quality.room_deviation.{time}", first),
            "hours": hours,
        })["degree_hours"])
        for act, spans in parts for time, hours in _day_and_night(spans)
    )
    return [Finding("air", {"degree_hours": total}, _ids(parts))] if total else []


def deviation_percent(service: str, act: Act, first: dt.date) -> Fraction:
    """By how many per cent a pressure is off: from the nearest bound of the law, or from what the act says it should be."""
    if act.planned is not None:
        return abs(act.measured - act.planned) / act.planned * 100
    least, most = (value(f"quality.pressure.{service}.{bound}", first) for bound in ("least", "most"))
    return max(least - act.measured, act.measured - most, Fraction(0)) / (least if act.measured < least else most) * 100


def _pressure(service: str, parts: Parts, first: dt.date) -> list[Finding]:
    """Off by up to 25 %: hours; by more: unpaid days. Heating: unpaid days only."""
    limit = value("quality.pressure_limit_percent", first)
    off = [(part, deviation_percent(service, part[0], first)) for part in parts]
    much = [part for part, percent in off if percent > limit]
    some = [part for part, percent in off if 0 < percent <= limit]
    unpaid = days(span for _, spans in much for span in spans)
    if service == "heating":
        return [Finding("days", {"days": unpaid}, _ids(much))] if unpaid else []
    hours = _hours(some)
    return [Finding("pressure", {"hours": hours, "days_over": unpaid}, _ids(much + some))] if hours or unpaid else []


def _voltage(service: str, parts: Parts, first: dt.date) -> list[Finding]:
    hours = _hours(parts)
    return [Finding("voltage", {"hours": hours, "allowed_hours": 0}, _ids(parts))] if hours else []


def _composition(service: str, parts: Parts, first: dt.date) -> list[Finding]:
    unpaid = days(span for _, spans in parts for span in spans)
    return [Finding("days", {"days": unpaid}, _ids(parts))] if unpaid else []
