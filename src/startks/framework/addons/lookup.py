"""What was registered through the door, read from Pyramid's introspection.

Nothing is kept beside the introspector: a directive's record is its introspectable. The lists are made once for an
application, after the commit, and are frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from startks.framework.addons.registry import addons_of

CACHE = "startks.lookup"


@dataclass(frozen=True, slots=True)
class Record:
    """One registration.

    ``kind``: ``mount``, ``view``, ``menu``, ``slot``, ``permission``, ``report``, ``task``, ``periodic``, ``reference``,
    ``exchange``, ``town_register``, ``search``, ``rules``, ``contract``, ``subscriber``. ``place``: where it belongs (kind of node,
    menu, slot, face),
    empty where there is only one. ``module``: who registered it, None for the house. ``value``: the thing itself.
    """

    kind: str
    place: Any
    name: str
    title: Any
    value: Any
    module: str | None
    options: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.options[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return an option of the registration."""
        return self.options.get(key, default)


def category(kind: str) -> str:
    """Return the introspection category of a kind."""
    return f"startks {kind}"


def records(registry: Any, kind: str, place: Any = None, *, visible: bool = False) -> tuple[Record, ...]:
    """Return the registrations of a kind (and place), in ``order`` and then in the order of loading.

    ``visible=True`` leaves out those of modules that take no part today.
    """
    cache: dict[tuple, tuple[Record, ...]] = registry.setdefault(CACHE, {})
    key = (kind, place)
    if key not in cache:
        found = [item["introspectable"]["record"] for item in registry.introspector.get_category(category(kind), ())]
        if place is not None:
            found = [record for record in found if record.place == place]
        cache[key] = tuple(sorted(found, key=lambda record: record.get("order", 0)))
    if not visible:
        return cache[key]
    addons = addons_of(registry)
    return tuple(record for record in cache[key] if addons.visible(record.module))


def mounts_for(registry: Any, kind: str) -> dict[str, Callable[[Any, str], Any]]:
    """Return the mounts of a kind of node (``root``, ``district``, ``house``, ``apartment``, ``account``) by name.

    A factory is called with (parent, name) and returns the node. Mounts of unlicensed modules are here too: reading by
    address needs no licence.
    """
    return {record.name: record.value for record in records(registry, "mount", kind)}


def permission_table(registry: Any) -> dict[str, frozenset[str]]:
    """Return permission → roles, as the house and the modules registered them."""
    table: dict[str, set[str]] = {}
    for record in records(registry, "permission"):
        table.setdefault(record.name, set()).add(record.place)
    return {permission: frozenset(roles) for permission, roles in table.items()}


def role_table(registry: Any) -> dict[str, frozenset[str]]:
    """Return role → permissions: the same registrations the other way round."""
    table: dict[str, set[str]] = {}
    for record in records(registry, "permission"):
        table.setdefault(record.place, set()).add(record.name)
    return {role: frozenset(permissions) for role, permissions in table.items()}


def view_record(registry: Any, face: str, context: type, name: str) -> Record | None:
    """Return the view of a face that serves GET for a context class, the most specific one; None where there is none."""
    candidates = [
        record
        for record in records(registry, "view", face)
        if record.name == name and issubclass(context, record["context"]) and "GET" in record["methods"]
    ]
    return max(candidates, key=lambda record: len(record["context"].__mro__), default=None)
