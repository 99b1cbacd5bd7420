"""Filling empty tables fast: constraints that cost by the row are put back once, after the rows.

Inside one transaction: foreign keys, exclusion and unique constraints and secondary indexes of the tables are dropped,
the rows come by COPY in the order of their keys, then everything is made again from its own definition. The schema is
the same before and after, and nothing of a town is visible until all of it is there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

_CONSTRAINTS = text("""
    SELECT c.conrelid::regclass::text AS owner, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS definition
      FROM pg_constraint c
     WHERE c.conrelid = ANY(CAST(:tables AS regclass[])) AND c.contype IN ('f', 'x', 'u')
     ORDER BY c.contype = 'f', c.conrelid::regclass::text, c.conname""")
_INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
      FROM pg_index i
     WHERE i.indrelid = ANY(CAST(:tables AS regclass[])) AND NOT i.indisprimary
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
     ORDER BY 1""")


@contextlib.contextmanager
def bare_tables(connection: Connection, tables: Iterable[str], progress=lambda done, total: None) -> Iterator[None]:
    """Drop what guards ``tables`` (empty ones) and put it back at the end; ``progress`` counts what was put back."""
    names = {"tables": sorted(tables)}
    constraints = connection.execute(_CONSTRAINTS, names).all()
    # Foreign keys first: they hold on to nothing here, but unique constraints may be what others hold on to.
    for owner, name, _ in reversed(constraints):
        connection.execute(text(f"ALTER TABLE {owner} DROP CONSTRAINT {name}"))
    indexes = connection.execute(_INDEXES, names).all()
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    steps = [definition for _, definition in indexes]
    steps += [f"ALTER TABLE {owner} ADD CONSTRAINT {name} {definition}" for owner, name, definition in constraints]
    for done, step in enumerate(steps):
        progress(done, len(steps))
        # The driver's own execute: a definition may hold a colon, which text() would take for a parameter.
        connection.exec_driver_sql(step.replace("%", "%%"))
    progress(len(steps), len(steps))


def set_sequences(connection: Connection, tables: Iterable[str]) -> None:
    """Let the identity columns go on after the ids that were given."""
    for table in tables:
        connection.execute(
            text(f"""SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1), max(id) IS NOT NULL)
                       FROM {table}""")
        )
