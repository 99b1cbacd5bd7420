"""Statements of the hottest pages: one JSON value, prepared once a connection, read without the layers in between.

A page of ours costs less than a millisecond of CPU; a statement through SQLAlchemy and psycopg's cursor costs 0.15 to 0.4 ms
of it, through libpq's prepared statement 0.02 to 0.1. So the few statements that every page runs (place in the tree,
identity, the bill) are written as :class:`Hot`. Everything else stays with SQLAlchemy.

The short way is taken on autocommit connections (``request.read``). On any other, a test's or a session's, the same text
runs through SQLAlchemy, so that it sees and joins the open transaction.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_KNOWN = "startks.hot"
_numbers = itertools.count(1)

# Text forms of the values that hot statements take; any other type is an error at the first call.
_FORMS: dict[type, Callable[[Any], bytes | None]] = {
    type(None): lambda value: None,
    str: lambda value: value.encode(),
    int: lambda value: b"%d" % value,
    bytes: lambda value: b"\\x" + value.hex().encode(),
    dt.date: lambda value: value.isoformat().encode(),
    list: lambda value: b"{%s}" % b",".join(b"%d" % number for number in value),  # of whole numbers
}


def _loaded(value: bytes | None) -> Any:
    return None if value is None else json.loads(value.decode())


class Hot:
    """A SELECT of one JSON value; parameters are written ``:name``, with a CAST where PostgreSQL cannot tell the type."""

    __slots__ = ("_name", "_order", "_sql", "_text")

    def __init__(self, statement: str) -> None:
        names: list[str] = []

        def place(found: re.Match[str]) -> str:
            if found[1] not in names:
                names.append(found[1])
            return f"${names.index(found[1]) + 1}"

        self._sql = _PARAMETER.sub(place, statement)
        self._order = tuple(names)
        self._name = b"hot_%d" % next(_numbers)
        self._text = text(statement)

    def one(self, connection: Connection | Session, **values: Any) -> Any:
        """Return the value of the first row as Python has it; None where there is no row.

        Errors of the data base are raised as SQLAlchemy raises them.
        """
        return next(iter(self.all(connection, **values)), None)

    def all(self, connection: Connection | Session, **values: Any) -> list[Any]:
        """Return the values of all rows."""
        if isinstance(connection, Session):
            connection = connection.connection()
        pooled = connection.connection
        driver: Any = pooled.driver_connection
        if not driver.autocommit:
            return list(connection.execute(self._text, values).scalars())
        listeners = connection.dispatch.before_cursor_execute
        if listeners:  # whoever counts statements counts these too
            for listener in listeners:
                listener(connection, None, self._sql, values, None, False)
        wire = driver.pgconn
        known = pooled.info.setdefault(_KNOWN, set())
        if self._name not in known:
            self._checked(wire.prepare(self._name, self._sql.encode()), connection, values)
            known.add(self._name)
        given = [_FORMS[type(value)](value) for value in map(values.__getitem__, self._order)]
        result = wire.exec_prepared(self._name, given)
        if result.status != ExecStatus.TUPLES_OK:
            self._checked(result, connection, values)
        return [_loaded(result.get_value(row, 0)) for row in range(result.ntuples)]

    def _checked(self, result: Any, connection: Connection, values: dict[str, Any]) -> None:
        """Raise what the server answered, and throw the connection away where it is broken."""
        if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            return
        error = psycopg.errors.error_from_result(result)
        lost = connection.connection.driver_connection.pgconn.status == ConnStatus.BAD
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            self._sql, values, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect,
            hide_parameters=connection.engine.hide_parameters, ismulti=False,
        ) from error
