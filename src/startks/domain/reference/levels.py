"""Who keeps a reference book: the region, a municipality, an organisation for its own houses.

What the region sets lies in each of its municipalities and cannot be changed there; a municipality adds its own; an
organisation sees both and sets only what its houses decided (a meeting's rate). Numbers of the law (``parameter``) know a
region's value by an absent municipality.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on
from startks.domain.parties.models import HouseManager, Organisation
from startks.domain.reference.models import Norm, Parameter, Tariff
from startks.domain.territory.models import District, House, Municipality, Street

REGION, MUNICIPALITY, ORGANISATION = "region", "municipality", "organisation"


@dataclass(frozen=True, slots=True)
class Level:
    """Whose book: kind, id (0 for the region) and the name shown."""

    kind: str
    id: int = 0
    title: str = ""


def region(session: Session) -> Level:
    """Return the region of this installation."""
    name = session.scalar(select(Municipality.region).order_by(Municipality.id).limit(1))
    return Level(REGION, 0, name or "Регион")


def municipality(session: Session, slug: str) -> Level | None:
    """Return a municipality's level, None where there is no such one."""
    row = session.execute(select(Municipality.id, Municipality.name).where(Municipality.slug == slug)).one_or_none()
    return Level(MUNICIPALITY, row.id, row.name) if row is not None else None


def organisation(session: Session, organisation_id: int) -> Level | None:
    """Return the level of an organisation that manages a house, None for any other."""
    row = session.execute(
        select(Organisation.id, Organisation.short_name).where(
            Organisation.id == organisation_id,
            select(HouseManager.id).where(HouseManager.organisation_id == Organisation.id).exists(),
        )
    ).one_or_none()
    return Level(ORGANISATION, row.id, row.short_name) if row is not None else None


def municipalities(session: Session) -> list[tuple[int, str, str]]:
    """Return (id, name, slug) of the municipalities."""
    return [tuple(row) for row in session.execute(
        select(Municipality.id, Municipality.name, Municipality.slug).order_by(Municipality.name)
    )]  # fmt: skip


def managers(session: Session) -> list[tuple[int, str]]:
    """Return (id, short name) of organisations that manage houses today."""
    return [tuple(row) for row in session.execute(
        select(Organisation.id, Organisation.short_name)
        .where(select(HouseManager.id).where(
            HouseManager.organisation_id == Organisation.id, holds_on(HouseManager.valid, func.current_date())
        ).exists())
        .order_by(Organisation.short_name)
    )]  # fmt: skip


def houses(session: Session, organisation_id: int, day: dt.date) -> list[tuple[int, int, str]]:
    """Return (house id, municipality id, address) of the houses an organisation manages on a day."""
    return [tuple(row) for row in session.execute(
        select(House.id, District.municipality_id, func.concat(Street.name, ", ", House.number))
        .join(HouseManager, HouseManager.house_id == House.id)
        .join(Street, Street.id == House.street_id)
        .join(District, District.id == House.district_id)
        .where(HouseManager.organisation_id == organisation_id, holds_on(HouseManager.valid, day))
        .order_by(Street.name, House.number, House.id)
    )]  # fmt: skip


def shown(level: Level | None, model: type) -> ColumnElement[bool]:
    """Return the condition for the values of a book that a level has or inherits; None: every level."""
    if level is None:
        return true()
    if level.kind == REGION:
        return Parameter.municipality_id.is_(None) if model is Parameter else model.level == REGION
    if level.kind == MUNICIPALITY:
        if model is Parameter:
            return or_(Parameter.municipality_id.is_(None), Parameter.municipality_id == level.id)
        own = model.municipality_id == level.id
        return own & Tariff.house_id.is_(None) if model is Tariff else own
    managed = select(HouseManager.house_id).where(
        HouseManager.organisation_id == level.id, holds_on(HouseManager.valid, func.current_date())
    )
    towns = select(District.municipality_id).join(House, House.district_id == District.id).where(House.id.in_(managed))
    if model is Parameter:
        return or_(Parameter.municipality_id.is_(None), Parameter.municipality_id.in_(towns))
    if model is Norm:
        return Norm.municipality_id.in_(towns)
    return or_(Tariff.house_id.in_(managed), Tariff.house_id.is_(None) & Tariff.municipality_id.in_(towns))
