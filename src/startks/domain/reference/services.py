"""Values of the reference books: a new one from a date with its act closes the old; who set what is kept.

    lines = lines_of(session, level, "tariffs", {"service_id": 3, "category": ""}, day)
    plan = plan_value(session, level, "tariffs", keys, said, valid_from=day)      # what it would do, nothing written
    set_value(session, level, "tariffs", keys, said, valid_from=day, reason="Тариф с 1 июля", by=identity)

Values may be entered ahead: they wait for their day. A contradiction (another value of the same day, a municipality against
the region's act) is refused with both named. Values are exact decimals: roubles a unit, a norm's unit, a parameter's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import since, until
from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.facts.services import Plan
from startks.domain.reference.levels import MUNICIPALITY, ORGANISATION, REGION, Level, houses, municipalities
from startks.domain.reference.models import Act, Norm, Parameter, Service, Tariff
from startks.domain.security.identity import Identity

LARGEST = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Book:
    """A book of dated values: its table, what says which value it is, and how the history names its card."""

    model: type
    keys: tuple[str, ...]
    kind: str
    levels: frozenset[str]


BOOKS = {
    "tariffs": Book(Tariff, ("service_id", "category"), "tariff", frozenset({REGION, MUNICIPALITY, ORGANISATION})),
    "norms": Book(
        Norm, ("service_id", "purpose", "category", "rooms", "residents"), "norm", frozenset({REGION, MUNICIPALITY})
    ),
    "parameters": Book(Parameter, ("code",), "parameter", frozenset({REGION, MUNICIPALITY})),
}


@dataclass(frozen=True, slots=True)
class Value:
    """What is said: ``value`` and where it comes from. ``unit`` is of norms."""

    value: Decimal
    act_id: int
    paragraph: str | None = None
    certain: bool = True
    note: str | None = None
    unit: str | None = None


def lines_of(
    session: Session, level: Level, book: str, keys: Mapping[str, Any], day: dt.date, house_ids: Iterable[int] = ()
) -> list[dict[str, Any]]:
    """Return the keys of every line a level's value is written to: its municipalities, or its houses."""
    made = BOOKS[book]
    if level.kind not in made.levels:
        raise StartksError("Эту величину организация не задаёт: она берёт её от муниципалитета.")
    own = {name: keys[name] for name in made.keys}
    if made.model is Parameter:
        return [{**own, "municipality_id": None if level.kind == REGION else level.id}]
    house = {"house_id": None} if made.model is Tariff else {}
    if level.kind == MUNICIPALITY:
        return [{"municipality_id": level.id, **house, **own}]
    if level.kind == REGION:
        found = [{"municipality_id": town, **house, **own} for town, _name, _slug in municipalities(session)]
        if not found:
            raise StartksError("В области нет муниципалитетов: внесите их, тогда у значения будет место.")
        return found
    managed = {house: town for house, town, _address in houses(session, level.id, day)}
    wanted = set(house_ids) or set(managed)
    if foreign := wanted - set(managed):
        raise StartksError(f"Домов, которыми организация в этот день не управляет: {len(foreign)}. Выберите свои дома.")
    if not wanted:
        raise StartksError("В этот день организация не управляет ни одним домом.")
    return [{"municipality_id": managed[house], "house_id": house, **own} for house in sorted(wanted)]


def plan_value(
    session: Session, level: Level, book: str, keys: Mapping[str, Any], said: Value, *, valid_from: dt.date,
    valid_to: dt.date | None = None, house_ids: Iterable[int] = (), correct: bool = False,
) -> Plan:
    """Say what :func:`set_value` would do to the first line, with the months every line touches; nothing is written."""
    lines = _checked(session, level, book, keys, said, valid_from, valid_to, house_ids)
    plans = [
        facts.preview(
            session, BOOKS[book].model, line, _columns(level, book, said), valid_from=valid_from, valid_to=valid_to, correct=correct
        )
        for line in lines
    ]  # fmt: skip
    return Plan(plans[0].before, plans[0].after, sorted({month for plan in plans for month in plan.touched}))


def set_value(
    session: Session, level: Level, book: str, keys: Mapping[str, Any], said: Value, *, valid_from: dt.date,
    valid_to: dt.date | None = None, house_ids: Iterable[int] = (), reason: str, by: Identity | None, correct: bool = False,
) -> list[int]:
    """Let a value hold from a day on; return the calculated months (YYYYMM) it touches.

    A line a municipality or house: few, and each must be judged by itself.
    """
    lines = _checked(session, level, book, keys, said, valid_from, valid_to, house_ids)
    act = session.get(Act, said.act_id)
    document = " ".join(filter(None, (act.title, f"№ {act.number}" if act.number else None, said.paragraph)))
    touched: set[int] = set()
    for line in lines:
        change = facts.change(
            session, BOOKS[book].model, line, _columns(level, book, said), valid_from=valid_from, valid_to=valid_to,
            reason=reason, document=document, by=by, correct=correct, subject=(BOOKS[book].kind, card_of(session, book, line)),
        )  # fmt: skip
        touched.update(change.touched)
    return sorted(touched)


def end_value(
    session: Session, level: Level, book: str, keys: Mapping[str, Any], *, ends_on: dt.date, house_ids: Iterable[int] = (),
    reason: str, by: Identity | None,
) -> list[int]:
    """End a value without another one: ``ends_on`` is the first day on which it no longer holds."""
    lines = lines_of(session, level, book, keys, ends_on, house_ids)
    _respect(session, level, book, lines, ends_on)
    touched: set[int] = set()
    for line in lines:
        change = facts.close(
            session, BOOKS[book].model, line, until=ends_on, reason=reason, by=by,
            subject=(BOOKS[book].kind, card_of(session, book, line)),
        )  # fmt: skip
        touched.update(change.touched)
    return sorted(touched)


def check_end(row: Any, ends_on: dt.date) -> None:
    """Refuse an end outside the days of this very row: another value of the line would be cut instead."""
    low, high = row.valid.lower, row.valid.upper
    if (low is not None and ends_on <= low) or (high is not None and ends_on > high):
        last = f" по {high - dt.timedelta(days=1):%d.%m.%Y}" if high else ""
        raise StartksError(
            f"Это значение действует с {low:%d.%m.%Y}{last}: укажите день внутри этого срока." if low
            else f"Это значение действует{last}: укажите день внутри этого срока."
        )  # fmt: skip


def card_of(session: Session, book: str, keys: Mapping[str, Any]) -> int:
    """Return the id under which a value's history stands: its service, or for a parameter its first row."""
    if "service_id" in keys:
        return int(keys["service_id"])
    first = session.scalar(select(func.min(Parameter.id)).where(Parameter.code == keys["code"]))
    return int(first or 0)


def row_of(session: Session, book: str, row_id: int) -> Any | None:
    """Return a row of a book by its id."""
    return session.get(BOOKS[book].model, row_id)


def timeline(session: Session, book: str, row: Any) -> list[Any]:
    """Return all rows of the same thing, newest first: past, in force, planned."""
    model = BOOKS[book].model
    same = [getattr(model, name) == getattr(row, name) for name in BOOKS[book].keys]
    same.append(model.municipality_id == row.municipality_id)
    if model is Tariff:
        same.append(Tariff.house_id == row.house_id)
    return list(session.execute(
        select(model, Act, since(model.valid).label("since"), until(model.valid).label("until"))
        .join(Act, Act.id == model.act_id)
        .where(*same)
        .order_by(since(model.valid).desc().nulls_last())
    ))  # fmt: skip


def add_act(
    session: Session, *, title: str, number: str | None, body: str | None, adopted_on: dt.date | None, url: str | None,
    by: Identity | None,
) -> int:
    """Enter an act and return its id; the same one twice is refused."""
    twin = session.scalar(
        select(Act.id).where(Act.title == title.strip(), Act.number.is_not_distinct_from(number), Act.url.is_not_distinct_from(url))
    )
    if twin is not None:
        raise StartksError("Такой акт уже есть в справочнике: выберите его из списка.")
    act = Act(title=title.strip(), number=number, body=body, adopted_on=adopted_on, url=url)
    session.add(act)
    session.flush()
    facts.record(session, "act", act.id, "act.title", None, title.strip(), reason="Внесён акт", by=by)
    return act.id


def _columns(level: Level, book: str, said: Value) -> dict[str, Any]:
    columns = {
        "value": said.value, "act_id": said.act_id, "paragraph": said.paragraph, "certain": said.certain, "note": said.note,
    }  # fmt: skip
    if book == "norms":
        columns["unit"] = said.unit
    if book != "parameters":
        columns["level"] = level.kind
    return columns


def _checked(
    session: Session, level: Level, book: str, keys: Mapping[str, Any], said: Value, valid_from: dt.date,
    valid_to: dt.date | None, house_ids: Iterable[int],
) -> list[dict[str, Any]]:
    if book != "parameters" and not 0 <= said.value < LARGEST:
        raise StartksError("Значение должно быть от нуля до миллиона: проверьте запятую.")
    if book == "norms" and not said.unit:
        raise StartksError("Укажите единицу норматива, например м³ на человека в месяц.")
    if "service_id" in keys and session.get(Service, keys["service_id"]) is None:
        raise StartksError("Такой услуги нет: выберите её из списка.")
    if session.get(Act, said.act_id) is None:
        raise StartksError("Такого акта нет: выберите его из списка или внесите новый.")
    lines = lines_of(session, level, book, keys, valid_from, house_ids)
    _respect(session, level, book, lines, valid_from, valid_to)
    return lines


def _respect(
    session: Session, level: Level, book: str, lines: list[dict[str, Any]], valid_from: dt.date,
    valid_to: dt.date | None = None,
) -> None:
    """Refuse a municipality's value where the region's act holds, and the region's where a town has planned its own."""
    model = BOOKS[book].model
    if model is Parameter or level.kind == ORGANISATION:
        return
    other = REGION if level.kind == MUNICIPALITY else MUNICIPALITY
    first = lines[0]
    towns = [line["municipality_id"] for line in lines]
    conditions = [getattr(model, name) == first[name] for name in BOOKS[book].keys]
    conditions += [model.municipality_id.in_(towns), model.level == other]
    if model is Tariff:
        conditions.append(Tariff.house_id.is_(None))
    if other == REGION:
        conditions.append(model.valid.op("&&")(func.daterange(valid_from, valid_to)))
    else:  # what a town has planned for a later day would end the region's value there
        conditions.append(since(model.valid) > valid_from)
        if valid_to is not None:
            conditions.append(since(model.valid) < valid_to)
    row = session.execute(
        select(model.value, since(model.valid).label("since"), Act.title, Act.number)
        .join(Act, Act.id == model.act_id).where(*conditions).order_by(since(model.valid)).limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return
    number = f" № {row.number}" if row.number else ""
    who = {REGION: "область", MUNICIPALITY: "муниципалитет"}
    raise ContradictionError(
        f"{who[other]} задала {say(row.value)} с {row.since:%d.%m.%Y} ({row.title}{number})" if other == REGION
        else f"{who[other]} задал {say(row.value)} с {row.since:%d.%m.%Y} ({row.title}{number})",
        f"{who[level.kind]} задаёт своё с {valid_from:%d.%m.%Y}",
        "Значение области меняет область." if other == REGION else "Согласуйте день или сначала закройте значение муниципалитета.",
    )  # fmt: skip


def say(value: Decimal) -> str:
    """Decimal → «45,62»."""
    text = f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return text.replace(".", ",")


def exact(value: Any) -> Decimal:
    """A value as the history keeps it (text) → Decimal."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def parameter_codes(session: Session) -> list[str]:
    """Return the codes of the numbers of the law: those the rules ask for stand in the book already."""
    return list(session.scalars(select(Parameter.code).distinct().order_by(Parameter.code)))
