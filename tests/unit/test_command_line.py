"""The command line: one sentence on stderr, the exit code, no traceback."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from startks.scripts.main import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]


def _startks(*arguments, **variables):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("STARTKS_")}
    return subprocess.run(
        [sys.executable, "-m", "startks", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={**clean, **variables},
    )


def _one_sentence(answer):
    assert "Traceback" not in answer.stderr
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    assert run([command, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Вызов: startks " + command)
    assert not re.search(r"Usage|Options|Commands|Show this|default:|required|INTEGER|TEXT", told)


def test_an_unknown_command_names_the_nearest(capsys):
    assert run(["perod"]) == 2
    assert "Возможно, period?" in capsys.readouterr().err


def test_an_unknown_option_is_a_wrong_call(capsys):
    assert run(["demo", "--nonsense"]) == 2
    assert capsys.readouterr().err.startswith("Параметра --nonsense нет.")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (["demo", "--acounts", "300"], "Параметра --acounts нет. Возможно, --accounts?"),
        (["demo", "--port", "many"], "Неверное значение: --port (ожидается число от 1 до 65535)."),
        (["demo", "--city", "moscow"], "Неверное значение: --city (ожидается одно из: samara, volgograd)."),
        (["demo", "--port"], "Параметр --port: нужно одно значение после него."),
        (["demo", "twice"], "Лишнее в вызове: twice."),
        (["period", "calculate"], "Не указано: "),
        (["period", "calculat", "2026-11"], "Нет команды «calculat». Возможно, calculate?"),
    ],
)
def test_a_wrong_call_is_one_russian_sentence(call, sentence, capsys):
    assert run(call) == 2
    told = capsys.readouterr().err
    assert told.startswith(sentence) and told.rstrip().endswith("--help.") and len(told.splitlines()) == 1


def test_a_group_without_a_command_shows_its_help(capsys):
    assert run(["db"]) == 2
    assert "upgrade" in capsys.readouterr().out


@pytest.mark.parametrize("accounts", ["299", "350001", "many"])
def test_the_size_of_the_town_is_limited(accounts, capsys):
    assert run(["demo", "--accounts", accounts, "--no-serve"]) == 2
    assert "--accounts" in capsys.readouterr().err


def test_an_ini_file_that_is_not_there(tmp_path):
    answer = _startks("--ini", str(tmp_path / "no.ini"), "db", "current")
    assert answer.returncode == 2
    assert "no.ini" in _one_sentence(answer)


def test_an_unknown_key_in_the_ini_file(tmp_path):
    path = tmp_path / "bad.ini"
    path.write_text("[app:main]\nuse = egg:startks\nstartks.databse_url = x\n")
    answer = _startks("db", "current", STARTKS_INI=str(path))
    assert answer.returncode == 2
    assert "startks.database_url" in _one_sentence(answer)


def test_a_data_base_that_does_not_answer():
    answer = _startks("db", "current", STARTKS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer.returncode == 1
    assert "не отвечает" in _one_sentence(answer)


def test_a_broker_of_an_unknown_kind(tmp_path):
    answer = _startks(
        "beat",
        STARTKS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        STARTKS_BROKER_URL="carrier-pigeon://loft",
        STARTKS_DATA=str(tmp_path),
    )
    assert answer.returncode == 2
    assert "carrier-pigeon" in _one_sentence(answer)


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_a_broker_that_does_not_answer_is_named_without_its_password(tmp_path, process):
    answer = _startks(
        process,
        STARTKS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        STARTKS_BROKER_URL="redis://:hidden@127.0.0.1:1/0",
        STARTKS_DATA=str(tmp_path),
    )
    assert answer.returncode == 1
    sentence = _one_sentence(answer)
    assert sentence.startswith("Брокер заданий redis://127.0.0.1:1 не отвечает") and "hidden" not in answer.stderr


def test_an_old_server_is_refused_by_its_version(monkeypatch):
    import contextlib
    from types import SimpleNamespace

    import psycopg

    from startks.base.errors import ConfigurationError
    from startks.scripts.environment import check_server

    def connect(version):
        return lambda *_, **__: contextlib.nullcontext(SimpleNamespace(info=SimpleNamespace(server_version=version)))

    monkeypatch.setattr(psycopg, "connect", connect(140_013))
    with pytest.raises(ConfigurationError, match="PostgreSQL 14, а нужен 15–18"):
        check_server("postgresql+psycopg://x@db/startks")
    monkeypatch.setattr(psycopg, "connect", connect(150_002))
    check_server("postgresql+psycopg://x@db/startks")


def test_the_demo_refuses_an_occupied_port_before_it_makes_anything(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = _startks("demo", "--data", str(tmp_path / "town"), "--port", str(port))
    assert answer.returncode == 2
    assert f"Порт {port}" in _one_sentence(answer)
    assert not (tmp_path / "town").exists()


def test_the_demo_refuses_a_customers_data_base(tmp_path):
    answer = _startks("demo", "--data", str(tmp_path), STARTKS_DATABASE_URL="postgresql://x@db/startks")
    assert answer.returncode == 2
    assert "STARTKS_DATABASE_URL" in _one_sentence(answer)


def test_settings_are_shown_without_passwords():
    answer = _startks("settings", STARTKS_DATABASE_URL="postgresql://x:hidden@db/startks")
    assert answer.returncode == 0
    assert "startks.pool_size" in answer.stdout and "hidden" not in answer.stdout
