"""``startks import`` and ``startks export`` as processes of their own: exit codes, words, kills in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

from startks.base.crash import VARIABLE
from startks.base.db.session import make_engine
from tests.factories.town_files import FILES, write_town


@pytest.fixture
def command(fresh_database, tmp_path, services):
    """Run a command over an empty base of its own; returns the finished process."""

    def run(*words, **environment):
        variables = {
            "STARTKS_DATABASE_URL": fresh_database, "STARTKS_DATA_DIR": str(tmp_path / "data"),
            "STARTKS_DATA": str(tmp_path / "data"), "STARTKS_BROKER_URL": services.running.broker_url,
            "STARTKS_MODULES": "billing metering",
        }
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "startks", *words], capture_output=True, text=True, check=False, timeout=400,
            env={**os.environ, **variables, **environment},
        )

    return run


@pytest.fixture
def rows(fresh_database):
    """Ask the base a number."""

    def ask(statement):
        engine = make_engine(fresh_database)
        with engine.connect() as connection:
            answer = connection.scalar(text(statement))
        engine.dispose()
        return answer

    return ask


@pytest.mark.slow
def test_a_town_goes_in_and_out_by_commands(command, rows, tmp_path):
    source = write_town(tmp_path / "in")
    dry = command("import", "town", str(source), "--dry-run")
    assert dry.returncode == 0 and "Проверено, ошибок нет" in dry.stdout
    assert rows("SELECT count(*) FROM house") == rows("SELECT count(*) FROM import_batch") == 0
    loaded = command("import", "town", str(source), "--json")
    assert loaded.returncode == 0
    answer = json.loads(loaded.stdout)
    assert answer["loaded"] and answer["counts"]["accounts"] == 3 and answer["faults"] == 0
    out = command("export", "town", str(tmp_path / "out"))
    assert out.returncode == 0
    assert {path.name: path.read_text() for path in source.iterdir()}.items() <= {
        path.name: path.read_text() for path in (tmp_path / "out").iterdir()
    }.items()
    early = command("export", "statement", "2026-10", str(tmp_path / "s.csv"))
    assert early.returncode == 1 and "startks period calculate 2026-10" in early.stderr
    assert command("period", "calculate", "2026-10", "--processes", "1").returncode == 0
    assert command("export", "statement", "2026-10", str(tmp_path / "s.csv")).returncode == 0
    header, *lines = (tmp_path / "s.csv").read_text().splitlines()
    assert header == "account,service,supplier,volume,unit,tariff,charge,recalculation,benefit,penalty,paid,opening,closing"
    assert "1100000017,maintenance,1,44.3,m2,25.5,1129.65,0.00,0.00,0.00,500.00,1129.65,1759.30" in lines
    same = command("import", "compare", "2026-10", str(tmp_path / "s.csv"))
    assert same.returncode == 0 and "разошлось 0" in same.stdout


def test_a_broken_town_is_refused_with_every_row_and_exit_code_one(command, rows, tmp_path):
    source = write_town(tmp_path / "in", premise_areas=FILES["premise_areas"].replace("44.30", "-44.30").replace("80.00", "восемь"))
    answer = command("import", "town", str(source))
    assert answer.returncode == 1
    assert "premise_areas.csv, строка 2, поле total_area («-44.30»)" in answer.stdout
    assert "premise_areas.csv, строка 3, поле total_area («восемь»)" in answer.stdout
    assert "ничего не изменилось" in answer.stderr
    assert rows("SELECT count(*) FROM house") == 0
    assert rows("SELECT count(*) FROM import_file") == len(FILES)
    missing = command("import", "town", str(tmp_path / "nowhere"))
    assert missing.returncode == 1 and "проверьте путь" in missing.stderr and "Traceback" not in missing.stderr


IMPORT = """
import sys
from pathlib import Path
from startks.base.db.session import make_engine
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.importing import import_town
from startks.framework.exchange.town.registers import in_order
from startks.modules.billing import town as billing
from startks.modules.metering import town as metering
url, data, source = sys.argv[1:]
registers = in_order((*HOUSE, *metering.REGISTERS, *billing.REGISTERS))
print(import_town(make_engine(url), Path(data), Path(source), registers).loaded)
"""


@pytest.fixture
def importer(fresh_database, tmp_path):
    """Import the small town in a process of its own, killed at a point."""
    source = write_town(tmp_path / "in")

    def run(point=""):
        return subprocess.run(
            [sys.executable, "-c", IMPORT, fresh_database, str(tmp_path / "data"), str(source)],
            capture_output=True, text=True, check=False, timeout=300, env={**os.environ, VARIABLE: point},
        )  # fmt: skip

    return run


@pytest.mark.slow
def test_a_killed_import_leaves_nothing_and_is_done_again(importer, rows):
    for point in ("town.begun", "town.checked", "town.register.written:20", "town.written", "town.uncommitted"):
        assert importer(point).returncode == -signal.SIGKILL, point
        assert rows("SELECT (SELECT count(*) FROM house) + (SELECT count(*) FROM account) + (SELECT count(*) FROM period)") == 0
        assert rows("SELECT count(*) FROM pg_indexes WHERE tablename = 'account_holder'") >= 4
    assert importer().stdout.strip() == "True"
    assert rows("SELECT count(*) FROM account") == 3


@pytest.mark.slow
def test_an_import_killed_after_its_commit_is_whole(importer, rows):
    assert importer("town.committed").returncode == -signal.SIGKILL
    assert rows("SELECT count(*) FROM account") == 3
    assert rows("SELECT state FROM import_batch") == "loaded"
    again = importer()
    assert again.returncode == 1 and "уже есть город" in again.stderr
