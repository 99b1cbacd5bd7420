"""Months of an account as a picture and a table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row


def chart_of(history: Sequence[Row], words: dict[str, str], fmt: Any) -> Any:
    """Bars of what was charged and paid month by month; None for less than two months."""
    return None
