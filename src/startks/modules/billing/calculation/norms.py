"""Norms of consumption as tables of numbers: by rooms and residents, one for each municipality, service and category.

A connection (or an account's own category) knows the number of its table, so that the norm of a line is looked up by three
numbers, without joining by names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

KEYS = ["municipality_id", "service_id", "norm_category"]
TABLE = "norm_table"
"""The number of a table of norms; null where there is none."""


class Norms:
    """Tables of ``frame`` (:attr:`.inputs.Inputs.norms`) by purpose."""

    def __init__(self, frame: pl.DataFrame) -> None:
        tables = frame.select(KEYS).unique(maintain_order=True)
        self._tables = tables.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias(TABLE))
        self._frame = self.numbered(frame)
        self._of: dict[str, _Purpose] = {}

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame (``KEYS``) with the number of its table as ``norm_table``, without municipality and category."""
        return frame.join(self._tables, on=KEYS, how="left", maintain_order="left").drop("municipality_id", "norm_category")

    def of(self, rows: pl.DataFrame, purpose: str, name: str = "norm") -> pl.Series:
        """Norm (1e-6 of the unit) of each row (norm_table, rooms, persons, owners), null where there is none.

        Rooms and residents beyond the table mean its last row; nobody registered means the owners, nobody at all one.
        """
        persons, owners = (rows[column].to_numpy() for column in ("persons", "owners"))
        people = np.maximum(np.where(persons > 0, persons, owners), 1)
        table = rows[TABLE].fill_null(self._tables.height).to_numpy()
        rooms = np.maximum(rows["rooms"].to_numpy(), 1)
        return self._purpose(purpose).at(table, rooms, people).alias(name)

    def plain(self, connections: pl.DataFrame, purpose: str, name: str = "norm") -> pl.Series:
        """The norm of each connection (norm_table) that depends neither on rooms nor on residents."""
        table = connections[TABLE].fill_null(self._tables.height).to_numpy()
        nothing = np.zeros(len(table), dtype=np.int64)
        return self._purpose(purpose).at(table, nothing, nothing, exactly=True).alias(name)

    def _purpose(self, purpose: str) -> _Purpose:
        if purpose not in self._of:
            self._of[purpose] = _laid_out(self._frame.filter(pl.col("purpose") == purpose), self._tables.height)
        return self._of[purpose]


@dataclass(frozen=True)
class _Purpose:
    """Tables of one purpose laid out one after the other, each a rectangle of rooms × residents from 0 on."""

    start: np.ndarray
    rooms: np.ndarray
    """last row of each table"""
    people: np.ndarray
    values: pl.Series
    """the last one is null, for no table"""

    def at(self, table: np.ndarray, rooms: np.ndarray, people: np.ndarray, *, exactly: bool = False) -> pl.Series:
        most_people = self.people[table]
        if not exactly:  # a table by residents has no row for nobody, one that does not ask for them has only that
            people = np.maximum(np.minimum(people, most_people), np.minimum(most_people, 1))
        place = self.start[table] + np.minimum(rooms, self.rooms[table]) * (most_people + 1) + people
        return self.values[place]


def _laid_out(frame: pl.DataFrame, tables: int) -> _Purpose:
    table, rooms, people = (frame[name].cast(pl.Int64).to_numpy() for name in (TABLE, "rooms", "residents"))
    most_rooms, most_people = np.zeros(tables + 1, dtype=np.int64), np.zeros(tables + 1, dtype=np.int64)
    np.maximum.at(most_rooms, table, rooms)
    np.maximum.at(most_people, table, people)
    size = np.zeros(tables + 1, dtype=np.int64)
    size[table] = ((most_rooms + 1) * (most_people + 1))[table]
    cells = int(size.sum())
    start = np.where(size > 0, np.cumsum(size) - size, cells)
    values, is_known = np.zeros(cells + 1, dtype=np.int64), np.zeros(cells + 1, dtype=bool)
    place = start[table] + rooms * (most_people[table] + 1) + people
    values[place], is_known[place] = frame["norm"].to_numpy(), True
    return _Purpose(start, most_rooms, most_people, pl.Series(values).set(pl.Series(~is_known), None))
