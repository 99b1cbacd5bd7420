"""Writing the housing stock: houses, entrances, premises; every change with its reason, kept as a fact.

Services take a session and plain values; they write in the caller's transaction. Areas are m².
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.security.identity import Identity
from startks.domain.territory import checks
from startks.domain.territory.models import (
    District,
    Entrance,
    House,
    HouseArea,
    HouseCharacteristic,
    Premise,
    PremiseArea,
    Street,
)
from startks.domain.territory.slugs import unique_slug
from startks.domain.territory.titles import house_title, premise_title

HOUSE_FIELDS = (
    "kind", "series", "year_built", "storeys", "entrances", "walls", "inventory_number", "registry_number",
    "cadastral_number", "survey_date", "note",
)  # fmt: skip
PREMISE_FIELDS = ("floor", "rooms", "cadastral_number", "entrance_id")
AREA_FIELDS = (
    "total_area", "residential_area", "nonresidential_area", "common_area", "heated_common_area", "cut_off_area",
)  # fmt: skip


def find_or_add_street(session: Session, municipality_id: int, name: str) -> int:
    """Return the street of this name (the case does not matter), entered now where it is new."""
    plain = " ".join(name.split())
    if not plain:
        raise StartksError("Не указана улица: выберите её из списка или напишите название новой.")
    found = session.scalar(
        select(Street.id).where(
            Street.municipality_id == municipality_id, func.lower(Street.name) == plain.casefold()
        )
    )
    if found is not None:
        return found
    street = Street(municipality_id=municipality_id, name=plain)
    session.add(street)
    session.flush()
    return street.id


def refuse_second_house(session: Session, district_id: int, street: str, number: str) -> None:
    """Raise where a house of this address is there already."""
    other = session.scalar(
        select(House.id)
        .join(Street, Street.id == House.street_id)
        .join(District, District.id == House.district_id)
        .where(
            func.lower(Street.name) == " ".join(street.split()).casefold(),
            func.lower(House.number) == number.casefold(),
            District.municipality_id
            == select(District.municipality_id).where(District.id == district_id).scalar_subquery(),
        )
        .limit(1)
    )
    if other is not None:
        raise StartksError(
            f"Дом по адресу «{house_title(street, number)}» уже есть: откройте его карточку или исправьте номер."
        )


def create_house(
    session: Session,
    *,
    district_id: int,
    street: str,
    number: str,
    values: Mapping[str, Any],
    characteristics: Mapping[str, str] | None = None,
    areas: Mapping[str, Decimal] | None = None,
    since: dt.date,
    document: str | None = None,
    by: Identity | None,
) -> int:
    """Enter a house with its characteristics and areas from the day ``since``; return its id.

    ``values`` are columns of :data:`HOUSE_FIELDS`. A second house of the same address is refused.
    """
    municipality_id = session.scalar(select(District.municipality_id).where(District.id == district_id))
    if municipality_id is None:
        raise StartksError("Такого района нет: выберите район из списка.")
    refuse_second_house(session, district_id, street, number)
    street_id = find_or_add_street(session, municipality_id, street)
    taken = set(session.scalars(select(House.slug).where(House.district_id == district_id)))
    given = {name: value for name, value in values.items() if name in HOUSE_FIELDS and value is not None}
    house = House(
        district_id=district_id, street_id=street_id, number=number, slug=unique_slug(f"{street} {number}", taken),
        **given,
    )  # fmt: skip
    session.add(house)
    session.flush()
    after = {"number": number, **{name: _plain(value) for name, value in given.items()}}
    facts.record(
        session, "house", house.id, "house", None, after, reason="Дом заведён", document=document, by=by,
        house_id=house.id,
    )  # fmt: skip
    entered = {"valid_from": since, "reason": "Дом заведён", "document": document, "by": by}
    for code, value in (characteristics or {}).items():
        if value:
            facts.change(
                session, HouseCharacteristic, {"house_id": house.id, "code": code}, {"value": value}, **entered
            )
    if areas is not None:
        _refuse(checks.house_areas(areas))
        facts.change(session, HouseArea, {"house_id": house.id}, dict(areas), **entered)
    return house.id


def edit_house(
    session: Session,
    house_id: int,
    values: Mapping[str, Any],
    *,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> list[str]:
    """Correct undated columns of a house; return the names of those that changed."""
    return _edit(session, session.get_one(House, house_id), "house", values, HOUSE_FIELDS, reason, document, by, house_id)


def create_entrance(session: Session, house_id: int, number: int, *, by: Identity | None) -> int:
    """Enter an entrance of a house; return its id."""
    if not 1 <= number <= 99:
        raise StartksError("Номер подъезда от 1 до 99: исправьте номер.")
    if session.scalar(select(Entrance.id).where(Entrance.house_id == house_id, Entrance.number == number)):
        raise StartksError(f"Подъезд {number} в этом доме уже есть: укажите другой номер.")
    entrance = Entrance(house_id=house_id, number=number)
    session.add(entrance)
    session.flush()
    facts.record(
        session, "house", house_id, "entrance", None, {"number": number}, reason="Подъезд заведён", by=by,
        house_id=house_id,
    )  # fmt: skip
    return entrance.id


def create_premise(
    session: Session,
    *,
    house_id: int,
    kind: str,
    number: str,
    parent_id: int | None = None,
    values: Mapping[str, Any] | None = None,
    total_area: Decimal,
    living_area: Decimal | None = None,
    heated: bool = True,
    since: dt.date,
    document: str | None = None,
    by: Identity | None,
) -> int:
    """Enter a flat, a room of a communal flat (``parent_id``) or a non-residential premise; return its id.

    A room's number begins with its flat's: room 1 of flat 12 is kept as «12-1».
    """
    refuse_second_premise(session, house_id, kind, number, parent_id)
    _refuse(checks.premise_areas(total_area, living_area))
    if (kind == "room") != (parent_id is not None):
        raise StartksError("Комната заводится в карточке своей квартиры, остальные помещения — в карточке дома.")
    parent = None
    if parent_id is not None:
        parent = session.get_one(Premise, parent_id)
        if parent.house_id != house_id or parent.kind != "flat":
            raise StartksError("Комнаты бывают только у квартиры этого дома: откройте карточку квартиры.")
    taken = set(session.scalars(select(Premise.slug).where(Premise.house_id == house_id)))
    if parent is not None:
        number = _room_number(parent.number, number)
    title = number if parent is not None else premise_title(kind, number)
    given = {name: value for name, value in (values or {}).items() if name in PREMISE_FIELDS and value is not None}
    premise = Premise(
        house_id=house_id, kind=kind, number=number, parent_id=parent_id, slug=unique_slug(title, taken), **given
    )
    session.add(premise)
    session.flush()
    facts.record(
        session, "premise", premise.id, "premise", None, {"kind": kind, "number": number, **given},
        reason="Помещение заведено", document=document, by=by, house_id=house_id,
    )  # fmt: skip
    facts.change(
        session, PremiseArea, {"premise_id": premise.id},
        {"total_area": total_area, "living_area": living_area, "heated": heated},
        valid_from=since, reason="Помещение заведено", document=document, by=by,
    )  # fmt: skip
    return premise.id


def refuse_second_premise(session: Session, house_id: int, kind: str, number: str, parent_id: int | None = None) -> None:
    """Raise where the house (or the flat) has a premise of this kind and number already."""
    same_parent = Premise.parent_id == parent_id if parent_id is not None else Premise.parent_id.is_(None)
    if parent_id is not None:
        number = _room_number(session.scalar(select(Premise.number).where(Premise.id == parent_id)), number)
    if session.scalar(
        select(Premise.id).where(
            Premise.house_id == house_id,
            Premise.kind == kind,
            func.lower(Premise.number) == number.casefold(),
            same_parent,
        )
    ):
        raise StartksError(f"Помещение «{premise_title(kind, number)}» здесь уже есть: укажите другой номер.")


def _room_number(flat: str, number: str) -> str:
    return number if number.startswith(f"{flat}-") else f"{flat}-{number}"


def edit_premise(
    session: Session,
    premise_id: int,
    values: Mapping[str, Any],
    *,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> list[str]:
    """Correct undated columns of a premise; return the names of those that changed."""
    premise = session.get_one(Premise, premise_id)
    return _edit(session, premise, "premise", values, PREMISE_FIELDS, reason, document, by, premise.house_id)


def _edit(
    session: Session,
    row: Any,
    kind: str,
    values: Mapping[str, Any],
    allowed: tuple[str, ...],
    reason: str,
    document: str | None,
    by: Identity | None,
    house_id: int,
) -> list[str]:
    changed = {
        name: (getattr(row, name), values[name])
        for name in allowed
        if name in values and getattr(row, name) != values[name]
    }
    if not changed:
        raise StartksError("Ничего не изменилось: исправьте поля или вернитесь в карточку.")
    for name, (_before, after) in changed.items():
        setattr(row, name, after)
    session.flush()
    facts.record(
        session, kind, row.id, kind, {name: _plain(pair[0]) for name, pair in changed.items()},
        {name: _plain(pair[1]) for name, pair in changed.items()}, reason=reason, document=document, by=by,
        house_id=house_id,
    )  # fmt: skip
    return sorted(changed)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value) if isinstance(value, Decimal) else value


def _refuse(faults: list[tuple[str, str]]) -> None:
    if faults:
        raise StartksError(" ".join(sentence for _field, sentence in faults))
