"""Federal figures of the law as dated records, read from the JSON files beside this module.

Each file is a list of ``{"name", "title", "unit", "values": [{"value", "from", "to", "act", "paragraph", "note"}]}``.
``to`` is the first day without the value (null: in force). A value is a decimal text, a list of them, or words.
What a territory or a house sets for itself (tariffs, norms, rates) lives in the data base, not here.
``certain: false`` marks a reading of the law that practice does not settle; the value is the default.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import CalculationError


@dataclass(frozen=True)
class Parameter:
    """One value of one figure: in force from ``valid_from`` until the day before ``valid_to``."""

    name: str
    title: str
    unit: str
    raw: Any
    valid_from: date
    valid_to: date | None
    act: str
    paragraph: str
    certain: bool = True
    note: str = ""

    @property
    def value(self) -> Fraction:
        """The exact number."""
        return Fraction(self.raw)

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The exact numbers of a list."""
        return tuple(Fraction(item) for item in self.raw)

    def valid_on(self, day: date) -> bool:
        """Whether the value is in force on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@cache
def _records() -> dict[str, tuple[Parameter, ...]]:
    found: dict[str, list[Parameter]] = {}
    for resource in sorted(files(__package__).iterdir(), key=lambda item: item.name):
        if not resource.name.endswith(".json"):
            continue
        for record in json.loads(resource.read_text(encoding="utf-8")):
            rows = found.setdefault(record["name"], [])
            for row in record["values"]:
                rows.append(
                    Parameter(
                        record["name"], record["title"], record["unit"], row["value"], _day(row["from"]),
                        _day(row["to"]), row["act"], row["paragraph"], row.get("certain", True), row.get("note", ""),
                    )
                )
    return {name: tuple(sorted(rows, key=lambda row: row.valid_from)) for name, rows in found.items()}


def names() -> list[str]:
    """Names of all figures."""
    return sorted(_records())


def history(name: str) -> tuple[Parameter, ...]:
    """All values of a figure from the oldest; KeyError for an unknown name."""
    return _records()[name]


def parameter(name: str, day: date) -> Parameter:
    """The value of a figure on a day.

    Raises CalculationError ``no_parameter`` where the law has none for that day, KeyError for an unknown name.
    """
    for row in _records()[name]:
        if row.valid_on(day):
            return row
    title = _records()[name][0].title
    raise CalculationError(
        "no_parameter", f"На {day:%d.%m.%Y} нет значения: {title}. Обновите справочник показателей закона."
    )


def value(name: str, day: date) -> Fraction:
    """The exact number of a figure on a day; errors as :func:`parameter`."""
    return parameter(name, day).value


def settled_until(name: str) -> date | None:
    """First day for which a figure has no value yet (None: the last value has no end). For the operator's alarm."""
    return history(name)[-1].valid_to
