"""The embedded services: killed and back, a second start, orphans, what the machine may refuse."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from startks.base.db.session import libpq_url
from startks.base.errors import ConfigurationError
from startks.framework.embedded import DataFolder, EmbeddedServices, FolderTaken, attach

HOLD = """
import sys, time
from pathlib import Path
from startks.framework.embedded import EmbeddedServices
with EmbeddedServices(Path(sys.argv[1]), "hold", durable=False) as services:
    print(services.supervisor.services[0].process.pid, flush=True)
    time.sleep(120)
"""


@pytest.fixture
def folder():
    """A data folder that the services' account can reach (pytest's own is closed to it when run as root)."""
    path = Path(tempfile.mkdtemp(prefix="startks-unit-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _query(url, statement):
    with psycopg.connect(libpq_url(url), connect_timeout=5, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def _until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return True
        except psycopg.OperationalError:
            pass
        time.sleep(0.05)
    return False


def test_a_killed_server_comes_back_with_its_data_and_a_second_start_is_refused(folder):
    with EmbeddedServices(folder, "first") as services:
        url = services.running.database_url
        _query(url, "CREATE TABLE kept AS SELECT 42 AS value")
        database, broker = services.supervisor.services

        with pytest.raises(FolderTaken, match="startks first") as refused, EmbeddedServices(folder, "second"):
            pass
        assert refused.value.exit_code == 2 and "--data" in refused.value.message

        with attach(folder, broker=True) as running:
            assert running == services.running

        for service in (database, broker):
            os.kill(service.process.pid, signal.SIGKILL)
        assert _until(lambda: database.restarts and _query(url, "SELECT value FROM kept") == 42)
        assert _until(lambda: broker.restarts and broker.is_ready())
        assert services.supervisor.failure is None
    assert not any(service.alive for service in (database, broker))
    with EmbeddedServices(folder, "third", broker=False, durable=False) as services:
        assert _query(services.running.database_url, "SELECT value FROM kept") == 42


def test_the_server_has_what_the_product_needs(folder):
    with EmbeddedServices(folder, "check", broker=False, durable=False) as services:
        url = services.running.database_url
        assert _query(url, "SELECT upper('ёж')") == "ЁЖ"
        assert _query(url, "SHOW wal_level") == "minimal"
        assert _query(url, "SHOW jit") == "off"
        for name in ("pg_trgm", "btree_gist", "citext", "ltree"):
            assert _query(url, f"SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'") == 1


def test_a_killed_supervisor_takes_its_services_along_and_leaves_no_lock(folder):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    server = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with EmbeddedServices(folder, "next", broker=False, durable=False) as services:
        assert _query(services.running.database_url, "SELECT 1") == 1
        assert services.supervisor.services[0].process.pid != server
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(server)], capture_output=True, text=True, check=False)
    assert state.stdout.strip() in ("", "Z", "Zs")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")
def test_root_with_a_closed_parent_folder(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedServices(closed / "data", "closed", broker=False, durable=False) as services:
        assert _query(services.running.database_url, "SELECT 1") == 1
        moved = (closed / "data" / "services").resolve()
        assert not moved.is_relative_to(closed)
    shutil.rmtree(moved)


def test_an_occupied_port_for_tcp(folder, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("STARTKS_PG_PORT", str(port))
        with pytest.raises(ConfigurationError, match=str(port)), EmbeddedServices(folder, "port", broker=False):
            pass
    monkeypatch.setenv("STARTKS_PG_PORT", "no")
    with pytest.raises(ConfigurationError, match="STARTKS_PG_PORT"), EmbeddedServices(folder, "port", broker=False):
        pass
    monkeypatch.setenv("STARTKS_PG_PORT", "free")
    with EmbeddedServices(folder, "port", broker=False, durable=False) as services:
        assert _query(services.running.database_url, "SHOW listen_addresses") == "127.0.0.1"


def test_a_folder_that_cannot_be_written(tmp_path):
    wall = tmp_path / "file"
    wall.write_text("")
    with pytest.raises(ConfigurationError, match="нельзя писать"):
        DataFolder(wall / "data").create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named_and_nothing_is_left_behind(folder, monkeypatch):
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    try:
        with pytest.raises(ConfigurationError, match="свободно 24 МБ"), EmbeddedServices(disk, "full", broker=False):
            pass
        # And where the room runs out only while the base is being made.
        monkeypatch.setattr("startks.framework.embedded.folder.NEEDED_MB", 1)
        with pytest.raises(ConfigurationError, match="кончилось место"), EmbeddedServices(disk, "full", broker=False):
            pass
        assert not (disk / "services" / "postgres").exists()
        assert not (disk / "services" / "postgres.new").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
