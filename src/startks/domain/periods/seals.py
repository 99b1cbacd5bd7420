"""Seals of a closed month: a SHA-256 for every block of every month table, chained month to month.

A row is written as text by the expressions that ``month_table`` keeps for its table, so the same row gives the same text
on every server. A block (a house, or some accounts) has one SHA-256 over its rows in the order of their keys; six bytes
of each row's own SHA-256 and its key stand beside it, so that :mod:`.verify` can name the row and not only the house.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

FORMAT = 1
"""Goes into the hash of the month; a new way of writing rows is a new number."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A month table: how its rows are put into blocks, named and written."""

    name: str
    block: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def by_house(self) -> bool:
        """Whether a block is a house, so that it can be sealed by ranges of houses."""
        return self.block == "house_id"

    def lines(self, period: int, where: str = "true") -> str:
        """SELECT of block, key and text of each row of a month, in the order of blocks and keys."""
        return f"""
            SELECT {self.block} AS block, concat_ws('.', {", ".join(self.keys)}) AS key,
                   concat_ws(chr(31), {", ".join(self.columns)}) AS line
              FROM {self.name} WHERE period = {int(period)} AND {where} ORDER BY {self.block}, {", ".join(self.keys)}"""

    def blocks(self, period: int, where: str = "true", *, marks: bool = False) -> str:
        """SELECT of block, rows and SHA-256 (with keys and marks of the rows where asked).

        The rows come sorted from the inner query, which is a quarter of the cost of sorting in each aggregate; without
        parallel workers they stay so. OFFSET 0 keeps the texts from being made twice, and unlike a materialized WITH
        it does not put every row aside on the disk.
        """
        more = """, string_agg(key, ' ') AS keys,
                  string_agg(substr(sha256(convert_to(line, 'UTF8')), 1, 6), ''::bytea) AS marks""" if marks else ""
        return f"""
            SELECT block, count(*)::int AS rows,
                   sha256(convert_to(string_agg(line, chr(10)), 'UTF8')) AS sha256{more}
              FROM ({self.lines(period, where)} OFFSET 0) line GROUP BY block"""


def guarded_tables(connection: Connection) -> list[Guarded]:
    """All month tables in the order of their names."""
    rows = connection.execute(text("SELECT name, block, keys, columns FROM month_table ORDER BY name"))
    return [Guarded(row.name, row.block, tuple(row.keys), tuple(row.columns)) for row in rows]


def physical_tables(connection: Connection, period: int) -> list[str]:
    """Tables that hold the month's rows: its partitions, and whole tables that are not partitioned."""
    rows = connection.execute(
        text("""SELECT CASE WHEN parent.relkind = 'p' THEN to_regclass(m.name || '_' || :period)::text ELSE m.name END
                  FROM month_table m JOIN pg_class parent ON parent.oid = to_regclass(m.name)
                 ORDER BY m.name"""),
        {"period": str(period)},
    ).scalars()
    return [name for name in rows if name is not None]


def seal(connection: Connection, table: Guarded, period: int, where: str = "true") -> int:
    """Write the seals of the table's blocks of a month (those that ``where`` keeps); return their number."""
    plain(connection)
    return connection.execute(text(f"""
        INSERT INTO period_seal (period, table_name, block, rows, sha256, keys, marks)
        SELECT {int(period)}, '{table.name}', block, rows, sha256, keys, marks
          FROM ({table.blocks(period, where, marks=True)}) sealed""")).rowcount


def plain(connection: Connection) -> None:
    """Sort in memory and without parallel workers, which would mix the rows, until the end of the transaction."""
    connection.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
    connection.execute(text("SET LOCAL work_mem = '256MB'"))


HASH = """
    SELECT sha256(CAST(:previous AS bytea) || convert_to(
               'startks seals ' || :format || chr(10) || :period || chr(10)
               || coalesce(string_agg(table_name || ':' || block || ':' || rows || ':' || encode(sha256, 'hex'), chr(10)
                                      ORDER BY table_name COLLATE "C", block), ''), 'UTF8'))
      FROM period_seal WHERE period = CAST(:period AS int)"""


def chain(connection: Connection, period: int) -> tuple[bytes, bytes]:
    """Return the hash of the newest closed month before this one (SHA-256 of nothing where there is none) and its own."""
    previous = connection.scalar(
        text("""SELECT coalesce((SELECT hash FROM period WHERE state = 'closed' AND id < :id ORDER BY id DESC LIMIT 1),
                                sha256(''::bytea))"""),
        {"id": period},
    )
    return bytes(previous), month_hash(connection, period, bytes(previous))


def month_hash(connection: Connection, period: int, previous: bytes) -> bytes:
    """Hash of the month's seals chained to ``previous``."""
    return bytes(connection.scalar(
        text(HASH), {"previous": previous, "format": str(FORMAT), "period": str(period)}
    ))
