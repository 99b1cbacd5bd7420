"""A register: one file of the set, declared once as data. Reading, loading, export and documentation follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from startks.base.errors import ConfigurationError
from startks.framework.exchange.town.columns import Column, Date

FROM = Column(
    name="from", kind=Date(), required=True, into="", source="lower(t.valid)", example="2020-01-01",
    meaning="первый день, с которого это верно",
)
TO = Column(
    name="to", kind=Date(), into="", source="upper(t.valid)", example="2026-07-01",
    meaning="первый день, с которого это уже не верно; пусто — верно и теперь",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the inventory after a migration.

    ``sql`` of a ``sum`` gives one value, of an ``orphan``, ``duplicate`` or ``gap`` one column of text: the names of what
    it found. ``:day`` is the day on which dated facts are looked at.
    """

    kind: str
    title: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One file of the set."""

    name: str
    """name of the file without ``.csv``"""
    title: str
    meaning: str
    table: str
    columns: tuple[Column, ...]
    order: int
    """place in the set: a register comes after those it refers to"""
    key: tuple[str, ...] = ()
    """columns that name a row; the first one is what other registers refer to"""
    numbered: bool = False
    """the key is a number and becomes the table's id as it is"""
    has_id: bool = True
    """the table has a surrogate ``id``"""
    assigned: bool = False
    """ids are given while loading although no other file names these rows by one column"""
    remembered: tuple[str, ...] = ()
    """columns that the checks and the loading of later registers need, besides the key"""
    dated: bool = False
    """columns ``from`` and ``to`` are added, stored as ``valid``"""
    needed: bool = False
    """a set without this file is refused"""
    source: str = ""
    """SQL relation that the export reads in place of the table, in brackets; the table itself where not said"""
    joins: str = ""
    """further tables of the export: SQL after ``FROM table t``"""
    where: str = ""
    """SQL condition of the export"""
    sort: str = "t.id"
    """SQL order of the export; what is loaded keeps the order of the file"""
    checks: tuple[Callable[[Any], None], ...] = ()
    """checks over all rows, called with a :class:`startks.framework.exchange.town.checking.Rows`"""
    derive: Callable[[pl.DataFrame, Any], pl.DataFrame] | None = None
    """``derive(frame, keys)`` adds columns of the table that no cell holds"""
    load: Callable[[Any, pl.DataFrame], int] | None = None
    """``load(connection, frame)`` writes the rows where a COPY into the table will not do; returns their number"""
    fills: tuple[str, ...] | None = None
    """tables that ``load`` fills with the guards taken off; None means the table itself"""
    rows_first: Callable[[pl.DataFrame, Any], pl.DataFrame] | None = None
    """``rows_first(frame, keys)`` puts the rows into the order in which they get their ids"""

    grows: bool = True
    """rows may be added to a town that is there; False for what only a whole town brings"""
    narrow: tuple[str, str] | None = None
    """(column, SQL): of a large register only rows with the values of this number column can meet new ones"""
    questions: tuple[Question, ...] = ()
    """what the inventory after a migration asks about it"""

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"{self.name}.csv"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of the file in their order."""
        return (*self.columns, FROM, TO) if self.dated else self.columns

    @property
    def gives_ids(self) -> bool:
        """Whether loading gives the rows their ids, so that later registers can refer to them."""
        return self.has_id and not self.numbered and (self.assigned or bool(self.key))

    @property
    def bare(self) -> tuple[str, ...]:
        """Tables whose constraints are put back after the load."""
        return (self.table,) if self.fills is None else self.fills

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.all_columns if column.name == name)

    def export_sql(self) -> str:
        """SELECT whose rows are the lines of the file."""
        cells = ", ".join(f'{column.export()} AS "{column.name}"' for column in self.all_columns)
        where = f" WHERE {self.where}" if self.where else ""
        return f"SELECT {cells} FROM {self.source or self.table} t {self.joins}{where} ORDER BY {self.sort}"


def in_order(registers: Iterable[Register]) -> tuple[Register, ...]:
    """Sort registers for loading and check that each refers to earlier ones. Raises ConfigurationError."""
    ordered = tuple(sorted(registers, key=lambda register: (register.order, register.name)))
    seen: set[str] = set()
    for register in ordered:
        if register.name in seen:
            raise ConfigurationError(f"реестр «{register.name}» объявлен дважды: переименуйте один из них")
        for column in register.all_columns:
            if column.ref and column.ref not in seen | {register.name}:
                raise ConfigurationError(
                    f"реестр «{register.name}» ссылается на «{column.ref}», которого нет перед ним: исправьте order"
                )
        seen.add(register.name)
    return ordered
