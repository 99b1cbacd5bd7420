"""Bulk writes and reads: the only door for many rows at once.

* :func:`copy_records`: binary COPY of a numpy record array. Nothing is done per row: the whole block is laid out as
  the server reads it (big-endian values behind their lengths) by one assignment a column.
* :func:`copy_frame`: COPY of a Polars frame as CSV, for text, numeric and nullable columns.
* :func:`copy_values`: COPY of some rows of plain Python values, for arrays of bytes.
* :func:`copy_out`: a query's result as a CSV file, written by the server.
* :func:`read_arrow`: a query's result as a Polars frame through ADBC, without Python objects in between.
"""

import atexit
import io
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import polars as pl
from psycopg import sql
from sqlalchemy import BigInteger, Boolean, Connection, Date, Integer, SmallInteger, Table
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from .session import libpq_url

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
POSTGRES_EPOCH = np.datetime64("2000-01-01", "D")
BLOCK_ROWS = 65_536

# numpy's kind and size of a source column -> wire format, where no table says it better
_WIRE_OF_DTYPE = {"i1": ">i2", "i2": ">i2", "i4": ">i4", "i8": ">i8", "u1": ">i2", "u2": ">i4", "u4": ">i8", "b1": "i1"}


def copy_records(
    connection: Connection | Session,
    table: Table | str,
    records: np.ndarray | Mapping[str, np.ndarray],
    *,
    block_rows: int = BLOCK_ROWS,
) -> int:
    """Write a numpy structured array, or arrays of equal length by column, by binary COPY; return the number of rows.

    Runs in the connection's transaction. Field names are the columns' names; all values are NOT NULL. Kinds: int2,
    int4, int8, bool and
    ``datetime64`` for date. With a :class:`Table` the column's type decides the width (a value that does not fit
    raises :class:`OverflowError`), with a name the array's own width does, so it must be the column's.
    """
    if isinstance(records, np.ndarray):
        if not records.dtype.names:
            raise TypeError("copy_records takes a structured array")
        records = {name: records[name] for name in records.dtype.names}
    names = tuple(records)
    rows = len(records[names[0]])
    wires = [_wire_format(table, name, records[name].dtype) for name in names]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        _identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(SIGNATURE)
        for block in _blocks(records, rows, wires, block_rows):
            copy.write(block)
        copy.write(TRAILER)
    return rows


def _blocks(
    records: Mapping[str, np.ndarray], rows: int, wires: list[str], block_rows: int
) -> Iterator[memoryview]:
    """Yield the rows in wire format. The buffer is used again: libpq has copied it when we come back."""
    names = tuple(records)
    layout = [("fields", ">i2")]
    for name, wire in zip(names, wires, strict=True):
        layout += [(f"{name}:length", ">i4"), (f"{name}:value", wire)]
    buffer = np.empty(min(block_rows, rows), dtype=layout)
    buffer["fields"] = len(names)
    for name, wire in zip(names, wires, strict=True):
        buffer[f"{name}:length"] = np.dtype(wire).itemsize
    for start in range(0, rows, block_rows):
        target = buffer[: min(block_rows, rows - start)]
        for name, wire in zip(names, wires, strict=True):
            values = records[name][start : start + block_rows]
            target[f"{name}:value"] = _wire_values(name, values, np.dtype(wire))
        yield memoryview(target.view(np.uint8))


def _wire_values(name: str, values: np.ndarray, wire: np.dtype) -> np.ndarray:
    if values.dtype.kind == "M":
        days = values.astype("datetime64[D]")
        if np.isnat(days).any():
            raise ValueError(f"column {name}: empty date")
        return (days - POSTGRES_EPOCH).astype(np.int64)
    if values.dtype.kind in "iu" and values.dtype.itemsize > wire.itemsize and len(values):
        limits = np.iinfo(wire)
        if values.min() < limits.min or values.max() > limits.max:
            raise OverflowError(f"column {name}: a value does not fit into {wire.itemsize} bytes")
    return values


def _wire_format(table: Table | str, name: str, dtype: np.dtype) -> str:
    if isinstance(table, Table):
        kind = table.c[name].type
        for sql_type, wire in ((SmallInteger, ">i2"), (BigInteger, ">i8"), (Integer, ">i4"), (Date, ">i4")):
            if isinstance(kind, sql_type):
                return wire
        if isinstance(kind, Boolean):
            return "i1"
        raise TypeError(f"column {name}: binary COPY has no format for {kind}; use copy_frame")
    if dtype.kind == "M":
        return ">i4"
    try:
        return _WIRE_OF_DTYPE[f"{dtype.kind}{dtype.itemsize}"]
    except KeyError:
        raise TypeError(f"column {name}: binary COPY has no format for {dtype}; use copy_frame") from None


def copy_frame(
    connection: Connection | Session, table: Table | str, frame: pl.DataFrame, *, block_rows: int = 200_000
) -> int:
    """Write a Polars frame by CSV COPY in the connection's transaction; return the number of rows.

    The frame's column names are the table's. Text, Decimal, integers, dates, timestamps and booleans; null stays
    NULL and an empty string stays an empty string. Ranges, arrays and JSON are given as their PostgreSQL text.
    Floats are refused: no amount of ours is one.
    """
    for name, kind in frame.schema.items():
        if kind.is_float() or kind.is_nested() or kind == pl.Binary:
            raise TypeError(f"column {name}: {kind} is not written by copy_frame")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '', ENCODING 'UTF8')").format(
        _identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, frame.height, block_rows):
            block = io.BytesIO()
            # Strings are always quoted, so that the unquoted empty field is NULL and nothing else is.
            frame.slice(start, block_rows).write_csv(
                block, include_header=False, null_value="", quote_style="non_numeric"
            )
            copy.write(block.getbuffer())
    return frame.height


def copy_values(
    connection: Connection | Session, table: str, kinds: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> None:
    """Write rows of Python values by binary COPY in the connection's transaction; ``kinds``: column to PostgreSQL type.

    Each row costs a call: for thousands of rows that hold much (``bytea``), not for millions.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        _identifier(table), sql.SQL(", ").join(map(sql.Identifier, kinds))
    )
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(kinds.values()))
        for row in rows:
            copy.write_row(row)


def copy_out(connection: Connection | Session, statement: str, target: BinaryIO) -> int:
    """Write the rows of a SELECT (without parameters) into a binary file as CSV with a header; return their number."""
    copied = f"COPY ({statement}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')"
    with _driver(connection).cursor() as cursor:
        with cursor.copy(copied) as copy:
            for piece in copy:
                target.write(piece)
        return cursor.rowcount


def read_arrow(source: str | URL, statement: str) -> pl.DataFrame:
    """Run one SELECT through ADBC on a connection of its own and return the result as a Polars frame.

    ``source`` is a database URL. NUMERIC has no Arrow counterpart and comes as text: cast amounts to ``int8`` in
    the statement (scaled, e.g. ``(area * 100)::int8``).
    """
    from adbc_driver_postgresql import dbapi  # 60 ms of import that commands without bulk reads need not pay

    with dbapi.connect(libpq_url(source)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return pl.from_arrow(cursor.fetch_arrow_table())


def _driver(connection: Connection | Session):
    """Return psycopg's connection under a SQLAlchemy connection or session, inside its running transaction."""
    if isinstance(connection, Session):
        connection.flush()
        connection = connection.connection()
    elif not connection.in_transaction():
        # Without this the driver would open a transaction that SQLAlchemy's commit() knows nothing about.
        connection.begin()
    return connection.connection.driver_connection


def _identifier(table: Table | str) -> sql.Identifier:
    if isinstance(table, Table):
        return sql.Identifier(*filter(None, (table.schema, table.name)))
    return sql.Identifier(*table.split("."))


READER_SETTINGS = """SELECT set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)"""
"""A piece of work reads ranges of tables that others hold in memory too, so keys are cheap; and the pieces run side by
side already, so that a query with workers of its own would only take the cores from them."""

# One idle ADBC connection a process and data base: opening one costs 0.2 s (it reads the catalogue of types).
_IDLE: dict[tuple[int, str], object] = {}


@contextmanager
def open_reader(source: str | URL) -> Iterator[Callable[[str], pl.DataFrame]]:
    """Give a function that runs SELECTs as :func:`read_arrow` does, all on one connection and one snapshot.

    The connection is kept for the next reader of this process; after an error it is thrown away.
    """
    from adbc_driver_postgresql import dbapi

    key = (os.getpid(), libpq_url(source))
    if not _IDLE:
        # The driver's own destructor runs too late at the end of a process and complains.
        atexit.unregister(close_readers)
        atexit.register(close_readers)
    connection = _IDLE.pop(key, None) or dbapi.connect(key[1])
    try:
        with connection.cursor() as cursor:
            # All frames of one piece of work see the same moment, whatever clerks enter meanwhile.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(READER_SETTINGS)

            def read(statement: str) -> pl.DataFrame:
                cursor.execute(statement)
                return pl.from_arrow(cursor.fetch_arrow_table())

            yield read
        connection.rollback()
    except BaseException:
        connection.close()
        raise
    if _IDLE.setdefault(key, connection) is not connection:
        connection.close()


def close_readers() -> None:
    """Close the connections that :func:`open_reader` keeps in this process."""
    while _IDLE:
        (pid, _), connection = _IDLE.popitem()
        if pid == os.getpid():  # after a fork they are the parent's
            connection.close()


_POLARS_OF_OID = {
    16: pl.Boolean, 17: pl.Binary, 20: pl.Int64, 21: pl.Int16, 23: pl.Int32, 25: pl.String, 1043: pl.String, 1082: pl.Date
}


def plain_reader(connection: Connection) -> Callable[[str], pl.DataFrame]:
    """Give what :func:`open_reader` gives, on an open connection: for one house, where the rows are few.

    It sees the connection's own transaction. A column of a kind that the calculation does not use raises KeyError.
    """

    def read(statement: str) -> pl.DataFrame:
        cursor = connection.exec_driver_sql(statement.replace("%", "%%")).cursor  # else the driver looks for parameters
        rows = cursor.fetchall()
        columns = zip(*rows, strict=True) if rows else [()] * len(cursor.description)
        return pl.DataFrame([
            pl.Series(column.name, values, _POLARS_OF_OID[column.type_code])
            for column, values in zip(cursor.description, columns, strict=True)
        ])

    return read
