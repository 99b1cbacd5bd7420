"""Money that came in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PaymentBrief:
    """A payment as others see it; ``amount`` in kopecks, ``source`` is the name of the agent or bank."""

    payment_id: int
    account_id: int
    amount: int
    received_on: dt.date
    source: str


@runtime_checkable
class Payments(Protocol):
    """Payments received for personal accounts."""

    def last(self, account_ids: Sequence[int]) -> Mapping[int, PaymentBrief]:
        """Return the latest payment by account id; accounts that never paid are absent."""

    def received(self, account_id: int, since: dt.date, until: dt.date) -> Sequence[PaymentBrief]:
        """Return the account's payments received on ``[since, until)``, oldest first."""
