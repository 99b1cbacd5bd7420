"""``/office/+law``: the law belongs to no territory."""

from __future__ import annotations

from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node


class LawBook(Mount):
    """Rules and figures by date."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("The law"))
