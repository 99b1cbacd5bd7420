"""Arithmetic of accounting periods written as YYYYMM integers."""

from __future__ import annotations

import calendar
import datetime as dt


def first_day(period: int) -> dt.date:
    """First day of the month."""
    return dt.date(period // 100, period % 100, 1)


def last_day(period: int) -> dt.date:
    """Last day of the month."""
    return dt.date(period // 100, period % 100, days_in(period))


def days_in(period: int) -> int:
    """Number of days of the month."""
    return calendar.monthrange(period // 100, period % 100)[1]


def shift(period: int, months: int) -> int:
    """The period ``months`` later (earlier where negative)."""
    index = (period // 100) * 12 + period % 100 - 1 + months
    return index // 12 * 100 + index % 12 + 1


def period_of(day: dt.date) -> int:
    """The period a day belongs to."""
    return day.year * 100 + day.month


def between(first: int, last: int) -> list[int]:
    """All periods from ``first`` to ``last``, both included."""
    result = []
    while first <= last:
        result.append(first)
        first = shift(first, 1)
    return result


def parse(text: str) -> int:
    """``2026-10`` to 202610. Raises :class:`ValueError` with a Russian sentence for anything else."""
    try:
        year, month = text.split("-")
        day = dt.date(int(year), int(month), 1)
    except ValueError:
        raise ValueError(f"«{text}» — не месяц: напишите его как ГГГГ-ММ, например 2026-10") from None
    return period_of(day)
