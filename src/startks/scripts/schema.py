"""Compares the schema in the data base with the models, in the data base's own words.

The models are created in a scratch schema inside a transaction that is rolled back, and both schemas are read from the
catalogue: columns with types and defaults, every constraint, every index. So EXCLUDE constraints, expression indexes,
partition keys and check expressions are compared too, and nothing depends on how a tool would have written them.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, NullPool, text

from startks.base.db import Base
from startks.base.db.session import make_engine
from startks.base.settings import Settings

from .migrate import branches, versions

SCRATCH = "startks_check"

_COLUMNS = """
    SELECT c.relname, 'столбец ' || a.attname,
           format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
           || CASE a.attgenerated WHEN '' THEN '' ELSE ' GENERATED' END
           || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
_CONSTRAINTS = """
    SELECT c.relname, 'ограничение ' || k.conname, pg_get_constraintdef(k.oid)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = :schema AND NOT c.relispartition AND k.contype <> 'n' AND k.contype <> 't'"""
_INDEXES = """
    SELECT c.relname, 'индекс ' || i.relname, pg_get_indexdef(x.indexrelid)
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = :schema AND NOT c.relispartition"""
_PARTITIONED = """
    SELECT c.relname, 'секционирование', pg_get_partkeydef(c.oid)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = :schema AND c.relkind = 'p' AND NOT c.relispartition"""
_READERS = (_COLUMNS, _CONSTRAINTS, _INDEXES, _PARTITIONED)


def differences(database_url: str, settings: Settings) -> list[str]:
    """Return the differences as Russian lines, empty where schema and models are equal.

    Where migrations are missing, they are what differs, and nothing more is compared.
    """
    behind = [
        f"{name}: версия {version or 'не установлена'}, новейшая {newest}"
        for name, version, newest in versions(database_url, settings)
        if version != newest
    ]
    if behind:
        return behind
    known = branches(settings)
    engine = make_engine(database_url, application_name="startks-check", poolclass=NullPool)
    with engine.connect() as connection:
        there = _read(connection, "public")
        connection.execute(text(f"CREATE SCHEMA {SCRATCH}"))
        connection.execute(text(f"SET LOCAL search_path = {SCRATCH}, public"))
        Base.metadata.create_all(
            connection.execution_options(schema_translate_map={None: SCRATCH}), checkfirst=False
        )
        wanted = _read(connection, SCRATCH)
        connection.rollback()
    engine.dispose()
    return list(_compare(there, wanted, {item.version_table for item in known}))


def _read(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    """Return {(table, thing): definition} of a schema, without the schema's name in the definitions."""
    connection.execute(text(f"SET LOCAL search_path = {', '.join(dict.fromkeys((schema, 'public')))}"))
    return {
        (table, thing): (definition or "").replace(f"{schema}.", "")
        for reader in _READERS
        for table, thing, definition in connection.execute(text(reader), {"schema": schema})
    }


def _compare(
    there: dict[tuple[str, str], str], wanted: dict[tuple[str, str], str], version_tables: set[str]
) -> Iterator[str]:
    tables_there, tables_wanted = {key[0] for key in there}, {key[0] for key in wanted}
    for table in sorted(tables_wanted - tables_there):
        yield f"{table}: таблицы нет в базе данных"
    # Tables of a module that was switched off stay; so unknown ones are reported only where no such branch is left.
    strange = {name for name in tables_there if name.startswith("alembic_version_")} - version_tables
    if not strange:
        for table in sorted(tables_there - tables_wanted - version_tables):
            yield f"{table}: таблицы нет в моделях"
    for key in sorted(there.keys() | wanted.keys()):
        table, thing = key
        if table not in tables_there or table not in tables_wanted or there.get(key) == wanted.get(key):
            continue
        if key not in wanted:
            yield f"{table}: {thing} есть только в базе данных ({there[key]})"
        elif key not in there:
            yield f"{table}: {thing} есть только в моделях ({wanted[key]})"
        else:
            yield f"{table}: {thing}: в базе данных {there[key]}, в моделях {wanted[key]}"
