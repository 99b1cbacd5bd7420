"""Work on meters: put in, seal, verify, replace, take out, correct. Each leaves an event on the meter's card.

Volumes and readings are millionths of the unit; days are dates. Whatever contradicts what is known is refused with both
named. Nothing here asks who may do it: views do, by the permission of the house or account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from startks.base.errors import StartksError
from startks.base.periods import first_day, period_of
from startks.domain.accounts.models import Account
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.reference.models import Service
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.territory.models import Premise
from startks.framework.web import formats
from startks.modules.metering.models import Meter, MeterEvent, MeterVerification, Reading, ReadingChange
from startks.modules.metering.partitions import ensure_reading_partitions
from startks.modules.metering.readings import registers
from startks.modules.metering.readings.checks import MICRO, check, say

OLDEST = dt.date(1990, 1, 1)
DIGITS = range(3, 10)
LONGEST_INTERVAL = 20
"""Years a verification may hold: longer intervals do not exist for household meters."""


@dataclass(frozen=True, slots=True)
class NewMeter:
    """What is said of a meter when it is put in. ``initial``: readings by zone, millionths."""

    service_id: int
    serial: str
    installed_on: dt.date
    zones: int = 1
    digits: int = 5
    model: str | None = None
    place: str | None = None
    verified_on: dt.date | None = None
    verified_until: dt.date | None = None
    seal: str | None = None
    initial: Mapping[int, int] = field(default_factory=dict)


def zones_of(zones: int) -> tuple[int, ...]:
    """Numbers of the dials: 0 whole day, or 1 day and 2 night."""
    return (1, 2) if zones == 2 else (0,)


def resources(session: Session) -> list[tuple[int, str]]:
    """Return (service id, title) of what a meter can count."""
    return [
        (row.id, row.title)
        for row in session.execute(
            select(Service.id, Service.title).where(Service.resource == Service.code).order_by(Service.position)
        )
    ]


def communal_flats(session: Session, house_id: int) -> list[tuple[int, str]]:
    """Return (premise id, number) of the flats of a house that are let by rooms: they may have common meters."""
    room = aliased(Premise)
    found = select(Premise.id, Premise.number).where(
        Premise.house_id == house_id, select(room.id).where(room.parent_id == Premise.id).exists()
    )
    return [(row.id, row.number) for row in session.execute(found.order_by(Premise.id))]


def install(
    session: Session,
    new: NewMeter,
    *,
    house_id: int,
    account_id: int | None,
    premise_id: int | None = None,
    today: dt.date,
    by: Identity | None,
    document: str | None = None,
    replaces: Meter | None = None,
) -> Meter:
    """Put a meter in: with its seal, verification and first readings. ``premise_id``: the communal flat whose common meter it
    is. Raises StartksError with the way out."""
    if premise_id is not None and premise_id not in dict(communal_flats(session, house_id)):
        raise StartksError("В этой квартире нет комнат со своими счетами: установите прибор на лицевой счёт квартиры.")
    serial = new.serial.strip()
    _check_new(session, new, serial, house_id, account_id, today, replaces)
    meter = Meter(
        house_id=house_id, account_id=account_id, premise_id=premise_id, service_id=new.service_id, zones=new.zones, serial=serial,
        model=new.model or None, digits=new.digits, installed_on=new.installed_on, verified_until=new.verified_until,
        place=new.place or None, replaces_id=replaces.id if replaces is not None else None, seal=new.seal or None,
        sealed_on=new.installed_on if new.seal else None,
    )  # fmt: skip
    session.add(meter)
    session.flush()
    if new.verified_on is not None and new.verified_until is not None:
        session.add(MeterVerification(
            meter_id=meter.id, verified_on=new.verified_on, verified_until=new.verified_until, document=document
        ))  # fmt: skip
    _read(session, meter, new.installed_on, new.initial, "initial", by)
    _event(session, meter, "installed", new.installed_on, by, document, {
        "serial": [None, serial], "value": [None, [new.initial[zone] for zone in zones_of(new.zones)]],
        "verified_until": [None, _day(new.verified_until)], "seal": [None, new.seal],
    })  # fmt: skip
    _tell(session, meter, "meter.installed_on", None, new.installed_on, new.installed_on, "Установлен прибор", document, by)
    return meter


def replace(
    session: Session,
    meter_id: int,
    new: NewMeter,
    *,
    last: Mapping[int, int] | None,
    today: dt.date,
    by: Identity | None,
    document: str | None = None,
) -> Meter:
    """Take the meter out with its last readings and put another in its place the same day.

    ``last`` None: the old dial could not be read; the month's average stands in by the rules.
    """
    old = meter_of(session, meter_id)
    day = new.installed_on
    _take_out(session, old, day, last, today, by, document)
    made = install(
        session, new, house_id=old.house_id, account_id=old.account_id, premise_id=old.premise_id, today=today, by=by, document=document, replaces=old
    )
    _event(session, old, "replaced", day, by, document, {
        "value": [None, [last[zone] for zone in zones_of(old.zones)] if last else None], "serial": [old.serial, made.serial],
    })  # fmt: skip
    return made


def remove(
    session: Session,
    meter_id: int,
    *,
    day: dt.date,
    last: Mapping[int, int] | None,
    reason: str,
    today: dt.date,
    by: Identity | None,
    document: str | None = None,
) -> None:
    """Take the meter out for good. ``last`` None: its dial could not be read; the average stands in by the rules."""
    meter = meter_of(session, meter_id)
    _take_out(session, meter, day, last, today, by, document)
    values = [last[zone] for zone in zones_of(meter.zones)] if last else None
    _event(session, meter, "removed", day, by, document, {"value": [None, values], "reason": [None, reason]})
    _tell(session, meter, "meter.removed_on", None, day, day, reason, document, by)


def seal(
    session: Session, meter_id: int, *, day: dt.date, number: str, today: dt.date, by: Identity | None,
    document: str | None = None,
) -> None:
    """Note a new seal (ПП РФ 354 п. 81: sealing is free for the consumer)."""
    meter = meter_of(session, meter_id)
    _in_service(meter, day, today)
    if not number.strip():
        raise StartksError("Впишите номер пломбы: по нему её отличают при проверке.")
    _event(session, meter, "sealed", day, by, document, {"seal": [meter.seal, number.strip()]})
    if meter.sealed_on is None or day >= meter.sealed_on:
        meter.seal, meter.sealed_on = number.strip(), day


def verify(
    session: Session, meter_id: int, *, verified_on: dt.date, verified_until: dt.date, today: dt.date,
    by: Identity | None, document: str | None = None,
) -> None:
    """Note a verification. Months in which the interval had lapsed stay so (ПП РФ 354 п. 59)."""
    meter = meter_of(session, meter_id)
    if meter.removed_on is not None:
        raise StartksError(f"Прибор {meter.serial} снят {formats.date(meter.removed_on)}: поверка ему не нужна.")
    _not_ahead(verified_on, today)
    _interval(verified_on, verified_until)
    kept = list(session.scalars(
        select(MeterVerification).where(MeterVerification.meter_id == meter_id).order_by(MeterVerification.verified_on)
    ))  # fmt: skip
    for other in kept:
        if other.verified_on == verified_on:
            raise ContradictionError(
                f"поверка {formats.date(other.verified_on)} действует до {formats.date(other.verified_until)}",
                f"новая того же дня — до {formats.date(verified_until)}", "Проверьте дату по свидетельству о поверке.",
            )  # fmt: skip
    if not kept and meter.verified_until is not None and meter.verified_until > meter.installed_on:
        # what was known before the first verification entered here: the interval the meter came with
        session.add(MeterVerification(
            meter_id=meter_id, verified_on=min(meter.installed_on, verified_on - dt.timedelta(days=1)),
            verified_until=meter.verified_until,
        ))  # fmt: skip
    session.add(MeterVerification(
        meter_id=meter_id, verified_on=verified_on, verified_until=verified_until, document=document
    ))  # fmt: skip
    before = meter.verified_until
    meter.verified_until = max(filter(None, (before, verified_until)))
    _event(session, meter, "verified", verified_on, by, document, {"verified_until": [_day(before), _day(verified_until)]})
    _tell(session, meter, "meter.verified_until", before, verified_until, verified_on, "Поверка прибора", document, by)


def correct(
    session: Session, meter_id: int, values: Mapping[str, Any], *, reason: str, today: dt.date, by: Identity | None
) -> None:
    """Correct what was written down wrongly: ``serial``, ``model``, ``place``, ``digits``."""
    meter = meter_of(session, meter_id)
    if unknown := set(values) - {"serial", "model", "place", "digits"}:
        raise ValueError(f"not for correcting: {sorted(unknown)}")
    if not reason.strip():
        raise StartksError("Напишите причину исправления: она остаётся в истории прибора.")
    changed = {name: [getattr(meter, name), value or None] for name, value in values.items() if getattr(meter, name) != (value or None)}
    if not changed:
        raise StartksError("Ничего не изменилось: исправьте хотя бы одно поле.")
    if "serial" in changed:
        _free_serial(session, values["serial"], meter.service_id, except_id=meter.id)
    if "digits" in changed:
        _check_digits(session, meter, values["digits"])
    for name, (_before, after) in changed.items():
        setattr(meter, name, after)
    _event(session, meter, "corrected", today, by, None, {**changed, "reason": [None, reason.strip()]})


def meter_of(session: Session, meter_id: int) -> Meter:
    """Return the meter, held until the end of the transaction; StartksError where there is none."""
    meter = session.get(Meter, meter_id, with_for_update=True)
    if meter is None:
        raise StartksError("Такого прибора нет: откройте его снова из карточки дома.")
    return meter


def _check_new(
    session: Session, new: NewMeter, serial: str, house_id: int, account_id: int | None, today: dt.date,
    replaces: Meter | None,
) -> None:
    if not serial:
        raise StartksError("Впишите заводской номер прибора.")
    if new.service_id not in {known for known, _title in resources(session)}:
        raise StartksError("Такого ресурса прибор не считает: выберите его из списка.")
    if new.digits not in DIGITS:
        raise StartksError(f"Цифр до запятой бывает от {DIGITS.start} до {DIGITS.stop - 1}: посчитайте их на табло.")
    _not_ahead(new.installed_on, today)
    if account_id is not None:
        account = session.get(Account, account_id)
        if account is None or account.house_id != house_id:
            raise StartksError("Лицевой счёт не в этом доме: откройте карточку нужного счёта.")
        if new.installed_on < account.opened_on or (account.closed_on and new.installed_on > account.closed_on):
            raise ContradictionError(
                f"лицевой счёт {account.number} открыт с {formats.date(account.opened_on)}"
                + (f" по {formats.date(account.closed_on)}" if account.closed_on else ""),
                f"прибор установлен {formats.date(new.installed_on)}", "Исправьте день установки.",
            )  # fmt: skip
    if new.verified_until is not None:
        _interval(new.verified_on or min(new.installed_on, new.verified_until - dt.timedelta(days=1)), new.verified_until)
        if new.verified_on is not None:
            _not_ahead(new.verified_on, today)
    _free_serial(session, serial, new.service_id, except_id=replaces.id if replaces is not None else None)
    for zone in zones_of(new.zones):
        value = new.initial.get(zone)
        if value is None:
            raise StartksError("Впишите показание при установке: от него считается расход.")
        if not 0 <= value < 10**new.digits * MICRO:
            raise StartksError(f"Показание {say(value)} не помещается на табло из {new.digits} цифр. Исправьте его.")


def _take_out(
    session: Session, meter: Meter, day: dt.date, last: Mapping[int, int] | None, today: dt.date, by: Identity | None,
    document: str | None,
) -> None:
    _in_service(meter, day, today)
    for register in registers.of_meters(session, [meter.id], day):
        if register.next_day is not None:
            raise ContradictionError(
                f"есть показание {say(register.next)} от {formats.date(register.next_day)}",
                f"прибор снят {formats.date(day)}", "Удалите позднее показание или исправьте день снятия.",
            )  # fmt: skip
        if last is None:
            continue
        value = last.get(register.zone)
        if value is None:
            raise StartksError("Впишите последнее показание каждой зоны.")
        for finding in check(register, day, value, today=today):
            if not finding.warning:
                raise StartksError(finding.sentence)
    if last is not None:
        _read(session, meter, day, last, "act", by)
    meter.removed_on = day


def _in_service(meter: Meter, day: dt.date, today: dt.date) -> None:
    _not_ahead(day, today)
    if meter.removed_on is not None:
        raise ContradictionError(
            f"прибор {meter.serial} снят {formats.date(meter.removed_on)}", f"работа с ним {formats.date(day)}",
            "Выберите прибор, который стоит сейчас.",
        )  # fmt: skip
    if day < meter.installed_on:
        raise ContradictionError(
            f"прибор {meter.serial} установлен {formats.date(meter.installed_on)}", f"работа с ним {formats.date(day)}",
            "Исправьте день.",
        )  # fmt: skip


def _not_ahead(day: dt.date, today: dt.date) -> None:
    if day > today:
        raise StartksError(f"День {formats.date(day)} ещё не наступил: впишите работу, когда она сделана.")
    if day < OLDEST:
        raise StartksError(f"День {formats.date(day)} слишком давний: проверьте год.")


def _interval(verified_on: dt.date, verified_until: dt.date) -> None:
    if verified_until <= verified_on:
        raise StartksError(
            f"Поверка {formats.date(verified_on)} не может кончиться {formats.date(verified_until)}: срок должен быть позже."
        )
    if verified_until.year - verified_on.year > LONGEST_INTERVAL:
        raise StartksError(f"Срок поверки дольше {LONGEST_INTERVAL} лет не бывает: проверьте год.")


def _free_serial(session: Session, serial: str, service_id: int, *, except_id: int | None) -> None:
    twin = session.execute(
        select(Meter.id, Meter.installed_on, Account.number)
        .outerjoin(Account, Account.id == Meter.account_id)
        .where(Meter.serial == serial.strip(), Meter.service_id == service_id, Meter.removed_on.is_(None),
               Meter.id != (except_id or 0))
        .limit(1)
    ).one_or_none()  # fmt: skip
    if twin is not None:
        where = f"на счёте {twin.number}" if twin.number else "домом"
        raise ContradictionError(
            f"прибор № {serial} этого ресурса стоит {where} с {formats.date(twin.installed_on)}",
            "тот же номер у нового прибора", "Проверьте номер или снимите прежний прибор.",
        )  # fmt: skip


def _check_digits(session: Session, meter: Meter, digits: int) -> None:
    if digits not in DIGITS:
        raise StartksError(f"Цифр до запятой бывает от {DIGITS.start} до {DIGITS.stop - 1}: посчитайте их на табло.")
    highest = session.scalar(select(func.max(Reading.value)).where(Reading.meter_id == meter.id))
    if highest is not None and highest >= 10**digits * MICRO:
        raise ContradictionError(f"у прибора есть показание {say(highest)}", f"на табло {digits} цифр до запятой")


def _read(
    session: Session, meter: Meter, day: dt.date, values: Mapping[int, int], source: str, by: Identity | None
) -> None:
    """Write first or last readings; one of the same day is replaced and kept in the trail."""
    ensure_reading_partitions(session.connection(), period_of(day), period_of(day))
    for zone in zones_of(meter.zones):
        kept = session.get(Reading, (meter.id, zone, day))
        before = kept.value if kept is not None else None
        if kept is None:
            session.add(Reading(meter_id=meter.id, zone=zone, day=day, value=values[zone], source=source))
        else:
            kept.value, kept.source = values[zone], source
        session.add(ReadingChange(
            meter_id=meter.id, zone=zone, day=day, before=before, after=values[zone], channel="act",
            user_id=by.user_id if by else None,
        ))  # fmt: skip
    session.flush()


def _event(
    session: Session, meter: Meter, kind: str, day: dt.date, by: Identity | None, document: str | None,
    detail: Mapping[str, Any],
) -> None:
    session.execute(insert(MeterEvent).values(
        meter_id=meter.id, kind=kind, day=day, document=document or None, user_id=by.user_id if by else None,
        detail={name: pair for name, pair in detail.items() if pair[0] != pair[1]},
    ))  # fmt: skip
    audit(session, by, f"metering:meter:{kind}", ("meter", meter.id), {"day": day.isoformat()})


def _tell(
    session: Session, meter: Meter, field_name: str, before: Any, after: Any, day: dt.date, reason: str,
    document: str | None, by: Identity | None,
) -> None:
    """Keep it among the facts as well: what reaches into calculated months is computed again."""
    own = meter.account_id
    if not facts.touched_months(session, first_day(period_of(day)), account_id=own, house_id=None if own else meter.house_id):
        return
    facts.record(
        session, "meter", meter.id, field_name, before, after, reason=reason, document=document, by=by, valid_from=day,
        house_id=None if own else meter.house_id, account_id=own,
    )  # fmt: skip


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day is not None else None
