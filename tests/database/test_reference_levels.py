"""Reference books by level against a real data base: planned values, inheritance, refusals with both named, files."""

import datetime as dt
import io
import zipfile
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range

from startks.base.errors import StartksError
from startks.domain.facts.errors import ContradictionError
from startks.domain.facts.queries import history
from startks.domain.parties.models import HouseManager, Organisation
from startks.domain.reference import levels, services
from startks.domain.reference.levels import Level
from startks.domain.reference.models import Act, Norm, Parameter, Tariff
from startks.domain.reference.services import Value
from startks.framework.exchange import books
from tests.factories.settlement import settle

JANUARY, JULY, OCTOBER = dt.date(2026, 1, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)
KEYS = {"service_id": 901, "category": ""}


@pytest.fixture
def town(session):
    place = settle(session)
    session.execute(text("""
        INSERT INTO service (id, code, title, short_title, unit, section, resource, position) OVERRIDING SYSTEM VALUE
        VALUES (901, 'cold_water', 'Холодная вода', 'ХВС', 'm3', 'utilities', 'cold_water', 1),
               (902, 'maintenance', 'Содержание жилья', 'Содержание', 'm2', 'housing', NULL, 2)"""))
    session.execute(text("INSERT INTO municipality (name, region, slug) VALUES ('Второй', 'Тестовская область', 'vtoroy')"))
    act = Act(title="Приказ департамента", number="700")
    company = Organisation(name="УК Дом", short_name="УК Дом", role="manager")
    session.add_all([act, company])
    session.flush()
    session.add(HouseManager(house_id=place.houses[0], organisation_id=company.id, valid=Range(dt.date(2020, 1, 1), None)))
    session.execute(text("DELETE FROM period"))
    session.flush()
    return SimpleNamespace(
        place=place, act=act.id, region=levels.region(session), own=levels.municipality(session, "testovsk"),
        other=levels.municipality(session, "vtoroy"), company=levels.organisation(session, company.id),
    )  # fmt: skip


def put(session, town, level, value, day, keys=KEYS, book="tariffs", **options):
    said = Value(Decimal(value), town.act, unit="m3/person/month" if book == "norms" else None)
    touched = services.set_value(
        session, level, book, keys, said, valid_from=day, reason="Новый тариф", by=None, **options
    )
    session.flush()
    return touched


def days(session, **conditions):
    statement = select(Tariff.value, Tariff.valid).order_by(Tariff.valid)
    for name, value in conditions.items():
        statement = statement.where(getattr(Tariff, name) == value)
    return [(row.value, row.valid.lower, row.valid.upper) for row in session.execute(statement)]


def test_a_new_value_closes_the_old_and_a_planned_one_waits(session, town):
    put(session, town, town.own, "40", JANUARY)
    put(session, town, town.own, "45.5", OCTOBER)
    put(session, town, town.own, "43", JULY)  # entered later, for a day between
    assert days(session, municipality_id=town.own.id) == [
        (Decimal(40), JANUARY, JULY), (Decimal(43), JULY, OCTOBER), (Decimal("45.5"), OCTOBER, None)
    ]  # fmt: skip
    entries = history(session, "tariff", 901)
    assert [entry.valid_from for entry in entries] == [JULY, OCTOBER, JANUARY]
    assert entries[0].document == "Приказ департамента № 700"


def test_another_value_of_the_same_day_is_refused_with_both_named(session, town):
    put(session, town, town.own, "40", JANUARY)
    with pytest.raises(ContradictionError) as refused:
        put(session, town, town.own, "41", JANUARY)
    assert "40" in refused.value.message and "41" in refused.value.message
    put(session, town, town.own, "41", JANUARY, correct=True)
    assert days(session, municipality_id=town.own.id) == [(Decimal(41), JANUARY, None)]


def test_the_region_sets_it_for_all_and_a_municipality_may_not_change_it(session, town):
    put(session, town, town.region, "50", JANUARY)
    assert {row.municipality_id for row in session.scalars(select(Tariff))} == {town.own.id, town.other.id}
    with pytest.raises(ContradictionError, match="область задала 50"):
        put(session, town, town.own, "51", JULY)
    put(session, town, town.own, "51", JULY, keys={**KEYS, "category": "своя"})  # its own addition
    assert session.scalar(select(Tariff.level).where(Tariff.category == "своя")) == "municipality"


def test_the_region_does_not_run_over_what_a_municipality_has_planned(session, town):
    put(session, town, town.own, "40", OCTOBER)
    with pytest.raises(ContradictionError, match="муниципалитет задал 40"):
        put(session, town, town.region, "50", JULY)


def test_an_organisation_sets_rates_of_its_own_houses_alone(session, town):
    put(session, town, town.company, "27", JULY, keys={"service_id": 902, "category": ""})
    assert [row.house_id for row in session.scalars(select(Tariff).where(Tariff.service_id == 902))] == [town.place.houses[0]]
    with pytest.raises(StartksError, match="не управляет"):
        put(session, town, town.company, "27", OCTOBER, keys={"service_id": 902, "category": ""}, house_ids=[town.place.houses[1]])
    with pytest.raises(StartksError, match="организация не задаёт"):
        put(session, town, town.company, "27", JULY, keys={"code": "x"}, book="parameters")


def test_what_a_level_sees_is_its_own_and_what_it_inherits(session, town):
    put(session, town, town.region, "50", JANUARY)
    put(session, town, town.other, "9", JANUARY, keys={"service_id": 902, "category": ""})
    put(session, town, town.company, "27", JULY, keys={"service_id": 902, "category": "дом"})

    def seen(level, model=Tariff):
        return sorted(session.scalars(select(model.value).where(levels.shown(level, model))))

    assert seen(town.region) == [50, 50]
    assert seen(town.own) == [50]
    assert seen(town.other) == [9, 50]
    assert seen(town.company) == [27, 50]


def test_numbers_of_the_law_are_the_regions_where_no_municipality_is_named(session, town):
    put(session, town, town.region, "1.5", JANUARY, keys={"code": "k"}, book="parameters")
    put(session, town, town.own, "2", JULY, keys={"code": "k"}, book="parameters")
    assert [(row.value, row.municipality_id) for row in session.scalars(select(Parameter).order_by(Parameter.value))] == [
        (Decimal("1.5"), None), (Decimal(2), town.own.id)
    ]  # fmt: skip


def test_a_value_of_the_past_names_its_months_before_it_is_saved(session, town):
    session.execute(text("INSERT INTO period (id, state, calculated_at) VALUES (202609, 'open', now()), (202610, 'open', now())"))
    said = Value(Decimal(40), town.act)
    plan = services.plan_value(session, town.own, "tariffs", KEYS, said, valid_from=dt.date(2026, 9, 1))
    assert plan.touched == [202609, 202610] and days(session) == []
    assert put(session, town, town.own, "40", dt.date(2026, 9, 1)) == [202609, 202610]


@pytest.mark.parametrize(
    ("change", "word"),
    [({"value": Decimal(-1)}, "от нуля"), ({"act_id": 10**6}, "акта"), ({"value": Decimal(10) ** 7}, "миллиона")],
)
def test_impossible_values_are_refused(session, town, change, word):
    said = Value(**{"value": Decimal(1), "act_id": town.act, **change})
    with pytest.raises(StartksError, match=word):
        services.set_value(session, town.own, "tariffs", KEYS, said, valid_from=JULY, reason="р", by=None)


def test_a_value_ends_without_another(session, town):
    put(session, town, town.own, "40", JANUARY)
    services.end_value(session, town.own, "tariffs", KEYS, ends_on=JULY, reason="отменён", by=None)
    assert days(session, municipality_id=town.own.id) == [(Decimal(40), JANUARY, JULY)]


# Files


@pytest.mark.parametrize("wrap", [books.to_csv, books.to_xlsx], ids=["csv", "xlsx"])
def test_a_book_comes_back_as_it_went_out(session, town, wrap):
    put(session, town, town.own, "40.123456", JANUARY)
    put(session, town, town.own, "45", OCTOBER)
    put(session, town, town.own, "4.25", JANUARY, book="norms",
        keys={"service_id": 901, "purpose": "individual", "category": "ванна", "rooms": 1, "residents": 0})  # fmt: skip
    for book, count in (("tariffs", 2), ("norms", 1)):
        content = wrap(books.export_rows(session, town.own, book))
        found = books.examine(session, town.own, book, "book", content)
        assert found.faults == [] and len(found.lines) == count and found.new == []


def test_new_rows_are_loaded_and_their_act_with_them(session, town, tmp_path):
    put(session, town, town.own, "40", JANUARY)
    content = "услуга,значение,с,акт,номер акта\ncold_water,46,01.10.2026,Приказ,800\n".encode()
    found = books.examine(session, town.own, "tariffs", "t.csv", content)
    assert found.faults == [] and len(found.new) == 1
    assert session.scalar(select(Act.id).where(Act.number == "800")) is None  # looked at only
    batch = books.keep(session, tmp_path, town.own, "tariffs", "t.csv", content, None)
    assert books.kept_file(session, tmp_path, town.own, "tariffs", batch) == ("t.csv", content)
    assert books.load(session, town.own, "tariffs", "t.csv", content, batch=batch, reason="приказ", by=None) == 1
    session.flush()
    assert days(session, municipality_id=town.own.id)[-1] == (Decimal(46), OCTOBER, None)
    assert session.scalar(select(Act.id).where(Act.number == "800")) is not None
    with pytest.raises(StartksError, match="уже загружен"):
        books.kept_file(session, tmp_path, town.own, "tariffs", batch)


@pytest.mark.parametrize(
    ("row", "field", "word"),
    [
        ("no_such,1,01.10.2026,Приказ", "услуга", "кода|код"),
        ("cold_water,1,30.02.2026,Приказ", "с", "Дата"),
        ("cold_water,минус,01.10.2026,Приказ", "значение", "цифрами"),
        ("cold_water,-1,01.10.2026,Приказ", "значение", "меньше нуля"),
        ("cold_water,=1+1,01.10.2026,Приказ", "значение", "формула"),
        ("cold_water,1,01.10.2026,", "акт", "пусто"),
        ("cold_water,41,01.01.2026,Приказ", "значение", "противоречат"),
    ],
)
def test_every_bad_row_is_named_and_nothing_is_written(session, town, row, field, word):
    put(session, town, town.own, "40", JANUARY)
    content = f"услуга,значение,с,акт\n{row}\ncold_water,50,01.12.2026,Приказ\n".encode()
    found = books.examine(session, town.own, "tariffs", "t.csv", content)
    (fault,) = found.faults
    assert (fault.row, fault.field) == (2, field)
    import re

    assert re.search(word, fault.sentence)
    assert days(session, municipality_id=town.own.id) == [(Decimal(40), JANUARY, None)]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf\xd1\x83", "услуга;значение\n".encode("windows-1251"), b"a\0b", "услуга,цена\n".encode()]
)
def test_a_broken_file_is_refused_whole(session, town, content):
    found = books.examine(session, town.own, "tariffs", "t.csv", content)
    assert len(found.faults) == 1 and found.lines == []


def test_a_formula_cell_of_a_sheet_has_no_value(session, town):
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for place, word in enumerate(("услуга", "значение", "с", "акт")):
            sheet.write_string(0, place, word)
        sheet.write_string(1, 0, "cold_water")
        sheet.write_formula(1, 1, "=40+5", value=45)
        sheet.write_datetime(1, 2, dt.datetime(2026, 10, 1), workbook.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.write_string(1, 3, "Приказ")
        sheet.write_string(2, 0, "cold_water")
        sheet.write_number(2, 1, 45.1)
        sheet.write_datetime(2, 2, dt.datetime(2026, 10, 1), workbook.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.write_string(2, 3, "Приказ")
    found = books.examine(session, town.own, "tariffs", "t.xlsx", out.getvalue())
    assert [(fault.row, fault.field) for fault in found.faults] == [(2, "значение")]
    assert [(line.value, line.valid_from) for line in found.lines] == [(Decimal("45.1"), OCTOBER)]
    assert zipfile.is_zipfile(io.BytesIO(out.getvalue()))


def test_a_norm_needs_its_unit(session, town):
    said = Value(Decimal(4), town.act)
    keys = {"service_id": 901, "purpose": "individual", "category": "", "rooms": 0, "residents": 0}
    with pytest.raises(StartksError, match="единицу"):
        services.set_value(session, town.own, "norms", keys, said, valid_from=JULY, reason="р", by=None)
    assert session.scalar(select(Norm.id)) is None


def test_a_municipality_of_another_name_is_no_level(session, town):
    assert levels.municipality(session, "no-such") is None
    assert levels.organisation(session, 10**6) is None
    assert Level("region") == Level("region")
