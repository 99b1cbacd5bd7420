"""The circle: a seeded town goes out by files, comes into an empty base, and its month is the same byte by byte."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile

import pytest
from sqlalchemy import text

from startks.base.db.bulk import close_readers
from startks.base.db.session import make_engine
from startks.base.errors import StartksError
from startks.demo.town import FIRST_PERIOD, build
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.exporting import export_set
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.importing import check_town, import_town
from startks.framework.exchange.town.inventory import take_inventory
from startks.framework.exchange.town.registers import in_order
from startks.framework.exchange.town.statements import compare, export_statement, write_differences
from startks.modules.billing import town as billing
from startks.modules.metering import town as metering
from startks.scripts.environment import Environment
from startks.scripts.period import calculate_month
from tests.factories.town_files import FILES, write_town

REGISTERS = in_order((*HOUSE, *metering.REGISTERS, *billing.REGISTERS))


@pytest.fixture
def away(fresh_database, tmp_path, services, test_settings):
    """An empty base with its engine and data folder, as a command would open it."""
    settings = dataclasses.replace(
        test_settings, database_url=fresh_database, broker_url=services.running.broker_url, data_dir=tmp_path / "data"
    )
    env = Environment(tmp_path / "data", fresh_database, services.running.broker_url, settings, owner=False)
    yield env
    env.engine.dispose()
    close_readers()


def take_in(env, source, book=None):
    return import_town(env.engine, env.data_dir, source, REGISTERS, book)


def give_out(engine, folder):
    with engine.begin() as connection:
        return export_set(connection, REGISTERS, folder)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def statement(engine, period, path):
    with engine.begin() as connection:
        export_statement(connection, period, path)
    return path.read_bytes()


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


@pytest.mark.slow
def test_the_circle_closes_to_the_byte(town, away, tmp_path):
    """Out of a living town with a closed month, in, out again; its open month comes out the same there."""
    closed, period = town.periods
    rows = give_out(town.engine, tmp_path / "out")
    assert rows["accounts"] > 100 and rows["readings"] > 1000 and rows["opening_balances"] > 500
    balance = (tmp_path / "out" / "opening_balances.csv").read_text().splitlines()[1]
    assert balance.startswith(f"{period // 100}-{period % 100:02d},")
    outcome = take_in(away, tmp_path / "out")
    assert [fault.sentence() for fault in outcome.book] == []
    assert outcome.loaded
    give_out(away.engine, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
    calculate_month(away, period, processes=1)
    theirs = statement(town.engine, period, tmp_path / "theirs.csv")
    assert theirs.count(b"\n") > 500
    assert statement(away.engine, period, tmp_path / "ours.csv") == theirs


@pytest.mark.slow
def test_a_town_that_was_never_calculated_goes_round_too(away, clone_database, fresh_database, tmp_path, services):
    away.engine.dispose()
    with clone_database("seeded", fresh_database) as url:
        build(url, accounts=60, seed=5)
        there = dataclasses.replace(away, database_url=url, settings=dataclasses.replace(away.settings, database_url=url))
        assert give_out(there.engine, tmp_path / "out")["opening_balances"] == 0
        assert take_in(away, tmp_path / "out").loaded
        calculate_month(there, FIRST_PERIOD, processes=1)
        calculate_month(away, FIRST_PERIOD, processes=1)
        theirs = statement(there.engine, FIRST_PERIOD, tmp_path / "theirs.csv")
        there.engine.dispose()
        close_readers()
    assert theirs.count(b"\n") > 300
    assert statement(away.engine, FIRST_PERIOD, tmp_path / "ours.csv") == theirs


def test_a_small_town_is_loaded_and_comes_back(away, tmp_path):
    outcome = take_in(away, write_town(tmp_path / "in"))
    assert outcome.loaded
    give_out(away.engine, tmp_path / "out")
    for name, written in FILES.items():
        assert (tmp_path / "out" / f"{name}.csv").read_text() == written, name
    with away.engine.connect() as connection:
        house = connection.scalar(text("SELECT h.number FROM account a JOIN house h ON h.id = a.house_id WHERE a.number = '1100000033'"))
        opening = connection.execute(text("SELECT period, sum(closing) FROM statement GROUP BY 1")).all()
        # Identity columns go on after what was loaded.
        fresh = connection.scalar(text("INSERT INTO street (municipality_id, name) VALUES (1, 'улица Новая') RETURNING id"))
    assert (house, opening, fresh) == ("5", [(202609, 111735)], 2)


def test_the_schema_is_the_same_after_a_load(away, tmp_path, test_settings):
    from startks.scripts.schema import differences

    take_in(away, write_town(tmp_path / "in"))
    assert differences(away.database_url, test_settings) == []


def test_a_refused_set_changes_nothing_and_its_files_are_kept_with_their_hash(away, tmp_path):
    broken = FILES["premise_areas"].replace("44.30", "-44.30")
    outcome = take_in(away, write_town(tmp_path / "in", premise_areas=broken))
    assert outcome.book.total == 1 and not outcome.loaded
    assert count(away.engine, "house") == count(away.engine, "municipality") == count(away.engine, "period") == 0
    with away.engine.connect() as connection:
        batch = connection.execute(text("SELECT id, state, folder, faults FROM import_batch")).one()
        kept = dict(connection.execute(text("SELECT name, sha256 FROM import_file WHERE batch_id = :id"), {"id": batch.id}).all())
    assert (batch.state, batch.faults) == ("refused", 1)
    assert kept["premise_areas.csv"] == hashlib.sha256(broken.encode()).hexdigest()
    with zipfile.ZipFile(away.data_dir / batch.folder / "raw.zip") as archive:
        assert archive.read("premise_areas.csv") == broken.encode()
        assert len(archive.namelist()) == len(kept) == len(FILES)


def test_a_dry_run_leaves_no_trace(away, tmp_path):
    outcome = check_town(write_town(tmp_path / "in"), REGISTERS)
    assert not outcome.book and outcome.batch is None
    assert count(away.engine, "import_batch") == 0
    assert not (away.data_dir / "imports").exists()


def test_a_town_is_not_loaded_into_another(away, tmp_path):
    take_in(away, write_town(tmp_path / "in"))
    with pytest.raises(StartksError, match="уже есть город"):
        take_in(away, tmp_path / "in")
    assert count(away.engine, "account") == 3


def test_what_the_base_refuses_leaves_nothing_behind(away, tmp_path, monkeypatch):
    """A fault that only the data base sees (here: put past our own check) rolls everything back."""
    from startks.framework.exchange.town import sets

    monkeypatch.setattr(sets, "check_rows", lambda rows: None)
    twice = FILES["residents"].replace("2012-04-01,2026-06-01", "2012-04-01,2026-07-01")
    with pytest.raises(StartksError, match="не прошла проверку базы"):
        take_in(away, write_town(tmp_path / "in", residents=twice))
    assert count(away.engine, "account") == count(away.engine, "house") == 0
    with away.engine.connect() as connection:
        assert connection.scalar(text("SELECT state FROM import_batch")) == "failed"


def test_formulas_go_out_harmless_and_come_back_as_they_were(away, tmp_path):
    take_in(away, write_town(tmp_path / "in"))
    with away.engine.begin() as connection:
        connection.execute(text("UPDATE organisation SET short_name = '=1+1', address = E'две\\nстроки' WHERE id = 2"))
    give_out(away.engine, tmp_path / "out")
    line = (tmp_path / "out" / "organisations.csv").read_text().splitlines()[2]
    assert "'=1+1" in line and "две строки" in line
    assert not check_town(tmp_path / "out", REGISTERS).book


@pytest.mark.slow
def test_the_inventory_counts_adds_up_and_finds_what_hangs_in_the_air(away, tmp_path):
    take_in(away, write_town(tmp_path / "in"))
    with away.engine.connect() as connection:
        found = take_inventory(connection, REGISTERS)
    assert found.day.isoformat() == "2026-10-01"
    assert found.counts["accounts"] == 3
    answers = {one.question.title: one for one in found.findings}
    assert answers["входящих долгов, ₽"].value == "1129.65"
    assert answers["входящих переплат, ₽"].value == "-12.30"
    assert answers["счета без собственника и нанимателя"].examples == ("1100000033",)
    assert answers["многоквартирные дома без управления"].count == 1
    assert answers["площадь помещений, м²"].value == "144.30"
    assert {one.question.title for one in found.troubles} <= set(answers)


def test_two_statements_are_laid_against_each_other_by_cause(town, tmp_path):
    period = town.periods[-1]
    statement(town.engine, period, tmp_path / "ours.csv")
    header, *rows = (tmp_path / "ours.csv").read_text().splitlines()
    names = header.split(",")

    def change(row, **values):
        cells = dict(zip(names, row.split(","), strict=True))
        return ",".join((cells | values).values())

    charged = [place for place, row in enumerate(rows) if row.split(",")[6] not in ("0.00",) and row.split(",")[3]]
    a, b, c, d = charged[:4]
    charge = dict(zip(names, rows[a].split(","), strict=True))["charge"]
    kopeck = f"{int(charge.replace('.', '')) + 1}"
    rows[a] = change(rows[a], charge=f"{kopeck[:-2] or '0'}.{kopeck[-2:].zfill(2)}")
    rows[b] = change(rows[b], charge="1.23")
    rows[c] = change(rows[c], volume="0.5", charge="7.00")
    gone = rows.pop(d)
    (tmp_path / "old.csv").write_text("\n".join([header, *rows]) + "\n")
    book = FaultBook()
    with town.engine.begin() as connection:
        found = compare(connection, period, tmp_path / "old.csv", book)
    assert not book
    causes = dict(found.differences.group_by("cause").len().iter_rows())
    assert causes == {"rounding": 1, "formula": 1, "volume": 1, "only_here": 1}
    assert found.equal == found.lines_here - 4
    assert found.groups["lines"].sum() == 4
    assert write_differences(found, tmp_path / "differences.csv") == 4
    assert gone.split(",")[0] in (tmp_path / "differences.csv").read_text()


def test_a_statement_without_suppliers_is_compared_by_service(town, tmp_path):
    period = town.periods[-1]
    ours = statement(town.engine, period, tmp_path / "ours.csv").decode().splitlines()
    rows = [",".join(cell if place in (0, 1) or place > 5 else "" for place, cell in enumerate(row.split(","))) for row in ours[1:]]
    (tmp_path / "old.csv").write_text("\n".join([ours[0], *rows]) + "\n")
    with town.engine.begin() as connection:
        found = compare(connection, period, tmp_path / "old.csv", FaultBook())
    assert found is None or found.differences.is_empty()


def test_a_broken_statement_of_the_old_system_is_refused(town, tmp_path):
    (tmp_path / "old.csv").write_text("account,service,charge\n1100000017,cold_water,12.345\n1100000017,cold_water,1\n")
    book = FaultBook()
    with town.engine.begin() as connection:
        assert compare(connection, town.periods[-1], tmp_path / "old.csv", book) is None
    assert {(fault.line, fault.field) for fault in book} == {(2, "charge"), (3, "service")}
