"""Who lives where, by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ResidentCount:
    """Persons of an account in a month: ``registered`` at its end, ``person_days`` over all of it."""

    registered: int
    person_days: int


@runtime_checkable
class Residents(Protocol):
    """Counted residents; no names, for a count needs none."""

    def counts(self, account_ids: Sequence[int], period: int) -> Mapping[int, ResidentCount]:
        """Return counts of the month YYYYMM by account id; an account without residents is absent."""
