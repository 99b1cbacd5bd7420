"""Celery workers as processes: rung by the clock, killed in the middle of a chunk, done exactly once in the end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select, text

from startks.base.db.session import make_engine, make_session_factory
from startks.framework.jobs import progress
from startks.framework.jobs.models import JobChunk

pytestmark = [pytest.mark.slow, pytest.mark.integration]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installation(clone_database, town, services, tmp_path):
    """A copy of the town with data folder and variables for processes of its own: {sessions, start(name)}."""
    town.engine.dispose()
    started = []
    with clone_database("workers", town.database_url) as url, contextlib.ExitStack() as stack:
        engine = make_engine(url)
        stack.callback(engine.dispose)
        variables = {
            **os.environ,
            "STARTKS_DATABASE_URL": url,
            "STARTKS_BROKER_URL": services.running.broker_url,
            "STARTKS_DATA": str(tmp_path),
            "STARTKS_CHUNK_LEASE_SECONDS": "5",
            "STARTKS_WORKERS": "1",
            "STARTKS_QUEUE_TYPE": "quorum",  # of RabbitMQ; the others know one type
        }

        def start(*arguments):
            log = stack.enter_context((tmp_path / f"{arguments[0]}-{len(started)}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "startks", *arguments],
                cwd=ROOT,
                env=variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            started.append(process)
            return process

        try:
            yield make_session_factory(engine), start
        finally:
            for process in started:  # in order, as the supervisor does it; what does not go is killed
                process.terminate()
            for process in started:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within the time")


def test_a_worker_killed_in_a_chunk_costs_that_chunk_only(installation, town, tmp_path):
    from startks.modules.billing.tasks import receipt_path, start_receipts

    sessions, start = installation
    period = town.periods[-1]
    with sessions.begin() as session:
        job_id = start_receipts(session, period, str(tmp_path))
    start("beat")

    def chunks(session):
        return session.execute(
            select(JobChunk.number, JobChunk.state, JobChunk.attempts).where(JobChunk.job_id == job_id)
        ).all()

    # Nobody told the worker of the job: the clock rings. The lock holds the worker inside its first chunk.
    with sessions.begin() as blocker:
        blocker.execute(text("LOCK TABLE statement IN ACCESS EXCLUSIVE MODE"))
        worker = start("worker")

        def in_the_middle():
            with sessions() as session:
                return any(chunk.state == "running" for chunk in chunks(session))

        _until(in_the_middle)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    start("worker")

    def done():
        with sessions() as session:
            return progress(session, job_id)["state"] == "done"

    _until(done)
    with sessions() as session:
        state = progress(session, job_id)
        attempts = sorted(chunk.attempts for chunk in chunks(session))
        houses = session.scalars(text("SELECT DISTINCT house_id FROM account")).all()
    assert state["errors"] == 0 and state["done"] == state["total"]
    assert attempts == [1] * (len(attempts) - 1) + [2]
    for house in houses:
        assert receipt_path(str(tmp_path), period, house).read_bytes().startswith(b"%PDF")
