"""Enter, correct and strike readings: checked, written down who did it, months of the past marked.

    outcomes = enter(session, [Item(17, 0, 123_450_000)], day=day, channel="house", by=request.identity, today=today)

Rows that are refused, or that nobody confirmed, stay unsaved beside those that are saved: the caller shows what each
:class:`Outcome` found. One query reads the dials, one writes the readings, whatever their number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.base.events import ReadingAccepted, publish
from startks.base.periods import first_day, period_of
from startks.domain.facts import services as facts
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.framework.web import formats
from startks.modules.metering.models import MeterEvent, MeterTurn, Reading, ReadingChange
from startks.modules.metering.partitions import ensure_reading_partitions
from startks.modules.metering.readings import registers
from startks.modules.metering.readings.checks import Finding, Register, check, say, used

MARKED_ONE_BY_ONE = 5
"""Accounts up to which a change in calculated months is marked by account; beyond it by house."""


@dataclass(frozen=True, slots=True)
class Item:
    """A reading as entered: ``value`` in millionths; ``confirmed`` accepts warnings, ``turned``: through zero."""

    meter_id: int
    zone: int
    value: int
    turned: bool = False
    confirmed: bool = False
    day: dt.date | None = None
    """where the readings of one batch have days of their own (a file)"""


@dataclass(slots=True)
class Outcome:
    """What became of an item. ``used``: since the previous reading, millionths."""

    item: Item
    register: Register | None
    findings: list[Finding] = field(default_factory=list)
    saved: bool = False
    used: int | None = None

    @property
    def refused(self) -> bool:
        """True where it cannot be saved even when confirmed."""
        return any(not finding.warning for finding in self.findings)


def judge(
    session: Session, items: Sequence[Item], *, day: dt.date, today: dt.date, house_id: int | None = None
) -> list[Outcome]:
    """Say what would become of the items, changing nothing. Meters of another house than ``house_id`` are unknown."""
    by_day: dict[dt.date, set[int]] = {}
    for item in items:
        by_day.setdefault(item.day or day, set()).add(item.meter_id)
    known = {
        (which, register.meter_id, register.zone): register
        for which, meters in by_day.items()
        for register in registers.of_meters(session, meters, which)
        if house_id is None or register.house_id == house_id
    }
    return [_judge(known.get((item.day or day, item.meter_id, item.zone)), item, item.day or day, today) for item in items]


def enter(
    session: Session,
    items: Sequence[Item],
    *,
    day: dt.date,
    channel: str,
    by: Identity | None,
    today: dt.date,
    house_id: int | None = None,
    source: str = "operator",
    file_id: int | None = None,
    reason: str | None = None,
    document: str | None = None,
) -> list[Outcome]:
    """Save what is right or confirmed; return an outcome for each item, in their order.

    ``channel``: one, house, file, act; ``source`` of the reading: operator, act, automatic, consumer.
    """
    outcomes = judge(session, items, day=day, today=today, house_id=house_id)
    accepted = [
        outcome for outcome in outcomes
        if outcome.register is not None and not outcome.refused and (outcome.item.confirmed or not outcome.findings)
    ]  # fmt: skip
    new = [outcome for outcome in accepted if outcome.register.same != outcome.item.value]
    if new:
        _write(session, new, day, channel, by, source, file_id, reason)
        _turn(session, [outcome for outcome in new if outcome.item.turned], day, by, document)
        _mark(session, new, day, by, reason, document)
        _publish(session, new, day, source)
    for outcome in accepted:
        outcome.saved = True
    return outcomes


def strike(
    session: Session, meter_id: int, zone: int, day: dt.date, *, reason: str, by: Identity | None
) -> None:
    """Take a wrong reading out; what stood there stays in its trail. The initial reading of a meter is not struck."""
    found = next((r for r in registers.of_meters(session, [meter_id], day) if r.zone == zone), None)
    if found is None or found.same is None:
        raise StartksError(f"Показания на {formats.date(day)} у прибора нет: его уже удалили. Обновите страницу.")
    source = session.scalar(
        select(Reading.source).where(Reading.meter_id == meter_id, Reading.zone == zone, Reading.day == day)
    )
    if source == "initial":
        raise StartksError("Это показание при установке прибора: без него не посчитать расход. Исправьте его значение.")
    if not reason.strip():
        raise StartksError("Напишите, почему показание удаляется: причина остаётся в истории прибора.")
    session.execute(delete(Reading).where(Reading.meter_id == meter_id, Reading.zone == zone, Reading.day == day))
    session.execute(delete(MeterTurn).where(MeterTurn.meter_id == meter_id, MeterTurn.zone == zone, MeterTurn.day == day))
    session.execute(insert(ReadingChange).values(
        meter_id=meter_id, zone=zone, day=day, before=found.same, after=None, channel="one", reason=reason,
        user_id=by.user_id if by else None,
    ))  # fmt: skip
    facts.record(
        session, "meter", meter_id, "reading.value", say(found.same), None, reason=reason, by=by, valid_from=day,
        house_id=found.house_id if found.account_id is None else None, account_id=found.account_id,
    )  # fmt: skip
    audit(session, by, "metering:reading:strike", ("meter", meter_id), {"day": day.isoformat(), "zone": zone})


def touched(session: Session, day: dt.date, *, house_id: int | None = None, account_id: int | None = None) -> list[int]:
    """Return the calculated months (YYYYMM) that a reading of the day changes: said before it is saved."""
    return facts.touched_months(session, first_day(period_of(day)), house_id=house_id, account_id=account_id)


def _judge(register: Register | None, item: Item, day: dt.date, today: dt.date) -> Outcome:
    if register is None:
        unknown = Finding("unknown", False, "Такого прибора в этом доме нет: он снят или принадлежит другому дому. Обновите список.")
        return Outcome(item, None, [unknown])
    return Outcome(
        item, register, check(register, day, item.value, today=today, turned=item.turned),
        used=used(register, item.value, item.turned),
    )  # fmt: skip


def _write(
    session: Session, outcomes: Sequence[Outcome], day: dt.date, channel: str, by: Identity | None, source: str,
    file_id: int | None, reason: str | None,
) -> None:
    days = [outcome.item.day or day for outcome in outcomes]
    ensure_reading_partitions(session.connection(), period_of(min(days)), period_of(max(days)))
    written = upsert(Reading.__table__)
    session.execute(
        written.on_conflict_do_update(
            index_elements=("meter_id", "zone", "day"),
            set_={"value": written.excluded.value, "source": written.excluded.source, "recorded_at": written.excluded.recorded_at},
        ),
        [
            {"meter_id": outcome.item.meter_id, "zone": outcome.item.zone, "day": outcome.item.day or day,
             "value": outcome.item.value, "source": source}
            for outcome in outcomes
        ],
    )  # fmt: skip
    session.execute(insert(ReadingChange), [
        {"meter_id": outcome.item.meter_id, "zone": outcome.item.zone, "day": outcome.item.day or day,
         "before": outcome.register.same, "after": outcome.item.value, "channel": channel, "file_id": file_id,
         "reason": reason, "user_id": by.user_id if by else None}
        for outcome in outcomes
    ])  # fmt: skip


def _turn(
    session: Session, outcomes: Sequence[Outcome], day: dt.date, by: Identity | None, document: str | None
) -> None:
    if not outcomes:
        return
    session.execute(insert(MeterTurn), [
        {"meter_id": outcome.item.meter_id, "zone": outcome.item.zone, "day": outcome.item.day or day,
         "span": outcome.register.span}
        for outcome in outcomes
    ])  # fmt: skip
    session.execute(insert(MeterEvent), [
        {"meter_id": outcome.item.meter_id, "kind": "turned", "day": outcome.item.day or day, "document": document,
         "detail": {"value": [outcome.register.previous, outcome.item.value], "zone": outcome.item.zone},
         "user_id": by.user_id if by else None}
        for outcome in outcomes
    ])  # fmt: skip


def _mark(
    session: Session, outcomes: Sequence[Outcome], day: dt.date, by: Identity | None, reason: str | None,
    document: str | None,
) -> None:
    """Leave marks where calculated months are touched: by account for a few, by house for a list."""
    first = min(outcome.item.day or day for outcome in outcomes)
    if not touched(session, first):
        return
    why = reason or "Внесены показания"
    if len(outcomes) <= MARKED_ONE_BY_ONE:
        for outcome in outcomes:
            register, item = outcome.register, outcome.item
            facts.record(
                session, "meter", item.meter_id, "reading.value", None if register.same is None else say(register.same),
                say(item.value), reason=why, document=document, by=by, valid_from=item.day or day,
                house_id=None if register.account_id else register.house_id, account_id=register.account_id,
            )  # fmt: skip
        return
    houses: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        houses.setdefault(outcome.register.house_id, []).append(outcome)
    for house, own in houses.items():
        facts.record(
            session, "house", house, "reading.value", None, f"показаний: {len(own)}", reason=why, document=document,
            by=by, valid_from=min(outcome.item.day or day for outcome in own), house_id=house,
        )  # fmt: skip


def _publish(session: Session, outcomes: Iterable[Outcome], day: dt.date, source: str) -> None:
    for outcome in outcomes:
        publish(session, ReadingAccepted(
            meter_id=outcome.item.meter_id, house_id=outcome.register.house_id, account_id=outcome.register.account_id,
            read_on=outcome.item.day or day, value=outcome.item.value, source=source,
        ))  # fmt: skip
