"""``startks addons``: the table of modules, without a data base."""

import json

import pytest

from startks.scripts.main import run
from tests.addon_sample.installation import SAMPLE, installed

PLAIN = "billing metering"


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run the command with these modules enabled; return (exit code, output, errors)."""
    ini = tmp_path / "test.ini"
    monkeypatch.setenv("STARTKS_INI", str(ini))
    monkeypatch.delenv("STARTKS_DATA", raising=False)

    def command(modules, *arguments):
        ini.write_text(
            f"[app:main]\nuse = egg:startks\nstartks.data_dir = {tmp_path / 'data'}\nstartks.modules = {modules}\n"
        )
        code = run(["addons", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_the_table_names_state_and_reason(call):
    code, out, err = call(PLAIN)
    assert (code, err) == (0, "")
    assert "МОДУЛЬ" in out.splitlines()[0]
    assert "нет лицензии" in out
    assert "billing: Лицензия не установлена" in out
    assert "Счётчики лицензии не прочитаны: базы данных ещё нет." in out


def test_enabled_but_not_installed_is_exit_code_1(call):
    code, out, err = call(PLAIN + " biling", "--no-counters")
    assert (code, err) == (1, "")
    assert "не запущен" in out
    assert "Возможно, имелся в виду «billing»." in out
    assert "Счётчики" not in out


def test_installed_but_not_enabled_and_json(call, tmp_path):
    with installed(SAMPLE, tmp_path / "site"):
        code, out, _ = call(PLAIN, "--json", "--no-counters")
    lines = {line["name"]: line for line in json.loads(out)}
    assert code == 0
    assert lines["inspections"]["enabled"] is False
    assert lines["inspections"]["distribution"] == "addon-sample 1.0.0"
    assert "добавьте «inspections» в startks.modules" in lines["inspections"]["why"]
    assert (lines["billing"]["state"], lines["billing"]["started"]) == ("absent", True)


def test_a_wrong_key_of_the_settings_is_one_sentence(call):
    code, out, err = call("billing\nstartks.modulez = x", "--no-counters")
    assert (code, out) == (2, "")
    assert "startks.modulez" in err
    assert len(err.strip().splitlines()) == 1
