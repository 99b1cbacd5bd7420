"""Rows that the town has already, as the files would hold them: what a register added to it is checked against."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterable, Sequence

import polars as pl
from sqlalchemy import Connection

from startks.base.db.bulk import copy_out
from startks.framework.exchange.town.checking import ID, KEY, Keys
from startks.framework.exchange.town.columns import Column
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.reading import LINE, RAW, type_rows
from startks.framework.exchange.town.registers import Register


def read_existing(
    connection: Connection, register: Register, names: Iterable[str] | None = None, where: str = "", with_id: bool = False
) -> pl.DataFrame:
    """Typed rows of a register (some of its columns) with ``line`` 0; ``where`` narrows them; ``id`` where asked for."""
    columns = tuple(register.column(name) for name in names) if names is not None else register.all_columns
    cells = [f'{column.export()} AS "{column.name}"' for column in columns]
    conditions = [f"({part})" for part in (register.where, where) if part]
    tail = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    selected = cells + ([f"t.id::text AS {ID}"] if with_id else [])
    target = io.BytesIO()
    copy_out(connection, f"SELECT {', '.join(selected)} FROM {register.source or register.table} t {register.joins}{tail}", target)
    target.seek(0)
    names_read = [column.name for column in columns] + ([ID] if with_id else [])
    raw = pl.read_csv(target, has_header=True, schema=dict.fromkeys(names_read, pl.String), quote_char='"')
    raw = raw.with_columns(pl.lit(0, pl.UInt32).alias(LINE))
    typed = type_rows(
        raw.select(LINE, *(pl.col(column.name).replace("", None).alias(RAW + column.name) for column in columns)),
        _only(register, columns), FaultBook(),
    )
    return typed.with_columns(raw[ID].cast(pl.Int32)) if with_id else typed


def _only(register: Register, columns: Sequence[Column]) -> Register:
    """The register cut to some columns; ``from`` and ``to`` are among them already."""
    return dataclasses.replace(register, columns=tuple(columns), dated=False)


class TownKeys(Keys):
    """Keys of a town that is there: read when they are asked for."""

    def __init__(self, connection: Connection, registers: Iterable[Register]) -> None:
        super().__init__()
        self._connection = connection
        self._registers = {register.name: register for register in registers}

    def of(self, register: str) -> pl.DataFrame:
        """Columns ``key`` and ``id``."""
        if register not in self._frames:
            found = self._registers[register]
            rows = read_existing(self._connection, found, found.key[:1], with_id=not found.numbered and found.has_id)
            self.put(found, rows)
        return super().of(register)

    def details(self, register: str) -> pl.DataFrame:
        """Remembered columns."""
        if register not in self._details:
            found = self._registers[register]
            rows = read_existing(self._connection, found, found.remembered, with_id=found.gives_ids)
            self.remember(register, rows.drop(LINE))
        return super().details(register)

    def join(self, register: Register, frame: pl.DataFrame) -> None:
        """Add new rows of a register to what is known of it; ``frame`` has ``id`` where the register gives ids."""
        if register.key:
            key = pl.col(register.key[0])
            number = key if register.numbered else pl.col(ID) if ID in frame.columns else pl.lit(0)
            fresh = frame.filter(key.is_not_null()).select(key.alias(KEY), number.cast(pl.Int32).alias(ID))
            self._frames[register.name] = pl.concat([self.of(register.name), fresh]).unique(KEY, keep="first")
        if register.remembered:
            known = self.details(register.name)
            self._details[register.name] = pl.concat([known, frame.select(known.columns).cast(dict(known.schema))])
