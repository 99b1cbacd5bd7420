"""Nodes of the tree: Root → District → House → Apartment → Account, and the mounts that modules hang under them.

A node is plain data made from a row: name, parent, id, title and the ids of its ancestors, which is all that rights,
links and headings need. There is no ``keys()``: lists of children are paged queries of their own. The ORM object is
loaded by the view that edits it.

Nodes above the asked one are made by the same statement (:mod:`.chain`) and lie in ``warm`` of their parent, so that
Pyramid's own traverser, unchanged, finds them without a query. Only «no such row» raises KeyError.
"""

from __future__ import annotations

from typing import Any, ClassVar

from startks.framework.addons.lookup import mounts_for
from startks.framework.tree.chain import FIND, Found


class Node:
    """Parent of the five kinds. ``id`` is the primary key of its own row; ids below its level are None."""

    __slots__ = (
        "__name__",
        "__parent__",
        "account_id",
        "district_id",
        "house_id",
        "id",
        "municipality_id",
        "path",
        "premise_id",
        "root",
        "title",
        "warm",
    )
    kind: ClassVar[str] = ""

    def __init__(self, parent: Node | None, name: str | None, id: int | None, title: str) -> None:
        self.__parent__ = parent
        self.__name__ = name
        self.id = id
        self.title = title
        self.path: str | None = None  # kept by startks.framework.tree.urls
        self.warm: dict[str, Node | None] = {}
        if parent is None:
            self.root: Node = self
            self.municipality_id = self.district_id = self.house_id = self.premise_id = self.account_id = None
        else:
            self.root = parent.root
            self.municipality_id = parent.municipality_id
            self.district_id = parent.district_id
            self.house_id = parent.house_id
            self.premise_id = parent.premise_id
            self.account_id = parent.account_id

    def __getitem__(self, name: str) -> Any:
        if name.startswith("+"):
            # built anew each time: a mount holds nothing that would be worth keeping
            factory = mounts_for(self.root.request.registry, self.kind).get(name)
            if factory is None:
                raise KeyError(name)
            return factory(self, name)
        if name not in self.warm:
            self.warm[name] = self._find(name)
        child = self.warm[name]
        if child is None:
            raise KeyError(name)
        return child

    def _find(self, name: str) -> Node | None:
        """Look a child up by itself: only for code that walks without an address, never in a request's traversal."""
        row = FIND[self.kind](self.root.request.read, self.id, name) if self.kind in FIND else None
        return None if row is None else self.adopt(name, row)

    def adopt(self, name: str, row: Found) -> Node:
        """Make the child of this row."""
        child = CHILD[self.kind](self, name, row)
        if self.path is not None:
            child.path = f"{self.path}/{name}"  # a slug needs no quoting
        return child

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.title!r}>"


class Root(Node):
    """The installation. It is made for one request, which it knows; the other nodes know only their parent."""

    __slots__ = ("face", "request")
    kind = "root"

    def __init__(self, request: Any, face: str = "portal") -> None:
        super().__init__(None, "", None, "")
        self.path = ""
        self.request = request
        self.face = face


class District(Node):
    """Внутригородской район."""

    __slots__ = ()
    kind = "district"

    def __init__(self, parent: Node, name: str, row: Found) -> None:
        super().__init__(parent, name, row.id, row.title)
        self.district_id = row.id
        self.municipality_id = row.municipality_id


class House(Node):
    """A house; title «ул. Гагарина, д. 5»."""

    __slots__ = ()
    kind = "house"

    def __init__(self, parent: Node, name: str, row: Found) -> None:
        super().__init__(parent, name, row.id, row.title)
        self.house_id = row.id


class Apartment(Node):
    """A flat, room or non-residential premise; title «кв. 12». The public face hides it from all but its residents."""

    __slots__ = ()
    kind = "apartment"

    def __init__(self, parent: Node, name: str, row: Found) -> None:
        super().__init__(parent, name, row.id, row.title)
        self.premise_id = row.id


class Account(Node):
    """A personal account; name and title are its number."""

    __slots__ = ()
    kind = "account"

    def __init__(self, parent: Node, name: str, row: Found) -> None:
        super().__init__(parent, name, row.id, row.title)
        self.account_id = row.id


CHILD: dict[str, type] = {"root": District, "district": House, "house": Apartment, "apartment": Account}


class Mount(Node):
    """What a module hangs under a node: ``config.add_mount("house", "+metering", HouseMeters)``.

    A subclass is called with (parent, name), has the ids of its place, and finds what is below it by :meth:`_find`.
    """

    __slots__ = ()
    kind = "mount"

    def __init__(self, parent: Node, name: str, title: str = "") -> None:
        super().__init__(parent, name, parent.id, title)


def node_at(node: Any, kind: type[Node]) -> Any:
    """Return the node of a kind at or above ``node`` (a mount's house, an account's district); None where there is none."""
    while node is not None and not isinstance(node, kind):
        node = node.__parent__
    return node
