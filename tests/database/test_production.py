"""The production ini file with real processes: ready, measured, behind a proxy, ended by SIGTERM without an error."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from startks.base.db.session import make_engine, make_session_factory
from startks.framework.jobs import progress

pytestmark = [pytest.mark.slow, pytest.mark.integration]
ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the installation that is long enough"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def ask(port, path, **headers):
    """(status, headers, body) of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        time.sleep(0.2)
    raise AssertionError("not within the time")


@pytest.fixture
def installation(clone_database, town, services, tmp_path):
    """(start(command, …) → process, log(process), sessions) on production.ini and a copy of the town."""
    town.engine.dispose()
    (tmp_path / "database_url").touch(mode=0o600)
    processes = {}
    with clone_database("production", town.database_url) as url:
        (tmp_path / "database_url").write_text(url + "\n")
        (tmp_path / "secret").write_text(SECRET)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STARTKS_")}
        variables = {
            **kept,
            "STARTKS_INI": str(ROOT / "production.ini"),
            "STARTKS_DATABASE_URL_FILE": str(tmp_path / "database_url"),
            "STARTKS_SECRET_FILE": str(tmp_path / "secret"),
            "STARTKS_BROKER_URL": services.running.broker_url,
            "STARTKS_DATA": str(tmp_path / "data"),
            "STARTKS_WORKERS": "1",
        }

        def start(*arguments, **more):
            log = (tmp_path / f"{arguments[0]}.log").open("wb")
            process = subprocess.Popen(
                [sys.executable, "-m", "startks", *arguments], cwd=ROOT, env={**variables, **more},
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            processes[process] = log
            return process

        engine = make_engine(url)
        try:
            yield start, lambda name: (tmp_path / f"{name}.log").read_text("utf-8"), make_session_factory(engine)
        finally:
            for process, log in processes.items():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                log.close()
            engine.dispose()


def test_a_web_process_is_ready_measured_and_ends_in_order(installation):
    start, log, _ = installation
    port, metrics = free_port(), free_port()
    web = start("serve", "--port", str(port), STARTKS_METRICS_LISTEN=f"127.0.0.1:{metrics}")
    until(lambda: ask(port, "/health/live")[0] == 200)
    status, _, body = ask(port, "/health/ready")
    assert (status, json.loads(body)["state"]) == (200, "ready"), body
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.ru", "X-Forwarded-For": "203.0.113.9", "Host": "x"}
    status, headers, _ = ask(port, "/", **proxied)
    assert status == 200 and "Strict-Transport-Security" in headers
    text = ask(metrics, "/metrics")[2]
    assert 'page="portal:Root",status="200"' in text and "startks_database_up 1.0" in text
    assert ask(port, "/metrics")[0] == 404
    web.send_signal(signal.SIGTERM)
    assert web.wait(60) == 0
    lines = [json.loads(line) for line in log("serve").splitlines() if line.startswith("{")]
    assert {line["page"] for line in lines if line["logger"] == "startks.access"} >= {"portal:Root"}
    assert not [line for line in lines if line["level"] in ("ERROR", "CRITICAL")]
    assert "203.0.113.9" not in log("serve") and SECRET not in log("serve")


def test_a_worker_and_the_clock_end_in_order_and_leave_nothing_taken(installation, town, tmp_path):
    from sqlalchemy import text

    from startks.modules.billing.tasks import start_receipts

    start, log, sessions = installation
    with sessions.begin() as session:
        job = start_receipts(session, town.periods[-1], str(tmp_path))
    beat, worker = start("beat"), start("worker", "--name", "w1")

    def state():
        with sessions() as session:
            return progress(session, job)["state"]

    until(lambda: state() in ("running", "done"), 120)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(120) == 0, log("worker")
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM job_chunk WHERE state = 'running'")) == 0
    if state() != "done":
        start("worker", "--name", "w2")
        until(lambda: state() == "done", 120)
    beat.send_signal(signal.SIGTERM)
    assert beat.wait(30) == 0
