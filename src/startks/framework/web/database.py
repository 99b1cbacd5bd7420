"""Connections of a request.

``request.db`` is a session in the request's own transaction manager: what it wrote is committed when the view returns and
rolled back when it raises. ``request.read`` is a connection in autocommit mode for pages that only read: no BEGIN, no
ROLLBACK. Both are made when first asked for; a static file or a cached page touches neither.

Each has a pool of its own, a connection a thread: a page that writes holds one of either kind, so threads never wait for
each other's second one, and connections for reading need not be switched to autocommit and back on every page.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from startks.base.db.session import make_engine, make_session_factory, tm_session
from startks.base.errors import ConfigurationError
from startks.framework.addons.exchange import attach_events, request_contract
from startks.framework.web import settings_of

ENGINE = "startks.engine"
READER = "startks.reader"
SESSIONS = "startks.sessions"


def includeme(config) -> None:
    """Make the engine (unless one is there already) and the request's two ways to the data base."""
    registry = config.registry
    if ENGINE in registry:  # a test's: it must see what the test sees
        registry[READER] = registry[ENGINE].execution_options(isolation_level="AUTOCOMMIT")
    else:
        registry[ENGINE] = _engine(settings_of(registry))
        registry[READER] = _engine(settings_of(registry), isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        event.listen(registry[ENGINE], "engine_disposed", lambda engine: registry[READER].dispose())
    registry[SESSIONS] = make_session_factory(registry[ENGINE])
    attach_events(registry[SESSIONS], registry)
    config.add_request_method(_db, "db", reify=True)
    config.add_request_method(_read, "read", reify=True)
    config.add_request_method(request_contract, "contract")


def engine_of(registry: Any) -> Engine:
    """Return the application's engine."""
    return registry[ENGINE]


def _engine(settings: Any, **options: Any) -> Engine:
    if not settings.database_url:
        raise ConfigurationError(
            "Не указан адрес базы данных: задайте startks.database_url или запустите ./startks demo."
        )
    return make_engine(
        settings.database_url,
        lock_timeout_ms=settings.lock_timeout_ms,
        statement_timeout_ms=settings.statement_timeout_ms,
        application_name="startks-web",
        pool_size=settings.pool_size,
        max_overflow=max(0, settings.threads - settings.pool_size),
        **options,
    )


def _db(request: Any) -> Session:
    return tm_session(request.registry[SESSIONS], request.tm)


def _read(request: Any) -> Connection:
    connection = request.registry[READER].connect()
    request.add_finished_callback(lambda request: connection.close())
    return connection
