"""Engines and sessions: the one place where a connection to PostgreSQL is described."""

from typing import Any

import zope.sqlalchemy
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, sessionmaker

DRIVER = "postgresql+psycopg"


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
    :func:`sqlalchemy.create_engine`. The options travel with the connection request, so they cost no query.
    """
    target = make_url(url)
    if target.drivername in ("postgresql", "postgres"):
        target = target.set(drivername=DRIVER)
    options = f"-c lock_timeout={lock_timeout_ms} -c statement_timeout={statement_timeout_ms} -c timezone=UTC"
    connect_args = {"options": options, "application_name": application_name, **kwargs.pop("connect_args", {})}
    kwargs.setdefault("pool_pre_ping", True)
    return create_engine(target, connect_args=connect_args, **kwargs)


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
