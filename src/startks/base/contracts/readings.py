"""Meters and what they showed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from startks.base.errors import StartksError


class ReadingRefused(StartksError):
    """A reading was not taken over; the sentence says why and what to enter instead."""


@dataclass(frozen=True, slots=True)
class MeterState:
    """A meter of an account and its last reading; ``value`` in millionths of the unit, None before the first one."""

    meter_id: int
    service_code: str
    number: str
    unit: str
    read_on: dt.date | None
    value: int | None
    verify_before: dt.date | None


@runtime_checkable
class Readings(Protocol):
    """Readings of individual meters."""

    def meters(self, account_id: int) -> Sequence[MeterState]:
        """Return the account's meters in service today, in the order of the bill."""

    def accept(self, meter_id: int, read_on: dt.date, value: int, source: str) -> None:
        """Take a reading over (``value`` in millionths) or raise :class:`ReadingRefused`; publishes ReadingAccepted."""
