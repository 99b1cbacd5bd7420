"""Rows added to a town that is there: one register by its file, or several by a spreadsheet and its map.

All rows or none, as with a whole town. A dated fact may begin in the open months only: a change in a closed month is
entered on the card, where it marks the months to be computed again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.framework.exchange.town.checking import ID, Rows, check_rows
from startks.framework.exchange.town.existing import TownKeys, read_existing
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.importing import refused_by_base
from startks.framework.exchange.town.journal import Keeper, archive_of, at_work, close_batch
from startks.framework.exchange.town.loading import write
from startks.framework.exchange.town.reading import LINE, read_register, type_rows
from startks.framework.exchange.town.registers import Register


@dataclass
class Added:
    """What came of it: new rows by register, faults, and what the map left out."""

    counts: dict[str, int] = field(default_factory=dict)
    book: FaultBook = field(default_factory=FaultBook)
    left_out: list[tuple[int, str]] = field(default_factory=list)
    """(line, reason)"""
    loaded: bool = False
    batch: int | None = None


def add_file(
    engine: Engine, data_dir: Path, registers: Sequence[Register], name: str, path: Path, *, dry_run: bool,
    book: FaultBook | None = None, user_id: int | None = None,
) -> Added:
    """Add a CSV file of one register to the town. Raises StartksError for an unknown register."""
    register = named(registers, name)
    added = Added(book=FaultBook() if book is None else book)
    added.book.names[register.file] = path.name
    frame = read_register(path, relaxed(register), added.book)
    return _add(engine, data_dir, registers, {name: frame}, path, added, dry_run, user_id)


def add_raw(
    engine: Engine, data_dir: Path, registers: Sequence[Register], raw: Mapping[str, pl.DataFrame], path: Path, *,
    dry_run: bool, added: Added, user_id: int | None = None,
) -> Added:
    """Add rows that are still text (``line`` and ``raw.<column>``), by register. Faults so far stand in ``added``."""
    added.book.names |= {named(registers, name).file: path.name for name in raw}
    frames = {name: type_rows(rows, relaxed(named(registers, name)), added.book) for name, rows in raw.items()}
    return _add(engine, data_dir, registers, frames, path, added, dry_run, user_id)


def named(registers: Sequence[Register], name: str) -> Register:
    """The register of a name that rows may be added to."""
    found = next((register for register in registers if register.name == name), None)
    if found is None or not found.grows:
        known = ", ".join(register.name for register in registers if register.grows)
        why = "нет" if found is None else "не пополняется, он приходит с городом"
        raise StartksError(f"Реестра «{name}» {why}. Пополняются: {known}.")
    return found


def next_number(connection: Connection, registers: Sequence[Register], name: str) -> int:
    """The first free number of a register whose rows are numbered."""
    return connection.scalar(text(f"SELECT coalesce(max(id), 0) + 1 FROM {named(registers, name).table}"))


def relaxed(register: Register) -> Register:
    """The register with an optional number: new rows without one get the next free ones."""
    if not register.numbered:
        return register
    columns = tuple(
        dataclasses.replace(column, required=False) if column.name == register.key[0] else column
        for column in register.columns
    )
    return dataclasses.replace(register, columns=columns)


def _add(
    engine: Engine, data_dir: Path, registers: Sequence[Register], frames: Mapping[str, pl.DataFrame], path: Path,
    added: Added, dry_run: bool, user_id: int | None,
) -> Added:
    if dry_run:
        return _write(engine, registers, frames, added, None)
    with at_work(engine, "+".join(frames), user_id) as added.batch:
        return _write(engine, registers, frames, added, Keeper((path,), archive_of(data_dir, added.batch)).start())


def _write(
    engine: Engine, registers: Sequence[Register], frames: Mapping[str, pl.DataFrame], added: Added, keeper: Keeper | None
) -> Added:
    """Check and write the rows; without a keeper nothing is written."""
    state = "failed"
    try:
        with refused_by_base(), Session(engine) as session, session.begin():
            connection = session.connection()
            _work(connection, registers, frames, added, dry_run=keeper is None)
            state = "refused" if added.book else "loaded"
            if keeper is None or added.book:
                session.rollback()
            else:
                close_batch(session, added.batch, state, counts=added.counts, files=keeper.wait())
                added.loaded = True
    finally:
        if keeper is not None and not added.loaded:
            with Session(engine) as session, session.begin():
                close_batch(session, added.batch, state, counts=added.counts, faults=added.book.total, files=keeper.wait())
    return added


def _work(
    connection: Connection, registers: Sequence[Register], frames: Mapping[str, pl.DataFrame], added: Added, dry_run: bool
) -> None:
    keys = TownKeys(connection, registers)
    opened = _first_open_day(connection)
    for register in registers:
        if register.name not in frames:
            continue
        if not dry_run:
            # Numbers are given here; nobody else may give them at the same time.
            connection.execute(text(f"LOCK TABLE {register.table} IN SHARE ROW EXCLUSIVE MODE"))
        frame = _numbered(connection, register, frames[register.name], keys)
        added.counts[register.name] = frame.height
        whole = frame
        if register.checks or register.key:
            known = read_existing(connection, register, where=_narrow(register, frame))
            whole = pl.concat([known.select(register_columns(register)), frame.select(register_columns(register))], how="vertical_relaxed")
        keys.join(register, frame)
        rows = Rows(register, whole, keys, added.book)
        check_rows(rows)
        if register.dated and opened is not None:
            rows.say(
                frame.filter(pl.col("from") < opened), "from", f"день до {opened:%d.%m.%Y}, в закрытом месяце",
                "внесите в карточке: тогда месяцы будут пересчитаны",
            )
        if not added.book and not dry_run:
            write(connection, register, frame, keys)
            if register.has_id and (register.numbered or register.gives_ids):
                connection.execute(text(
                    f"SELECT setval(pg_get_serial_sequence('{register.table}', 'id'), max(id)) FROM {register.table}"
                ))


def register_columns(register: Register) -> list[str]:
    """``line`` and the columns of the file."""
    return [LINE, *(column.name for column in register.all_columns)]


def _numbered(connection: Connection, register: Register, frame: pl.DataFrame, keys: TownKeys) -> pl.DataFrame:
    """Give numbers to rows without one, and ids where the register gives them."""
    if not register.has_id or not (register.numbered or register.gives_ids):
        return frame
    last = connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {register.table}"))
    if register.numbered:
        key = pl.col(register.key[0])
        last = max(last, frame[register.key[0]].max() or 0)
        return frame.with_columns(key.fill_null(last + key.is_null().cum_sum()).cast(pl.Int32))
    if register.rows_first is not None:
        frame = register.rows_first(frame, keys)
    return frame.with_columns(pl.int_range(last + 1, last + 1 + pl.len(), dtype=pl.Int32).alias(ID))


def _narrow(register: Register, frame: pl.DataFrame) -> str:
    """Only those existing rows that new ones can meet, where a register says how."""
    if register.narrow is None:
        return ""
    column, expression = register.narrow
    wanted = ",".join(str(int(value)) for value in frame[column].drop_nulls().unique().to_list())
    return f"{expression} = ANY('{{{wanted}}}'::int[])"


def _first_open_day(connection: Connection) -> dt.date | None:
    """First day after the closed months; None where no month is closed."""
    last = connection.scalar(text("SELECT max(id) FROM period WHERE state = 'closed'"))
    return None if last is None else dt.date(last // 100 + last % 100 // 12, last % 100 % 12 + 1, 1)


