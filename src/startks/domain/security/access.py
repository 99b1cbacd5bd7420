"""May this identity do this here? Answered from the frozen identity and the node's ids, without a query.

:func:`permits` for one thing, :func:`scope_filter` for a list: the same grants, once compared in Python and once as SQL.
Whatever is not granted is denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import ColumnElement, false, or_, true

from startks.domain.security.identity import Grant, Identity
from startks.domain.security.permissions import Permission, Public, is_entrance


class Place(Protocol):
    """A node of the tree, as far as rights go: ids of itself and its ancestors, None below its own level."""

    municipality_id: int | None
    district_id: int | None
    house_id: int | None
    account_id: int | None


_PLACE = {
    "municipality": "municipality_id",
    "district": "district_id",
    "house": "house_id",
    "account": "account_id",
    "organisation": "organisation_id",
}
"""Attribute of a node that carries the id a grant names; only an organisation's own pages carry its id."""


def covers(grant: Grant, node: Place) -> bool:
    """True where the node is the granted scope or lies below it."""
    if grant.scope_kind == "all":
        return True
    attribute = _PLACE.get(grant.scope_kind)
    return attribute is not None and getattr(node, attribute, None) == grant.scope_id


def roles_at(identity: Identity | None, node: Place) -> frozenset[str]:
    """Return the roles whose grants cover the node."""
    if identity is None:
        return frozenset()
    return frozenset(grant.role for grant in identity.grants if covers(grant, node))


def permits(identity: Identity | None, node: Place, permission: str) -> bool:
    """True where the identity may do this at the node.

    An entrance (:func:`~.permissions.is_entrance`) is also open above a granted scope, down to where the scope's own branch
    begins: at the root for every grant, at a district for grants of houses and accounts. The page behind it shows
    only what :func:`scope_filter` lets through.
    """
    if permission == Public:
        return True
    if identity is None:
        return False
    if permission == Permission.SESSION_OWN_OPEN:
        return True
    entrance = is_entrance(permission)
    for grant in identity.grants:
        if permission in grant.permissions and (covers(grant, node) or (entrance and _may_lie_below(grant, node))):
            return True
    return False


def within_reach(identity: Identity | None, node: Place) -> bool:
    """True where some grant, whatever it permits, covers the node or may have its scope below it.

    Of what lies out of reach the reader is not told that it exists: it answers as an address that nothing stands at.
    """
    return identity is not None and any(covers(grant, node) or _may_lie_below(grant, node) for grant in identity.grants)


def _may_lie_below(grant: Grant, node: Place) -> bool:
    if getattr(node, "district_id", None) is None:  # the root, or what hangs on it
        return True
    if grant.scope_kind == "organisation":  # not a place: its rows may lie in any house
        return getattr(node, "account_id", None) is None
    if getattr(node, "house_id", None) is None:
        return grant.scope_kind in ("house", "account")
    return False


def scope_filter(identity: Identity | None, permission: str, columns: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition that keeps the rows the identity may see with this permission.

    ``columns`` maps scope kinds (municipality, district, house, account, organisation) to the column that carries its id
    in the caller's statement, or to a function that makes the condition of the ids (an organisation has no column in a
    list of houses, yet serves some of them by its contracts). A grant whose kind has no column there gives nothing: name every column the statement
    has. Without a grant the condition is false.
    """
    unknown = set(columns) - set(_PLACE)
    if unknown:
        raise ValueError(f"unknown scope kinds: {', '.join(sorted(unknown))}")
    ids: dict[str, set[int]] = {}
    for grant in identity.grants if identity is not None else ():
        if permission not in grant.permissions:
            continue
        if grant.scope_kind == "all":
            return true()
        if grant.scope_kind in columns:
            ids.setdefault(grant.scope_kind, set()).add(grant.scope_id)
    if not ids:
        return false()
    return or_(*(_within(columns[kind], sorted(chosen)) for kind, chosen in sorted(ids.items())))


def _within(column: Any, chosen: list[int]) -> ColumnElement[bool]:
    return column.in_(chosen) if hasattr(column, "in_") else column(chosen)
