"""The one statement of a request's traversal, and single look-ups for code that walks by itself.

For ``/samarskiy-rayon/gagarina-5/12/6300012345`` the whole chain is read at once: district by slug, LEFT JOIN house,
premise and account. A step that is missing leaves NULLs from there on; the nodes above it are found all the same, so the
error page has its breadcrumbs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, bindparam, select

from startks.domain.accounts.models import Account
from startks.domain.territory.models import District, House, Premise, Street
from startks.domain.territory.titles import house_title, premise_title

DEPTH = 4
SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
"""What a stored slug or a number may be; anything else is not asked from the data base."""


class Found(NamedTuple):
    """What a node is made from."""

    id: int
    title: str
    municipality_id: int | None = None


_DISTRICT = (District.id, District.name, District.municipality_id)
_HOUSE = (House.id, Street.name, House.number)
_PREMISE = (Premise.id, Premise.kind, Premise.number)
_ACCOUNT = (Account.id, Account.number)


def _chain(depth: int) -> Select:
    columns: list[Any] = [*_DISTRICT]
    source: Any = District.__table__
    if depth > 1:
        # the street is joined to the house first: an inner join outside would lose a district without such a house
        house = House.__table__.join(Street.__table__, Street.id == House.street_id)
        source = source.outerjoin(house, and_(House.district_id == District.id, House.slug == bindparam("s1")))
        columns += _HOUSE
    if depth > 2:
        source = source.outerjoin(
            Premise.__table__, and_(Premise.house_id == House.id, Premise.slug == bindparam("s2"))
        )
        columns += _PREMISE
    if depth > 3:
        source = source.outerjoin(
            Account.__table__, and_(Account.premise_id == Premise.id, Account.number == bindparam("s3"))
        )
        columns += _ACCOUNT
    return (
        select(*(column.label(f"c{index}") for index, column in enumerate(columns)))
        .select_from(source)
        .where(District.slug == bindparam("s0"))
    )


CHAIN: dict[int, Select] = {depth: _chain(depth) for depth in range(1, DEPTH + 1)}


def read_chain(connection: Connection, names: Sequence[str]) -> list[Found]:
    """Return what was found for the leading names, at most four, by one query; shorter than ``names`` where a row misses."""
    depth = len(names)
    row = connection.execute(CHAIN[depth], {f"s{index}": name for index, name in enumerate(names)}).one_or_none()
    if row is None:
        return []
    found = [Found(row[0], row[1], row[2])]
    if depth > 1 and row[3] is not None:
        found.append(_house(row[3:6]))
        if depth > 2 and row[6] is not None:
            found.append(_premise(row[6:9]))
            if depth > 3 and row[9] is not None:
                found.append(Found(row[9], row[10]))
    return found


def _house(row: Sequence[Any]) -> Found:
    return Found(row[0], house_title(row[1], row[2]))


def _premise(row: Sequence[Any]) -> Found:
    return Found(row[0], premise_title(row[1], row[2]))


_ONE_DISTRICT = select(*_DISTRICT).where(District.slug == bindparam("name"))
_ONE_HOUSE = (
    select(*_HOUSE)
    .join(Street, Street.id == House.street_id)
    .where(House.district_id == bindparam("parent"), House.slug == bindparam("name"))
)
_ONE_PREMISE = select(*_PREMISE).where(Premise.house_id == bindparam("parent"), Premise.slug == bindparam("name"))
_ONE_ACCOUNT = select(*_ACCOUNT).where(Account.premise_id == bindparam("parent"), Account.number == bindparam("name"))


def _finder(statement: Select, make: Callable[[Row], Found]) -> Callable[[Connection, int | None, str], Found | None]:
    def find(connection: Connection, parent_id: int | None, name: str) -> Found | None:
        if not SEGMENT.fullmatch(name):
            return None
        row = connection.execute(statement, {"parent": parent_id, "name": name}).one_or_none()
        return None if row is None else make(row)

    return find


FIND: dict[str, Callable[[Connection, int | None, str], Found | None]] = {
    "root": _finder(_ONE_DISTRICT, lambda row: Found(*row)),
    "district": _finder(_ONE_HOUSE, _house),
    "house": _finder(_ONE_PREMISE, _premise),
    "apartment": _finder(_ONE_ACCOUNT, lambda row: Found(row[0], row[1])),
}
"""Kind of the parent → look one child up by name."""
