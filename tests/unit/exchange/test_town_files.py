"""Broken and hostile files of a town: each is refused with file, line, field, reason and way out."""

from __future__ import annotations

import io
import zipfile

import pytest

from startks.base.errors import StartksError
from startks.framework.exchange.town import lines
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.importing import check_town
from startks.framework.exchange.town.registers import in_order
from startks.modules.billing import town as billing
from startks.modules.metering import town as metering
from tests.factories.town_files import FILES, write_town

REGISTERS = in_order((*HOUSE, *metering.REGISTERS, *billing.REGISTERS))


def check(folder, **changed):
    return check_town(write_town(folder, **changed), REGISTERS)


def swap(name, old, new):
    """The file ``name`` with ``old`` replaced once by ``new``."""
    assert FILES[name].count(old) >= 1
    return {name: FILES[name].replace(old, new, 1)}


def added(name, *rows):
    return {name: FILES[name] + "".join(row + "\n" for row in rows)}


def test_the_small_town_is_right_in_every_line(tmp_path):
    outcome = check(tmp_path)
    assert [fault.sentence() for fault in outcome.book] == []
    assert outcome.counts["accounts"] == 3
    assert outcome.counts["readings"] == 4
    assert outcome.counts["house_managers"] == 0


SAVED_WRONG = FILES["persons"].encode("cp1251")
CASES = {
    # the bytes
    "windows-1251 in the header's neighbour": ({"persons": SAVED_WRONG}, "persons.csv", 2, "", "windows-1251"),
    "windows-1251 header": ({"streets": "улица,имя\n".encode("cp1251")}, "streets.csv", 1, "", "windows-1251"),
    "byte order mark": ({"accounts": "\ufeff" + FILES["accounts"]}, "accounts.csv", 1, "", "BOM"),
    "UTF-16": ({"accounts": FILES["accounts"].encode("utf-16")}, "accounts.csv", 1, "", "UTF-16"),
    "zero byte": (swap("persons", "Пётр", "Пё\0тр"), "persons.csv", 4, "", "нулевой байт"),
    "control character": (swap("persons", "Пётр", "Пё\x07тр"), "persons.csv", 4, "", "непечатаемый знак с кодом 7"),
    "empty file": ({"norms": ""}, "norms.csv", 1, "", "файл пуст"),
    "no file": ({"accounts": None}, "accounts.csv", 0, "", "файла нет"),
    # the shape
    "semicolons": ({"persons": FILES["persons"].replace(",", ";")}, "persons.csv", 1, "", "точкой с запятой"),
    "missing column": (swap("accounts", "premise,", "premises,"), "accounts.csv", 1, "premise", "обязательного столбца нет"),
    "unknown column with the nearest": (
        swap("accounts", "closed_on", "closed_at"), "accounts.csv", 1, "closed_at", "столбец неизвестен; возможно, closed_on"
    ),
    "column twice": (swap("accounts", "gis_service", "gis_account"), "accounts.csv", 1, "gis_account", "назван дважды"),
    "field too many": (added("entrances", "101,2,3"), "entrances.csv", 3, "", "полей 3 вместо 2"),
    "field too few": (added("entrances", "101"), "entrances.csv", 3, "", "полей 1 вместо 2"),
    "open quote": (swap("persons", "Образцов,", '"Образцов,'), "persons.csv", 3, "", "кавычка не закрыта"),
    "quote in a field": (swap("persons", "Образцов,", 'Обра"зц"ов,'), "persons.csv", 3, "", "кавычка посреди поля"),
    # the cells
    "formula": (swap("persons", "Примеров", "=cmd()"), "persons.csv", 4, "last_name", "как формула"),
    "formula with a minus": (swap("houses", "кирпич", "-2+3"), "houses.csv", 2, "walls", "как формула"),
    "formula with an at sign": (swap("acts", "Приказ", "@SUM(A1)"), "acts.csv", 2, "title", "как формула"),
    "empty and required": (swap("accounts", "1100000025,502", "1100000025,"), "accounts.csv", 3, "premise", "обязательное"),
    "30 February": (swap("accounts", "2015-04-01", "2015-02-30"), "accounts.csv", 4, "opened_on", "такого дня нет"),
    "day of another form": (swap("accounts", "2015-04-01", "01.04.2015"), "accounts.csv", 4, "opened_on", "ГГГГ-ММ-ДД"),
    "month 13": (swap("months", "2026-10", "2026-13"), "months.csv", 2, "month", "ГГГГ-ММ"),
    "negative area": (swap("premise_areas", "44.30", "-44.30"), "premise_areas.csv", 2, "total_area", "не больше нуля"),
    "area with a comma": (
        swap("premise_areas", "44.30", '"44,30"'), "premise_areas.csv", 2, "total_area", "запятой; замените запятую точкой"
    ),
    "three decimals of an area": (
        swap("premise_areas", "44.30", "44.305"), "premise_areas.csv", 2, "total_area", "не число с 2 или меньше"
    ),
    "exponent": (swap("tariffs", "45.13", "4e3"), "tariffs.csv", 3, "value", "не число"),
    "kopecks of a hundred": (swap("payments", "500.00", "500.100"), "payments.csv", 2, "amount", "не число"),
    "negative payment": (swap("payments", "500.00", "-500.00"), "payments.csv", 2, "amount", "не больше нуля"),
    "number with blanks inside": (swap("houses", "1974", "19 74"), "houses.csv", 2, "year_built", "не целое число"),
    "number out of bounds": (swap("houses", "1974", "3974"), "houses.csv", 2, "year_built", "от 1700 до 2100"),
    "word out of a list": (swap("premises", ",room,", ",komnata,"), "premises.csv", 4, "kind", "выберите из списка"),
    "flag": (swap("premise_areas", "true", "да"), "premise_areas.csv", 2, "heated", "true или false"),
    "account number": (swap("accounts", "1100000033", "11-33"), "accounts.csv", 4, "account", "от 5 до 20 цифр"),
    "control digits of a snils": (swap("persons", "445 95", "445 96"), "persons.csv", 2, "snils", "контрольное число"),
    "control digits of an inn": (
        swap("organisations", "manager,,", "manager,7707083894,"), "organisations.csv", 2, "inn", "контрольные цифры"
    ),
    "gap between months": (added("months", "2026-12"), "months.csv", 3, "month", "перед месяцем пропуск"),
    # the keys
    "key twice": (added("accounts", "1100000017,502,residential,2012-04-01,,,,"), "accounts.csv", 5, "account", "см. строку 2"),
    "no such premise": (swap("accounts", "17,501", "17,599"), "accounts.csv", 2, "premise", "нет в premises.csv"),
    "no such account": (swap("payments", "1100000017", "1100000099"), "payments.csv", 2, "account", "нет в accounts.csv"),
    "no such entrance": (swap("premises", "502,101,1", "502,101,7"), "premises.csv", 3, "entrance", "подъезда у дома нет"),
    "room in a room": (swap("premises", "1,502,room", "1,503,room"), "premises.csv", 4, "parent", "не на квартиру"),
    "slug twice in a house": (swap("premises", "flat,2,2,", "flat,2,1,"), "premises.csv", 3, "slug", "повтор ключа"),
    # acts and absences
    "an act that ends before it begins": (
        swap("quality_acts", "2026-10-04 20:30", "2026-10-02 20:30"), "quality_acts.csv", 2, "until", "раньше, чем начинается"
    ),
    "an act of a time that is none": (
        swap("quality_acts", "2026-10-04 20:30", "2026-10-04 24:30"), "quality_acts.csv", 2, "until", "такого времени нет"
    ),
    "an act of a time of another form": (
        swap("quality_acts", "2026-10-04 20:30", "04.10.2026 20:30"), "quality_acts.csv", 2, "until", "ГГГГ-ММ-ДД чч:мм"
    ),
    "an act beyond the last month": (
        swap("quality_acts", "2026-10-20 09:00,,,,1,false,0,14,2026-10-20", "2026-12-20 09:00,,,,1,false,0,14,2026-12-20"),
        "quality_acts.csv", 4, "since", "позже последнего открытого месяца",
    ),
    "contradicting acts": (
        added("quality_acts", ",101,,,cold_water,repair,2026-10-04 20:00,2026-10-04 22:00,,,1,false,0,16,2026-10-05,,false"),
        "quality_acts.csv", 6, "since", "противоречит акту на то же время: см. строку 2",
    ),
    "an act of two places": (
        swap("quality_acts", ",101,,,cold_water,break", "center,101,,,cold_water,break"), "quality_acts.csv", 2, "house", "не одним полем"
    ),
    "an act of an entrance that is not there": (
        swap("quality_acts", ",101,1,,cold_water", ",101,7,,cold_water"), "quality_acts.csv", 3, "entrance", "подъезда у дома нет"
    ),
    "an entrance without its house": (
        swap("quality_acts", "center,,,,cold_water", "center,,1,,cold_water"), "quality_acts.csv", 4, "entrance", "подъезд без дома"
    ),
    "voltage of water": (swap("quality_acts", "cold_water,break", "cold_water,voltage"), "quality_acts.csv", 2, "kind", "закон не знает"),
    "an act drawn up too early": (
        swap("quality_acts", "12,2026-10-05", "12,2026-10-01"), "quality_acts.csv", 2, "drawn_on", "раньше начала"
    ),
    "a pressure nobody measured": (
        swap("quality_acts", "0.025,", ","), "quality_acts.csv", 3, "measured", "не подходит виду акта"
    ),
    "more than the whole fault": (
        swap("quality_acts", "false,60,13", "false,160,13"), "quality_acts.csv", 3, "supplier_percent", "больше ста"
    ),
    "two feeds of water": (swap("quality_acts", ",1,false,100,12", ",2,false,100,12"), "quality_acts.csv", 2, "feeds", "электроэнергии"),
    "a dead-end main of a repair": (
        swap("quality_acts", "1,false,0,14", "1,true,0,14"), "quality_acts.csv", 4, "dead_end", "тупиковая магистраль"
    ),
    "returned before he left": (
        swap("temporary_absences", "2026-10-02,2026-10-20", "2026-10-02,2026-10-01"), "temporary_absences.csv", 2, "returned_on",
        "раньше, чем left_on",
    ),
    "returned on the day he left": (
        swap("temporary_absences", "2026-10-02,2026-10-20", "2026-10-02,2026-10-02"), "temporary_absences.csv", 2, "returned_on",
        "в день выбытия",
    ),
    "away twice": (
        added("temporary_absences", "1100000017,1,2026-10-10,2026-10-30,2026-11-01,Билеты,granted,"), "temporary_absences.csv", 5,
        "left_on", "уже отсутствует в эти дни: см. строку 2",
    ),
    "refused without a reason": (
        swap("temporary_absences", "refused,Меньше шести полных дней", "refused,"), "temporary_absences.csv", 4, "grounds", "почему отказано"
    ),
    # interference with a meter
    "mended before it was found": (
        swap("broken_seals", "07-12,2026-10-20", "07-12,2026-10-11"), "broken_seals.csv", 2, "to", "раньше, чем found_on"
    ),
    "sealed after it was found": (
        swap("broken_seals", "2026-01-15", "2026-10-13"), "broken_seals.csv", 2, "found_on", "раньше, чем sealed_on"
    ),
    "more than three months before the check": (
        swap("broken_seals", "2026-07-12", "2026-07-11"), "broken_seals.csv", 2, "from", "раньше трёх месяцев"
    ),
    "days before the last check": (
        swap("broken_seals", "Акт № 8,2026-10-01", "Акт № 8,2026-09-30"), "broken_seals.csv", 3, "from", "раньше пломбы или прошлой"
    ),
    "neither a seal nor a check": (
        swap("broken_seals", "2026-01-15,,", ",,"), "broken_seals.csv", 2, "sealed_on", "ни пломба, ни прошлая"
    ),
    "a seal on the maintenance": (
        swap("broken_seals", "1100000017,cold_water", "1100000017,maintenance"), "broken_seals.csv", 2, "service", "нет счётчика с пломбой"
    ),
    # the facts
    "person in two places": (
        swap("residents", "2012-04-01,2026-06-01", "2012-04-01,2026-07-01"), "residents.csv", 4, "from", "в двух местах"
    ),
    "shares above one": (swap("holders", "2,,owner,false,1,2", "2,,owner,false,2,3"), "holders.csv", 3, "share_part", "больше единицы"),
    "share above one": (swap("holders", "3,,owner,true,1,1", "3,,owner,true,3,2"), "holders.csv", 4, "share_part", "доля больше единицы"),
    "neither person nor organisation": (
        swap("holders", "1100000025,3", "1100000025,"), "holders.csv", 4, "person", "не ровно одно"
    ),
    "two areas on a day": (
        added("premise_areas", "501,45.00,,true,,2024-01-01,"), "premise_areas.csv", 5, "from", "на одни и те же дни: см. строку 2"
    ),
    "ends before it begins": (
        swap("residents", "2012-04-01,2026-06-01", "2012-04-01,2011-06-01"), "residents.csv", 3, "to", "не позже начала"
    ),
    "closed before it was opened": (
        swap("accounts", "2015-04-01,", "2015-04-01,2014-01-01"), "accounts.csv", 4, "closed_on", "раньше, чем opened_on"
    ),
    "reading below the one before": (swap("readings", "104.5", "99.5"), "readings.csv", 3, "value", "меньше предыдущего (100"),
    "mark without a need": (swap("readings", "104.5,consumer,", "104.5,consumer,true"), "readings.csv", 3, "disputed", "не меньше"),
    "two readings on a day": (added("readings", "1,0,2026-10-21,105,consumer,"), "readings.csv", 6, "day", "второе показание"),
    "night zone of a plain meter": (swap("readings", "1,0,2026-10-21", "1,2,2026-10-21"), "readings.csv", 3, "zone", "не подходит"),
    "negative reading": (swap("readings", "104.5", "-104.5"), "readings.csv", 3, "value", "меньше нуля"),
    "meter in a house and a flat": (swap("meters", "1100000017,,", "1100000017,101,"), "meters.csv", 2, "account", "не ровно одно"),
    "debts unequal to the balance": (swap("debts", "1000.00", "900.00"), "debts.csv", 2, "amount", "не равна её остатку"),
    "balances at another month": (
        {"opening_balances": FILES["opening_balances"].replace("2026-10", "2026-09")}, "opening_balances.csv", 2, "month",
        "не на начало первого открытого",
    ),
    "recalculation into another month": (
        swap("recalculations", "2026-10,2026-08", "2026-11,2026-08"), "recalculations.csv", 2, "month", "нет среди открытых"
    ),
    "recalculation without a difference": (
        swap("recalculations", "150.00", "193.61"), "recalculations.csv", 2, "computed", "разницы нет"
    ),
    "benefit without a person": (
        swap("benefit_rights", "1100000017,1,", "1100000017,,"), "benefit_rights.csv", 2, "person", "пуст"
    ),
    "benefit of somebody who does not live there": (
        swap("benefit_rights", "1100000025,3", "1100000025,2"), "benefit_rights.csv", 3, "person", "льгота без жителя"
    ),
    "two rights of one category": (
        added("benefit_rights", "1100000017,1,disabled,,2026-08-01,"), "benefit_rights.csv", 4, "from", "см. строку 2"
    ),
    "category that nobody named": (
        swap("benefit_rights", "1,disabled", "1,disabeld"), "benefit_rights.csv", 2, "category", "нет в benefit_categories.csv"
    ),
    "a hundred and one per cent": (swap("benefit_terms", "30.5", "101"), "benefit_terms.csv", 4, "percent", "больше ста"),
    "two terms on a day": (
        added("benefit_terms", "disabled,maintenance,,40,holder,area,discount,,1,,true,,2025-01-01,"), "benefit_terms.csv", 5,
        "from", "см. строку 2",
    ),
    "form that there is not": (swap("benefit_terms", "norm,discount", "norm,rebate"), "benefit_terms.csv", 3, "form", "нет в списке"),
    "two court debts on a day": (
        added("court_debts", "1100000025,Приказ № 3,2026-08-01,"), "court_debts.csv", 3, "from", "см. строку 2"
    ),
    "two subsidies in a month": (
        swap("subsidies", "2027-03,refused", "2027-03,granted"), "subsidies.csv", 3, "month_from", "другая субсидия"
    ),
    "a family of nobody": (swap("subsidies", "2026-09-20,0,1,0", "2026-09-20,0,0,0"), "subsidies.csv", 2, "working", "никого"),
    "subsidy that ends before it begins": (
        swap("subsidies", "2026-10,2027-03,refused", "2026-10,2026-09,refused"), "subsidies.csv", 3, "month_to", "раньше первого"
    ),
    "correction without a difference": (
        swap("benefit_corrections", "0.00,96.80", "96.80,96.80"), "benefit_corrections.csv", 2, "computed", "разницы нет"
    ),
    "balances of two months": (
        added("opening_balances", "2026-11,1100000033,cold_water,2,1.00"), "opening_balances.csv", 4, "month", "второй месяц"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_refused_with_line_field_reason_and_way_out(tmp_path, name):
    changed, file, line, field, words = CASES[name]
    outcome = check(tmp_path, **changed)
    found = [fault for fault in outcome.book if (fault.file, fault.line, fault.field) == (file, line, field)]
    assert found, [fault.sentence() for fault in outcome.book]
    sentence = found[0].sentence()
    assert words in sentence
    assert found[0].reason and found[0].way_out
    assert not outcome.loaded


def test_every_bad_row_is_listed_not_only_the_first(tmp_path):
    rows = "".join(f"{number},center,Район,\n" for number in range(50))
    outcome = check(tmp_path, streets="street,municipality,name,certain\n" + rows)
    missing = [fault for fault in outcome.book if fault.field == "municipality"]
    assert [fault.line for fault in missing] == list(range(2, 52))


def test_a_file_that_cannot_be_read_is_named_once_not_in_every_reference(tmp_path):
    outcome = check(tmp_path, persons=SAVED_WRONG)
    assert {fault.file for fault in outcome.book} == {"persons.csv"}
    outcome = check(tmp_path / "again", accounts=None)
    assert [(fault.file, fault.line) for fault in outcome.book] == [("accounts.csv", 0)]


def test_a_turn_of_the_dial_is_no_reading_below(tmp_path):
    changed = swap("readings", "104.5", "3.5")
    turns = "meter,zone,day,span\n1,0,2026-10-21,100000\n"
    assert not check(tmp_path, **changed, meter_turns=turns).book


def test_a_disputed_reading_is_taken_as_it_was_given(tmp_path):
    assert not check(tmp_path, **swap("readings", "104.5,consumer,", "99.5,consumer,true")).book


def test_readings_need_no_order(tmp_path):
    header, *rows = FILES["readings"].splitlines()
    assert not check(tmp_path, readings="\n".join([header, *reversed(rows)]) + "\n").book


def test_lines_keep_their_numbers_over_blocks_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "BLOCK", 64)
    rows = [f"{number},verhnyaya,улица {number},true" for number in range(1, 200)]
    rows[150] = "151,verhnyaya,улица 151,maybe"
    rows[170] = '171,"verhnyaya,улица 171,true'
    outcome = check(tmp_path, streets="\n".join(["street,municipality,name,certain", "", *rows]))
    found = {(fault.line, fault.field) for fault in outcome.book if fault.file == "streets.csv"}
    assert found == {(153, "certain"), (173, "")}
    assert outcome.counts["streets"] == 198


def test_a_stray_file_is_named_with_its_nearest(tmp_path):
    outcome = check(tmp_path, acounts="x\n")
    [fault] = [fault for fault in outcome.book if fault.file == "acounts.csv"]
    assert "возможно, accounts.csv" in fault.sentence()


# archives


def zipped(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def town_bytes():
    return {f"{name}.csv": text for name, text in FILES.items()}


def test_a_zip_is_as_good_as_a_folder_also_with_one_folder_inside(tmp_path):
    assert not check_town(zipped(tmp_path / "a.zip", town_bytes()), REGISTERS).book
    inside = {f"town/{name}": text for name, text in town_bytes().items()}
    assert not check_town(zipped(tmp_path / "b.zip", inside), REGISTERS).book


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"persons.csv": "0" * (20 * 2**20)}, "сжат в"),
        ({"../persons.csv": "x"}, "не годится"),
        ({"a/b/persons.csv": "x"}, "не годится"),
        ({"a/persons.csv": "x", "b/persons.csv": "x"}, "дважды"),
        ({f"{number}.csv": "x" for number in range(300)}, "300 файлов"),
    ],
)
def test_a_hostile_zip_is_refused_before_it_is_expanded(tmp_path, files, words):
    with pytest.raises(StartksError, match=words):
        check_town(zipped(tmp_path / "x.zip", files), REGISTERS)


def test_a_ten_gigabyte_zip_is_refused_by_its_own_words(tmp_path):
    path = zipped(tmp_path / "x.zip", town_bytes())
    content = bytearray(path.read_bytes())
    # The size of the first file in the central directory: ten gigabytes, as a bomb would say.
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    second = content.index(b"PK\x01\x02", place + 4)
    content[second + 24 : second + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(StartksError, match="развернётся в 8.0 ГБ"):
        check_town(path, REGISTERS)


def test_a_file_larger_than_it_says_is_stopped(tmp_path):
    path = zipped(tmp_path / "x.zip", town_bytes())
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = (3).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(StartksError, match="больше, чем заявлено|повреждён"):
        check_town(path, REGISTERS)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"Rar!\x1a\x07\x00"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(StartksError, match="не архив zip|повреждён"):
        check_town(path, REGISTERS)


def test_a_damaged_archive_is_refused(tmp_path):
    buffer = io.BytesIO(zipped(tmp_path / "x.zip", town_bytes()).read_bytes())
    content = bytearray(buffer.getvalue())
    content[60:90] = b"\0" * 30
    (tmp_path / "x.zip").write_bytes(bytes(content))
    with pytest.raises(StartksError, match="повреждён"):
        check_town(tmp_path / "x.zip", REGISTERS)


def test_faults_are_kept_up_to_a_bound_and_counted_beyond_it(monkeypatch):
    from startks.framework.exchange.town import faults

    monkeypatch.setattr(faults, "KEPT", 3)
    heard = []
    book = FaultBook(listener=heard.append)
    for number in range(5):
        book.add("a.csv", number, "x", "\x00" + "я" * 200, "плохо", "исправьте")
    assert (book.total, len(book.kept), len(heard)) == (5, 3, 5)
    assert book.kept[0].value.startswith("·") and len(book.kept[0].value) == 80
