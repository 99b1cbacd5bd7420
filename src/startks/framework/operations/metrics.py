"""Prometheus metrics, served by a listener of their own (``startks.metrics_listen``), never on the public site.

Requests are counted where they are served: number and seconds by method, page (kind of node and view) and status.
Jobs are read from the data base at each scrape, so any web process tells the truth about all machines: the queue by
kind, the age of the oldest waiting job, finished jobs with their seconds, the outbox.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from startks.base.errors import ConfigurationError

from .logs import FIELDS, REQUEST

log = logging.getLogger("startks.access")

REGISTRY = CollectorRegistry(auto_describe=True)
REQUESTS = Histogram(
    "startks_http_request_seconds",
    "Time to answer a request.",
    ["method", "page", "status"],
    registry=REGISTRY,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
ERRORS = Counter("startks_http_errors", "Requests answered with an error of ours (5xx).", registry=REGISTRY)
AT_WORK = Gauge("startks_http_requests_at_work", "Requests being answered now.", registry=REGISTRY)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"health", "static"})


def includeme(config) -> None:
    """Measure every request; log it when it is answered."""
    config.add_tween("startks.framework.operations.metrics.tween_factory", under="startks.framework.web.headers.tween_factory")


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Give the request its number, measure it, write one line of the access log."""

    def tween(request: Any) -> Any:
        number = secrets.token_hex(6)
        token = REQUEST.set(number)
        started = time.perf_counter()
        AT_WORK.inc()
        status = 500
        try:
            response = handler(request)
            status = response.status_int
            return response
        finally:
            AT_WORK.dec()
            _measured(request, status, time.perf_counter() - started)
            REQUEST.reset(token)

    return tween


@cache
def _child(method: str, page: str, status: int) -> Any:
    """The histogram of a kind of page; there are as many as pages, and finding one by its labels costs more than counting."""
    return REQUESTS.labels(method, page, str(status))


def _measured(request: Any, status: int, seconds: float) -> None:
    page = page_of(request, status)
    method = request.method if request.method in _METHODS else "other"
    _child(method, page, status).observe(seconds)
    if status >= 500:
        ERRORS.inc()
    level = logging.DEBUG if page.partition(":")[0] in _QUIET else logging.INFO
    if log.isEnabledFor(level):
        fields = {"method": method, "page": page, "status": status, "ms": round(seconds * 1000, 1)}
        log.log(level, "request", extra={FIELDS: fields})


def page_of(request: Any, status: int = 200) -> str:
    """Return the page as a label: kind of node and name of the view. Never the address, which names flats and accounts.

    What a stranger types makes no new labels: an address without a page is ``-``.
    """
    if request.environ.get("PATH_INFO", "").startswith("/+static/"):
        return "static:file"
    context = getattr(request, "context", None)
    if context is None or status in (400, 404, 405):
        return "-"
    route = getattr(request, "matched_route", None)
    face = route.name if route is not None else "portal"
    view = getattr(request, "view_name", "") or ""
    return f"{face}:{type(context).__name__}{'@@' + view if view else ''}"


class Jobs:
    """Collector of the jobs' state, read at each scrape by one connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterator[Any]:
        """Nothing: registering must not ask the data base."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        """Yield the families; ``startks_database_up`` is 0 where the data base does not answer."""
        up = GaugeMetricFamily("startks_database_up", "Whether the data base answers.")
        try:
            with self._engine.connect() as connection:
                unfinished = connection.execute(_UNFINISHED).all()
                ended = connection.execute(_ENDED).all()
                outbox = connection.execute(_OUTBOX).one()
        except SQLAlchemyError as error:
            log.warning("metrics: the data base does not answer", exc_info=error)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _queue(unfinished)
        seconds = SummaryMetricFamily("startks_job_seconds", "Seconds from start to end.", labels=["kind", "state"])
        for row in ended:
            seconds.add_metric([row.kind, row.state], row.jobs, float(row.seconds))
        yield seconds
        undone = GaugeMetricFamily("startks_outbox_undone", "Messages not done yet.")
        undone.add_metric([], outbox.undone)
        yield undone
        age = GaugeMetricFamily("startks_outbox_oldest_seconds", "Age of the oldest message that is not done.")
        age.add_metric([], float(outbox.seconds))
        yield age
        errors = CounterMetricFamily("startks_job_errors", "Error rows of jobs.")
        errors.add_metric([], outbox.errors)
        yield errors


def _queue(rows: Any) -> Iterator[Any]:
    families = (
        ("free", GaugeMetricFamily("startks_queue_chunks_free", "Chunks that wait for a worker.", labels=["kind"])),
        ("busy", GaugeMetricFamily("startks_queue_chunks_busy", "Chunks at work.", labels=["kind"])),
        ("oldest", GaugeMetricFamily("startks_queue_oldest_seconds", "Age of the oldest unfinished job.", labels=["kind"])),
    )
    for name, family in families:
        for row in rows:
            family.add_metric([row.kind], float(getattr(row, name)))
        yield family


_UNFINISHED = text("""
    SELECT job.kind,
           count(chunk.*) FILTER (WHERE chunk.state = 'waiting' OR chunk.lease_until < clock_timestamp()) AS free,
           count(chunk.*) FILTER (WHERE chunk.state = 'running' AND chunk.lease_until >= clock_timestamp()) AS busy,
           coalesce(extract(epoch FROM clock_timestamp() - min(job.recorded_at)), 0) AS oldest
      FROM job LEFT JOIN job_chunk AS chunk ON chunk.job_id = job.id AND chunk.state IN ('waiting', 'running')
     WHERE job.state IN ('waiting', 'running') GROUP BY job.kind ORDER BY job.kind""")
_ENDED = text("""
    SELECT kind, state, count(*) AS jobs,
           coalesce(sum(extract(epoch FROM finished_at - coalesce(started_at, recorded_at))), 0) AS seconds
      FROM job WHERE state IN ('done', 'failed', 'stopped') GROUP BY kind, state ORDER BY kind, state""")
_OUTBOX = text("""
    SELECT count(*) AS undone, coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0) AS seconds,
           (SELECT count(*) FROM job_error) AS errors
      FROM outbox WHERE done_at IS NULL""")


def serve_metrics(listen: str, engine: Engine) -> Callable[[], None]:
    """Serve ``http://listen/metrics`` from a thread; return the function that ends it.

    Raises :class:`ConfigurationError` for an address that cannot be taken.
    """
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        raise ConfigurationError(f"startks.metrics_listen = «{listen}»: ожидается адрес и порт, например 127.0.0.1:9100.")
    collector = Jobs(engine)
    REGISTRY.register(collector)
    try:
        server, thread = start_http_server(int(port), host or "127.0.0.1", REGISTRY)
    except OSError as error:
        REGISTRY.unregister(collector)
        raise ConfigurationError(
            f"Адрес метрик {listen} нельзя занять ({error.strerror}): назовите другой в startks.metrics_listen."
        ) from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)
        REGISTRY.unregister(collector)

    return end
