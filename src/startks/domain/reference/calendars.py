"""The production calendar, heating seasons and titles of services: the parts of the books that are not dated values."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.db.ranges import since, until
from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.reference.models import Act, CalendarDay, HeatingSeason, Service
from startks.domain.security.identity import Identity

KINDS = ("holiday", "weekend", "working_saturday", "short")
LONGEST_SEASON = 300
"""Days: a heating season never lasts a whole year."""


def set_day(
    session: Session, day: dt.date, kind: str | None, *, title: str | None, reason: str, by: Identity | None
) -> None:
    """Make a day special, or with ``kind`` None an ordinary one again. The number of the history's card is the year."""
    if kind is not None and kind not in KINDS:
        raise StartksError("Такого вида дня нет: выберите его из списка.")
    if not 2000 <= day.year <= 2099:
        raise StartksError("Год дня — от 2000 до 2099: исправьте его.")
    kept = session.get(CalendarDay, day)
    before = {"kind": kept.kind, "title": kept.title} if kept is not None else None
    if kind is None:
        if kept is None:
            raise StartksError(f"{day:%d.%m.%Y} и так обычный день: менять нечего.")
        session.delete(kept)
    elif kept is None:
        session.add(CalendarDay(day=day, kind=kind, title=title))
    else:
        kept.kind, kept.title, kept.certain = kind, title, True
    session.flush()
    facts.record(
        session, "calendar", day.year, "calendar_day", before, {"kind": kind, "title": title} if kind else None,
        reason=f"{day:%d.%m.%Y}: {reason}", by=by,
    )  # fmt: skip


def set_season(
    session: Session, municipality_id: int, begins: dt.date, ends: dt.date | None, *, act_id: int, note: str | None,
    reason: str, by: Identity | None,
) -> list[int]:
    """Begin a heating season, or say when the one begun on this day ended; return the calculated months (YYYYMM) touched.

    ``ends`` is the first day without heating. Seasons that overlap are refused with both named.
    """
    if session.get(Act, act_id) is None:
        raise StartksError("Такого акта нет: выберите его из списка.")
    if ends is not None and not 0 < (ends - begins).days <= LONGEST_SEASON:
        raise StartksError("Отопительный сезон длится от одного дня до трёхсот: исправьте дни.")
    other = session.execute(
        select(since(HeatingSeason.valid).label("since"), until(HeatingSeason.valid).label("until")).where(
            HeatingSeason.municipality_id == municipality_id, since(HeatingSeason.valid) != begins,
            HeatingSeason.valid.op("&&")(func.daterange(begins, ends)),
        ).limit(1)
    ).one_or_none()  # fmt: skip
    if other is not None:
        ended = f" по {other.until - dt.timedelta(days=1):%d.%m.%Y}" if other.until else " и не закончен"
        raise ContradictionError(
            f"отопительный сезон с {other.since:%d.%m.%Y}{ended}", f"сезон с {begins:%d.%m.%Y}", "Сначала закончите прежний."
        )
    kept = session.scalar(
        select(HeatingSeason).where(HeatingSeason.municipality_id == municipality_id, since(HeatingSeason.valid) == begins)
    )
    before: Any = None
    first = begins
    if kept is None:
        session.add(HeatingSeason(municipality_id=municipality_id, valid=Range(begins, ends), act_id=act_id, note=note))
    else:
        before = [begins.isoformat(), kept.valid.upper.isoformat() if kept.valid.upper else None]
        first = min(filter(None, (kept.valid.upper, ends)), default=begins)
        kept.valid, kept.act_id, kept.note, kept.certain = Range(begins, ends), act_id, note, True
    session.flush()
    return facts.record(
        session, "municipality", municipality_id, "heating_season.valid", before,
        [begins.isoformat(), ends.isoformat() if ends else None], reason=reason, by=by, valid_from=first,
    ).touched  # fmt: skip


def rename_service(
    session: Session, service_id: int, *, title: str, short_title: str, position: int, reason: str, by: Identity | None
) -> None:
    """Change how a service is called and where it stands on the bill; its code and unit belong to the rules."""
    service = session.get(Service, service_id, with_for_update=True)
    if service is None:
        raise StartksError("Такой услуги нет: откройте список снова.")
    if not 1 <= position <= 999:
        raise StartksError("Место в счёте — от 1 до 999: исправьте его.")
    before = {"title": service.title, "short_title": service.short_title, "position": service.position}
    after = {"title": title.strip(), "short_title": short_title.strip(), "position": position}
    if not after["title"] or not after["short_title"]:
        raise StartksError("Название не может быть пустым.")
    if before == after:
        raise StartksError("Ничего не изменилось: исправьте хотя бы одно поле.")
    for name, value in after.items():
        setattr(service, name, value)
    session.flush()
    facts.record(session, "service", service_id, "service", before, after, reason=reason, by=by)
