"""What an account was charged for a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line of the month's statement; all amounts in kopecks, ``volume`` in millionths of the service's unit.

    ``closing = opening + charge + recalculation + penalty - benefit - paid``; ``charge`` includes the excess over the
    norm.
    """

    service_code: str
    supplier_id: int
    volume: int
    opening: int
    charge: int
    recalculation: int
    benefit: int
    penalty: int
    paid: int
    closing: int


@runtime_checkable
class Charges(Protocol):
    """The month's statement, as calculated."""

    def lines(self, account_id: int, period: int) -> Sequence[ChargeLine]:
        """Return the account's lines of the month YYYYMM in the order of the bill; empty where none was calculated."""

    def totals(self, account_ids: Sequence[int], period: int) -> Mapping[int, int]:
        """Return kopecks to be paid for the month by account id; accounts without lines are absent."""
