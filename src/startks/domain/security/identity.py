"""Identity: who asks, as frozen data that has nothing to do with a database session.

It is made once a request by one query (:func:`~startks.domain.security.sessions.load_identity`) and may be kept, logged
and used on an error page after the transaction has failed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a scope on the day of the request, with what the role may do."""

    role: str
    scope_kind: str
    """all | municipality | district | house | account | organisation"""
    scope_id: int
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """A personal account the user is bound to, with the names of its place in the tree (for links without a query)."""

    account_id: int
    number: str
    premise_id: int
    house_id: int
    address: str
    """«ул. Гагарина, д. 5, кв. 12»"""
    path: tuple[str, str, str, str]
    """slugs of district, house and premise, and the number"""


@dataclass(frozen=True, slots=True)
class Identity:
    """The signed-in user. ``grants`` hold on the day of the request; own accounts are grants of the role resident too."""

    user_id: int
    login: str
    full_name: str
    session_id: int | None = None
    grants: tuple[Grant, ...] = ()
    accounts: tuple[OwnAccount, ...] = ()
    must_change: bool = False
    ip: str | None = None

    @property
    def staff(self) -> bool:
        """True for one who has any role besides resident: he lands in the office."""
        return any(grant.role != "resident" for grant in self.grants)

    def holds(self, permission: str) -> bool:
        """True where some grant, wherever, gives the permission: for menus, never for access to a thing."""
        return any(permission in grant.permissions for grant in self.grants)
