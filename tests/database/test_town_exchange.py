"""The circle: a seeded town goes out by files, comes into an empty base, and its month is the same byte by byte."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import zipfile
from functools import partial

import pytest
import xlsxwriter
from sqlalchemy import text

from startks.base.db.bulk import close_readers
from startks.base.errors import StartksError
from startks.demo.town import FIRST_PERIOD, build
from startks.framework.exchange.town.adding import Added, add_file, add_raw, next_number
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.exporting import export_set
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.importing import check_town, import_town
from startks.framework.exchange.town.inventory import take_inventory
from startks.framework.exchange.town.registers import in_order
from startks.framework.exchange.town.spreadsheets import map_sheet, read_map
from startks.framework.exchange.town.statements import compare, export_statement, thickest, told, write_differences
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


def test_the_level_of_a_value_goes_in_and_comes_out(away, tmp_path):
    """Set by the region, by the municipality, by a house's own meeting; a set that does not say means the municipality."""
    region = FILES["tariffs"].replace("45.13,municipality", "45.13,region") + (
        "verhnyaya,maintenance,101,собрание,27.1,organisation,1,,true,,2026-01-01,\n"
    )
    norms = FILES["norms"].replace(",municipality,1", ",region,1")
    take_in(away, write_town(tmp_path / "in", tariffs=region, norms=norms))
    with away.engine.connect() as connection:
        levels = connection.execute(text("SELECT level, house_id FROM tariff ORDER BY id")).all()
        assert levels == [("municipality", None), ("region", None), ("organisation", 101)]
        assert connection.scalar(text("SELECT level FROM norm")) == "region"
    give_out(away.engine, tmp_path / "out")
    assert (tmp_path / "out" / "tariffs.csv").read_text() == region
    assert (tmp_path / "out" / "norms.csv").read_text() == norms
    silent = "\n".join(
        ",".join(cell for place, cell in enumerate(line.split(",")) if place != 5) for line in FILES["tariffs"].splitlines()
    ) + "\n"
    assert "level" not in silent and not check_town(write_town(tmp_path / "silent", tariffs=silent), REGISTERS).book
    wrong = FILES["norms"].replace(",municipality,1", ",organisation,1")
    (fault,) = check_town(write_town(tmp_path / "wrong", norms=wrong), REGISTERS).book
    assert (fault.file, fault.line, fault.field) == ("norms.csv", 2, "level")


def test_what_was_refused_as_a_whole_is_kept_with_its_hash(away, tmp_path):
    """An archive that is none, or a bomb: no row was read, the file that came is still there to be looked at."""
    bad = tmp_path / "город.zip"
    bad.write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(StartksError, match="не архив zip"):
        take_in(away, bad)
    with away.engine.connect() as connection:
        row = connection.execute(text("""SELECT b.state, b.folder, f.name, f.sha256 FROM import_batch b
                                           JOIN import_file f ON f.batch_id = b.id""")).one()
    assert (row.state, row.name, row.sha256) == ("refused", "город.zip", hashlib.sha256(bad.read_bytes()).hexdigest())
    with zipfile.ZipFile(away.data_dir / row.folder / "raw.zip") as archive:
        assert archive.read("город.zip") == bad.read_bytes()
    with pytest.raises(StartksError, match="проверьте путь"):
        take_in(away, tmp_path / "nowhere.zip")
    assert count(away.engine, "import_batch") == 1


def test_an_import_whose_process_died_does_not_stay_under_check(away, tmp_path):
    """The office would show it as being checked for ever; the next import, and the clock, say what became of it."""
    from sqlalchemy.orm import Session

    from startks.framework.exchange.town.journal import at_work, forget_dead, open_batch

    with Session(away.engine) as session, session.begin():
        open_batch(session, "town")  # what a killed process leaves
    with at_work(away.engine, "town") as alive, Session(away.engine) as session, session.begin():
        states = dict(session.execute(text("SELECT id, state FROM import_batch")).all())
        assert states == {1: "failed", alive: "checking"}
        assert forget_dead(session) == 0
    for _ in range(50):  # the server notices the end of a connection, as it does that of a process, a moment later
        with Session(away.engine) as session, session.begin():
            if forget_dead(session):
                break
        time.sleep(0.1)
    with away.engine.connect() as connection:
        assert set(connection.execute(text("SELECT state FROM import_batch")).scalars()) == {"failed"}


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


def add(env, name, text, tmp_path, dry_run=False):
    path = tmp_path / f"more-{name}.csv"
    path.write_text(text)
    return add_file(env.engine, env.data_dir, REGISTERS, name, path, dry_run=dry_run)


def test_rows_are_added_to_a_town_that_is_there(away, tmp_path):
    take_in(away, write_town(tmp_path / "in"))
    more = "person,last_name,first_name,middle_name,birth_date,sex,snils,phone,email\n,Новая,Вера,,,f,,,\n,Новый,Лев,,,m,,,\n"
    assert add(away, "persons", more, tmp_path, dry_run=True).counts == {"persons": 2}
    assert count(away.engine, "person") == 3
    added = add(away, "persons", more, tmp_path)
    assert added.loaded and count(away.engine, "person") == 5
    residents = "account,person,kind,relation,document,from,to\n1100000025,5,permanent,,,2026-10-03,\n"
    assert add(away, "residents", residents, tmp_path).loaded
    readings = "meter,zone,day,value,source,disputed\n1,0,2026-11-20,108,consumer,\n"
    assert add(away, "readings", readings, tmp_path).loaded
    accounts = "account,premise,kind,opened_on,closed_on,archived_on,gis_account,gis_service\n1100000041,501,residential,2026-10-01,,,,\n"
    assert add(away, "accounts", accounts, tmp_path).loaded
    give_out(away.engine, tmp_path / "out")
    assert (tmp_path / "out" / "readings.csv").read_text().splitlines()[3] == "1,0,2026-11-20,108,consumer,"
    assert not check_town(tmp_path / "out", REGISTERS).book


@pytest.mark.parametrize(
    ("name", "row", "field", "words"),
    [
        ("accounts", "1100000017,501,residential,2026-10-01,,,,", "account", "в городе уже есть"),
        ("residents", "1100000033,1,permanent,,,2026-10-03,", "from", "в двух местах на одни и те же дни: в городе"),
        ("holders", "1100000025,1,,owner,false,1,3,,2026-10-01,", "share_part", "вместе больше единицы"),
        ("readings", "1,0,2026-11-20,104,consumer,", "value", "меньше предыдущего (104.5"),
        ("readings", "1,0,2026-10-11,105,consumer,", "day", "больше того, что принято на более поздний день"),
        ("readings", "1,0,2026-10-21,104.5,consumer,", "day", "второе показание"),
        ("payments", "1100000099,2026-10-09,,500.00,bank,", "account", "нет в accounts.csv"),
    ],
)
def test_what_contradicts_the_town_is_not_added(away, tmp_path, name, row, field, words):
    take_in(away, write_town(tmp_path / "in"))
    header = FILES[name].splitlines()[0]
    before = count(away.engine, REGISTERS[[one.name for one in REGISTERS].index(name)].table)
    added = add(away, name, f"{header}\n{row}\n", tmp_path)
    assert [(fault.line, fault.field) for fault in added.book] == [(2, field)]
    assert words in next(iter(added.book)).sentence()
    assert next(iter(added.book)).file == f"more-{name}.csv"
    assert not added.loaded
    assert count(away.engine, REGISTERS[[one.name for one in REGISTERS].index(name)].table) == before


def test_what_only_a_town_brings_is_not_added(away, tmp_path):
    with pytest.raises(StartksError, match="не пополняется"):
        add(away, "opening_balances", FILES["opening_balances"], tmp_path)
    with pytest.raises(StartksError, match="Реестра «pesrons» нет"):
        add(away, "pesrons", "x\n", tmp_path)


def add_sheet(env, path, chosen, dry_run=False):
    added = Added()
    with env.engine.connect() as connection:
        raw = map_sheet(path, chosen, REGISTERS, added, partial(next_number, connection, REGISTERS))
    return add_raw(env.engine, env.data_dir, REGISTERS, raw, path, dry_run=dry_run, added=added)


def test_meters_of_one_flat_sheet_are_taken_as_they_are(away, tmp_path, shared_folder):
    services = FILES["services"] + "".join(
        f"{code},{code},{code},m3,utilities,{code},30\n" for code in ("hot_water", "electricity", "heating", "gas")
    )
    accounts = FILES["accounts"].replace("1100000017", "0000000111").replace("1100000025", "0000000222")
    files = {
        name: text.replace("1100000017", "0000000111").replace("1100000025", "0000000222") for name, text in FILES.items()
    } | {"services": services, "accounts": accounts}
    take_in(away, write_town(tmp_path / "in", **files))
    sheet = shared_folder / "samples" / "meters-flat.xlsx"
    if not sheet.is_file():
        pytest.skip(f"no {sheet}")
    checked = add_sheet(away, sheet, read_map("meters-flat"), dry_run=True)
    assert [fault.sentence() for fault in checked.book] == []
    assert count(away.engine, "meter") == 2
    added = add_sheet(away, sheet, read_map("meters-flat"))
    assert added.loaded and added.counts == {"meters": 7, "readings": 7}
    assert [line for line, _ in added.left_out] == [6, 7, 8]
    with away.engine.connect() as connection:
        rows = connection.execute(text("""
            SELECT a.number, s.code, m.serial, m.installed_on::text, m.removed_on::text, m.place, r.day::text, r.value
              FROM meter m JOIN account a ON a.id = m.account_id JOIN service s ON s.id = m.service_id
              JOIN reading r ON r.meter_id = m.id WHERE m.id > 2 ORDER BY m.id""")).all()
        kept = connection.execute(text("SELECT f.sha256 FROM import_file f JOIN import_batch b ON b.id = f.batch_id WHERE b.kind LIKE 'meters%'")).scalar_one()
    assert rows[0] == ("0000000111", "hot_water", "1", "2021-01-22", "2022-01-23", "Кухня", "2021-12-20", 100_500_000)
    assert rows[-1] == ("0000000222", "gas", "33", "2021-01-22", None, "Сан. узел", "2021-12-31", 338_000_000)
    assert kept == hashlib.sha256(sheet.read_bytes()).hexdigest()


def workbook(path, rows):
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                page.write(number, place, cell)
    return path


def test_a_sheet_with_a_map_of_ones_own(away, tmp_path):
    take_in(away, write_town(tmp_path / "in"))
    (tmp_path / "map.json").write_text(json.dumps({"columns": {
        "account": {"from": "ЛС", "pad": 10}, "paid_on": "Дата", "amount": "Сумма", "channel": {"from": "Где", "values": {"Сбер": "bank"}},
    }}))  # fmt: skip
    chosen = read_map(str(tmp_path / "map.json"), "payments")
    good = workbook(tmp_path / "good.xlsx", [["ЛС", "Дата", "Сумма", "Где"], ["1100000017", "05.11.2026", "1 200,50", "Сбер"]])
    assert add_sheet(away, good, chosen).loaded
    with away.engine.connect() as connection:
        assert connection.scalar(text("SELECT amount FROM payment WHERE paid_on = '2026-11-05'")) == 120050
    bad = workbook(tmp_path / "bad.xlsx", [
        ["ЛС", "Дата", "Сумма", "Где"], ["1100000017", "30.02.2026", "-5", "Почта"], ["1100000017", "05.11.2026", "=1+1", "Сбер"],
    ])  # fmt: skip
    added = add_sheet(away, bad, chosen)
    assert not added.loaded
    assert {fault.file for fault in added.book} == {"bad.xlsx"}
    assert {(fault.line, fault.field) for fault in added.book} >= {(2, "paid_on"), (2, "amount"), (2, "Где"), (3, "Сумма")}


@pytest.mark.parametrize(
    ("content", "register", "words"),
    [
        ('{"columns": {"account": "ЛС"}}', None, "не называет реестра"),
        ('{"columns": {"acount": "ЛС"}}', "payments", "возможно, account"),
        ('{"columns": {"account": "ЛЦ"}}', "payments", "нет столбца «ЛЦ»"),
        ('{"columns": {"account": {"form": "ЛС"}}}', "payments", "не понята"),
        ("{", "payments", "не читается"),
        ('{"registers": {}}', "payments", "не читается"),
    ],
)
def test_a_map_that_cannot_be_understood_says_why(tmp_path, away, content, register, words):
    (tmp_path / "map.json").write_text(content)
    sheet = workbook(tmp_path / "x.xlsx", [["ЛС"], ["1100000017"]])
    with pytest.raises(StartksError, match=words):
        add_sheet(away, sheet, read_map(str(tmp_path / "map.json"), register))
    with pytest.raises(StartksError, match="meters-flat"):
        read_map("no-such-map")


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
    said = [told(row) for row in found.groups.iter_rows(named=True)]
    assert sum("объём и тариф те же, начислено другое" in sentence for sentence in said) == 1
    assert all(f"({rows_account}" in sentence for rows_account, sentence in [
        (row["examples"][0], sentence) for row, sentence in zip(found.groups.iter_rows(named=True), said, strict=True)
    ])
    assert write_differences(found, tmp_path / "differences.csv") == 4
    assert gone.split(",")[0] in (tmp_path / "differences.csv").read_text()


def test_a_wrong_tariff_is_told_with_both_numbers_and_a_wrong_area_by_its_account(town, tmp_path):
    """Two faults of a migration as they look: one on every account that has the service, one on every line of an account."""
    period = town.periods[-1]
    statement(town.engine, period, tmp_path / "ours.csv")
    header, *rows = (tmp_path / "ours.csv").read_text().splitlines()
    lines = [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]
    common = max({line["tariff"] for line in lines if line["service"] == "waste"}, key=lambda value: float(value or 0))
    victim = next(line["account"] for line in lines if line["service"] == "heating" and float(line["charge"]) > 0)
    for line in lines:
        if line["service"] == "waste" and line["tariff"] == common:
            line["tariff"], line["charge"] = "1", f"{float(line['charge']) + 5:.2f}"
        elif line["account"] == victim and line["volume"] and float(line["charge"]):
            line["volume"], line["charge"] = "777", f"{float(line['charge']) + 7:.2f}"
    (tmp_path / "old.csv").write_text("\n".join([header, *(",".join(line.values()) for line in lines)]) + "\n")
    with town.engine.begin() as connection:
        found = compare(connection, period, tmp_path / "old.csv", FaultBook())
    said = "\n".join(told(row) for row in found.groups.iter_rows(named=True))
    assert f"другой тариф, waste (1 → {common})" in said
    assert thickest(found)[0][0] == victim and thickest(found)[0][1] > 2


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
