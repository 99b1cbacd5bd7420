"""Bringing pip to a Python without pip: where it looks, what it takes, what it says."""

import functools
import hashlib
import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from startks.scripts import fetch_pip

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "pip-99.1-py3-none-any.whl"
CONTENT = b"a wheel for tests"


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A lock file that wants the wheel of these tests; no wheels of the machine's own."""
    monkeypatch.setattr(fetch_pip, "SYSTEM_WHEELS", ())
    path = tmp_path / "requirements-pip.lock"
    path.write_text(f"pip==99.1 \\\n    --hash=sha256:{hashlib.sha256(CONTENT).hexdigest()}\n")
    return path


@pytest.fixture
def index(tmp_path):
    """A folder laid out as an index: pip/index.html and the files beside it."""
    folder = tmp_path / "index"
    (folder / "pip").mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "files" / WHEEL).write_bytes(CONTENT)
    (folder / "pip" / "index.html").write_text(
        f'<a href="../files/pip-98.0-py3-none-any.whl">old</a> <a href="../files/{WHEEL}#sha256=00">{WHEEL}</a>'
    )
    return folder


@pytest.fixture
def served(index):
    """The same index over HTTP; it notes the addresses that were asked for and who asked."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            super().do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(index)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], asked
    server.shutdown()
    server.server_close()
    thread.join()


def environment(tmp_path, **variables):
    return {"HOME": str(tmp_path / "home"), **variables}


@pytest.mark.parametrize("place", ["folder", "file", "index"])
def test_it_is_found_where_pip_would_find_it(lock, index, tmp_path, place):
    where = {
        "folder": {"PIP_FIND_LINKS": str(index / "files"), "PIP_NO_INDEX": "1"},
        "file": {"PIP_FIND_LINKS": (index / "files").as_uri(), "PIP_NO_INDEX": "1"},
        "index": {"PIP_INDEX_URL": index.as_uri()},
    }[place]
    found = fetch_pip.fetch(lock, tmp_path, environment(tmp_path, **where))
    assert found == tmp_path / WHEEL and found.read_bytes() == CONTENT
    # a second time it is there already and nobody is asked
    assert fetch_pip.fetch(lock, tmp_path, environment(tmp_path, PIP_NO_INDEX="1")) == found


def test_an_index_with_a_password_is_asked_with_it_and_never_shown(lock, served, tmp_path):
    port, asked = served
    environ = environment(tmp_path, PIP_INDEX_URL=f"http://who:secret@127.0.0.1:{port}")
    assert fetch_pip.fetch(lock, tmp_path, environ).read_bytes() == CONTENT
    assert [path for path, _user in asked] == ["/pip/", f"/files/{WHEEL}"]
    assert all(user and user.startswith("Basic ") for _path, user in asked)
    lock.write_text(lock.read_text().replace("99.1", "99.2"))
    with pytest.raises(fetch_pip.NotFound) as refusal:
        fetch_pip.fetch(lock, tmp_path, environ)
    assert "secret" not in str(refusal.value)


def test_configuration_files_are_read_and_the_environment_wins(tmp_path):
    config = tmp_path / "home" / ".config" / "pip"
    config.mkdir(parents=True)
    (config / "pip.conf").write_text("[global]\nindex-url = https://own.example/simple\nfind-links = /a /b\n")
    assert fetch_pip.places(environment(tmp_path)) == (["/a", "/b"], ["https://own.example/simple"])
    links, indexes = fetch_pip.places(environment(tmp_path, PIP_INDEX_URL="https://other.example/x", PIP_FIND_LINKS="/c"))
    assert (links, indexes[0]) == (["/c"], "https://other.example/x")
    assert fetch_pip.places({**environment(tmp_path), "PIP_NO_INDEX": "true"})[1] == []


def test_another_hash_is_never_taken(lock, index, tmp_path):
    (index / "files" / WHEEL).write_bytes(b"something else")
    with pytest.raises(fetch_pip.NotFound, match="другой хеш"):
        fetch_pip.fetch(lock, tmp_path, environment(tmp_path, PIP_INDEX_URL=index.as_uri()))
    assert not (tmp_path / WHEEL).exists()


def test_what_cannot_be_brought_is_one_sentence(lock, tmp_path):
    answer = subprocess.run(
        [sys.executable, "-S", ROOT / "src/startks/scripts/fetch_pip.py", lock, tmp_path],
        capture_output=True, text=True, check=False, env=environment(tmp_path, PIP_INDEX_URL="http://127.0.0.1:1/none"),
    )  # fmt: skip
    assert (answer.returncode, answer.stdout) == (1, "")
    assert len(answer.stderr.strip().splitlines()) == 1
    assert "PIP_INDEX_URL" in answer.stderr and WHEEL in answer.stderr
    lock.write_text("nothing\n")
    with pytest.raises(fetch_pip.NotFound, match="pip=="):
        fetch_pip.wanted(lock)


def test_the_projects_own_lock_names_one_version_with_its_hash():
    name, hashes = fetch_pip.wanted(ROOT / "requirements-pip.lock")
    assert name.startswith("pip-") and len(hashes) == 1
