"""From a checked set to the data base: all rows or none, by COPY, in one transaction."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from startks.base.crash import crash_point
from startks.base.db.bare import bare_tables, set_sequences
from startks.base.db.bulk import copy_frame
from startks.base.errors import StartksError
from startks.framework.exchange.town.checking import ID, KEY, Keys
from startks.framework.exchange.town.columns import Column
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.sets import Progress, TownSet, silent


def load_set(connection: Connection, town: TownSet, progress: Progress = silent) -> dict[str, int]:
    """Write a checked set into empty tables in the connection's transaction; return rows by register.

    Raises StartksError where the town has rows already.
    """
    require_empty(connection, town.registers)
    tables = sorted({table for register in town.registers for table in register.bare})
    total, done, written = sum(town.counts.values()), 0, {}
    with bare_tables(connection, tables, lambda at, steps: progress("Индексы и связи", at, steps)):
        for register in town.registers:
            progress("Запись таблиц", done, total)
            frame = town.frames.pop(register.name)
            written[register.name] = write(connection, register, frame, town.keys)
            done += frame.height
            crash_point("town.register.written")
        crash_point("town.written")
    set_sequences(connection, [register.table for register in town.registers if register.has_id])
    return written


def require_empty(connection: Connection, registers: tuple[Register, ...]) -> None:
    """Refuse a town that is there already: a set of files is a whole town."""
    for register in registers:
        where = f" WHERE {register.where}" if register.where else ""
        if connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {register.table} t {register.joins}{where})")):
            raise StartksError(
                f"В базе уже есть город (таблица «{register.title.lower()}» не пуста): набор загружается в пустую базу. "
                "Укажите другую папку данных (--data) или другую базу."
            )


def write(connection: Connection, register: Register, frame: pl.DataFrame, keys: Keys) -> int:
    """Write the rows of one register; return their number."""
    if frame.is_empty():
        return 0
    if register.derive is not None:
        frame = register.derive(frame, keys)
    if register.load is not None:
        return register.load(connection, stored_frame(register, frame, keys))
    return copy_frame(connection, register.table, stored_frame(register, frame, keys))


def stored_frame(register: Register, frame: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """The columns of the table: values as they are stored, ids in place of keys, ranges of days."""
    derived = [name for name in frame.columns if name not in {column.name for column in register.all_columns} | {"line", ID}]
    frame, stored = _with_ids(register, frame, keys)
    if register.gives_ids:
        stored.append(pl.col(ID))
    if register.dated:
        stored.append(
            pl.format("[{},{})", pl.col("from"), pl.col("to").cast(pl.String).fill_null("")).alias("valid")
        )
    return frame.select(*stored, *derived)


def _with_ids(register: Register, frame: pl.DataFrame, keys: Keys) -> tuple[pl.DataFrame, list[pl.Expr]]:
    stored: list[pl.Expr] = []
    for column in register.all_columns:
        if not column.stored_as:
            continue
        if _by_id(column, keys):
            target = keys.of(column.ref).rename({KEY: column.name, ID: f"id.{column.name}"})
            frame = frame.join(target, on=column.name, how="left", maintain_order="left")
            stored.append(pl.col(f"id.{column.name}").alias(column.stored_as))
        else:
            stored.append(column.kind.stored(pl.col(column.name)).alias(column.stored_as))
    return frame, stored


def _by_id(column: Column, keys: Keys) -> bool:
    """Whether the cell holds a text key that becomes an id (a number is the id)."""
    return bool(column.ref) and keys.of(column.ref).schema[KEY] == pl.String
