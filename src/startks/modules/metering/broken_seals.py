"""Interference with a flat's meter (ПП РФ 354 п. 81(11)): the act is taken in, the interference ends.

    plan = days_of({"sealed_on": day, "checked_on": None, "found_on": found})
    plan.since, plan.cut                            # the first day charged, and whether the three months cut it
    enter(session, account_id, service_id, values, reason="Проверка", document="Акт № 7", by=request.identity)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.base.periods import last_day, shift
from startks.domain.accounts.models import Account, BrokenSeal, HouseService
from startks.domain.calc.parameters import value
from startks.domain.facts import services as facts
from startks.domain.reference.models import Service
from startks.domain.security.identity import Identity
from startks.modules.metering.models import Meter


class SealFault(StartksError):
    """The act contradicts itself or the registers; ``field`` is what has to be corrected."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class Days:
    """The first day charged by an act; ``cut``: the limit before the check made it later than the seal or the last check."""

    since: dt.date
    cut: bool


def days_of(values: Mapping[str, Any], today: dt.date | None = None) -> Days:
    """From which day an act is charged. ``values``: sealed_on, checked_on, found_on, mended_on. Raises SealFault."""
    sealed, checked, found = values["sealed_on"], values["checked_on"], values["found_on"]
    mended = values.get("mended_on")
    if sealed is None and checked is None:
        raise SealFault("sealed_on", "Не названы ни день пломбы, ни день прошлой проверки: впишите хотя бы один из них.")
    for field, day in (("sealed_on", sealed), ("checked_on", checked)):
        if day is not None and day > found:
            raise SealFault(field, f"Этот день позже проверки, которая обнаружила вмешательство ({found:%d.%m.%Y}): исправьте его.")
    if found > (today or dt.date.today()):
        raise SealFault("found_on", "Этот день ещё не наступил: акт пишут о том, что было.")
    if mended is not None and mended < found:
        raise SealFault("mended_on", f"Вмешательство устранено раньше, чем обнаружено ({found:%d.%m.%Y}): исправьте день.")
    first = max(day for day in (sealed, checked) if day is not None)
    earliest = _months_before(found, int(value("broken_seal.months", found)))
    since = max(first, earliest)
    if mended is not None and mended <= since:
        raise SealFault("mended_on", "Пломба поставлена, нарушение найдено и устранено в один день: пересчитывать нечего.")
    return Days(since, first < earliest)


def _months_before(day: dt.date, months: int) -> dt.date:
    month = shift(day.year * 100 + day.month, -months)
    return last_day(month).replace(day=min(day.day, last_day(month).day))


def sealed_services(session: Session, account_id: int) -> Sequence[Row]:
    """Rows id, title: services of the account that are charged by a meter it has, by one price."""
    account = session.get_one(Account, account_id)
    return session.execute(
        select(Service.id, Service.title).where(
            Service.id.in_(select(Meter.service_id).where(Meter.account_id == account_id, Meter.zones == 1)),
            Service.id.in_(select(HouseService.service_id).where(
                HouseService.house_id == account.house_id, HouseService.method == "individual",
                HouseService.valid.contains(func.current_date()),
            )),
        ).order_by(Service.position)
    ).all()  # fmt: skip


def check(session: Session, account_id: int, service_id: int, values: Mapping[str, Any]) -> Days:
    """Refuse an act that contradicts itself, the meters or another act. Raises SealFault."""
    days = days_of(values)
    if service_id not in {row.id for row in sealed_services(session, account_id)}:
        raise SealFault("service", "По этой услуге счёт не платит по своему счётчику: выберите услугу со счётчиком.")
    if session.get_one(Account, account_id).kind != "residential":
        raise SealFault("service", "Нежилому помещению объём считает поставщик: внесите «Объём по акту поставщика».")
    other = session.execute(
        select(BrokenSeal.found_on, BrokenSeal.document).where(
            BrokenSeal.account_id == account_id, BrokenSeal.service_id == service_id,
            BrokenSeal.valid.overlaps(Range(days.since, values.get("mended_on"), bounds="[)")),
        ).limit(1)
    ).one_or_none()  # fmt: skip
    if other is not None:
        raise SealFault(
            "found_on", f"Эти дни уже пересчитаны по проверке {other.found_on:%d.%m.%Y} ({other.document or 'акт без номера'}): "
            "внесите сначала, когда то вмешательство устранено.",
        )
    return days


def enter(
    session: Session, account_id: int, service_id: int, values: Mapping[str, Any], *, reason: str, document: str | None,
    by: Identity | None,
) -> facts.Change:
    """Take in an act. ``values``: as :func:`days_of`. Raises SealFault."""
    days = check(session, account_id, service_id, values)
    said = {name: values[name] for name in ("sealed_on", "checked_on", "found_on")}
    return facts.change(
        session, BrokenSeal, {"account_id": account_id, "service_id": service_id}, said, valid_from=days.since,
        valid_to=values.get("mended_on"), reason=reason, document=document, by=by,
    )  # fmt: skip


def acts_of(session: Session | Connection, account_id: int) -> Sequence[Row]:
    """Rows title, found_on, sealed_on, checked_on, since, until, document of the account's acts, newest first."""
    return session.execute(
        select(
            Service.title, BrokenSeal.found_on, BrokenSeal.sealed_on, BrokenSeal.checked_on,
            func.lower(BrokenSeal.valid).label("since"), func.upper(BrokenSeal.valid).label("until"), BrokenSeal.document,
        ).join(Service, Service.id == BrokenSeal.service_id).where(BrokenSeal.account_id == account_id)
        .order_by(BrokenSeal.found_on.desc(), Service.position)
    ).all()  # fmt: skip


def open_acts(session: Session, account_id: int) -> Sequence[Row]:
    """Rows id (of the service), title, found_on: interference that is not mended yet."""
    return session.execute(
        select(Service.id, Service.title, BrokenSeal.found_on).join(Service, Service.id == BrokenSeal.service_id)
        .where(BrokenSeal.account_id == account_id, func.upper_inf(BrokenSeal.valid)).order_by(Service.position)
    ).all()  # fmt: skip


def check_mended(session: Session, account_id: int, service_id: int, day: dt.date) -> str:
    """Refuse a day on which the interference cannot have ended; return the title of the service. Raises SealFault."""
    act = next((row for row in open_acts(session, account_id) if row.id == service_id), None)
    if act is None:
        raise SealFault("service", "По этой услуге нет неустранённого вмешательства: обновите страницу.")
    if day < act.found_on:
        raise SealFault("mended_on", f"Вмешательство устранено раньше, чем обнаружено ({act.found_on:%d.%m.%Y}): исправьте день.")
    return act.title


def mend(
    session: Session, account_id: int, service_id: int, day: dt.date, *, reason: str, document: str | None, by: Identity | None
) -> facts.Change:
    """The interference ends: from ``day`` on the readings count again. Raises SealFault."""
    check_mended(session, account_id, service_id, day)
    return facts.close(
        session, BrokenSeal, {"account_id": account_id, "service_id": service_id}, until=day, reason=reason, document=document, by=by
    )
