"""``/office/+jobs`` and ``/office/+jobs/17``."""

from __future__ import annotations

from typing import Any

from startks.framework.i18n import _
from startks.framework.jobs.list_queries import find_job
from startks.framework.tree.nodes import Mount, Node


class Jobs(Mount):
    """All background work."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Jobs"))

    def _find(self, name: str) -> JobNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 18):
            return None
        row = find_job(self.root.request.read, int(name))
        return JobNode(self, name, row) if row is not None else None


class JobNode(Mount):
    """One job; ``row`` is what the data base says of it."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, row.title)
        self.id = row.id
        self.row = row
