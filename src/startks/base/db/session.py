"""Engines and sessions: the one place where a connection to PostgreSQL is described."""

import select
import time
from typing import Any

import zope.sqlalchemy
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

DRIVER = "postgresql+psycopg"
LONG_IDLE = 60
"""Seconds after which a pooled connection is asked whether the server is still there."""


def make_engine(
    url: str | URL,
    *,
    lock_timeout_ms: int = 10_000,
    statement_timeout_ms: int = 0,
    application_name: str = "startks",
    **kwargs: Any,
) -> Engine:
    """Return an engine (psycopg 3) whose connections carry the timeouts as server options.

    ``lock_timeout_ms`` and ``statement_timeout_ms`` are milliseconds, 0 means no limit. Other keywords go to
    :func:`sqlalchemy.create_engine`. The options travel with the connection request, so they cost no query. A connection
    that the server has closed is not given out (:func:`_look`).
    """
    target = make_url(url)
    if target.drivername in ("postgresql", "postgres"):
        target = target.set(drivername=DRIVER)
    options = f"-c lock_timeout={lock_timeout_ms} -c statement_timeout={statement_timeout_ms} -c timezone=UTC"
    connect_args = {"options": options, "application_name": application_name, **kwargs.pop("connect_args", {})}
    engine = create_engine(target, connect_args=connect_args, **kwargs)
    event.listen(engine, "checkout", _look)
    return engine


def _look(connection: Any, record: Any, proxy: Any) -> None:
    """Ask a pooled connection for life, as ``pool_pre_ping`` does, but only where there is a reason to.

    A server that closed the connection has left its farewell in the socket: looking there costs a microsecond, a SELECT
    costs a tenth of a page. After a long rest it is asked in any case, for a network may have died without a word.
    """
    now = time.monotonic()
    rested = now - record.info.get("startks.seen", now)
    record.info["startks.seen"] = now
    poller = record.info.get("startks.poller")
    if poller is None or poller[0] is not connection:
        poller = record.info["startks.poller"] = (connection, select.poll())
        poller[1].register(connection.pgconn.socket, select.POLLIN)
        return  # it has just been made
    if rested > LONG_IDLE or poller[1].poll(0):
        try:
            autocommit, connection.autocommit = connection.autocommit, True
            connection.execute("SELECT 1")
            connection.autocommit = autocommit
        except Exception as error:
            raise InvalidatePoolError from error


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return a factory of plain sessions on the engine; objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


def tm_session(factory: sessionmaker[Session], tm: Any) -> Session:
    """Return a session that joins the given explicit transaction manager.

    It is registered as *changed* from the start: zope.sqlalchemy only notices writes of the ORM, and rolls back
    without a word what Core statements, ``text()`` and COPY have written.
    """
    session = factory()
    zope.sqlalchemy.register(session, transaction_manager=tm, initial_state="changed")
    return session


def libpq_url(url: str | URL) -> str:
    """Return the URL without SQLAlchemy's driver part, as libpq, psycopg and ADBC read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
