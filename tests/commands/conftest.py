"""The commands as an administrator types them: processes of their own over a data folder of their own."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.plugin import roomy

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = "300"


def clean_environment(**variables):
    """The test's environment without the developer's settings; what measures the coverage stays."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("STARTKS_")}
    kept |= {key: os.environ[key] for key in ("STARTKS_PG_BIN", "STARTKS_SERVICE_USER") if key in os.environ}
    return {**kept, "TERM": "dumb", **variables}


def command(*arguments, **variables):
    """Run ``startks …`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "startks", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env=clean_environment(**variables),
    )


def one_sentence(answer, code):
    """The answer is one line on stderr with this exit code and no traceback; return the line."""
    assert answer.returncode == code, (answer.stdout, answer.stderr)
    assert "Traceback" not in answer.stderr
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


def open_folder(name):
    """A new folder that the services' account can reach (pytest's own is closed to it when run as root)."""
    path = Path(tempfile.mkdtemp(prefix=f"startks-{name}-", dir=roomy()))
    path.chmod(0o755)
    return path


def processes_of(folder):
    """Numbers of the running processes that were given this data folder, by arguments or by environment."""
    wanted, found = os.fsencode(folder), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if "Z" in (entry / "stat").read_text().rpartition(")")[2].split()[0]:
                    continue
                if wanted in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def free_port():
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Demo:
    """A running ``startks demo``."""

    def __init__(self, folder, port, *options):
        self.folder, self.port = folder, port
        self.output = folder.parent / f"{folder.name}.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "startks", "demo", "--data", str(folder), "--port", str(port), *options],
                cwd=ROOT,
                env=clean_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self):
        """What it printed up to now."""
        return self.output.read_text("utf-8")

    def wait_until_it_serves(self, seconds=180):
        """Wait for the last line of the welcome."""
        deadline = time.monotonic() + seconds
        while "Ctrl-C останавливает" not in self.text:
            assert self.process.poll() is None and time.monotonic() < deadline, self.text
            time.sleep(0.1)

    def get(self, path):
        """Ask the site for a page; return status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def interrupt(self):
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)

    def kill(self):
        """End whatever is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="session")
def prepared():
    """(data folder with the smallest town, answer of the command that prepared it)."""
    folder = open_folder("town")
    answer = command("demo", "--accounts", ACCOUNTS, "--no-serve", "--data", folder / "data")
    yield folder / "data", answer
    links = [folder / "data" / "services"]
    for link in links:
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def demo(prepared):
    """Start the site on the prepared town: ``demo(*options)``; stopped at the end."""
    started = []

    def start(*options):
        running = Demo(prepared[0], free_port(), *options)
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()


