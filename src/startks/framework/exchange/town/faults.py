"""What is wrong with a file: file, line, field, value, reason, way out. Collected, counted, never thrown away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

KEPT = 200_000
"""Most faults kept for a list; what is above is counted and told to the listener all the same."""
LONGEST_VALUE = 80
REASON = "fault.reason"
"""Column of a frame of faults that gives each row a reason of its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal; ``line`` 0 is the file as a whole, ``field`` is empty for the whole line."""

    file: str
    line: int
    field: str
    value: str
    reason: str
    way_out: str

    def sentence(self) -> str:
        """The fault as one line for people."""
        place = f"{self.file}, строка {self.line}" if self.line else self.file
        what = f", поле {self.field}" if self.field else ""
        value = f" («{self.value}»)" if self.value else ""
        return f"{place}{what}{value}: {self.reason}; {self.way_out}."


@dataclass
class FaultBook:
    """Faults of one import, in the order of the files' declaration and of lines."""

    listener: Callable[[Fault], None] | None = None
    total: int = 0
    kept: list[Fault] = field(default_factory=list)
    groups: Counter = field(default_factory=Counter)
    """(file, field, reason) → how many"""
    names: dict[str, str] = field(default_factory=dict)
    """file of a register → the file that its rows really came from (a spreadsheet), where that is another"""

    def __bool__(self) -> bool:
        return self.total > 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.kept)

    def add(self, file: str, line: int, name: str, value: object, reason: str, way_out: str) -> None:
        """Take one fault in."""
        file = self.names.get(file, file)
        text = "" if value is None else "".join(char if char.isprintable() else "·" for char in str(value))
        if len(text) > LONGEST_VALUE:
            text = text[: LONGEST_VALUE - 1] + "…"
        fault = Fault(file, line, name, text, reason, way_out)
        self.total += 1
        self.groups[(file, name, reason)] += 1
        if len(self.kept) < KEPT:
            self.kept.append(fault)
        if self.listener is not None:
            self.listener(fault)

    def add_frame(self, file: str, frame: pl.DataFrame, name: str, reason: str, way_out: str) -> None:
        """Take in the rows of a frame with ``line`` and ``value``; a reason of each row may stand in :data:`REASON`."""
        own = REASON in frame.columns
        for row in frame.sort("line").iter_rows(named=True):
            self.add(file, row["line"], name, row["value"], row[REASON] if own else reason, way_out)
