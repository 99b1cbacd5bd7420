"""«Begins with» as a range, for values that come as parameters.

``LIKE`` with a parameter cannot use an index once PostgreSQL has made a plan for any value of it (after five runs of a
prepared statement); with ``ORDER BY … LIMIT`` such a plan looks cheap and reads the whole index. A range has bounds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_

LAST = "\U0010ffff"
"""Comes after every letter, by bytes."""


def begins(expression: Any, prefix: str) -> ColumnElement[bool]:
    """Return the condition «begins with»; the expression and its index are of collation "C"."""
    return and_(expression >= prefix, expression < prefix + LAST)


def begins_by_pattern(expression: Any, prefix: str) -> ColumnElement[bool]:
    """Return the same for an expression whose index is of the class ``text_pattern_ops``."""
    return and_(
        expression.op("~>=~", is_comparison=True)(prefix), expression.op("~<~", is_comparison=True)(prefix + LAST)
    )
