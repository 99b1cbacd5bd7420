"""Folders of killed imports are taken away by the next one; those of living ones are not."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from startks.framework.exchange.town.scratch import YOUNG_SECONDS, scratch, sweep

PREFIX = "startks-town-"
HOLDER = """
import sys, time
from startks.framework.exchange.town.scratch import scratch
with scratch(sys.argv[1]) as folder:
    (folder / "houses.csv").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def age(folder):
    """Let the folder be old enough to be looked at."""
    long_ago = time.time() - YOUNG_SECONDS - 5
    os.utime(folder, (long_ago, long_ago))


def test_what_a_killed_process_left_is_gone_and_a_living_one_s_stays(place):
    holder = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLDER, PREFIX], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )
    try:
        folder = place / holder.stdout.readline().strip().rpartition("/")[2]
        age(folder)
        assert sweep(PREFIX) == [] and (folder / "houses.csv").is_file()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        age(folder)
        with scratch(PREFIX) as mine:
            assert mine.is_dir() and not folder.exists()
        assert not mine.exists()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_young_folders_links_and_files_are_left_alone(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    young, link, file = place / f"{PREFIX}young", place / f"{PREFIX}link", place / f"{PREFIX}file"
    young.mkdir()
    link.symlink_to(elsewhere)
    file.write_text("x")
    age(elsewhere)
    age(file)
    assert sweep(PREFIX) == []
    assert young.is_dir() and elsewhere.is_dir() and file.is_file()


def test_somebody_s_data_in_a_folder_of_such_a_name_is_never_touched(place):
    data = place / f"{PREFIX}mine"
    data.mkdir()
    (data / "secret").write_text("x")
    age(data)
    assert sweep(PREFIX) == []
    assert (data / "secret").is_file()
