"""Facts by date: say that something holds from a day, ends on a day, or was recorded wrongly.

    plan = preview(session, HouseArea, {"house_id": 5}, {"total_area": Decimal("3120.4")}, valid_from=day)
    plan.touched                                   # [202608, 202609]: shown before it is saved
    change(session, HouseArea, {"house_id": 5}, {"total_area": Decimal("3120.4")}, valid_from=day,
           reason="Обмер", document="Протокол 7", by=request.identity)

A model is a dated table (``valid``), ``keys`` the columns that say which thing it is, ``values`` what is said of it; what is
not said stays as it was. The rules of time stand in :mod:`.timeline`. Every statement is kept in ``fact_change``; one that
reaches into calculated months leaves recalculation marks, and :class:`~startks.base.events.FactChanged` is published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.events import FactChanged, publish
from startks.domain.facts.errors import ContradictionError, UnknownFactError
from startks.domain.facts.marks import leave_marks, touched_months
from startks.domain.facts.models import FactChange
from startks.domain.facts.queries import history
from startks.domain.facts.subjects import (
    canonical,
    decode,
    encode,
    say_days,
    say_keys,
    say_values,
    subject_of,
    title_of,
)
from startks.domain.facts.timeline import BEGINNING, END, Contradiction, Hole, Line, Piece, Statement, in_force
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity

__all__ = [
    "Change", "ContradictionError", "Plan", "UnknownFactError", "change", "close", "history", "preview", "preview_close",
    "record", "touched_months",
]  # fmt: skip

_NOT_SAID = frozenset({"id", "valid", "recorded_at"})
SENSITIVE = {
    "account_holder", "account_binding", "bank_details", "broken_seal", "norm", "parameter", "person", "quality_act", "residence",
    "tariff", "temporary_absence",
}  # fmt: skip
"""Tables whose changes go into the audit trail too. A module may add its own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a statement would do: what holds now on its days, what will, and the calculated months (YYYYMM) touched."""

    before: tuple[tuple[dt.date, dt.date, Mapping[str, Any]], ...]
    after: tuple[tuple[dt.date, dt.date, Mapping[str, Any]], ...]
    touched: list[int]


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that was kept: its id in ``fact_change`` and the calculated months (YYYYMM) it touches."""

    id: int
    kind: str
    subject_id: int
    touched: list[int]


def change(
    session: Session,
    model: type,
    keys: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    reason: str,
    document: str | None = None,
    by: Identity | None,
    correct: bool = False,
    subject: tuple[str, int] | None = None,
) -> Change:
    """Let ``values`` hold for the thing from a day (until ``valid_to``, that day not included) and keep why.

    Without ``valid_to`` they hold until the next fact about the same column. A contradicting fact is refused with both
    named (:class:`ContradictionError`), unless ``correct`` says that the earlier one was wrong. ``subject`` names the card
    (kind, id) where the keys do not.
    """
    _check_days(valid_from, valid_to)
    line, table = _line(session, model, keys)
    said = {column: encode(table, column, value) for column, value in values.items()}
    new = Statement(valid_from, valid_to, said, correct)
    before = _say(line.pieces, new, said)
    pieces = _apply(line, table, keys, new)
    _write(session, model, keys, line, pieces, document, valid_from)
    return _keep(
        session, table, "change", keys, before, said, valid_from, valid_to, reason, document, by, correct,
        sorted(line.cuts), subject or subject_of(table, keys, values),
    )  # fmt: skip


def close(
    session: Session,
    model: type,
    keys: Mapping[str, Any],
    *,
    until: dt.date,
    reason: str,
    document: str | None = None,
    by: Identity | None,
    correct: bool = False,
    subject: tuple[str, int] | None = None,
) -> Change:
    """Let the thing end: ``until`` is the first day on which it no longer holds. What begins later stays."""
    line, table = _line(session, model, keys)
    new = Statement(until, None, None, correct)
    before = _say(line.pieces, new, None)
    pieces = _apply(line, table, keys, new)
    _write(session, model, keys, line, pieces, None, until)
    return _keep(
        session, table, "close", keys, before, None, until, None, reason, document, by, correct, sorted(line.cuts),
        subject or subject_of(table, keys, dict(before or {})),
    )  # fmt: skip


def preview(
    session: Session,
    model: type,
    keys: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    correct: bool = False,
) -> Plan:
    """Say what :func:`change` would do, and refuse what it would refuse; nothing is written."""
    _check_days(valid_from, valid_to)
    line, table = _line(session, model, keys)
    said = {column: encode(table, column, value) for column, value in values.items()}
    return _plan(session, line, table, keys, Statement(valid_from, valid_to, said, correct))


def preview_close(
    session: Session, model: type, keys: Mapping[str, Any], *, until: dt.date, correct: bool = False
) -> Plan:
    """Say what :func:`close` would do; nothing is written."""
    line, table = _line(session, model, keys)
    return _plan(session, line, table, keys, Statement(until, None, None, correct))


def record(
    session: Session,
    kind: str,
    subject_id: int,
    field: str,
    before: Any,
    after: Any,
    *,
    reason: str,
    by: Identity | None,
    document: str | None = None,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    house_id: int | None = None,
    account_id: int | None = None,
    keys: Mapping[str, Any] | None = None,
) -> Change:
    """Keep an undated correction (``field`` is ``table.column``): the caller writes the column, this keeps who and why.

    With ``valid_from`` it touches months (those before ``valid_to``) as a dated one does, of the account or else the house
    named, or what ``keys`` name.
    """
    return _insert(
        session, kind=kind, subject_id=subject_id, field=field, before=before, after=after, reason=_reason(reason),
        document=document or None, by=by, action="record", valid_from=valid_from, valid_to=valid_to,
        keys=dict(keys or {}), correction=False, cuts=[], place=(house_id, account_id),
    )  # fmt: skip


# The line of one thing


def _line(session: Session, model: type, keys: Mapping[str, Any]) -> tuple[Line, Table]:
    """Read the rows and statements of one thing, after waiting for whoever is changing it."""
    table: Table = model.__table__
    named = f"fact:{table.name}:{canonical(keys)}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(named, 0))))
    rows = session.scalars(
        select(model).where(*(table.c[column] == value for column, value in keys.items()))
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    columns = [column.name for column in table.columns if column.name not in _NOT_SAID | {"document"} | set(keys)]
    pieces = [
        Piece(
            row.valid.lower or BEGINNING,
            row.valid.upper or END,
            {column: encode(table, column, getattr(row, column)) for column in columns},
            row,
        )
        for row in rows
    ]
    statements = [
        Statement(
            kept.valid_from,
            kept.valid_to,
            kept.after if kept.action == "change" else None,
            kept.correction,
            frozenset(kept.cuts),
            kept,
        )
        for kept in session.scalars(
            select(FactChange)
            .where(FactChange.field == table.name, FactChange.keys == _plain(keys), FactChange.action != "record")
            .order_by(FactChange.id)
        )
    ]
    required = frozenset(column for column in columns if _needed(table.c[column]))
    return Line(pieces, statements, required), table


def _needed(column: Column) -> bool:
    return not column.nullable and column.server_default is None and column.default is None


def _plain(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value.isoformat() if isinstance(value, dt.date) else value for column, value in keys.items()}


def _apply(line: Line, table: Table, keys: Mapping[str, Any], new: Statement) -> list[Piece]:
    try:
        return line.apply(new)
    except Contradiction as fault:
        raise ContradictionError(
            _name_existing(table, fault, keys), _name_new(table, new, fault.column, keys)
        ) from fault
    except Hole as hole:
        what = title_of(table.name)
        if hole.missing:
            raise UnknownFactError(
                f"{what}: на {hole.day:%d.%m.%Y} ничего не записано, а для новой записи не хватает: "
                f"{say_names(hole.missing)}. Заполните все поля или выберите более позднюю дату."
            ) from hole
        raise UnknownFactError(
            f"{what}: на {hole.day:%d.%m.%Y} нет записи, которую можно прекратить. Выберите день, когда она действует."
        ) from hole


def say_names(columns: Iterable[str]) -> str:
    """Return the columns' names in one line."""
    return say_values(dict.fromkeys(columns)).replace(": нет", "").replace(";", ",")


def _name_existing(table: Table, fault: Contradiction, keys: Mapping[str, Any]) -> str:
    existing, title = fault.existing, _title(table, keys)
    if isinstance(existing, Piece):
        values = {fault.column: existing.values[fault.column]} if fault.column else existing.values
        return f"«{title}, {say_days(existing.since, existing.until)}: {say_values(values)}»"
    kept: FactChange = existing.source
    if existing.values is None:
        what = f"«{title}: прекращается {say_days(existing.since, None)}»"
    else:
        values = {fault.column: existing.values[fault.column]} if fault.column else existing.values
        what = f"«{title}, {say_days(existing.since, existing.until)}: {say_values(values)}»"
    ground = f", {kept.document}" if kept.document else ""
    return f"{what} (внесено {kept.recorded_at:%d.%m.%Y}: {kept.reason}{ground})"


def _name_new(table: Table, new: Statement, column: str | None, keys: Mapping[str, Any]) -> str:
    if new.values is None:
        return f"новый факт «{_title(table, keys)}: прекращается {say_days(new.since, None)}»"
    values = {column: new.values[column]} if column else new.values
    return f"новый факт «{_title(table, keys)}, {say_days(new.since, new.until)}: {say_values(values)}»"


def _title(table: Table, keys: Mapping[str, Any]) -> str:
    return ", ".join([title_of(table.name), *say_keys(keys)])


def _say(pieces: Iterable[Piece], new: Statement, said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what holds on the first day of the statement, only the columns it speaks of."""
    day = new.since if new.values is not None else new.since - dt.timedelta(days=1)
    for piece in pieces:
        if piece.since <= day < piece.until:
            return {column: piece.values[column] for column in (said if said is not None else piece.values)}
    return None


def _plan(session: Session, line: Line, table: Table, keys: Mapping[str, Any], new: Statement) -> Plan:
    before = in_force(list(line.pieces), new.since, new.until)
    after = in_force(_apply(line, table, keys, new), new.since, new.until)
    house_id, account_id, premise_id = (keys.get(name) for name in ("house_id", "account_id", "premise_id"))
    everywhere = account_id is None and premise_id is None and house_id is None
    touched = touched_months(
        session, new.since, new.until, house_id=house_id, account_id=account_id,
        all_houses=everywhere, premise_id=premise_id,
    )  # fmt: skip
    shown = [tuple((piece.since, piece.until, dict(piece.values)) for piece in pieces) for pieces in (before, after)]
    return Plan(shown[0], shown[1], touched)


def _write(
    session: Session,
    model: type,
    keys: Mapping[str, Any],
    line: Line,
    pieces: list[Piece],
    document: str | None,
    day: dt.date,
) -> None:
    """Bring the rows to the pieces: first what gets shorter or goes, then what is new, for the EXCLUDE constraint's sake."""
    table: Table = model.__table__
    has_document = "document" in table.c
    kept = {id(piece.row): piece for piece in pieces if piece.row is not None}
    rows = list(session.scalars(select(model).where(*(table.c[name] == value for name, value in keys.items()))))
    for row in rows:
        piece = kept.get(id(row))
        if piece is None:
            session.delete(row)
            continue
        row.valid = _range(piece)
        _fill_row(row, table, piece)
        if has_document and document and piece.since == day:
            row.document = document
    session.flush()
    by_since = {row.valid.upper: row for row in rows if row in session}
    for piece in pieces:
        if piece.row is None:
            row = model(**keys, valid=_range(piece))
            _fill_row(row, table, piece)
            if has_document:
                before = by_since.get(piece.since)
                row.document = document if piece.since == day else before.document if before is not None else None
            session.add(row)
    session.flush()


def _fill_row(row: Any, table: Table, piece: Piece) -> None:
    for column, value in piece.values.items():
        decoded = decode(table, column, value)
        if getattr(row, column) != decoded:
            setattr(row, column, decoded)


def _range(piece: Piece) -> Range:
    return Range(
        None if piece.since == BEGINNING else piece.since, None if piece.until == END else piece.until, bounds="[)"
    )


# Keeping


def _keep(
    session, table, action, keys, before, after, valid_from, valid_to, reason, document, by, correction, cuts, subject
) -> Change:  # fmt: skip
    place = (keys.get("house_id"), keys.get("account_id"))
    return _insert(
        session, kind=subject[0], subject_id=subject[1], field=table.name, before=before, after=after,
        reason=_reason(reason), document=document or None, by=by, action=action, valid_from=valid_from,
        valid_to=valid_to, keys=_plain(keys), correction=correction, cuts=cuts, place=place,
    )  # fmt: skip


def _insert(session: Session, *, by: Identity | None, place: tuple[int | None, int | None], **values: Any) -> Change:
    house_id, account_id = place
    change_id = session.execute(
        insert(FactChange)
        .values(user_id=by.user_id if by else None, house_id=house_id, account_id=account_id, **values)
        .returning(FactChange.id)
    ).scalar_one()
    touched: list[int] = []
    if values["valid_from"] is not None:
        touched = leave_marks(
            session, change_id, values["valid_from"], values["valid_to"], house_id=house_id, account_id=account_id,
            keys=values["keys"], subject=(values["kind"], values["subject_id"]),
        )  # fmt: skip
    if values["field"].partition(".")[0] in SENSITIVE:
        audit(
            session, by, f"facts:{values['field'].partition('.')[0]}:{values['action']}",
            (values["kind"], values["subject_id"]), {"fact_change": change_id, "touched": touched},
        )  # fmt: skip
    publish(
        session,
        FactChanged(
            change_id=change_id, kind=values["kind"], subject_id=values["subject_id"], house_id=house_id,
            account_id=account_id, field=values["field"], valid_from=values["valid_from"], valid_to=values["valid_to"],
        ),
    )  # fmt: skip
    return Change(change_id, values["kind"], values["subject_id"], touched)


def _reason(reason: str) -> str:
    if not reason or not reason.strip():
        raise UnknownFactError("Не указана причина изменения: напишите, почему меняются сведения.")
    return reason.strip()


def _check_days(valid_from: dt.date, valid_to: dt.date | None) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise UnknownFactError(
            f"Последний день раньше первого ({valid_from:%d.%m.%Y}): исправьте даты или оставьте конец пустым."
        )
