"""Readings of a month as a bill shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class MonthReading:
    """One register of a meter in a month; values and volume in millionths of the unit, None where there was none.

    ``account_id`` is None for a meter of the house; ``zone`` is 0 (all day), 1 (day) or 2 (night).
    """

    account_id: int | None
    service_id: int
    serial: str
    zone: int
    previous_on: dt.date | None
    previous: int | None
    current_on: dt.date | None
    current: int | None
    volume: int | None
    verify_by: dt.date | None
    basis: str
    """meter | average | norm | norm_raised"""


@runtime_checkable
class MonthReadings(Protocol):
    """Readings of whole houses."""

    def of_house(self, house_id: int, period: int) -> Sequence[MonthReading]:
        """Return the registers of all meters of the house, flats' and its own, for the month YYYYMM."""
