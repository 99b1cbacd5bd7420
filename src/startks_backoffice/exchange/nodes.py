"""``/office/+imports`` and ``/office/+imports/3``."""

from __future__ import annotations

from typing import Any

from startks.framework.exchange.town.jobs import find_batch
from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node


class Imports(Mount):
    """All imports."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Town by files"))

    def _find(self, name: str) -> Import | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        row = find_batch(self.root.request.read, int(name))
        return Import(self, name, row) if row is not None else None


class Import(Mount):
    """One import; ``row`` is what the data base says of it."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, row.name or f"№ {row.id}")
        self.id = row.id
        self.row = row
