"""What was said about a thing: the history on its card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select
from sqlalchemy.orm import Session

from startks.domain.facts.models import FactChange, RecalculationMark
from startks.domain.facts.subjects import COLUMNS, column_title, say, say_keys, title_of
from startks.domain.parties.models import Organisation, Person
from startks.domain.security.masking import mask_name
from startks.domain.security.models import UserAccount
from startks.domain.support.models import BenefitCategory

PERSONAL = frozenset({
    "last_name", "first_name", "middle_name", "birth_date", "snils", "phone", "email", "person_id",
})  # fmt: skip
"""Columns that are shown only to who may see personal data."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: who, when, from what to what, since which day, why."""

    id: int
    recorded_at: dt.datetime
    user: str | None
    """name of who said it; None: the system"""
    action: str
    title: str
    party: str | None
    """the person (masked where personal data are not to be shown) or organisation it is about"""
    changes: tuple[tuple[str, str, str], ...]
    """(what, before, after), each as it is shown; empty where personal data is not to be shown"""
    hidden: bool
    valid_from: dt.date | None
    valid_to: dt.date | None
    reason: str
    document: str | None
    correction: bool


def history(
    session: Session | Connection, kind: str, subject_id: int, limit: int = 50, *, personal: bool = True, offset: int = 0
) -> list[Entry]:
    """Return what was said about the card, newest first. ``personal`` False hides names, documents and contacts."""
    rows = session.execute(
        select(
            FactChange.__table__,
            UserAccount.full_name.label("user"),
            func.nullif(func.concat_ws(" ", Person.last_name, Person.first_name, Person.middle_name), "").label("person"),
            Organisation.short_name.label("organisation"),
            BenefitCategory.title.label("category"),
        )
        .outerjoin(UserAccount, UserAccount.id == FactChange.user_id)
        .outerjoin(Person, Person.id == FactChange.keys["person_id"].as_integer())
        .outerjoin(Organisation, Organisation.id == FactChange.keys["organisation_id"].as_integer())
        .outerjoin(BenefitCategory, BenefitCategory.id == FactChange.keys["category_id"].as_integer())
        .where(FactChange.kind == kind, FactChange.subject_id == subject_id)
        .order_by(FactChange.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return [_entry(row, personal) for row in rows]


def open_marks(
    session: Session | Connection, *, account_id: int | None = None, house_id: int | None = None
) -> list[int]:
    """Return the first months (YYYYMM) of the marks that wait for a replay, of an account or of a house."""
    wanted = [
        column == value
        for column, value in ((RecalculationMark.account_id, account_id), (RecalculationMark.house_id, house_id))
        if value is not None
    ]
    return list(
        session.scalars(
            select(RecalculationMark.period_from)
            .where(RecalculationMark.done_at.is_(None), or_(*wanted))
            .order_by(RecalculationMark.period_from)
            .distinct()
        )
    )


def count(session: Session | Connection, kind: str, subject_id: int) -> int:
    """Return how many lines the card's history has."""
    return session.scalar(
        select(func.count()).select_from(FactChange).where(FactChange.kind == kind, FactChange.subject_id == subject_id)
    )


def _entry(kept: Row, personal: bool) -> Entry:
    table, _, column = kept.field.partition(".")
    before, after = _columns(kept.before, column), _columns(kept.after, column)
    if kept.action == "close":
        after = before  # what ended is said once
    names = [
        name
        for name in dict.fromkeys([*after, *before])
        if (name in COLUMNS or not name.endswith("_id")) and (before.get(name), after.get(name)) != (None, None)
    ]
    hidden = not personal and bool(PERSONAL & set(names))
    shown = [name for name in names if personal or name not in PERSONAL]
    return Entry(
        kept.id, kept.recorded_at, kept.user, kept.action, ", ".join([title_of(table), *filter(None, [kept.category]), *say_keys(kept.keys)]),
        (kept.person if personal else mask_name(kept.person)) or kept.organisation,
        tuple((column_title(name), say(before.get(name), name), say(after.get(name), name)) for name in shown), hidden,
        kept.valid_from, kept.valid_to, kept.reason, kept.document, kept.correction,
    )  # fmt: skip


def _columns(value: Any, column: str) -> dict[str, Any]:
    if isinstance(value, Mapping):
        columns = dict(value)
        if {"share_part", "share_whole"} <= columns.keys():
            part, whole = columns.pop("share_part"), columns.pop("share_whole")
            columns["share"] = str(part) if part == whole else f"{part}/{whole}"
        return columns
    return {column: value} if column and value is not None else {}
