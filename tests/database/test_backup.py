"""Backup and restore: everything comes back, anything wrong is refused before something is touched."""

from __future__ import annotations

import json
import shutil

import psycopg
import pytest
from sqlalchemy import text

from startks.base.db.session import libpq_url, make_engine
from startks.base.errors import ConfigurationError, StartksError
from startks.scripts import copies
from startks.scripts.drill import proof
from startks.scripts.drill.recovery import try_copy
from startks.scripts.migrate import newest_versions

pytestmark = pytest.mark.integration


def quiet(stage):
    """Nobody listens."""


@pytest.fixture(scope="module")
def place(clone_database, town, tmp_path_factory, test_settings):
    """A copy of the town that is closed month by month, its data folder, and a backup of both."""
    town.engine.dispose()
    folder = tmp_path_factory.mktemp("backup")
    data = folder / "data"
    (data / "imports" / "1").mkdir(parents=True)
    (data / "imports" / "1" / "raw.zip").write_bytes(b"raw file as it came")
    (data / "secret").write_text("a secret of the installation")
    (data / "services").mkdir()
    (data / "services" / "postgres").write_text("belongs to a running server")
    with clone_database("backup", town.database_url) as url:
        engine = make_engine(url)
        copies.make(engine, data, folder / "copy", newest_versions(test_settings), quiet)
        yield engine, data, folder / "copy", town
        engine.dispose()


@pytest.fixture
def empty(place):
    """An engine on an empty data base."""
    url = place[0].url
    with psycopg.connect(libpq_url(url.set(database="postgres")), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        connection.execute("CREATE DATABASE restored TEMPLATE template0 ENCODING 'UTF8'")
        engine = make_engine(url.set(database="restored"))
        yield engine
        engine.dispose()
        connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")


def test_what_comes_back_is_what_was_there(place, empty, tmp_path):
    engine, data, copy, town = place
    manifest = copies.restore(empty, tmp_path / "new", copy, quiet)
    assert copies.check(empty, tmp_path / "new", manifest, quiet) == []
    with engine.connect() as before, empty.connect() as after:
        for period in town.periods:
            assert proof.fingerprint(after, period) == proof.fingerprint(before, period)
        assert copies.facts_of(after) == copies.facts_of(before)
    assert (tmp_path / "new" / "imports" / "1" / "raw.zip").read_bytes() == b"raw file as it came"
    assert (tmp_path / "new" / "secret").read_text() == "a secret of the installation"
    assert not (tmp_path / "new" / "services").exists()


def test_the_copy_is_closed_to_others_and_says_what_it_holds(place):
    _, _, copy, _ = place
    assert copy.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in copy.rglob("*"))
    manifest = json.loads((copy / copies.MANIFEST).read_text())
    assert manifest["rows"]["account"] > 100 and manifest["sums"]["statement.charge"] > 0
    assert manifest["schema"]["alembic_version_kernel"]
    assert set(manifest["kept_files"]) == {"imports/1/raw.zip", "secret"}


def test_a_full_data_base_is_never_restored_over(place, tmp_path):
    engine, _, copy, _ = place
    with pytest.raises(StartksError, match="База не пуста"):
        copies.restore(engine, tmp_path, copy, quiet)


def test_a_full_data_folder_is_never_restored_over(place, empty):
    _, data, copy, _ = place
    with pytest.raises(StartksError, match="уже есть imports/1/raw.zip и ещё 1"):
        copies.restore(empty, data, copy, quiet)
    with empty.connect() as connection:
        assert copies.facts_of(connection)["rows"] == {}


@pytest.mark.parametrize("name", [copies.FILES, f"{copies.DUMP}/toc.dat"])
def test_one_changed_byte_is_found_before_anything_is_touched(place, empty, tmp_path, name):
    shutil.copytree(place[2], tmp_path / "copy")
    damaged = tmp_path / "copy" / name
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(StartksError, match=f"файл {name} не тот"):
        copies.restore(empty, tmp_path / "new", tmp_path / "copy", quiet)


def test_missing_and_foreign_files_are_named(place, tmp_path):
    shutil.copytree(place[2], tmp_path / "copy")
    (tmp_path / "copy" / "more").write_text("x")
    with pytest.raises(StartksError, match="файл more лишний"):
        copies.read_manifest(tmp_path / "copy")
    (tmp_path / "copy" / "more").unlink()
    (tmp_path / "copy" / copies.FILES).unlink()
    with pytest.raises(StartksError, match="пропал"):
        copies.read_manifest(tmp_path / "copy")
    with pytest.raises(StartksError, match="не копия"):
        copies.read_manifest(tmp_path)


def test_a_row_changed_on_the_way_is_found(place, empty, tmp_path):
    _, _, copy, _ = place
    manifest = copies.restore(empty, tmp_path / "new", copy, quiet)
    with empty.begin() as connection:
        connection.execute(text("UPDATE payment SET amount = amount + 1 WHERE id = (SELECT min(id) FROM payment)"))
        connection.execute(text("INSERT INTO outbox (task, arguments) VALUES ('x', '{}')"))
    (tmp_path / "new" / "secret").write_text("another")
    faults = " ".join(copies.check(empty, tmp_path / "new", manifest, quiet))
    assert "payment.amount: суммы" in faults
    assert "outbox: строк 1 вместо 0" in faults
    assert "файл secret" in faults


def test_an_existing_folder_is_not_written_over(place, tmp_path, test_settings):
    engine, data, copy, _ = place
    with pytest.raises(ConfigurationError, match="уже есть"):
        copies.make(engine, data, copy, newest_versions(test_settings), quiet)
    assert not copy.with_name(copy.name + ".part").exists()


def test_the_drill_restores_into_a_server_of_its_own(place):
    outcome = try_copy(place[2], quiet)
    assert outcome.faults == []
    assert outcome.rows > 1000 and outcome.files == 2


def test_a_program_that_is_too_old_is_named():
    with pytest.raises(ConfigurationError, match="pg_dump версии 99"):
        copies.program("pg_dump", 99)
