"""``/office/+reference`` and ``/office/+organisations/7``: they belong to no territory."""

from __future__ import annotations

from typing import Any

from startks.domain.reference.list_queries import organisation
from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node


class ReferenceBooks(Mount):
    """All reference books."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Reference books"))


class Organisations(Mount):
    """Managing companies, suppliers, funds."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Organisations"))

    def _find(self, name: str) -> OrganisationNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        row = organisation(self.root.request.read, int(name))
        return OrganisationNode(self, name, row) if row is not None else None


class OrganisationNode(Mount):
    """One organisation; ``row`` is what the data base says of it."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, row.short_name)
        self.id = row.id
        self.row = row
