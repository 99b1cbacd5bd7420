"""Rows of the seed on their way into empty tables (see :mod:`startks.base.db.bare`)."""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection

from startks.base.db.bare import bare_tables, set_sequences
from startks.base.db.bulk import copy_frame

__all__ = ["RECORDED_AT", "bare_tables", "day_range", "hundredths", "put", "put_rows", "set_sequences"]

RECORDED_AT = dt.datetime(2025, 8, 26, 5, 0, tzinfo=dt.UTC)
"""Moment at which the seeded registers became known; the same in every build, so that builds can be compared."""

def put(connection: Connection, table: str, frame: pl.DataFrame, recorded: bool = False) -> int:
    """COPY a frame; ``recorded`` adds the seed's ``recorded_at``. Return the number of rows."""
    if frame.is_empty():
        return 0
    if recorded:
        frame = frame.with_columns(pl.lit(RECORDED_AT.isoformat()).alias("recorded_at"))
    return copy_frame(connection, table, frame)


def put_rows(connection: Connection, table: str, rows: list[dict], recorded: bool = False) -> int:
    """COPY a few rows given as dictionaries with the same keys."""
    if not rows:
        return 0
    return put(connection, table, pl.DataFrame(rows, infer_schema_length=None), recorded)


def day_range(since: pl.Expr, until: pl.Expr | None = None) -> pl.Expr:
    """Text of a half-open range of days; a null ``until`` means «without end»."""
    end = pl.lit("") if until is None else until.cast(pl.String).fill_null("")
    return pl.concat_str(pl.lit("["), since.cast(pl.String), pl.lit(","), end, pl.lit(")"))


def hundredths(name: str) -> pl.Expr:
    """Text of a column of whole non-negative hundredths: 12345 → ``123.45``."""
    return pl.format("{}.{}", pl.col(name) // 100, (pl.col(name) % 100).cast(pl.String).str.zfill(2))
