"""What is handed to those who run an installation: ini file, units, and what is said where something is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from startks.scripts.main import run

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
MOST_EXPOSED = 40
"""In tenths, as systemd-analyze counts: 0 is closed, 100 is open; below 50 it says OK."""
SECRET = "a secret of the installation that is long enough"


@pytest.fixture
def systemd(tmp_path):
    """A folder with the units, made to name a program that is here."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("STARTKS_NEEDS_SYSTEM"):
            pytest.fail("systemd-analyze is not installed, and STARTKS_NEEDS_SYSTEM forbids to skip")
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:
        words = path.read_text("utf-8").replace("/opt/startks/.venv/bin/startks", "/bin/true")
        (tmp_path / path.name).write_text(words.replace("file:/opt/startks/README.md", "man:systemd(1)"), "utf-8")
    return tmp_path


def instance(path):
    return path.name.replace("@.", "@6543.")


def test_units_are_understood(systemd):
    names = [str(systemd / instance(path)) for path in UNITS]
    answer = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{systemd}:"},
    )  # fmt: skip
    ours = [line for line in answer.stderr.splitlines() if "startks" in line]
    assert ours == []
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_units_are_closed(systemd, path):
    answer = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(systemd / instance(path))],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{systemd}:"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-400:] + answer.stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_no_unit_holds_a_secret_and_each_gets_them_as_credentials(path):
    words = path.read_text("utf-8")
    assert not re.search(r"(?i)password|://[^ ]*@", words)
    for name in ("DATABASE_URL", "BROKER_URL", "SECRET"):
        assert f"Environment=STARTKS_{name}_FILE=%d/{name.lower()}" in words


@pytest.fixture
def production(monkeypatch, tmp_path):
    """The variables of a production start, none of them set yet; the data folder is a trial one."""
    for name in list(os.environ):
        if name.startswith("STARTKS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("STARTKS_INI", str(ROOT / "production.ini"))
    monkeypatch.setenv("STARTKS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STARTKS_DATA", str(tmp_path))
    return monkeypatch


def refused(capsys, *arguments):
    """What the command says when it refuses to start (exit code 2)."""
    assert run(list(arguments)) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    return said


@pytest.mark.parametrize("command", ["serve", "worker", "beat"])
def test_what_is_missing_is_named_one_by_one(production, capsys, tmp_path, command):
    assert "STARTKS_DATABASE_URL" in refused(capsys, command)
    production.setenv("STARTKS_DATABASE_URL", "postgresql://startks:word@127.0.0.1:1/startks")
    assert "STARTKS_BROKER_URL" in refused(capsys, command)
    production.setenv("STARTKS_BROKER_URL", "amqp://startks:word@127.0.0.1:1//")
    assert "STARTKS_SECRET" in refused(capsys, command)
    production.setenv("STARTKS_SECRET", "short")
    assert "короче 32 знаков" in refused(capsys, command)
    assert list(tmp_path.iterdir()) == []


def test_a_password_in_the_ini_file_is_refused(production, capsys, tmp_path):
    words = (ROOT / "production.ini").read_text("utf-8")
    ini = tmp_path / "own.ini"
    ini.write_text(words.replace("startks.embedded = false", "startks.embedded = false\nstartks.database_url = postgresql://a:b@c/d"))
    production.setenv("STARTKS_INI", str(ini))
    assert "В ini-файле стоит пароль (startks.database_url)" in refused(capsys, "serve")


def test_a_secret_may_come_from_a_file(production, capsys, tmp_path):
    from startks.scripts.environment import read_settings, secret

    (tmp_path / "url").write_text("postgresql://startks:word@127.0.0.1:1/startks\n")
    (tmp_path / "secret.txt").write_text(SECRET + "\n")
    production.setenv("STARTKS_DATABASE_URL_FILE", str(tmp_path / "url"))
    production.setenv("STARTKS_SECRET_FILE", str(tmp_path / "secret.txt"))
    settings = read_settings()
    assert settings.database_url == "postgresql://startks:word@127.0.0.1:1/startks"
    assert secret(tmp_path, settings) == SECRET
    production.setenv("STARTKS_BROKER_URL_FILE", str(tmp_path / "none"))
    assert f"Файл {tmp_path / 'none'} из STARTKS_BROKER_URL_FILE не читается" in refused(capsys, "serve")


def test_the_ini_file_holds_no_secret():
    words = (ROOT / "production.ini").read_text("utf-8")
    settings = [line for line in words.splitlines() if line.startswith("startks.")]
    assert settings and not any(re.search(r"secret|_url = .*:.*@", line) for line in settings)
