"""What the public pages read about the territory: statements built once, with bind parameters.

They carry no personal data, so no scope is put on them. Every function takes a session or connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, ru_order
from startks.domain.accounts.models import Account
from startks.domain.territory.models import District, House, HouseArea, Municipality, Premise, Street
from startks.domain.territory.passport_queries import natural

Reader = Session | Connection

TOWN: Select = (
    select(Municipality.id, Municipality.name, Municipality.region, Municipality.slug)
    .order_by(Municipality.id)
    .limit(1)
)

DISTRICTS: Select = (
    select(District.name, District.slug, District.population, func.count(House.id).label("houses"))
    .outerjoin(House, House.district_id == District.id)
    .group_by(District.id)
    .order_by(ru_order(District.name))
)

TOWN_FIGURES: Select = select(
    select(func.count()).select_from(House).scalar_subquery().label("houses"),
    select(func.count()).select_from(Premise).where(Premise.kind == "flat").scalar_subquery().label("flats"),
    select(func.count()).select_from(Account).where(Account.closed_on.is_(None)).scalar_subquery().label("accounts"),
    select(func.sum(HouseArea.total_area))
    .where(holds_on(HouseArea.valid, func.current_date()))
    .scalar_subquery()
    .label("area"),
)

DISTRICT_STREETS: Select = (
    select(Street.id, Street.name, func.count(House.id).label("houses"))
    .join(House, House.street_id == Street.id)
    .where(House.district_id == bindparam("district_id"))
    .group_by(Street.id)
    .order_by(ru_order(Street.name))
)

_street = bindparam("street_id", type_=Integer)

DISTRICT_HOUSES: Select = (
    select(
        House.slug,
        House.number,
        House.kind,
        House.year_built,
        House.storeys,
        Street.name.label("street"),
        HouseArea.total_area,
        func.count().over().label("all_rows"),
    )
    .join(Street, Street.id == House.street_id)
    .outerjoin(HouseArea, and_(HouseArea.house_id == House.id, holds_on(HouseArea.valid, func.current_date())))
    .where(
        House.district_id == bindparam("district_id"),
        (_street == 0) | (House.street_id == _street),
    )
    .order_by(ru_order(Street.name), *natural(House.number))
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


def town(reader: Reader) -> Row | None:
    """Return id, name, region and slug of the installation's municipality; None in an empty data base."""
    return reader.execute(TOWN).first()


def districts(reader: Reader) -> Sequence[Row]:
    """Return name, slug, population and number of houses of every district, by the alphabet."""
    return reader.execute(DISTRICTS).all()


def town_figures(reader: Reader) -> Row:
    """Return the counts of houses, flats and open accounts, and the whole area of the houses today (m²)."""
    return reader.execute(TOWN_FIGURES).one()


def district_streets(reader: Reader, district_id: int) -> Sequence[Row]:
    """Return the streets of a district that have houses, with their number."""
    return reader.execute(DISTRICT_STREETS, {"district_id": district_id}).all()


def district_houses(reader: Reader, district_id: int, street_id: int, limit: int, offset: int) -> Sequence[Row]:
    """Return a page of a district's houses; ``all_rows`` is the length of the list, street 0 means every street."""
    values = {"district_id": district_id, "street_id": street_id, "limit": limit, "offset": offset}
    return reader.execute(DISTRICT_HOUSES, values).all()
