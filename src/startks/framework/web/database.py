"""Connections of a request.

``request.db`` is a session in the request's own transaction manager: what it wrote is committed when the view returns and
rolled back when it raises. ``request.read`` is a connection in autocommit mode for pages that only read: no BEGIN, no
ROLLBACK. Both are made when first asked for; a static file or a cached page touches neither.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine
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
    if ENGINE not in registry:
        registry[ENGINE] = _engine(settings_of(registry))
    registry[READER] = registry[ENGINE].execution_options(isolation_level="AUTOCOMMIT")
    registry[SESSIONS] = make_session_factory(registry[ENGINE])
    attach_events(registry[SESSIONS], registry)
    config.add_request_method(_db, "db", reify=True)
    config.add_request_method(_read, "read", reify=True)
    config.add_request_method(request_contract, "contract")


def engine_of(registry: Any) -> Engine:
    """Return the application's engine."""
    return registry[ENGINE]


def _engine(settings: Any) -> Engine:
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
        # a page that writes holds two connections: threads must never wait for each other's second one
        max_overflow=max(0, 2 * settings.threads - settings.pool_size),
    )


def _db(request: Any) -> Session:
    return tm_session(request.registry[SESSIONS], request.tm)


def _read(request: Any) -> Connection:
    connection = request.registry[READER].connect()
    request.add_finished_callback(lambda request: connection.close())
    return connection
