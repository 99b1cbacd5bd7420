"""Appeals of residents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class AppealBrief:
    """An appeal as others see it: number, subject, day it is due, and whether it is still open."""

    number: str
    subject: str
    due_on: dt.date
    open: bool


@runtime_checkable
class Appeals(Protocol):
    """Appeals about houses and accounts."""

    def open_counts(self, house_ids: Sequence[int]) -> Mapping[int, int]:
        """Return the number of open appeals by house id; houses without one are absent."""

    def of_account(self, account_id: int, limit: int = 5) -> Sequence[AppealBrief]:
        """Return the account's latest appeals, newest first."""
