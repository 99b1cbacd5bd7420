"""The one statement of a request's traversal, and single look-ups for code that walks by itself.

For ``/samarskiy-rayon/gagarina-5/12/6300012345`` the whole chain is read at once: district by slug, LEFT JOIN house,
premise and account. A step that is missing leaves NULLs from there on; the nodes above it are found all the same, so the
error page has its breadcrumbs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, select

from startks.base.db.hot import Hot
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


CHAIN = Hot("""
    SELECT json_build_array(d.id, d.name, d.municipality_id, h.id, s.name, h.number, p.id, p.kind, p.number, a.id, a.number)
      FROM district d
      -- the street is joined to the house first: an inner join outside would lose a district without such a house
      LEFT JOIN (house h JOIN street s ON s.id = h.street_id) ON h.district_id = d.id AND h.slug = :s1
      LEFT JOIN premise p ON p.house_id = h.id AND p.slug = :s2
      LEFT JOIN account a ON a.premise_id = p.id AND a.number = :s3
     WHERE d.slug = :s0""")
_STEPS = tuple(f"s{index}" for index in range(DEPTH))


def read_chain(
    connection: Connection, names: Sequence[str], ask: Callable[[Hot, dict[str, Any]], Any] | None = None
) -> list[Found]:
    """Return what was found for the leading names, at most four, by one query; shorter than ``names`` where a row misses.

    ``ask`` runs the statement in the place of :meth:`Hot.one`, for one who has something else to ask beside it.
    """
    values = dict.fromkeys(_STEPS) | dict(zip(_STEPS, names, strict=False))
    row = ask(CHAIN, values) if ask is not None else CHAIN.one(connection, **values)
    if row is None:
        return []
    found = [Found(row[0], row[1], row[2])]
    if row[3] is not None:
        found.append(_house(row[3:6]))
        if row[6] is not None:
            found.append(_premise(row[6:9]))
            if row[9] is not None:
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
