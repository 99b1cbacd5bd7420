"""The whole month by the button: a real worker, the page that counts along, the end of it."""

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from startks.modules.billing import tasks

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
PARTS = "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FROM job_chunk WHERE NOT final AND job_id = (SELECT max(id) FROM job)"


@pytest.fixture
def application(town_copy, monkeypatch):
    """An application over a copy of the town of its own; months are calculated in parts of some houses."""
    small = functools.partial(tasks.run.prepare, accounts_a_chunk=10)
    monkeypatch.setattr(tasks.run, "prepare", small)
    with town_copy("pressed") as (app, _url):
        yield app


@pytest.fixture
def site(application):
    """Address of this application."""
    from waitress.server import create_server

    server = create_server(application, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, name="month", daemon=True)
    thread.start()
    yield f"http://localhost:{server.effective_port}"
    server.close()
    thread.join(5)


@pytest.fixture
def engine(application):
    return application.registry["startks.engine"]


@pytest.fixture
def start(engine, services, tmp_path):
    """``start("worker")``: a process of the installation."""
    started = []

    def process(name):
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "startks", name],
                    cwd=ROOT,
                    env={
                        **os.environ,
                        "STARTKS_DATABASE_URL": engine.url.render_as_string(hide_password=False),
                        "STARTKS_BROKER_URL": services.running.broker_url,
                        "STARTKS_DATA": str(tmp_path),
                        "STARTKS_WORKERS": "1",
                    },
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    yield process
    for process in started:
        process.terminate()
    for process in started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.01)


def _parts(engine):
    with engine.connect() as connection:
        return connection.execute(text(PARTS)).one()


def test_the_month_by_the_button(page, engine, start):
    page.goto("/@@sign-in")
    page.fill("input[name=login]", "accountant")
    page.fill("input[name=password]", "accountant-2026")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    page.goto("/office/+month")
    page.get_by_role("button", name="Рассчитать месяц").click()
    progress = page.locator("#job-progress")
    expect(progress).to_contain_text("ожидает")
    done, whole = _parts(engine)
    assert done == 0 and whole > 3

    start("beat")
    start("worker")
    with contextlib.ExitStack() as stack:
        _until(lambda: _parts(engine)[0] >= 1)
        blocker = stack.enter_context(engine.connect())
        blocker.execute(text("LOCK TABLE residence IN ACCESS EXCLUSIVE MODE"))  # the worker waits before its next part
        done, whole = _parts(engine)
        assert 0 < done < whole
        # the page counts along by itself: nobody presses anything
        expect(progress).to_contain_text("выполняется", timeout=20_000)
        expect(progress).to_contain_text("Расчёт по домам")
        expect(progress).to_contain_text(re.compile(rf"Части\s*\d+ / {whole}"))
        expect(progress).to_contain_text("Скорость")
        expect(progress).to_contain_text(re.compile(r"Осталось\s*\d+:\d\d"))
        expect(progress.get_by_role("button", name="Остановить")).to_be_visible()
    expect(progress).to_contain_text("завершено", timeout=60_000)
    expect(progress).to_contain_text(re.compile(r"100\s*%"))
    expect(progress.get_by_role("button", name="Остановить")).to_have_count(0)
    page.reload()
    expect(page.locator("main")).to_contain_text("Итоги последнего расчёта")
    with engine.connect() as connection:
        calculated = connection.execute(text(
            "SELECT count(DISTINCT account_id) FROM statement WHERE period = (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL)"
        )).scalar()  # fmt: skip
    assert calculated > 100
