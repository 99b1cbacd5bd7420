"""kill -9 at every kind of point, of every kind of process: the month is the undisturbed one to the byte."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from startks.scripts.drill.kills import ORDER, POINTS, SCENARIOS, drill_kills

pytestmark = [pytest.mark.slow, pytest.mark.integration]
ROOT = Path(__file__).resolve().parents[2]
KILLS = 30
ACCOUNTS = 120


def broker() -> str:
    """The kind of broker that this run is about."""
    scheme = os.environ.get("STARTKS_TEST_BROKER_URL", "").partition(":")[0]
    return {"redis": "redis", "amqp": "rabbitmq"}.get(scheme, "embedded")


def test_thirty_kills_lose_nothing_and_double_nothing():
    folder = Path(tempfile.mkdtemp(prefix="startks-kills-", dir="/tmp"))  # pytest's own is closed to the server's account
    folder.chmod(0o755)
    said = []
    try:
        report = drill_kills(folder, times=KILLS, accounts=ACCOUNTS, seed=7, broker=broker(), say=said.append)
        assert report.faults == [], "\n".join(said)
        assert len(report.kills) >= KILLS
        assert set(report.by("victim")) == {"self", "worker", "beat", "web", "broker", "postgres"}
        assert set(report.by("job")) == set(POINTS)
        assert len(report.by("point")) >= 10  # a town this small has few pieces, so which points are met is chance
        logs = {path.stem: path.read_text("utf-8") for path in (folder / "services" / "log").glob("*.log")}
        assert '"startks.access"' in logs["web"]
        # what a number of six digits or more would be: an account, a phone, a document
        lines = [line for name in ("web", "worker1", "worker2") for line in logs[name].splitlines() if line.startswith("{")]
        told = [json.loads(line) for line in lines]
        assert [line["message"] for line in told if re.search(r"\d{6}|[А-ЯЁ][а-яё]+ [А-ЯЁ]", line["message"])] == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_every_point_of_the_work_is_drilled():
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    there = set(re.findall(r'crash_point\("([^"]+)"\)', source))
    drilled = {point for points in POINTS.values() for point in points}
    assert there == drilled == set(ORDER)
    assert {job for jobs in SCENARIOS.values() for job in jobs} == set(POINTS)
