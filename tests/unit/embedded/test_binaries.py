"""Which PostgreSQL is taken: the setting, the system's, the wheel's; never one that is too old or does not fit."""

import pytest

from startks.base.errors import ConfigurationError
from startks.framework.embedded import binaries


def _fake(folder, version):
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def no_others(monkeypatch):
    """Nothing but what a test provides."""
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setattr(binaries, "_system", list)
    monkeypatch.setattr(binaries, "_wheel", list)


def test_the_setting_wins(tmp_path, monkeypatch):
    monkeypatch.setenv(binaries.VARIABLE, str(_fake(tmp_path / "bin", "16.4 (Debian 16.4-1)")))
    found = binaries.find_postgres()
    assert (found.major, found.source) == (16, "setting")


@pytest.mark.parametrize("version", ["13.14", "14.1", "19devel"])
def test_a_version_outside_15_to_18_is_refused(tmp_path, monkeypatch, version):
    monkeypatch.setenv(binaries.VARIABLE, str(_fake(tmp_path / "bin", version)))
    with pytest.raises(ConfigurationError, match="15–18") as refused:
        binaries.find_postgres()
    assert f"PostgreSQL {int(version[:2])}" in refused.value.message


def test_a_folder_without_a_server_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(binaries.VARIABLE, str(tmp_path))
    with pytest.raises(ConfigurationError, match="нет программ postgres и initdb"):
        binaries.find_postgres()


def test_an_old_one_in_the_system_is_named_where_there_is_no_other(tmp_path, monkeypatch):
    old = binaries.PostgresBinaries(_fake(tmp_path / "bin", "13.2"), 13, "system")
    monkeypatch.setattr(binaries, "_system", lambda: [old])
    with pytest.raises(ConfigurationError, match="найден PostgreSQL 13"):
        binaries.find_postgres()


def test_an_existing_cluster_is_opened_by_its_own_version_only(tmp_path, monkeypatch):
    system = binaries.PostgresBinaries(tmp_path / "a", 15, "system")
    wheel = binaries.PostgresBinaries(tmp_path / "b", 18, "wheel")
    monkeypatch.setattr(binaries, "_system", lambda: [system])
    monkeypatch.setattr(binaries, "_wheel", lambda: [wheel])
    assert binaries.find_postgres() is system
    assert binaries.find_postgres(18) is wheel
    with pytest.raises(ConfigurationError, match="создана PostgreSQL 17"):
        binaries.find_postgres(17)
