"""What the cards of a house and of a premise show: prebuilt statements, one query a block, never one a row.

Every function takes a session (or connection) and ids and returns plain rows. ``since``/``until`` are the bounds of the
half-open range ``valid``; ``until`` is None for a fact that still holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, ru_order, since, until
from startks.domain.accounts.models import Account, HouseService
from startks.domain.parties.models import Contract, HouseManager, Organisation
from startks.domain.reference.models import Service
from startks.domain.territory.models import (
    District,
    Entrance,
    House,
    HouseArea,
    HouseCharacteristic,
    Municipality,
    Premise,
    PremiseArea,
    Street,
)


def natural(number) -> tuple[ColumnElement, ColumnElement]:
    """Return an ordering by which house or flat «2» stands before «10» and «10А» after «10»."""
    digits = func.nullif(func.regexp_replace(number, "[^0-9].*$", ""), "")
    return func.coalesce(cast(func.right(digits, 9), Integer), 0), number


def _premises(kind: str):
    return select(func.count()).where(Premise.house_id == House.id, Premise.kind == kind).scalar_subquery()


HOUSE: Select = (
    select(
        House.id,
        House.kind,
        House.number,
        House.series,
        House.year_built,
        House.storeys,
        House.entrances,
        House.walls,
        House.inventory_number,
        House.registry_number,
        House.cadastral_number,
        House.survey_date,
        House.note,
        House.recorded_at,
        Street.name.label("street"),
        Street.certain.label("street_certain"),
        District.name.label("district"),
        Municipality.id.label("municipality_id"),
        Municipality.name.label("municipality"),
        Municipality.region,
        Municipality.oktmo,
        Organisation.short_name.label("manager"),
        Organisation.id.label("manager_id"),
        Organisation.phone.label("manager_phone"),
        since(HouseManager.valid).label("manager_since"),
        _premises("flat").label("flats"),
        _premises("room").label("rooms"),
        _premises("nonresidential").label("nonresidential"),
        select(func.count())
        .where(Account.house_id == House.id, Account.closed_on.is_(None))
        .scalar_subquery()
        .label("accounts"),
        select(func.count()).where(Entrance.house_id == House.id).scalar_subquery().label("entrances_listed"),
    )
    .join(Street, Street.id == House.street_id)
    .join(District, District.id == House.district_id)
    .join(Municipality, Municipality.id == District.municipality_id)
    .outerjoin(HouseManager, and_(HouseManager.house_id == House.id, holds_on(HouseManager.valid, bindparam("day"))))
    .outerjoin(Organisation, Organisation.id == HouseManager.organisation_id)
    .where(House.id == bindparam("house_id"))
)

HOUSE_AREAS: Select = (
    select(
        since(HouseArea.valid).label("since"),
        until(HouseArea.valid).label("until"),
        HouseArea.total_area,
        HouseArea.residential_area,
        HouseArea.nonresidential_area,
        HouseArea.common_area,
        HouseArea.heated_common_area,
        HouseArea.cut_off_area,
        HouseArea.document,
    )
    .where(HouseArea.house_id == bindparam("house_id"))
    .order_by(since(HouseArea.valid).desc())
)

HOUSE_CHARACTERISTICS: Select = (
    select(
        HouseCharacteristic.code,
        HouseCharacteristic.value,
        since(HouseCharacteristic.valid).label("since"),
        HouseCharacteristic.document,
    )
    .where(
        HouseCharacteristic.house_id == bindparam("house_id"), holds_on(HouseCharacteristic.valid, bindparam("day"))
    )
    .order_by(HouseCharacteristic.code)
)


def _fact(kind: str, title, value, model, *where) -> Select:
    return select(
        literal(kind, String).label("kind"),
        title.label("title"),
        value.label("value"),
        since(model.valid).label("since"),
        until(model.valid).label("until"),
        (model.document if hasattr(model, "document") else cast(null(), String)).label("document"),
        (model.recorded_at if hasattr(model, "recorded_at") else null()).label("recorded_at"),
    ).where(*where)


_house = bindparam("house_id")
_facts = union_all(
    _fact(
        "area",
        cast(null(), String),
        func.concat_ws(" / ", HouseArea.total_area, HouseArea.residential_area, HouseArea.common_area),
        HouseArea,
        HouseArea.house_id == _house,
    ),
    _fact(
        "characteristic",
        HouseCharacteristic.code,
        HouseCharacteristic.value,
        HouseCharacteristic,
        HouseCharacteristic.house_id == _house,
    ),
    _fact(
        "manager",
        cast(null(), String),
        Organisation.short_name,
        HouseManager,
        HouseManager.house_id == _house,
        Organisation.id == HouseManager.organisation_id,
    ),
    _fact(
        "service",
        Service.title,
        func.concat_ws(" · ", Organisation.short_name, HouseService.method),
        HouseService,
        HouseService.house_id == _house,
        Service.id == HouseService.service_id,
        Contract.id == HouseService.contract_id,
        Organisation.id == Contract.organisation_id,
    ),
).subquery()
HOUSE_FACTS: Select = select(_facts).order_by(_facts.c.since.desc(), _facts.c.kind, _facts.c.title)

PREMISE: Select = (
    select(
        Premise.id,
        Premise.kind,
        Premise.number,
        Premise.floor,
        Premise.rooms,
        Premise.cadastral_number,
        Entrance.number.label("entrance"),
        PremiseArea.total_area,
        PremiseArea.living_area,
        PremiseArea.heated,
        since(PremiseArea.valid).label("area_since"),
    )
    .outerjoin(Entrance, Entrance.id == Premise.entrance_id)
    .outerjoin(
        PremiseArea, and_(PremiseArea.premise_id == Premise.id, holds_on(PremiseArea.valid, bindparam("day")))
    )
    .where(Premise.id == bindparam("premise_id"))
)

PREMISE_AREAS: Select = (
    select(
        since(PremiseArea.valid).label("since"),
        until(PremiseArea.valid).label("until"),
        PremiseArea.total_area,
        PremiseArea.living_area,
        PremiseArea.heated,
        PremiseArea.document,
        PremiseArea.recorded_at,
    )
    .where(PremiseArea.premise_id == bindparam("premise_id"))
    .order_by(since(PremiseArea.valid).desc())
)


def house_passport(session: Session | Connection, house_id: int, day: dt.date) -> Row:
    """Return the passport of the house as it stands on the day, with its place, manager and counts."""
    return session.execute(HOUSE, {"house_id": house_id, "day": day}).one()


def house_areas(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Return all areas of the house (m²) by date, newest first."""
    return session.execute(HOUSE_AREAS, {"house_id": house_id}).all()


def house_characteristics(session: Session | Connection, house_id: int, day: dt.date) -> Sequence[Row]:
    """Return code, value, since and document of the characteristics that hold on the day."""
    return session.execute(HOUSE_CHARACTERISTICS, {"house_id": house_id, "day": day}).all()


def house_facts(session: Session | Connection, house_id: int) -> Sequence[Row]:
    """Return every dated fact of the house with its document and the moment it became known, newest first."""
    return session.execute(HOUSE_FACTS, {"house_id": house_id}).all()


def premise_passport(session: Session | Connection, premise_id: int, day: dt.date) -> Row:
    """Return the premise with its areas (m²) of the day; areas are None where none holds."""
    return session.execute(PREMISE, {"premise_id": premise_id, "day": day}).one()


def premise_areas(session: Session | Connection, premise_id: int) -> Sequence[Row]:
    """Return all areas of the premise (m²) by date, newest first."""
    return session.execute(PREMISE_AREAS, {"premise_id": premise_id}).all()


# Lists: selects with plain column labels; the list component adds scope, filters, order and page.



def houses_served(organisation_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition: one of these organisations serves or manages the house, today or once."""
    return or_(
        House.id.in_(
            select(HouseService.house_id)
            .join(Contract, Contract.id == HouseService.contract_id)
            .where(Contract.organisation_id.in_(organisation_ids))
        ),
        House.id.in_(select(HouseManager.house_id).where(HouseManager.organisation_id.in_(organisation_ids))),
    )


HOUSE_SCOPE = {
    "municipality": District.municipality_id,
    "district": House.district_id,
    "house": House.id,
    "organisation": houses_served,
}
"""Columns for ``scope_filter`` in every statement here that joins house and district."""


def districts(session: Session | Connection, scope: ColumnElement[bool]) -> Sequence[Row]:
    """Return the districts that have houses in ``scope``, with counts of what lies in it."""
    inside = select(House.id, House.district_id).join(District).where(scope).cte("inside")
    counts = [
        select(inside.c.district_id, func.count().label("count")).select_from(inside).group_by(inside.c.district_id),
        *(
            select(inside.c.district_id, func.count().label("count"))
            .join(model, model.house_id == inside.c.id)
            .where(*where)
            .group_by(inside.c.district_id)
            for model, where in ((Premise, ()), (Account, (Account.closed_on.is_(None),)))
        ),
    ]
    houses, premises, accounts = (count.subquery() for count in counts)
    statement = (
        select(
            District.id,
            District.name,
            District.slug,
            District.population,
            houses.c.count.label("houses"),
            func.coalesce(premises.c.count, 0).label("premises"),
            func.coalesce(accounts.c.count, 0).label("accounts"),
        )
        .join(houses, houses.c.district_id == District.id)
        .outerjoin(premises, premises.c.district_id == District.id)
        .outerjoin(accounts, accounts.c.district_id == District.id)
        .order_by(ru_order(District.name))
    )
    return session.execute(statement).all()


HOUSES: Select = (
    select(
        House.id,
        House.district_id,
        House.slug.label("house_slug"),
        District.slug.label("district_slug"),
        District.name.label("district"),
        Street.name.label("street"),
        House.number,
        House.kind,
        House.year_built,
        House.storeys,
        Organisation.short_name.label("manager"),
        HouseArea.total_area,
        select(func.count()).where(Premise.house_id == House.id).scalar_subquery().label("premises"),
        select(func.count())
        .where(Account.house_id == House.id, Account.closed_on.is_(None))
        .scalar_subquery()
        .label("accounts"),
    )
    .join(Street, Street.id == House.street_id)
    .join(District, District.id == House.district_id)
    .outerjoin(HouseManager, and_(HouseManager.house_id == House.id, holds_on(HouseManager.valid, func.current_date())))
    .outerjoin(Organisation, Organisation.id == HouseManager.organisation_id)
    .outerjoin(HouseArea, and_(HouseArea.house_id == House.id, holds_on(HouseArea.valid, func.current_date())))
)

PREMISES: Select = (
    select(
        Premise.id,
        Premise.house_id,
        Premise.number,
        Premise.slug,
        Premise.kind,
        Premise.floor,
        Premise.rooms,
        Entrance.number.label("entrance"),
        PremiseArea.total_area,
        PremiseArea.heated,
        select(func.count())
        .where(Account.premise_id == Premise.id, Account.closed_on.is_(None))
        .scalar_subquery()
        .label("accounts"),
        select(func.min(Account.number))
        .where(Account.premise_id == Premise.id, Account.closed_on.is_(None))
        .scalar_subquery()
        .label("account_number"),
    )
    .outerjoin(Entrance, Entrance.id == Premise.entrance_id)
    .outerjoin(
        PremiseArea, and_(PremiseArea.premise_id == Premise.id, holds_on(PremiseArea.valid, func.current_date()))
    )
)

HOUSE_ORDER = (ru_order(Street.name), *natural(House.number))
PREMISE_ORDER = (case((Premise.kind == "nonresidential", 1), else_=0), *natural(Premise.number))
