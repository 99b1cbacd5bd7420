"""What a fact may be refused for."""

from __future__ import annotations

from startks.base.errors import StartksError


class ContradictionError(StartksError):
    """Two facts cannot both be true; ``message`` names both, ``existing`` and ``new`` each for itself."""

    def __init__(self, existing: str, new: str, way_out: str = "") -> None:
        self.existing = existing
        self.new = new
        way_out = way_out or "Выберите другую дату или отметьте, что исправляете прежнюю запись."
        super().__init__(f"Факты противоречат друг другу: {existing} — и {new}. {way_out}")


class UnknownFactError(StartksError):
    """There is nothing in force that could be changed or ended, or what is given is not enough for a new row."""
