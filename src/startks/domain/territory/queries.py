"""What wizards ask about the housing stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, ru_order
from startks.domain.territory.models import District, Entrance, House, Municipality, Premise, Street
from startks.domain.territory.passport_queries import natural


def district_choices(session: Session | Connection) -> Sequence[Row]:
    """Return id, name and municipality of all districts."""
    return session.execute(
        select(District.id, District.name, Municipality.name.label("municipality"))
        .join(Municipality, Municipality.id == District.municipality_id)
        .order_by(ru_order(Municipality.name), ru_order(District.name))
    ).all()


def street_names(session: Session | Connection, district_id: int | None = None) -> Sequence[str]:
    """Return the streets of the district's municipality, of all where none is given."""
    statement = select(Street.name).distinct().order_by(Street.name)
    if district_id is not None:
        statement = statement.join(District, District.municipality_id == Street.municipality_id).where(
            District.id == district_id
        )
    return session.execute(statement).scalars().all()


def house_row(session: Session | Connection, house_id: int) -> Row:
    """Return all columns of a house."""
    return session.execute(select(House.__table__).where(House.id == house_id)).one()


def house_address(session: Session | Connection, house_id: int) -> Row:
    """Return the slugs of the house and its district."""
    return session.execute(
        select(District.slug.label("district_slug"), House.slug.label("house_slug"))
        .join(District, District.id == House.district_id)
        .where(House.id == house_id)
    ).one()


def premise_row(session: Session | Connection, premise_id: int) -> Row:
    """Return all columns of a premise."""
    return session.execute(select(Premise.__table__).where(Premise.id == premise_id)).one()


def entrance_choices(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Return id and number of the house's entrances."""
    return session.execute(
        select(Entrance.id, Entrance.number).where(Entrance.house_id == house_id).order_by(Entrance.number)
    ).all()


def rooms_of(session: Session | Connection, premise_id: int) -> Sequence[Row]:
    """Return id, number and slug of the rooms of a communal flat."""
    return session.execute(
        select(Premise.id, Premise.number, Premise.slug)
        .where(Premise.parent_id == premise_id)
        .order_by(*natural(Premise.number))
    ).all()


def area_now(session: Session, model: Any, key: str, subject_id: int, day: dt.date | None = None) -> Any | None:
    """Return the row of an area table (of a house or premise) that holds on the day (today by default)."""
    return session.scalar(
        select(model).where(getattr(model, key) == subject_id, holds_on(model.valid, day or dt.date.today()))
    )


def premise_slug(session: Session | Connection, premise_id: int) -> str:
    """Return the premise's name in an address."""
    return session.scalar(select(Premise.slug).where(Premise.id == premise_id))
