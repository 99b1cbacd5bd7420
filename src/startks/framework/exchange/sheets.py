"""Rows of a table file (CSV or XLSX) that somebody hands over: read within bounds, refused with the way out.

    sheet = read_sheet("показания.xlsx", content)
    for row in sheet.rows: row.number, row.cells      # text of the cells, blanks around them dropped

CSV is UTF-8 without a byte order mark, separated by comma or semicolon. Of an XLSX the first sheet is read; a cell with a
formula has no value of its own, so it is reported in ``sheet.formulas`` and stays empty. Nothing is unpacked beyond
:data:`MOST_UNPACKED`, whatever the archive promises.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal
from xml.etree import ElementTree

from startks.base.errors import StartksError

MOST_BYTES = 20 * 2**20
MOST_UNPACKED = 200 * 2**20
MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_CELL = 2_000
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = dt.date(1899, 12, 30)
"""Day zero of a spreadsheet's dates (of those after February 1900)."""
MOST_ELEMENTS = 1_048_576
"""Rows of a sheet, empty ones too: more than a spreadsheet can have."""
SIGNIFICANT = 15
"""Digits a spreadsheet shows of a number; what is stored beyond them is the noise of binary fractions."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError, OverflowError, ArithmeticError, OSError,
    NotImplementedError, EOFError, RuntimeError,
)  # fmt: skip
_DATE_FORMATS = frozenset(range(14, 23)) | frozenset(range(45, 48))
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class SheetError(StartksError):
    """The file as a whole cannot be read; ``message`` says why and what to do."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: its number in the file, from 1, and the text of its cells."""

    number: int
    cells: list[str]


@dataclass(slots=True)
class Sheet:
    """Rows that are not empty, and the places of cells with formulas: (row, column from 1)."""

    rows: list[SheetRow] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)


def read_sheet(name: str, content: bytes) -> Sheet:
    """Read a file by what it is, not by what it is called. Raises SheetError."""
    if not content:
        raise SheetError(f"Файл «{name}» пуст: выберите файл с данными.")
    if len(content) > MOST_BYTES:
        raise SheetError(f"Файл «{name}» больше {MOST_BYTES // 2**20} МБ: разделите его на части.")
    if content.startswith(b"PK\x03\x04"):
        return _read_xlsx(name, content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(f"Файл «{name}» в старом формате xls: сохраните его как xlsx или csv.")
    return _read_csv(name, content)


def _read_csv(name: str, content: bytes) -> Sheet:
    if content.startswith(b"\xef\xbb\xbf"):
        raise SheetError(f"Файл «{name}» начинается с метки порядка байтов (BOM): сохраните его в UTF-8 без BOM.")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SheetError(f"Файл «{name}» в UTF-16: сохраните его в UTF-8 без BOM.")
    if (zero := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, zero) + 1
        raise SheetError(f"Файл «{name}», строка {line}: нулевой байт, файл двоичный или испорчен. Выгрузите его заново.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SheetError(
            f"Файл «{name}», строка {line}: не UTF-8 (похоже на windows-1251). Сохраните его в кодировке UTF-8 без BOM."
        ) from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    sheet = Sheet()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return sheet
        except csv.Error:
            raise SheetError(f"Файл «{name}», строка {line}: лишняя или незакрытая кавычка. Исправьте строку.") from None
        _take(sheet, name, line, cells)


def _take(sheet: Sheet, name: str, number: int, cells: list[str]) -> None:
    if len(sheet.rows) >= MOST_ROWS:
        raise SheetError(f"В файле «{name}» больше {MOST_ROWS} строк: разделите его на части.")
    if len(cells) > MOST_COLUMNS:
        raise SheetError(f"Файл «{name}», строка {number}: столбцов больше {MOST_COLUMNS}. Проверьте разделители.")
    stripped = [cell.strip() for cell in cells]
    for cell in stripped:
        if len(cell) > LONGEST_CELL:
            raise SheetError(f"Файл «{name}», строка {number}: ячейка длиннее {LONGEST_CELL} знаков. Сократите её.")
        if _CONTROL.search(cell):
            raise SheetError(f"Файл «{name}», строка {number}: управляющий знак в ячейке. Выгрузите файл заново.")
    for place, cell in enumerate(stripped, 1):
        if cell[:1] in "=@" and cell[:1]:
            sheet.formulas.append((number, place))
    if any(stripped):
        sheet.rows.append(SheetRow(number, stripped))


# XLSX


def _read_xlsx(name: str, content: bytes) -> Sheet:
    broken = SheetError(f"Файл «{name}» не открывается как xlsx: сохраните его заново из таблицы.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_UNPACKED or len(archive.infolist()) > 1_000:
                raise SheetError(
                    f"Файл «{name}» распаковывается больше чем в {MOST_UNPACKED // 2**20} МБ: такой архив не принимается."
                    " Оставьте в файле только лист с данными."
                )
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise SheetError(f"Файл «{name}» защищён паролем: снимите защиту и сохраните его заново.")
            strings = _shared_strings(archive)
            dates = _date_styles(archive)
            first = _first_sheet(archive)
            if first is None:
                raise broken
            return _cells(name, archive, first, strings, dates)
    except _BROKEN as error:
        raise broken from error


def _parts(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Elements of a part as they end; not more than is allowed is unpacked, and no document type is read."""
    parser = ElementTree.XMLPullParser(events=("end",))
    left = MOST_UNPACKED
    with archive.open(path) as source:
        head = b""
        while block := source.read(2**16):
            left -= len(block)
            if left < 0:
                raise ValueError("unpacked beyond the bound")
            if len(head) < 2**12:
                head += block
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise ValueError("document type in a sheet")
            parser.feed(block)
            yield from parser.read_events()
    parser.close()
    yield from parser.read_events()


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    found = []
    for _event, element in _parts(archive, "xl/sharedStrings.xml"):
        if element.tag == f"{MAIN}si":
            found.append("".join(part.text or "" for part in element.iter(f"{MAIN}t")))
            element.clear()
    return found


def _date_styles(archive: zipfile.ZipFile) -> set[int]:
    """Numbers of the cell styles that show a date."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    own: set[int] = set()
    for _event, element in _parts(archive, "xl/styles.xml"):
        if element.tag == f"{MAIN}numFmt":
            code = re.sub(r'"[^"]*"|\[[^\]]*\]', "", element.get("formatCode", "")).lower()
            if "y" in code or "d" in code or "г" in code:
                own.add(int(element.get("numFmtId", "0")))
        elif element.tag == f"{MAIN}cellXfs":
            return {
                place for place, style in enumerate(element)
                if int(style.get("numFmtId", "0")) in _DATE_FORMATS | own
            }  # fmt: skip
    return set()


def _first_sheet(archive: zipfile.ZipFile) -> str | None:
    names = set(archive.namelist())
    targets: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in names:
        for _event, element in _parts(archive, "xl/_rels/workbook.xml.rels"):
            if element.tag.endswith("}Relationship"):
                targets[element.get("Id", "")] = element.get("Target", "")
    for _event, element in _parts(archive, "xl/workbook.xml"):
        if element.tag == f"{MAIN}sheet":
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            target = targets.get(relation, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return path if path in names else None
    return None


def _cells(name: str, archive: zipfile.ZipFile, path: str, strings: list[str], dates: set[int]) -> Sheet:
    sheet = Sheet()
    number = seen = 0
    for _event, element in _parts(archive, path):
        if element.tag != f"{MAIN}row":
            continue
        seen += 1
        if seen > MOST_ELEMENTS:
            raise ValueError("more rows than a sheet can have")
        number = int(element.get("r", number + 1))
        cells: list[str] = []
        for cell in element:
            place = _place(cell.get("r"), len(cells) + 1)
            if place > MOST_COLUMNS:
                raise SheetError(f"Файл «{name}», строка {number}: столбцов больше {MOST_COLUMNS}. Оставьте нужные.")
            cells += [""] * (place - 1 - len(cells))
            if cell.find(f"{MAIN}f") is not None:
                sheet.formulas.append((number, place))
                cells.append("")
            else:
                cells.append(_text(cell, strings, dates))
        element.clear()
        formulas = len(sheet.formulas)
        _take(sheet, name, number, cells)
        del sheet.formulas[formulas:]  # a text that only looks like one is no formula in a typed sheet
    return sheet


def _place(reference: str | None, default: int) -> int:
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        return default
    place = 0
    for letter in match[1]:
        place = place * 26 + ord(letter) - 64
    return place


def _text(cell: ElementTree.Element, strings: list[str], dates: set[int]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))
    value = cell.findtext(f"{MAIN}v") or ""
    if kind == "s":
        place = int(value)
        if not 0 <= place < len(strings):
            raise ValueError("no such shared string")
        return strings[place]
    if kind == "b":
        return "да" if value == "1" else "нет"
    if kind in ("str", "e") or not value:
        return value
    if int(cell.get("s", "0")) in dates and value.replace(".", "", 1).isdigit():
        day = EPOCH + dt.timedelta(days=int(value.partition(".")[0]))
        return f"{day.day:02d}.{day.month:02d}.{day.year:04d}"
    return _plain(value)


def _plain(value: str) -> str:
    """«1.05237E2» and «105.23699999999999» as the sheet stores them → «105.237»; an ordinary number as it stands."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?", value):
        return value
    if "e" not in value.lower() and len(value.replace(".", "").lstrip("-0")) <= SIGNIFICANT:
        return value
    short = f"{Context(prec=SIGNIFICANT).create_decimal(Decimal(value)):f}"
    return short.rstrip("0").rstrip(".") if "." in short else short
