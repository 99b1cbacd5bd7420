"""Lists of the reference books: every value with its dates, act and whether it is certain.

Selects with plain column labels; the list component adds filters, order and page. Reference books carry no personal
data and no territory of an account, so no scope is put on them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, since, until
from startks.domain.parties.models import BankDetails, Contract, Organisation
from startks.domain.reference.models import (
    Act,
    CalendarDay,
    HeatingSeason,
    LawRule,
    Norm,
    Parameter,
    Service,
    Tariff,
)
from startks.domain.territory.models import House, Municipality, Street

ACT_WORDS = (Act.title, func.coalesce(Act.number, ""))
"""What an act is searched by."""


def holds_today(model: Any) -> ColumnElement[bool]:
    """Condition that a dated record is in force on the server's day."""
    return holds_on(model.valid, func.current_date())


def state_today(model: Any) -> ColumnElement[str]:
    """``now``, ``planned`` or ``past`` of a dated record on the server's day."""
    today = func.current_date()
    return case((holds_on(model.valid, today), "now"), (since(model.valid) > today, "planned"), else_="past")


_house_address = func.concat(Street.name, ", ", House.number)

SERVICES: Select = select(
    Service.id,
    Service.position,
    Service.code,
    Service.title,
    Service.short_title,
    Service.unit,
    Service.section,
    Service.resource,
)

TARIFFS: Select = (
    select(
        Tariff.id,
        Service.position,
        Service.title.label("service"),
        Service.unit,
        Tariff.category,
        Tariff.value,
        since(Tariff.valid).label("since"),
        until(Tariff.valid).label("until"),
        Tariff.certain,
        Tariff.note,
        Tariff.paragraph,
        Act.title.label("act"),
        Act.number.label("act_number"),
        Act.adopted_on,
        Act.url,
        Municipality.name.label("municipality"),
        _house_address.label("house"),
        Tariff.house_id,
        Tariff.level,
    )
    .join(Service, Service.id == Tariff.service_id)
    .join(Act, Act.id == Tariff.act_id)
    .join(Municipality, Municipality.id == Tariff.municipality_id)
    .outerjoin(House, House.id == Tariff.house_id)
    .outerjoin(Street, Street.id == House.street_id)
)

NORMS: Select = (
    select(
        Norm.id,
        Service.position,
        Service.title.label("service"),
        Norm.purpose,
        Norm.category,
        Norm.rooms,
        Norm.residents,
        Norm.value,
        Norm.unit,
        Norm.level,
        since(Norm.valid).label("since"),
        until(Norm.valid).label("until"),
        Norm.certain,
        Norm.note,
        Norm.paragraph,
        Act.title.label("act"),
        Act.number.label("act_number"),
        Act.adopted_on,
        Act.url,
        Municipality.name.label("municipality"),
    )
    .join(Service, Service.id == Norm.service_id)
    .join(Act, Act.id == Norm.act_id)
    .join(Municipality, Municipality.id == Norm.municipality_id)
)

PARAMETERS: Select = (
    select(
        Parameter.id,
        Parameter.code,
        Parameter.value,
        since(Parameter.valid).label("since"),
        until(Parameter.valid).label("until"),
        Parameter.certain,
        Parameter.note,
        Parameter.paragraph,
        Act.title.label("act"),
        Act.number.label("act_number"),
        Act.adopted_on,
        Act.url,
        Municipality.name.label("municipality"),
        case((Parameter.municipality_id.is_(None), "region"), else_="municipality").label("level"),
    )
    .join(Act, Act.id == Parameter.act_id)
    .outerjoin(Municipality, Municipality.id == Parameter.municipality_id)
)

ACTS: Select = select(
    Act.id,
    Act.title,
    Act.number,
    Act.body,
    Act.adopted_on,
    Act.url,
    select(func.count()).where(Tariff.act_id == Act.id).scalar_subquery().label("tariffs"),
    select(func.count()).where(Norm.act_id == Act.id).scalar_subquery().label("norms"),
    select(func.count()).where(Parameter.act_id == Act.id).scalar_subquery().label("parameters"),
)

RULES: Select = select(
    LawRule.id,
    LawRule.key,
    LawRule.version,
    LawRule.title,
    LawRule.act,
    LawRule.paragraph,
    since(LawRule.valid).label("since"),
    until(LawRule.valid).label("until"),
)

CALENDAR: Select = select(CalendarDay.day, CalendarDay.kind, CalendarDay.title, CalendarDay.certain)

HEATING_SEASONS: Select = (
    select(
        since(HeatingSeason.valid).label("since"),
        until(HeatingSeason.valid).label("until"),
        HeatingSeason.certain,
        HeatingSeason.note,
        Act.title.label("act"),
        Act.number.label("act_number"),
        Act.url,
        Municipality.name.label("municipality"),
    )
    .join(Act, Act.id == HeatingSeason.act_id)
    .join(Municipality, Municipality.id == HeatingSeason.municipality_id)
    .order_by(since(HeatingSeason.valid).desc())
)

ORGANISATIONS: Select = select(
    Organisation.id,
    Organisation.name,
    Organisation.short_name,
    Organisation.role,
    Organisation.inn,
    Organisation.phone,
    Organisation.site,
    select(func.count()).where(Contract.organisation_id == Organisation.id).scalar_subquery().label("contracts"),
)

ORGANISATION: Select = select(Organisation.__table__).where(Organisation.id == bindparam("organisation_id"))

CONTRACTS: Select = (
    select(
        Contract.id,
        Contract.kind,
        Contract.number,
        Contract.signed_on,
        Contract.commission_percent,
        since(Contract.valid).label("since"),
        until(Contract.valid).label("until"),
    )
    .where(Contract.organisation_id == bindparam("organisation_id"))
    .order_by(since(Contract.valid).desc(), Contract.number)
)

BANK_DETAILS: Select = (
    select(
        BankDetails.bank_name,
        BankDetails.bic,
        BankDetails.correspondent_account,
        BankDetails.settlement_account,
        since(BankDetails.valid).label("since"),
        until(BankDetails.valid).label("until"),
    )
    .where(BankDetails.organisation_id == bindparam("organisation_id"))
    .order_by(since(BankDetails.valid).desc())
)


def organisation(session: Session | Connection, organisation_id: int) -> Row | None:
    """Return the organisation, None where there is no such id."""
    return session.execute(ORGANISATION, {"organisation_id": organisation_id}).one_or_none()


def contracts(session: Session | Connection, organisation_id: int) -> Sequence[Row]:
    """Return the organisation's contracts, newest first."""
    return session.execute(CONTRACTS, {"organisation_id": organisation_id}).all()


def bank_details(session: Session | Connection, organisation_id: int) -> Sequence[Row]:
    """Return the organisation's settlement accounts by date, newest first."""
    return session.execute(BANK_DETAILS, {"organisation_id": organisation_id}).all()


def calendar_year(session: Session | Connection, year: int) -> Sequence[Row]:
    """Return the days of the year that the production calendar makes special."""
    return session.execute(
        CALENDAR.where(CalendarDay.day >= dt.date(year, 1, 1), CalendarDay.day < dt.date(year + 1, 1, 1)).order_by(
            CalendarDay.day
        )
    ).all()


def heating_seasons(session: Session | Connection) -> Sequence[Row]:
    """Return the heating seasons by date, newest first."""
    return session.execute(HEATING_SEASONS).all()


def services_for_choice(session: Session | Connection) -> list[tuple[str, str]]:
    """Return (id as text, title) of the services, as on the bill."""
    rows = session.execute(select(Service.id, Service.title).where(Service.code != "advance").order_by(Service.position))
    return [(str(row.id), row.title) for row in rows]


def acts_for_choice(session: Session | Connection) -> list[tuple[str, str]]:
    """Return (id as text, title with number) of the acts, newest first."""
    rows = session.execute(
        select(Act.id, Act.title, Act.number).order_by(Act.adopted_on.desc().nulls_last(), Act.title, Act.id)
    )
    return [(str(row.id), f"{row.title[:90]}{f' № {row.number}' if row.number else ''}") for row in rows]


def norm_units(session: Session | Connection) -> list[str]:
    """Return the units norms are kept in."""
    return list(session.execute(select(Norm.unit).distinct().order_by(Norm.unit)).scalars())
