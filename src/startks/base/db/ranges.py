"""Dated facts in queries: bounds of a half-open range of days and the question whether it holds on a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, func, type_coerce


def holds_on(valid: Any, day: Any) -> ColumnElement[bool]:
    """Return the condition «the fact holds on the day»; ``day`` is a date or an expression of one."""
    return valid.op("@>", is_comparison=True)(type_coerce(day, Date))


def since(valid: Any) -> ColumnElement[dt.date]:
    """Return the first day of the range, NULL where it has no beginning."""
    return func.lower(valid, type_=Date)


def until(valid: Any) -> ColumnElement[dt.date]:
    """Return the day after the last one, NULL for a fact that still holds."""
    return func.upper(valid, type_=Date)


def ru_order(text: Any) -> ColumnElement[str]:
    """Return the text as the Russian alphabet orders it (the schema's own ``ru_sort``, for which indexes exist)."""
    return func.ru_sort(text, type_=Text)
