"""A disk that becomes full in the middle of the work: one sentence, nothing half done, and the work goes on after."""

import contextlib
import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from startks.base.errors import StartksError
from startks.framework.jobs.inline import run_job_inline
from startks.modules.billing.tasks import receipt_path, start_receipts
from startks.scripts.environment import open_environment
from startks.scripts.period import calculate_month
from tests.commands.conftest import ACCOUNTS, ROOT, clean_environment, command, open_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
]


class Disk:
    """A small disk of its own; ``fill`` takes all its room, ``free`` gives it back."""

    def __init__(self, path):
        self.path = path
        self.ballast = path / "ballast"

    def fill(self):
        with self.ballast.open("ab", buffering=0) as output:
            for size in (2**20, 2**12):  # large pieces, then what is left
                try:
                    while True:
                        output.write(bytes(size))
                except OSError:
                    continue

    def free(self):
        self.ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(megabytes):
    path = open_folder("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        if mounted.returncode != 0:
            pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
        yield Disk(path)
        subprocess.run(["umount", path], check=True)
    finally:
        path.rmdir()


@pytest.fixture(scope="module")
def disk():
    with small_disk(700) as disk:
        yield disk


@pytest.fixture(scope="module")
def town_folder(disk):
    """A town that was built on the small disk in spite of a full disk in the middle."""
    return disk.path / "town"


def test_a_town_whose_disk_becomes_full_before_the_months_are_calculated(disk, town_folder):
    arguments = [sys.executable, "-m", "startks", "demo", "--accounts", ACCOUNTS, "--no-serve", "--data", str(town_folder)]
    with subprocess.Popen(
        arguments, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        told = []
        for line in process.stderr:
            told.append(line)
            if line.startswith("Ключи показаний: готово"):
                disk.fill()
        assert process.wait(120) == 1, told
    disk.free()
    assert "Traceback" not in "".join(told)
    assert "кончилось место: освободите его и повторите команду" in told[-1]
    assert str(town_folder) in told[-1]


def test_and_the_same_command_goes_on_when_there_is_room_again(town_folder):
    answer = command("demo", "--accounts", ACCOUNTS, "--no-serve", "--data", town_folder)
    assert answer.returncode == 0, answer.stderr
    assert f"лицевых счетов {ACCOUNTS}," in answer.stdout and "рассчитано месяцев 14" in answer.stdout


def test_too_little_room_is_told_before_anything_is_started(disk, town_folder):
    disk.fill()
    try:
        answer = command("demo", "--no-serve", "--data", town_folder)
    finally:
        disk.free()
    assert answer.returncode == 2
    assert "а нужно хотя бы" in answer.stderr and len(answer.stderr.strip().splitlines()) == 1


def test_a_month_leaves_nothing_half_done(disk, town_folder, monkeypatch):
    monkeypatch.setenv("STARTKS_DATA", str(town_folder))
    count = text("SELECT count(*) FROM statement WHERE period = 202611")
    try:
        with pytest.raises(StartksError, match="кончилось место") as refusal, open_environment() as env:  # noqa: PT012
            disk.fill()
            calculate_month(env, 202611, processes=1)
    finally:
        disk.free()
    assert refusal.value.exit_code == 1
    with open_environment() as env:
        with env.sessions() as session:
            assert session.scalar(count) == 0
            assert session.scalar(text("SELECT calculated_at FROM period WHERE id = 202611")) is None
        totals = calculate_month(env, 202611, processes=1)
        with env.sessions() as session:
            assert session.scalar(count) == totals["lines"] > 0


def test_receipts_say_what_is_wrong_and_are_printed_afterwards(town_folder, monkeypatch):
    monkeypatch.setenv("STARTKS_DATA", str(town_folder))
    with small_disk(32) as paper, open_environment() as env:

        def printed():
            with env.sessions.begin() as session:
                job = start_receipts(session, 202610, str(paper.path))
            return run_job_inline(env.database_url, job, processes=1)["state"], job

        paper.fill()
        state, job = printed()
        assert state == "failed"
        with env.sessions() as session:
            told = session.scalars(text("SELECT message FROM job_error WHERE job_id = :job"), {"job": job}).all()
            houses = session.scalars(text("SELECT DISTINCT house_id FROM account")).all()
        assert told and all("кончилось место" in line and "освободите" in line for line in told)
        assert not [path for path in paper.path.rglob("*") if path.is_file() and path != paper.ballast]
        paper.free()
        assert printed()[0] == "done"
        for house in houses:
            assert receipt_path(str(paper.path), 202610, house).read_bytes().startswith(b"%PDF")
