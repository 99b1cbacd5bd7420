"""Small hand-made houses for tests that need a place, not a town.

    house = make_house(session, flats=2)
    account = make_account(session, house.premises[0], residents=3, tenure="tenant")

Everything is flushed, nothing committed. Missing municipality, district and street are made; several houses of one
session share them. What a test does not name is as in an ordinary five-storey house.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.parties.models import Person
from startks.domain.territory.models import District, House, HouseArea, Municipality, Premise, PremiseArea, Street

SINCE = dt.date(2020, 1, 1)
ALWAYS = Range(SINCE, None)


@dataclass
class MadeHouse:
    """Rows of one house."""

    house: House
    premises: list[Premise]


@dataclass
class MadeAccount:
    """Rows of one account; ``persons`` are its residents, the first one holds it (a lone owner where nobody lives)."""

    account: Account
    persons: list[Person]


def make_house(
    session: Session,
    *,
    number: str = "5",
    flats: int = 2,
    area: str | Decimal = "50.00",
    common_area: str | Decimal = "20.00",
    storeys: int = 5,
    year: int = 1975,
    kind: str = "apartment_building",
) -> MadeHouse:
    """Make a house with ``flats`` flats of ``area`` m² each; the house's total is their sum."""
    district, street = _place(session)
    house = House(
        district_id=district.id, street_id=street.id, number=number, slug=f"uchebnaya-{number.lower()}", kind=kind,
        storeys=storeys, entrances=1, year_built=year,
    )
    session.add(house)
    session.flush()
    total = Decimal(area) * flats
    session.add(HouseArea(
        house_id=house.id, valid=ALWAYS, total_area=total, residential_area=total, nonresidential_area=Decimal(0),
        common_area=Decimal(common_area), heated_common_area=Decimal(0),
    ))
    premises = [Premise(house_id=house.id, kind="flat", number=str(flat), slug=str(flat), rooms=2) for flat in range(1, flats + 1)]
    session.add_all(premises)
    session.flush()
    session.add_all(PremiseArea(premise_id=premise.id, valid=ALWAYS, total_area=Decimal(area)) for premise in premises)
    session.flush()
    return MadeHouse(house, premises)


def make_account(
    session: Session,
    premise: Premise,
    *,
    number: str | None = None,
    residents: int = 1,
    tenure: str = "owner",
    opened_on: dt.date = SINCE,
    kind: str = "residential",
) -> MadeAccount:
    """Make an account in the premise with a holder and ``residents`` permanent residents from ``opened_on`` on."""
    if number is None:
        number = str(9_000_000_001 + (session.scalar(select(func.count(Account.id))) or 0))
    account = Account(
        number=number, house_id=premise.house_id, premise_id=premise.id, kind=kind, opened_on=opened_on,
    )
    persons = [
        Person(last_name="Иванов", first_name=name, middle_name="Петрович", birth_date=dt.date(1980, 1, 1), sex="m")
        for name in ("Иван", "Пётр", "Глеб", "Олег", "Юрий", "Лев", "Марк")[: max(residents, 1)]
    ]
    session.add_all([account, *persons])
    session.flush()
    valid = Range(opened_on, None)
    session.add(AccountHolder(account_id=account.id, person_id=persons[0].id, tenure=tenure, payer=True, valid=valid))
    session.add_all(
        Residence(account_id=account.id, person_id=person.id, kind="permanent", valid=valid) for person in persons[:residents]
    )
    session.flush()
    return MadeAccount(account, persons)


def _place(session: Session) -> tuple[District, Street]:
    district = session.scalars(select(District).order_by(District.id).limit(1)).one_or_none()
    street = session.scalars(select(Street).order_by(Street.id).limit(1)).one_or_none()
    if district is None:
        town = Municipality(name="Учебный", region="Учебная область", slug="uchebny")
        session.add(town)
        session.flush()
        district = District(municipality_id=town.id, name="Первый", slug="pervy")
        session.add(district)
        session.flush()
    if street is None:
        street = Street(municipality_id=district.municipality_id, name="Учебная улица")
        session.add(street)
        session.flush()
    return district, street
