"""Health pages, metrics and logs of a running application."""

from __future__ import annotations

import http.client
import json
import logging
import socket

import pytest
from sqlalchemy import create_engine

from startks.base.errors import ConfigurationError
from startks.framework.operations.health import SCHEMA
from startks.framework.operations.logs import JsonFormatter
from startks.framework.operations.metrics import serve_metrics


@pytest.fixture
def readiness(wsgi_app):
    """The registry with a readiness that asks each time."""
    kept = wsgi_app.registry["startks.readiness"]
    kept._asked = float("-inf")
    yield wsgi_app.registry
    kept._asked = float("-inf")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_a_live_process_says_so(testapp):
    assert testapp.get("/health/live").json == {"state": "live"}


def test_a_ready_process_names_its_parts(testapp, readiness):
    answer = testapp.get("/health/ready")
    assert answer.json == {"state": "ready", "database": "ok", "schema": "ok", "broker": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_dead_broker_is_named_and_the_answer_is_503(testapp, readiness, monkeypatch):
    import dataclasses

    broken = dataclasses.replace(readiness["startks.settings"], broker_url=f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setitem(readiness, "startks.settings", broken)
    answer = testapp.get("/health/ready", status=503)
    assert answer.json["broker"] == "failed" and answer.json["database"] == "ok"
    assert "127.0.0.1" not in answer.text


def test_a_dead_data_base_is_named(testapp, readiness, monkeypatch):
    dead = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none", connect_args={"connect_timeout": 2})
    monkeypatch.setitem(readiness, "startks.engine", dead)
    answer = testapp.get("/health/ready", status=503)
    assert answer.json["database"] == "failed" and answer.json["state"] == "not ready"
    assert "nobody" not in answer.text


def test_an_old_schema_is_behind(testapp, readiness, monkeypatch):
    monkeypatch.setitem(readiness, SCHEMA, {"alembic_version_kernel": "kernel_9999"})
    assert testapp.get("/health/ready", status=503).json["schema"] == "behind"
    readiness["startks.readiness"]._asked = float("-inf")
    monkeypatch.setitem(readiness, SCHEMA, {"alembic_version_nowhere": "1"})
    assert testapp.get("/health/ready", status=503).json["schema"] == "behind"


def scrape(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_metrics_tell_requests_by_page_and_the_queue(testapp, wsgi_app, town):
    port = free_port()
    end = serve_metrics(f"127.0.0.1:{port}", wsgi_app.registry["startks.engine"])
    try:
        testapp.get("/")
        testapp.get("/no-such-district/no-such-house", status=404)
        text = scrape(port)
    finally:
        end()
    assert 'startks_http_request_seconds_count{method="GET",page="portal:Root",status="200"}' in text
    assert 'page="-",status="404"' in text
    assert "no-such" not in text
    assert "startks_database_up 1.0" in text
    assert f'startks_job_seconds_count{{kind="billing.month",state="done"}} {float(len(town.periods))}' in text


def test_metrics_of_a_dead_data_base_are_an_answer_too():
    port = free_port()
    dead = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none", connect_args={"connect_timeout": 2})
    end = serve_metrics(f"127.0.0.1:{port}", dead)
    try:
        assert "startks_database_up 0.0" in scrape(port)
    finally:
        end()


def test_an_address_of_metrics_that_cannot_be_taken_is_named(wsgi_app):
    with pytest.raises(ConfigurationError, match="ожидается адрес и порт"):
        serve_metrics("nowhere", wsgi_app.registry["startks.engine"])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port} нельзя занять"):
            serve_metrics(f"127.0.0.1:{port}", wsgi_app.registry["startks.engine"])


class Kept(logging.Handler):
    """Everything that is logged, as production writes it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def kept():
    handler = Kept()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_request_is_a_line_without_its_address(testapp, kept, town):
    testapp.get("/")
    line = next(json.loads(line) for line in kept if '"startks.access"' in line)
    assert line["page"] == "portal:Root" and line["status"] == 200 and line["method"] == "GET"
    assert len(line["request"]) == 12
