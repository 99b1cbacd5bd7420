"""Tariffs, norms and organisations as the public pages list them: what is in force on a day, with its act.

Every function takes a session or connection. Nothing here is personal, so no scope is put on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, Text, bindparam, case, func, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, ru_order
from startks.domain.accounts.models import HouseService
from startks.domain.parties.models import Contract, HouseManager, Organisation
from startks.domain.reference.list_queries import NORMS, SERVICES, TARIFFS
from startks.domain.reference.models import Norm, Service, Tariff

Reader = Session | Connection

MAIN_SERVICES = ("cold_water", "hot_water", "sewerage", "electricity", "gas", "heating", "waste", "capital_repair")
"""Services whose tariffs stand on the home page."""

_service = bindparam("service", type_=Text)
_every_service = (_service == "") | (Service.code == _service)

TARIFFS_ON: Select = (
    TARIFFS.add_columns(Service.code.label("service_code"), Service.section)
    .where(Tariff.house_id.is_(None), holds_on(Tariff.valid, bindparam("day")), _every_service)
    .order_by(Service.position, Tariff.category)
)

NORMS_ON: Select = (
    NORMS.add_columns(Service.code.label("service_code"))
    .where(holds_on(Norm.valid, bindparam("day")), _every_service)
    .order_by(Service.position, Norm.purpose, Norm.category, Norm.rooms, Norm.residents)
)

MAIN_TARIFFS: Select = (
    select(
        Service.code,
        Service.title,
        Service.unit,
        func.min(Tariff.value).label("least"),
        func.max(Tariff.value).label("most"),
        func.bool_and(Tariff.certain).label("certain"),
    )
    .join(Service, Service.id == Tariff.service_id)
    .where(
        Tariff.house_id.is_(None),
        holds_on(Tariff.valid, func.current_date()),
        Service.code.in_(MAIN_SERVICES),
    )
    .group_by(Service.id)
    .order_by(Service.position)
)

_houses_served = (
    select(func.count(HouseService.house_id.distinct()))
    .join(Contract, Contract.id == HouseService.contract_id)
    .where(Contract.organisation_id == Organisation.id, holds_on(HouseService.valid, func.current_date()))
    .scalar_subquery()
)
_houses_managed = (
    select(func.count())
    .where(HouseManager.organisation_id == Organisation.id, holds_on(HouseManager.valid, func.current_date()))
    .scalar_subquery()
)

ORGANISATIONS: Select = (
    select(
        Organisation.id,
        Organisation.name,
        Organisation.short_name,
        Organisation.role,
        Organisation.inn,
        Organisation.address,
        Organisation.phone,
        Organisation.emergency_phone,
        Organisation.site,
        Organisation.email,
        Organisation.working_hours,
        case((Organisation.role == "manager", _houses_managed), else_=_houses_served).label("houses"),
    )
    .where(Organisation.role != "other")
    .order_by(ru_order(Organisation.short_name))
)

HOUSE_MANAGER: Select = (
    select(
        Organisation.name,
        Organisation.short_name,
        Organisation.address,
        Organisation.phone,
        Organisation.emergency_phone,
        Organisation.site,
        Organisation.email,
        Organisation.working_hours,
        HouseManager.document,
    )
    .join(Organisation, Organisation.id == HouseManager.organisation_id)
    .where(HouseManager.house_id == bindparam("house_id"), holds_on(HouseManager.valid, bindparam("day")))
)


def tariffs_on(reader: Reader, day: dt.date, service: str = "") -> Sequence[Row]:
    """Return the tariffs in force on a day (roubles a unit), of one service's code or of all."""
    return reader.execute(TARIFFS_ON, {"day": day, "service": service}).all()


def norms_on(reader: Reader, day: dt.date, service: str = "") -> Sequence[Row]:
    """Return the norms in force on a day, of one service's code or of all."""
    return reader.execute(NORMS_ON, {"day": day, "service": service}).all()


def main_tariffs(reader: Reader) -> Sequence[Row]:
    """Return the least and the greatest tariff of the main services today."""
    return reader.execute(MAIN_TARIFFS).all()


def services(reader: Reader) -> Sequence[Row]:
    """Return the services in the order of the bill."""
    return reader.execute(SERVICES.order_by(Service.position)).all()


def organisations(reader: Reader) -> Sequence[Row]:
    """Return managers, suppliers and the settlement centre with the number of houses each serves today."""
    return reader.execute(ORGANISATIONS).all()


def house_manager(reader: Reader, house_id: int, day: dt.date) -> Row | None:
    """Return the organisation that manages a house on a day, with its telephones; None where nobody does."""
    return reader.execute(HOUSE_MANAGER, {"house_id": house_id, "day": day}).first()
