"""What an account owes now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """Kopecks an account owes for one service to one supplier; negative is an advance."""

    service_code: str
    supplier_id: int
    amount: int


@runtime_checkable
class Balances(Protocol):
    """Last closed closing plus everything that moved since."""

    def totals(self, account_ids: Sequence[int]) -> Mapping[int, int]:
        """Return kopecks owed by account id; an account without any row is absent, not zero."""

    def lines(self, account_id: int) -> Sequence[BalanceLine]:
        """Return the account's debt by service and supplier, in the order of the bill."""
