"""Two districts, three houses, four accounts and users with every role: enough to ask who may see what.

``settle(session)`` writes it (flushed, not committed) and returns its ids.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.domain.accounts.models import Account, AccountBinding
from startks.domain.security.models import RoleGrant, UserAccount
from startks.domain.security.passwords import hash_password
from startks.domain.security.permissions import Role
from startks.domain.territory.models import District, House, Municipality, Premise, Street
from startks.domain.territory.slugs import slugify

PASSWORD = "correct horse battery"
LONG_AGO = dt.date(2020, 1, 1)


@dataclass
class Settlement:
    """Ids of what was written; ``users`` by login."""

    municipality: int = 0
    districts: list[int] = field(default_factory=list)
    houses: list[int] = field(default_factory=list)
    premises: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)

    house_path: str = "/samarskiy-rayon/gagarina-5"
    flat_path: str = "/samarskiy-rayon/gagarina-5/12"
    account_path: str = "/samarskiy-rayon/gagarina-5/12/6300000001"
    neighbour_path: str = "/samarskiy-rayon/gagarina-5/13/6300000002"
    far_path: str = "/oktyabrskiy-rayon/mira-1/1/6300000004"


def settle(session: Session) -> Settlement:
    """Write the settlement; each role has a user of its name with the whole installation as scope.

    The resident has account 0, ``district`` is an operator of district 0, ``house`` one of house 0, ``past`` an
    operator whose role has ended, ``fired`` a disabled one.
    """
    made = Settlement()
    town = Municipality(name="Тестовск", region="Тестовская область", slug="testovsk")
    session.add(town)
    session.flush()
    made.municipality = town.id
    streets = {name: Street(municipality_id=town.id, name=name) for name in ("улица Гагарина", "улица Мира")}
    districts = [
        District(municipality_id=town.id, name=name, slug=slugify(name))
        for name in ("Самарский район", "Октябрьский район")
    ]
    session.add_all([*streets.values(), *districts])
    session.flush()
    made.districts = [district.id for district in districts]
    plan = [
        (0, "улица Гагарина", "5", ["12", "13"]),
        (0, "улица Гагарина", "7", ["1"]),
        (1, "улица Мира", "1", ["1"]),
    ]
    for where, street, number, flats in plan:
        house = House(
            district_id=made.districts[where],
            street_id=streets[street].id,
            number=number,
            slug=slugify(f"{street} {number}"),
        )
        session.add(house)
        session.flush()
        made.houses.append(house.id)
        for flat in flats:
            premise = Premise(house_id=house.id, number=flat, slug=slugify(f"кв. {flat}"))
            session.add(premise)
            session.flush()
            made.premises.append(premise.id)
            account = Account(
                number=f"630000000{len(made.accounts) + 1}",
                house_id=house.id,
                premise_id=premise.id,
                opened_on=LONG_AGO,
            )
            session.add(account)
            session.flush()
            made.accounts.append(account.id)
            made.numbers.append(account.number)
    _people(session, made)
    return made


def _people(session: Session, made: Settlement) -> None:
    shared_hash = hash_password(PASSWORD)
    grants: list[tuple[str, str, str, int, Range]] = [
        (role.value, role.value, "all", 0, Range(LONG_AGO, None)) for role in Role if role != Role.RESIDENT
    ]
    grants += [
        ("district", "operator", "district", made.districts[0], Range(LONG_AGO, None)),
        ("house", "operator", "house", made.houses[0], Range(LONG_AGO, None)),
        ("past", "operator", "all", 0, Range(LONG_AGO, dt.date(2021, 1, 1))),
        ("fired", "operator", "all", 0, Range(LONG_AGO, None)),
    ]
    for login in ("resident", *(login for login, *_rest in grants)):
        user = UserAccount(
            login=login, full_name=f"Проверочный {login}", password_hash=shared_hash, active=login != "fired"
        )
        session.add(user)
        session.flush()
        made.users[login] = user.id
    for login, role, kind, scope_id, valid in grants:
        session.add(
            RoleGrant(user_id=made.users[login], role=role, scope_kind=kind, scope_id=scope_id, valid=valid)
        )
    session.add(
        AccountBinding(
            account_id=made.accounts[0], user_id=made.users["resident"], method="office", valid=Range(LONG_AGO, None)
        )
    )
    session.flush()
