"""One reference book out to a file and in from one: tariffs, norms, numbers of the law of one level.

    rows = export_rows(session, level, "tariffs")                 # the header and every row, as text
    found = examine(session, level, "tariffs", name, content)     # rows and faults; nothing is written
    load(session, level, "tariffs", name, content, reason=…, by=…)  # all rows or none

A row that says what the book says already is passed over, so what was exported comes back without a change. The raw file is
kept with its hash in the journal of imports before it is looked at.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from startks.base.db.ranges import since, until
from startks.base.errors import StartksError
from startks.domain.reference import services
from startks.domain.reference.levels import Level, shown
from startks.domain.reference.models import Act, Parameter, Service
from startks.domain.reference.services import BOOKS, Value
from startks.domain.security.identity import Identity
from startks.framework.exchange.models import ImportBatch, ImportFile
from startks.framework.exchange.sheets import SheetError, SheetRow, read_sheet
from startks.framework.exchange.town.journal import KeptFile, archive_of, close_batch, open_batch
from startks.framework.web import formats

KEYS = {
    "tariffs": ("услуга", "категория"),
    "norms": ("услуга", "назначение", "категория", "комнат", "жителей"),
    "parameters": ("параметр",),
}
SAID = {"tariffs": ("значение",), "norms": ("значение", "единица"), "parameters": ("значение",)}
GROUND = ("с", "по", "акт", "номер акта", "пункт", "оценка", "примечание")
NEEDED = {"tariffs": ("услуга", "значение", "с", "акт"), "norms": ("услуга", "значение", "единица", "с", "акт"),
          "parameters": ("параметр", "значение", "с", "акт")}  # fmt: skip
PURPOSES = ("individual", "common", "heat_per_m3")
MOST_ROWS = 2_000
"""Rows of one file: each is judged against its line of facts by itself."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A bad row: number in the file, field, what stood there, what is wrong with the way out."""

    row: int
    field: str
    value: str
    sentence: str


@dataclass(slots=True)
class Line:
    """A row of a book: which value, what is said, its days, and what becomes of it."""

    row: int
    keys: dict[str, Any]
    title: str
    value: Decimal
    unit: str | None
    valid_from: dt.date
    valid_to: dt.date | None
    act: tuple[str, str | None]
    paragraph: str | None
    certain: bool
    note: str | None
    known: bool = False
    """the book says so already"""
    touched: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Examined:
    """What a file says."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def new(self) -> list[Line]:
        """Rows that change something."""
        return [line for line in self.lines if not line.known]

    @property
    def touched(self) -> list[int]:
        """Calculated months (YYYYMM) that the file reaches."""
        return sorted({month for line in self.new for month in line.touched})


def header(book: str) -> tuple[str, ...]:
    """Names of the columns of a book's file."""
    return (*KEYS[book], *SAID[book], *GROUND)


def export_rows(session: Session, level: Level, book: str) -> list[list[str]]:
    """Return the header and every value that the level itself set, as text."""
    model = BOOKS[book].model
    columns = [model, Act.title, Act.number, since(model.valid).label("since"), until(model.valid).label("until")]
    statement = select(*columns).join(Act, Act.id == model.act_id).where(shown(level, model))
    if model is Parameter:
        own = Parameter.municipality_id.is_(None) if level.kind == "region" else Parameter.municipality_id == level.id
        statement = statement.where(own).order_by(Parameter.code, since(model.valid))
    else:
        statement = (
            statement.add_columns(Service.code).join(Service, Service.id == model.service_id)
            .where(model.level == level.kind).order_by(Service.position, model.category, since(model.valid), model.id)
        )  # fmt: skip
    rows = [list(header(book))]
    seen: set[tuple[str, ...]] = set()
    for found in session.execute(statement):
        row = _text(book, found)
        if tuple(row) not in seen:  # the region's value lies in each of its municipalities
            seen.add(tuple(row))
            rows.append(row)
    return rows


def to_csv(rows: list[list[str]]) -> bytes:
    """Rows → CSV in UTF-8; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8")


def to_xlsx(rows: list[list[str]]) -> bytes:
    """Rows → XLSX, every cell a text."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def keep(session: Session, data_dir: Path, level: Level, book: str, name: str, content: bytes, by: Identity | None) -> int:
    """Keep the raw file with its hash and return the number of the import."""
    batch = open_batch(session, _kind(level, book), by.user_id if by else None)
    archive = archive_of(data_dir, batch)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("raw", content)
    kept = KeptFile(name[:200], len(content), hashlib.sha256(content).hexdigest())
    close_batch(session, batch, "checked", files=[kept])
    return batch


def kept_file(session: Session, data_dir: Path, level: Level, book: str, batch: int) -> tuple[str, bytes]:
    """Return name and bytes of a kept file that waits to be loaded; StartksError where it does not."""
    row = session.execute(
        select(ImportFile.name, ImportFile.sha256)
        .join(ImportBatch, ImportBatch.id == ImportFile.batch_id)
        .where(ImportBatch.id == batch, ImportBatch.kind == _kind(level, book), ImportBatch.state == "checked")
    ).one_or_none()
    if row is None:
        raise StartksError("Этот файл уже загружен или отклонён: передайте его снова.")
    with zipfile.ZipFile(archive_of(data_dir, batch)) as archive:
        content = archive.read("raw")
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise StartksError("Файл в хранилище не сходится со своим отпечатком: передайте его снова.")
    return row.name, content


def examine(session: Session, level: Level, book: str, name: str, content: bytes) -> Examined:
    """Read a file and judge every row against the book; nothing is written."""
    found = Examined()
    try:
        sheet = read_sheet(name, content)
    except SheetError as error:
        found.faults.append(Fault(0, "", "", error.message))
        return found
    if len(sheet.rows) > MOST_ROWS:
        found.faults.append(Fault(0, "", "", f"В файле больше {MOST_ROWS} строк: разделите его на части."))
        return found
    if not sheet.rows:
        found.faults.append(Fault(0, "", "", f"В файле «{name}» нет строк: выберите файл с данными."))
        return found
    words = [" ".join(cell.casefold().split()) for cell in sheet.rows[0].cells]
    missing = [column for column in NEEDED[book] if column not in words]
    doubled = sorted({word for word in words if word and words.count(word) > 1})
    unknown = [word for word in words if word and word not in header(book)]
    if missing or doubled or unknown:
        parts = [f"нет столбцов: {', '.join(missing)}"] if missing else []
        parts += [f"стоят дважды: {', '.join(doubled)}"] if doubled else []
        parts += [f"неизвестны: {', '.join(unknown)}"] if unknown else []
        sentence = f"Первая строка: {'; '.join(parts)}. Столбцы этой книги: {', '.join(header(book))}."
        found.faults.append(Fault(sheet.rows[0].number, "", "", sentence))
        return found
    codes = {code: (number, title) for number, code, title in session.execute(select(Service.id, Service.code, Service.title))}
    formulas: dict[int, set[int]] = {}
    for row, column in sheet.formulas:
        formulas.setdefault(row, set()).add(column)
    for row in sheet.rows[1:]:
        line = _line(book, row, words, codes, formulas.get(row.number, set()), found)
        if line is not None:
            found.lines.append(line)
    _repeated(found)
    _judge(session, level, book, found)
    found.faults.sort(key=lambda fault: fault.row)
    return found


def load(
    session: Session, level: Level, book: str, name: str, content: bytes, *, batch: int, reason: str, by: Identity | None
) -> int:
    """Write every new row, or none; return how many. Raises StartksError where a row is bad."""
    found = examine(session, level, book, name, content)
    if found.faults:
        raise StartksError(f"В файле есть ошибки ({len(found.faults)}): исправьте их и передайте файл снова.")
    for line in sorted(found.new, key=lambda line: line.valid_from):
        services.set_value(
            session, level, book, line.keys, _value(session, line, by), valid_from=line.valid_from, valid_to=line.valid_to,
            reason=reason, by=by,
        )  # fmt: skip
    close_batch(session, batch, "loaded", counts={book: len(found.new)})
    return len(found.new)


def _kind(level: Level, book: str) -> str:
    return f"reference:{book}:{level.kind}:{level.id}"


def _text(book: str, found: Any) -> list[str]:
    row = found[0]
    number = formats.number(row.value).replace(formats.NBSP, "").replace(formats.MINUS, "-")
    if book == "tariffs":
        cells = [found.code, row.category, number]
    elif book == "norms":
        cells = [found.code, row.purpose, row.category, str(row.rooms), str(row.residents), number, row.unit]
    else:
        cells = [row.code, number]
    return [
        *cells, formats.date(found.since), formats.date(found.until), found.title, found.number or "", row.paragraph or "",
        "" if row.certain else "да", row.note or "",
    ]  # fmt: skip


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t") else cell


def _line(
    book: str, row: SheetRow, words: list[str], codes: dict[str, tuple[int, str]], formulas: set[int], found: Examined
) -> Line | None:
    cells = {word: row.cells[place] if place < len(row.cells) else "" for place, word in enumerate(words) if word}
    before = len(found.faults)

    def fault(name: str, sentence: str) -> None:
        found.faults.append(Fault(row.number, name, cells.get(name, "")[:80], sentence))

    for place in formulas:
        fault(words[place - 1] if place <= len(words) else "", "В ячейке формула: вставьте вместо неё значение.")
    if formulas:
        return None
    for name in NEEDED[book]:
        if not cells[name]:
            fault(name, "Обязательное поле пусто: заполните его.")
    if len(found.faults) > before:
        return None
    keys, title = _keys(book, cells, codes, fault)
    value = _parsed(cells, "значение", lambda text: formats.parse_number(text, places=6, what="значение"), fault)
    valid_from = _parsed(cells, "с", formats.parse_date, fault)
    valid_to = _parsed(cells, "по", formats.parse_date, fault) if cells.get("по") else None
    if valid_from and valid_to and valid_to <= valid_from:
        fault("по", "Конец не позже начала: исправьте дни.")
    if value is not None and value < 0 and book != "parameters":
        fault("значение", "Значение меньше нуля: исправьте его.")
    if len(found.faults) > before:
        return None
    return Line(
        row.number, keys, title, value, cells.get("единица") or None, valid_from, valid_to,
        (cells["акт"], cells.get("номер акта") or None), cells.get("пункт") or None,
        cells.get("оценка", "").casefold() not in ("да", "yes", "1"), cells.get("примечание") or None,
    )  # fmt: skip


def _keys(book: str, cells: dict[str, str], codes: dict[str, tuple[int, str]], fault: Any) -> tuple[dict[str, Any], str]:
    if book == "parameters":
        return {"code": cells["параметр"]}, cells["параметр"]
    service = codes.get(cells["услуга"])
    if service is None:
        fault("услуга", "Такой услуги нет: возьмите код из справочника услуг, например cold_water.")
        return {}, ""
    keys: dict[str, Any] = {"service_id": service[0], "category": cells.get("категория", "")}
    if book == "norms":
        keys["purpose"] = cells.get("назначение") or "individual"
        if keys["purpose"] not in PURPOSES:
            fault("назначение", f"Назначение бывает: {', '.join(PURPOSES)}.")
        for name, column in (("rooms", "комнат"), ("residents", "жителей")):
            text = cells.get(column) or "0"
            if text.isascii() and text.isdigit() and int(text) <= 99:
                keys[name] = int(text)
            else:
                fault(column, "Нужно целое число от 0 до 99.")
    return keys, " ".join(filter(None, (service[1], keys["category"])))


def _parsed(cells: dict[str, str], name: str, parse: Any, fault: Any) -> Any:
    try:
        return parse(cells[name])
    except ValueError as error:
        fault(name, str(error))
        return None


def _repeated(found: Examined) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    good = []
    for line in found.lines:
        key = (*sorted(line.keys.items()), line.valid_from)
        if key in seen:
            found.faults.append(Fault(line.row, "с", formats.date(line.valid_from),
                                      f"То же значение с того же дня уже есть в строке {seen[key]}: оставьте одно."))  # fmt: skip
            continue
        seen[key] = line.row
        good.append(line)
    found.lines = good


def _judge(session: Session, level: Level, book: str, found: Examined) -> None:
    """Try each row on its line of facts; acts that are not there are entered for the look only."""
    inside = session.begin_nested()
    try:
        for line in sorted(found.lines, key=lambda line: line.valid_from):
            try:
                line.known = _is_known(session, level, book, line)
                if not line.known:
                    said = _value(session, line, None)
                    line.touched = services.set_value(
                        session, level, book, line.keys, said, valid_from=line.valid_from, valid_to=line.valid_to,
                        reason="проверка файла", by=None,
                    )  # fmt: skip
            except StartksError as error:
                found.faults.append(Fault(line.row, "значение", formats.number(line.value), error.message))
    finally:
        inside.rollback()
    bad = {fault.row for fault in found.faults}
    found.lines = [line for line in found.lines if line.row not in bad]


def _is_known(session: Session, level: Level, book: str, line: Line) -> bool:
    model = BOOKS[book].model
    lines = services.lines_of(session, level, book, line.keys, line.valid_from)
    same = [getattr(model, name) == value for name, value in lines[0].items() if value is not None]
    same += [getattr(model, name).is_(None) for name, value in lines[0].items() if value is None]
    same += [since(model.valid) == line.valid_from, model.value == line.value, until(model.valid).is_not_distinct_from(line.valid_to)]
    return session.scalar(select(model.id).where(*same)) is not None


def _value(session: Session, line: Line, by: Identity | None) -> Value:
    title, number = line.act
    act = session.scalar(
        select(Act.id).where(Act.title == title, Act.number.is_not_distinct_from(number)).order_by(Act.id).limit(1)
    )
    if act is None:
        act = services.add_act(session, title=title, number=number, body=None, adopted_on=None, url=None, by=by)
    return Value(line.value, act, line.paragraph, line.certain, line.note, line.unit)

