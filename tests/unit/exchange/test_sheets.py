"""Tables that people hand over, CSV and XLSX: read as they are shown, refused with the place and the way out where they are not right."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from startks.framework.exchange import sheets
from startks.framework.exchange.sheets import SheetError, read_sheet

HEAD = "номер прибора;дата;показание\n"


def book(*rows, **options):
    """A real spreadsheet; a string that begins with «=» is a formula in it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as made:
        page = made.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                page.write(number, place, cell)
    return out.getvalue()


def repacked(content, **parts):
    """The package with some parts replaced (or added)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            if info.filename not in parts:
                target.writestr(info.filename, source.read(info.filename))
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


PLAIN = book(["номер", "показание"], ["17", 104.5])
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def bomb():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(SHEET, "w", force_zip64=True) as part,
    ):
        for _ in range(210):
            part.write(b"0" * 2**20)
    return out.getvalue()


def understated():
    """A package whose sheet is larger than the package says (the size in its directory was changed)."""
    content = bytearray(repacked(PLAIN, **{SHEET: b" " * 50_000}))
    place = content.rindex(SHEET.encode())
    start = content.rindex(b"PK\x01\x02", 0, place)
    content[start + 24 : start + 28] = (10).to_bytes(4, "little")
    return bytes(content)


def encrypted():
    content = bytearray(PLAIN)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


REFUSED = {
    "byte order mark": ("\ufeff" + HEAD).encode(),
    "UTF-16": HEAD.encode("utf-16"),
    "windows-1251": (HEAD + "17;01.10.2026;кв\n").encode("cp1251"),
    "zero byte": HEAD.encode() + b"17;\0;1\n",
    "control sign": HEAD.encode() + b"17;\x07;1\n",
    "nothing": b"",
    "open quote": HEAD.encode() + b'"17;1\n',
    "endless cell": HEAD.encode() + b"1" * 3000 + b"\n",
    "columns without end": b";".join([b"x"] * 200) + b"\n",
    "old xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "broken package": b"PK\x03\x04 not a package",
    "bomb": bomb(),
    "larger than it says": understated(),
    "password": encrypted(),
    "document type": repacked(PLAIN, **{SHEET: f'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet {SPACE}>&a;</worksheet>'}),
    "external entity": repacked(PLAIN, **{SHEET: f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet {SPACE}/>'}),
    "no such text": repacked(PLAIN, **{
        SHEET: f'<worksheet {SPACE}><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
    }),
    "row without end": repacked(PLAIN, **{
        SHEET: f'<worksheet {SPACE}><sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>',
    }),
    "unclosed sheet": repacked(PLAIN, **{SHEET: f"<worksheet {SPACE}><sheetData><row r="}),
    "many parts": repacked(PLAIN, **{f"xl/{number}.xml": "x" for number in range(1_100)}),
}  # fmt: skip
WORDS = {
    "byte order mark": "без BOM", "UTF-16": "сохраните его в UTF-8", "windows-1251": "строка 1: не UTF-8", "zero byte": "строка 2: нулевой байт",
    "control sign": "строка 2: управляющий знак", "nothing": "пуст", "open quote": "строка 2: лишняя или незакрытая кавычка",
    "endless cell": "строка 2: ячейка длиннее", "columns without end": "столбцов больше", "old xls": "старом формате xls",
    "bomb": "распаковывается больше", "password": "защищён паролем", "row without end": "столбцов больше", "many parts": "распаковывается",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_table_is_refused_in_a_sentence_that_names_the_file_and_the_way_out(name):
    with pytest.raises(SheetError) as refused:
        read_sheet("показания.xlsx", REFUSED[name])
    message = refused.value.message
    assert "показания.xlsx" in message and message.endswith(".")
    assert WORDS.get(name, "не открывается как xlsx: сохраните его заново") in message


def test_cells_are_read_as_they_are_shown():
    sheet = read_sheet("x", book(["счёт", "сумма", "да"], ["0000017", 105.23699999999999, True], ["", "", ""], ["b", 1e-7, False]))
    assert [row.cells for row in sheet.rows] == [["счёт", "сумма", "да"], ["0000017", "105.237", "да"], ["b", "0.0000001", "нет"]]
    assert [row.number for row in sheet.rows] == [1, 2, 4]


def test_a_formula_has_no_value_and_its_place_is_told_but_text_that_looks_like_one_is_text():
    made = book(["a", "b"], ["1", "=1+1"])
    sheet = read_sheet("x", made)
    assert sheet.formulas == [(2, 2)] and sheet.rows[1].cells == ["1", ""]
    plain = read_sheet("x", book(["a"], ["=cmd|' /C calc'!A0"], strings_to_formulas=False))
    assert plain.formulas == [] and plain.rows[1].cells == ["=cmd|' /C calc'!A0"]
    typed = read_sheet("x", b"a;b\n1;=1+1\n")
    assert typed.formulas == [(2, 2)]


def test_rows_are_bounded(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(SheetError, match="больше 3 строк: разделите"):
        read_sheet("x", b"a\n1\n2\n3\n4\n")


def test_a_file_above_the_bound_is_not_even_looked_at(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 10)
    with pytest.raises(SheetError, match="разделите его на части"):
        read_sheet("x", b"PK\x03\x04" + b"0" * 20)
