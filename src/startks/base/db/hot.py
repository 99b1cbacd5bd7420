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
import re
from collections.abc import Callable
from typing import Any

import orjson
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
    return None if value is None else orjson.loads(value)


class Hot:
    """A SELECT of one JSON value; parameters are written ``:name``, with a CAST where PostgreSQL cannot tell the type.

    ``within`` is its WITH clause where it has one that must stand at the top, as one that writes must.
    """

    __slots__ = ("_name", "_order", "_select", "_sql", "_text", "_within")

    def __init__(self, select: str, within: str = "") -> None:
        names: list[str] = []
        self._select, self._within = select, within
        statement = f"{within} {select}"

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
        driver: Any = connection.connection.driver_connection
        if not driver.autocommit:
            return list(connection.execute(self._text, values).scalars())
        try:
            given = self._ready(connection, values)
            return self._rows(driver.pgconn.exec_prepared(self._name, given))
        except psycopg.Error as error:
            raise self._wrapped(error, connection, values) from error

    def beside(self, *others: Hot) -> Hot:
        """Return the statement of a list: what :meth:`one` of this statement and of the others says, in one round trip.

        None may have more than one row, and only one of them a WITH clause at the top; their parameters of the same name
        are one.
        """
        all_of_them = (self, *others)
        within = [statement._within for statement in all_of_them if statement._within]
        if len(within) > 1:
            raise ValueError("only one of the statements may have a WITH clause at the top")
        values = ", ".join(f"({statement._select})" for statement in all_of_them)
        return Hot(f"SELECT json_build_array({values})", *within)

    def _ready(self, connection: Connection, values: dict[str, Any]) -> list[bytes | None]:
        """Tell whoever counts statements, prepare this one where the connection does not know it, and return its values."""
        listeners = connection.dispatch.before_cursor_execute
        if listeners:
            for listener in listeners:
                listener(connection, None, self._sql, values, None, False)
        known = connection.connection.info.setdefault(_KNOWN, set())
        if self._name not in known:
            wire: Any = connection.connection.driver_connection.pgconn
            self._checked(wire.prepare(self._name, self._sql.encode()))
            known.add(self._name)
        return [_FORMS[type(value)](value) for value in map(values.__getitem__, self._order)]

    def _rows(self, result: Any) -> list[Any]:
        if result.status != ExecStatus.TUPLES_OK:
            self._checked(result)
        return [_loaded(result.get_value(row, 0)) for row in range(result.ntuples)]

    @staticmethod
    def _checked(result: Any) -> None:
        """Raise what the server answered instead of rows."""
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise psycopg.errors.error_from_result(result)

    def _wrapped(self, error: psycopg.Error, connection: Connection, values: dict[str, Any]) -> BaseException:
        """Return the error as SQLAlchemy has it; a connection that broke is thrown away."""
        driver: Any = connection.connection.driver_connection
        lost = driver.pgconn.status == ConnStatus.BAD
        if lost:
            connection.invalidate(error)
        return DBAPIError.instance(
            self._sql, values, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect,
            hide_parameters=connection.engine.hide_parameters, ismulti=False,
        )
