"""Crash points: silent in production, exact in a drill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from startks.base import crash
from startks.base.crash import Executioner, crash_point

PASS_THREE = """
from startks.base.crash import crash_point
for turn in range(3):
    crash_point("other")
    crash_point("here")
    print(turn, flush=True)
"""


def run(order: str | None) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != crash.VARIABLE}
    if order is not None:
        environment[crash.VARIABLE] = order
    return subprocess.run(
        [sys.executable, "-c", PASS_THREE], env=environment, capture_output=True, text=True, check=False, timeout=30
    )


def test_without_an_order_a_point_is_an_empty_function():
    assert crash_point is crash._nothing
    answer = run(None)
    assert (answer.returncode, answer.stdout.split()) == (0, ["0", "1", "2"])


@pytest.mark.parametrize(("order", "seen"), [("here", 0), ("here:2", 1), ("here:3", 2)])
def test_the_process_is_killed_at_the_named_pass(order, seen):
    answer = run(order)
    assert answer.returncode == -signal.SIGKILL
    assert len(answer.stdout.split()) == seen


def test_another_point_is_passed():
    assert run("elsewhere").returncode == 0


def test_an_order_in_a_file_is_carried_out_once(tmp_path):
    order = tmp_path / "order"
    order.write_text("here:2 self\n")
    assert run(f"@{order}").returncode == -signal.SIGKILL
    assert not order.exists() and (tmp_path / "order.taken").exists()
    assert run(f"@{order}").returncode == 0


def test_the_victim_may_be_another_process(tmp_path):
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "order").write_text(f"here:1 {victim.pid}\n")
        Executioner(f"@{tmp_path / 'order'}")("here")
        assert victim.wait(10) == -signal.SIGKILL
    finally:
        victim.kill()
        victim.wait()
