"""``/office/+reference`` and ``/office/+organisations/7``: they belong to no territory.

``/office/+reference/region``, ``…/samara`` and ``…/org-7`` are the books of one level: their nodes carry the id of their
municipality or organisation, so that who keeps that level's books may write there and nowhere else.
"""

from __future__ import annotations

from typing import Any

from startks.domain.parties.contracts import contract_row
from startks.domain.reference import levels
from startks.domain.reference.levels import Level
from startks.domain.reference.list_queries import organisation
from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node


class ReferenceBooks(Mount):
    """All reference books."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Reference books"))


    def _find(self, name: str) -> LevelNode | None:
        session = self.root.request.db
        number = name.removeprefix("org-")
        if name == "region":
            level: Level | None = levels.region(session)
        elif number != name and number.isascii() and number.isdigit() and len(number) < 10:
            level = levels.organisation(session, int(number))
        else:
            level = levels.municipality(session, name)
        return LevelNode(self, name, level) if level is not None else None


class LevelNode(Mount):
    """The books as one level keeps or inherits them."""

    __slots__ = ("level", "organisation_id")

    def __init__(self, parent: Node, name: str, level: Level) -> None:
        super().__init__(parent, name, level.title)
        self.level = level
        self.organisation_id = level.id if level.kind == levels.ORGANISATION else None
        if level.kind == levels.MUNICIPALITY:
            self.municipality_id = level.id


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

    def _find(self, name: str) -> ContractNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        row = contract_row(self.root.request.read, self.id, int(name))
        return ContractNode(self, name, row) if row is not None else None


class ContractNode(Mount):
    """A contract of the organisation above; ``row`` is what the data base says of it."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, f"№ {row.number}")
        self.id = row.id
        self.row = row
