"""All registers of this installation: the house's own and what the modules added through the door."""

from __future__ import annotations

from typing import Any

from startks.framework.addons.lookup import records
from startks.framework.exchange.town import parties, reductions, reference, regimes, support, territory
from startks.framework.exchange.town.registers import Register, in_order

HOUSE = (
    *territory.REGISTERS, *reference.REGISTERS, *parties.REGISTERS, *regimes.REGISTERS, *reductions.REGISTERS,
    *support.REGISTERS,
)


def registers_of(registry: Any) -> tuple[Register, ...]:
    """Return the registers in the order of loading; ``registry`` is the application's."""
    return in_order((*HOUSE, *(record.value for record in records(registry, "town_register"))))
