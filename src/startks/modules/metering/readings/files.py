"""Readings by file: what a file says row by row, before anything is loaded.

The raw file is kept first, with its hash; :func:`examine` reads it and judges every row by the same checks as the keyboard
entry; :func:`load` examines it again in the loading transaction and writes all rows or none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.accounts.models import Account
from startks.domain.reference.models import Service
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.territory.models import District, House
from startks.framework.exchange.sheets import SheetError, SheetRow, read_sheet
from startks.framework.web import formats
from startks.modules.metering.models import Meter, ReadingFile
from startks.modules.metering.readings import checks
from startks.modules.metering.readings.entry import Item, enter, judge

COLUMNS = {
    "account": ("лицевой счёт", "лицевой счет", "счёт", "счет", "account"),
    "serial": ("номер прибора", "заводской номер", "прибор", "serial"),
    "zone": ("зона", "zone"),
    "day": ("дата", "день", "day"),
    "value": ("показание", "показания", "value"),
}
TITLES = {"account": "лицевой счёт", "serial": "номер прибора", "zone": "зона", "day": "дата", "value": "показание"}
NEEDED = ("serial", "day", "value")
ZONES = {"": None, "0": 0, "сутки": 0, "1": 1, "день": 1, "2": 2, "ночь": 2}
MOST_DAYS = 100
"""Different days of one file: a file of readings is of a month or two."""
TOLD_ROWS = 5_000
"""Rows between two words of how far the reading is."""
Tell = Callable[[str], None]
"""Told what is being done now: a Russian phrase."""
SCOPE_COLUMNS = {
    "municipality": District.municipality_id, "district": House.district_id, "house": Meter.house_id,
    "account": Meter.account_id,
}  # fmt: skip
"""What a territory filter over the meters of a file is made of."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A bad row: number in the file, field, what stood there, reason with the way out."""

    row: int
    field: str
    value: str
    sentence: str


@dataclass(slots=True)
class Line:
    """A row that can be read."""

    row: int
    serial: str
    account: str
    zone: int | None
    day: dt.date
    value: int
    meter_id: int = 0
    used: int | None = None
    unit: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Examined:
    """What a file says: its good lines, its faults, its hash."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def warned(self) -> list[Line]:
        """Lines that are loaded only when confirmed."""
        return [line for line in self.lines if line.warnings]


def _silent(stage: str) -> None:
    """Progress that nobody watches."""


def keep(session: Session, name: str, content: bytes, *, by: Identity | None) -> int:
    """Keep the raw file and return its id. The same bytes already loaded are refused by their hash."""
    digest = hashlib.sha256(content).hexdigest()
    twin = session.execute(
        select(ReadingFile.name, ReadingFile.loaded_at).where(ReadingFile.sha256 == digest, ReadingFile.state == "loaded")
    ).first()
    if twin is not None:
        raise SheetError(f"Этот файл уже загружен {formats.date(twin.loaded_at)} под именем «{twin.name}». Выберите другой.")
    return session.execute(
        insert(ReadingFile)
        .values(
            name=name[:200], sha256=digest, size=len(content), content=content, user_id=by.user_id if by else None,
            state="checking",
        )
        .returning(ReadingFile.id)
    ).scalar_one()


def examine(
    session: Session, name: str, content: bytes, *, scope: ColumnElement[bool], today: dt.date, tell: Tell = _silent
) -> Examined:
    """Read the file and judge its rows; ``scope`` keeps the meters whose readings may be written. Changes nothing."""
    found = Examined()
    tell("Чтение файла")
    try:
        sheet = read_sheet(name, content)
    except SheetError as error:
        found.faults.append(Fault(0, "", "", error.message))
        return found
    if not sheet.rows:
        found.faults.append(Fault(0, "", "", f"В файле «{name}» нет строк: выберите файл с данными."))
        return found
    places = _header(sheet.rows[0], found)
    if places is None:
        return found
    formulas = {row: {column for r, column in sheet.formulas if r == row} for row, _column in sheet.formulas}
    for row in sheet.rows[1:]:
        line = _line(row, places, formulas.get(row.number, set()), found)
        if line is not None:
            found.lines.append(line)
        if row.number % TOLD_ROWS == 0:
            tell(f"Прочитано строк: {row.number}")
    tell(f"Сверка с приборами, строк: {len(found.lines)}")
    _match(session, found, scope)
    _compare(found)
    tell(f"Сверка с прежними показаниями, строк: {len(found.lines)}")
    _judge(session, found, today)
    found.faults.sort(key=lambda fault: fault.row)
    return found


def load(
    session: Session, file_id: int, *, scope: ColumnElement[bool], confirmed: bool, by: Identity | None, today: dt.date,
    tell: Tell = _silent,
) -> int:
    """Write every row of a kept file, or none; return how many. Warnings must have been confirmed."""
    kept = session.get(ReadingFile, file_id, with_for_update=True)
    if kept is None or kept.state not in ("previewed", "loading"):
        raise StartksError("Этот файл уже загружен или отклонён: откройте список файлов.")
    if hashlib.sha256(kept.content).hexdigest() != kept.sha256:
        raise StartksError("Файл в хранилище не сходится со своим отпечатком: загрузите его заново.")
    found = examine(session, kept.name, kept.content, scope=scope, today=today, tell=tell)
    if found.faults:
        raise StartksError(f"В файле есть ошибки ({len(found.faults)}): исправьте их и передайте файл снова.")
    if found.warned and not confirmed:
        raise StartksError("В файле есть показания под вопросом: проверьте их и подтвердите.")
    if not found.lines:
        raise StartksError("В файле нет показаний: загружать нечего.")
    # in order of days, so that each is judged beside the one before it
    days = sorted({line.day for line in found.lines})
    for place, day in enumerate(days, 1):
        tell(f"Запись показаний: день {place} из {len(days)}")
        items = [
            Item(line.meter_id, line.zone, line.value, confirmed=True, day=day) for line in found.lines if line.day == day
        ]
        outcomes = enter(session, items, day=day, channel="file", by=by, today=today, file_id=file_id)
        if refused := next((outcome for outcome in outcomes if not outcome.saved), None):
            raise StartksError(refused.findings[0].sentence)
    session.execute(
        update(ReadingFile).where(ReadingFile.id == file_id).values(state="loaded", loaded_at=func.now(), rows=len(found.lines))
    )
    audit(session, by, "metering:file:load", ("reading_file", file_id), {"sha256": kept.sha256, "readings": len(found.lines)})
    return len(found.lines)


def _header(row: SheetRow, found: Examined) -> dict[str, int] | None:
    places: dict[str, int] = {}
    for place, cell in enumerate(row.cells):
        word = " ".join(cell.casefold().split())
        for name, words in COLUMNS.items():
            if word in words:
                if name in places:
                    found.faults.append(Fault(row.number, TITLES[name], cell, f"Столбец «{cell}» стоит дважды: оставьте один."))
                    return None
                places[name] = place
    missing = [TITLES[name] for name in NEEDED if name not in places]
    if missing:
        found.faults.append(Fault(
            row.number, "", "", f"В первой строке нет столбцов: {', '.join(missing)}. Добавьте их имена в первую строку файла."
        ))  # fmt: skip
        return None
    return places


def _line(row: SheetRow, places: dict[str, int], formulas: set[int], found: Examined) -> Line | None:
    cells = {name: row.cells[place] if place < len(row.cells) else "" for name, place in places.items()}
    before = len(found.faults)

    def fault(name: str, sentence: str) -> None:
        found.faults.append(Fault(row.number, TITLES[name], cells.get(name, "")[:80], sentence))

    for name, place in places.items():
        if place + 1 in formulas:
            fault(name, "В ячейке формула: вставьте вместо неё значение.")
    if len(found.faults) > before:
        return None
    day = value = None
    if not cells["serial"]:
        fault("serial", "Номер прибора пуст: впишите его.")
    try:
        day = formats.parse_date(cells["day"])
    except ValueError:
        fault("day", "Такого дня нет: пишите ДД.ММ.ГГГГ, например 25.10.2026.")
    try:
        value = checks.parse(cells["value"])
    except ValueError as error:
        fault("value", str(error))
    zone = cells.get("zone", "").casefold()
    if zone not in ZONES:
        fault("zone", "Зона бывает «день», «ночь» или пусто: исправьте.")
    if len(found.faults) > before:
        return None
    return Line(row.number, cells["serial"], cells.get("account", ""), ZONES[zone], day, value)


def _match(session: Session, found: Examined, scope: ColumnElement[bool]) -> None:
    """Find the meter of each line by number, and by account where it is given; one query."""
    rows = session.execute(
        select(Meter.id, Meter.serial, Meter.zones, Meter.removed_on, Service.unit, Account.number.label("account"))
        .join(Service, Service.id == Meter.service_id)
        .join(House, House.id == Meter.house_id)
        .join(District, District.id == House.district_id)
        .outerjoin(Account, Account.id == Meter.account_id)
        .where(Meter.serial.in_(sorted({line.serial for line in found.lines})), scope)
    ).all()
    known: dict[str, list] = {}
    for row in rows:
        known.setdefault(row.serial, []).append(row)
    good = []
    for line in found.lines:
        own = [row for row in known.get(line.serial, []) if not line.account or row.account == line.account]
        standing = [row for row in own if row.removed_on is None or row.removed_on >= line.day] or own
        sentence = None
        if not own:
            where = f" на счёте {line.account}" if line.account and known.get(line.serial) else ""
            sentence = f"Прибора № {line.serial}{where} нет среди ваших: проверьте номер."
        elif len(standing) > 1:
            sentence = f"Приборов № {line.serial} несколько: добавьте столбец «лицевой счёт»."
        elif (standing[0].zones == 2) != (line.zone in (1, 2)):
            sentence = (
                "Прибор двухтарифный: укажите зону, день или ночь." if standing[0].zones == 2
                else "Прибор однотарифный: оставьте зону пустой."
            )  # fmt: skip
        if sentence is not None:
            found.faults.append(Fault(line.row, TITLES["serial"], line.serial, sentence))
            continue
        line.meter_id, line.zone, line.unit = standing[0].id, line.zone or 0, standing[0].unit
        good.append(line)
    found.lines = good


def _compare(found: Examined) -> None:
    """Lines of one dial among themselves: a day given twice, a later reading below an earlier one."""
    bad: set[int] = set()
    last: dict[tuple[int, int], Line] = {}
    for line in sorted(found.lines, key=lambda line: (line.meter_id, line.zone, line.day, line.row)):
        before = last.get((line.meter_id, line.zone))
        if before is not None and before.day == line.day:
            found.faults.append(Fault(
                line.row, TITLES["day"], formats.date(line.day),
                f"Показание этого прибора за этот день уже есть в строке {before.row}: оставьте одно.",
            ))  # fmt: skip
            bad.add(line.row)
            continue
        if before is not None and line.value < before.value:
            found.faults.append(Fault(
                line.row, TITLES["value"], checks.say(line.value),
                f"Меньше показания {checks.say(before.value)} от {formats.date(before.day)} в строке {before.row}: исправьте.",
            ))  # fmt: skip
            bad.add(line.row)
            continue
        last[(line.meter_id, line.zone)] = line
    found.lines = [line for line in found.lines if line.row not in bad]


def _judge(session: Session, found: Examined, today: dt.date) -> None:
    days = {line.day for line in found.lines}
    if len(days) > MOST_DAYS:
        found.faults.append(Fault(0, "", "", f"В файле больше {MOST_DAYS} разных дней: разделите его по месяцам."))
        return
    items = [Item(line.meter_id, line.zone, line.value, day=line.day) for line in found.lines]
    outcomes = judge(session, items, day=today, today=today) if items else []
    good: list[Line] = []
    for line, outcome in zip(found.lines, outcomes, strict=True):
        line.used = outcome.used
        if outcome.refused:
            for finding in outcome.findings:
                field_name = "day" if finding.code in ("future", "before_installed", "after_removed") else "value"
                shown = formats.date(line.day) if field_name == "day" else checks.say(line.value)
                found.faults.append(Fault(line.row, TITLES[field_name], shown, finding.sentence))
            continue
        line.warnings = [finding.sentence for finding in outcome.findings]
        good.append(line)
    found.lines = good


def note(
    session: Session, file_id: int, found: Examined, preview: dict[str, Any] | None = None, fault_list: str | None = None
) -> None:
    """Keep how many rows, faults and questions were found, and what the page shows of them."""
    session.execute(
        update(ReadingFile)
        .where(ReadingFile.id == file_id)
        .values(
            rows=len(found.lines), faults=len(found.faults), warned=len(found.warned), preview=preview, fault_list=fault_list,
            state="refused" if found.faults else "previewed",
        )
    )


def recent(session: Session, user_id: int | None) -> Sequence:
    """Return the newest files, of one user or (None) of everybody, without their bytes."""
    statement = (
        select(ReadingFile.id, ReadingFile.name, ReadingFile.sha256, ReadingFile.size, ReadingFile.state, ReadingFile.rows,
               ReadingFile.faults, ReadingFile.recorded_at, ReadingFile.loaded_at)
        .order_by(ReadingFile.id.desc())
        .limit(100)
    )  # fmt: skip
    if user_id is not None:
        statement = statement.where(ReadingFile.user_id == user_id)
    return session.execute(statement).all()
