"""Health of a web process for balancers and supervisors.

``/health/live``: the process answers. ``/health/ready``: it can do its work: data base, broker, schema; 503 with the
name of what fails else. An answer of a check is kept for two seconds, so that nobody can use it to load the data base.
Addresses, versions and errors are not told to strangers: they stand in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kombu import Connection as BrokerConnection
from kombu.exceptions import OperationalError
from pyramid.response import Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from startks.domain.security.permissions import Public
from startks.framework.web import settings_of

log = logging.getLogger("startks.health")

KEPT_SECONDS = 2.0
BROKER_SECONDS = 3.0
SCHEMA = "startks.schema"
"""Registry key: {version table: newest version} of the code that runs, put there by the command that starts it."""


class Health:
    """Context of the pages; it has no parent and no rights of its own."""

    def __init__(self, request: Any) -> None:
        self.request = request


def includeme(config) -> None:
    """Register the two pages. They are open to everybody and tell nothing but names of parts."""
    config.registry["startks.readiness"] = Readiness(config.registry)
    for name, view in (("live", live), ("ready", ready)):
        config.add_route(f"health.{name}", f"/health/{name}", factory=Health)
        config.add_view(view, context=Health, route_name=f"health.{name}", permission=Public, request_method="GET")


def live(context: Health, request: Any) -> Response:
    """The process answers."""
    return Response(json_body={"state": "live"}, cache_control="no-store")


def ready(context: Health, request: Any) -> Response:
    """200 where every part works, else 503."""
    parts = request.registry["startks.readiness"].parts()
    whole = all(state == "ok" for state in parts.values())
    body = {"state": "ready" if whole else "not ready", **parts}
    return Response(json_body=body, status=200 if whole else 503, cache_control="no-store")


class Readiness:
    """The checks of one process, asked at most every two seconds."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._parts: dict[str, str] = {}

    def parts(self) -> dict[str, str]:
        """Return {part: "ok" | "failed" | "behind"}."""
        with self._lock:
            if time.monotonic() - self._asked > KEPT_SECONDS:
                self._parts = self._ask()
                self._asked = time.monotonic()
            return dict(self._parts)

    def _ask(self) -> dict[str, str]:
        engine = self._registry["startks.engine"]
        settings = settings_of(self._registry)
        expected = self._registry.get(SCHEMA) or {}
        return {
            "database": _state("database", lambda: database_answers(engine)),
            "schema": _state("schema", lambda: schema_is_newest(engine, expected)),
            "broker": _state("broker", lambda: broker_answers(settings.broker_url)),
        }


def _state(part: str, check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "behind"
    except (SQLAlchemyError, OperationalError, OSError) as error:
        log.warning("not ready: %s", part, exc_info=error)
        return "failed"


def database_answers(engine: Engine) -> bool:
    """Ask for nothing; raises what the driver raises."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return True


def schema_is_newest(engine: Engine, expected: dict[str, str]) -> bool:
    """Tell whether each branch's version table holds the version that this code expects."""
    with engine.connect() as connection:
        for table, version in expected.items():
            there = connection.scalar(text("SELECT to_regclass(:name)"), {"name": table})
            # the names come from our own list of branches
            if there is None or connection.scalar(text(f"SELECT version_num FROM {table}")) != version:
                log.warning("not ready: %s is not %s", table, version)
                return False
    return True


def broker_answers(url: str) -> bool:
    """Open and close a connection to the broker; raises where it does not answer. No broker set: nothing to ask."""
    if not url:
        return True
    with BrokerConnection(url, connect_timeout=BROKER_SECONDS) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS, reraise_as_library_errors=True)
    return True
