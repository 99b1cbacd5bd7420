"""A counter a licence is limited by: its measurements by day, as plain data.

What a metric counts and where the measurements are kept is not known here
(:mod:`startks.framework.addons.counting`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counter:
    """A metric's measurements, oldest first, at least one."""

    metric: str
    history: tuple[tuple[dt.date, int], ...]

    @property
    def value(self) -> int:
        """The latest measurement."""
        return self.history[-1][1]

    @property
    def measured_on(self) -> dt.date:
        """The day of the latest measurement."""
        return self.history[-1][0]

    def first_day_above(self, limit: int) -> dt.date | None:
        """Return the first day of the present unbroken run of measurements above the limit, None when within it."""
        since = None
        for day, value in reversed(self.history):
            if value <= limit:
                break
            since = day
        return since
