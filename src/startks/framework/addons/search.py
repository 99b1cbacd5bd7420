"""What a module finds for the office's one search box.

    def find_valves(session, typed, identity, limit): return [Hit(…), …]

    config.add_search("valves", find_valves, title=_("Valves"), permission="acme:valve:read")

The function gets what was typed as it is, asks one statement narrowed by ``scope_filter(identity, …)``, and returns at
most ``limit`` hits; for what cannot be its own it returns none without asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from startks.framework.addons.lookup import records

LIMIT = 25


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``ended``: it is no longer in use.

    ``path``: names from the root of the tree to the district, house, premise or account it hangs under; ``inside``: names
    of the module's own nodes below that.
    """

    title: str
    path: tuple[str, ...]
    inside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ended: bool = False

    @property
    def tail(self) -> str:
        """What follows the address of the tree's node."""
        return "".join(f"/{name}" for name in self.inside)


@dataclass(frozen=True, slots=True)
class Group:
    """What one module found."""

    name: str
    title: Any
    hits: tuple[Hit, ...]


def search_modules(registry: Any, session: Any, typed: str, identity: Any) -> list[Group]:
    """Ask every module that the reader may read from; only those that found something. Reading needs no licence."""
    groups = []
    for record in records(registry, "search"):
        if identity is None or not identity.holds(record["permission"]):
            continue
        hits = tuple(record.value(session, typed, identity, LIMIT))
        if hits:
            groups.append(Group(record.name, record.title, hits))
    return groups
