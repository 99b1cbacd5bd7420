"""From lines of a register file to a typed frame; every cell that cannot be taken goes into the book of faults."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl

from startks.framework.exchange.town.columns import Column, Whole
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.lines import Block, read_blocks
from startks.framework.exchange.town.registers import Register

RAW = "raw."
LINE = "line"


def read_register(
    path: Path, register: Register, book: FaultBook, progress: Callable[[int], None] = lambda rows: None
) -> pl.DataFrame:
    """Read a file: columns of the register, typed, and ``line``. Rows with faulty cells are here too.

    ``progress`` is called with the number of rows of each block.
    """
    parts = []
    for names, block in read_blocks(path, register, book):
        if not len(block.numbers):
            continue
        parts.append(type_rows(_raw(names, block, register), register, book))
        progress(parts[-1].height)
    return pl.concat(parts, rechunk=False) if parts else empty(register)


def empty(register: Register) -> pl.DataFrame:
    """A frame of the register without rows."""
    raw = pl.DataFrame(
        schema={LINE: pl.UInt32, **{RAW + column.name: pl.String for column in register.all_columns}}
    )
    return type_rows(raw, register, FaultBook())


def _raw(names: tuple[str, ...], block: Block, register: Register) -> pl.DataFrame:
    """Text of the cells; an empty one is null, blanks around are dropped, columns that are not there are empty."""
    read = pl.read_csv(
        io.BytesIO(block.data), has_header=False, schema=dict.fromkeys(map(str, range(len(names))), pl.String),
        quote_char='"', eol_char="\n", truncate_ragged_lines=False,
    )
    cells = {name: pl.col(str(place)).str.strip_chars() for place, name in enumerate(names)}
    absent = pl.lit(None, dtype=pl.String)
    return read.with_columns(pl.Series(LINE, block.numbers, dtype=pl.UInt32)).select(
        LINE,
        *(
            cells.get(column.name, absent).replace("", None).alias(RAW + column.name)
            for column in register.all_columns
        ),
    )


def type_rows(raw: pl.DataFrame, register: Register, book: FaultBook) -> pl.DataFrame:
    """Type raw rows (``line`` and ``raw.<column>`` of text) and name their faults."""
    columns = register.all_columns
    frame = raw.with_columns(column.kind.typed(pl.col(RAW + column.name)).alias(column.name) for column in columns)
    troubles = [(column, *trouble) for column in columns for trouble in _troubles(column)]
    found = frame.select(mask.any().alias(str(place)) for place, (_, mask, _, _) in enumerate(troubles)).row(0)
    seen: dict[str, set[int]] = {}
    for is_bad, (column, mask, reason, way_out) in zip(found, troubles, strict=True):
        if not is_bad:
            continue
        rows = frame.filter(mask).select(LINE, pl.col(RAW + column.name).alias("value"))
        # One cell, one fault: the first check that fails says what is wrong.
        known = seen.setdefault(column.name, set())
        rows = rows.filter(~pl.col(LINE).is_in(list(known))) if known else rows
        known.update(rows[LINE].to_list())
        book.add_frame(register.file, rows, column.name, reason, way_out)
    return frame.select(LINE, *(_finished(column) for column in columns))


def _troubles(column: Column) -> list[tuple[pl.Expr, str, str]]:
    raw, typed = pl.col(RAW + column.name), pl.col(column.name)
    found = [
        (raw.is_not_null() & mask.fill_null(False), reason, way_out)
        for mask, reason, way_out in column.kind.troubles(raw, typed)
    ]
    if column.required:
        found.append((raw.is_null(), "обязательное поле пусто", f"заполните его: {column.meaning}"))
    return found


def _finished(column: Column) -> pl.Expr:
    """The typed value with its default, as narrow as the kind allows."""
    value = pl.col(column.name)
    if column.default is not None:
        value = value.fill_null(column.default)
    if isinstance(column.kind, Whole):
        width = pl.Int16 if column.kind.most <= 32_767 and column.kind.least >= -32_768 else pl.Int32
        value = value.cast(width, strict=False)
    return value
