"""``/office/+reports`` and what lies in it: ``report-NAME``, ``reference-NAME``, ``exchange-NAME``."""

from __future__ import annotations

from startks.framework.addons.lookup import Record, records
from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node

KINDS = ("report", "reference", "exchange")


class Reports(Mount):
    """Everything that modules brought to be asked for or exchanged."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Reports and exchange"))

    def _find(self, name: str) -> ReportNode | None:
        kind, _dash, wanted = name.partition("-")
        if kind not in KINDS:
            return None
        for record in records(self.root.request.registry, kind, visible=True):
            if record.name == wanted:
                return ReportNode(self, name, record)
        return None


class ReportNode(Mount):
    """One report, book or exchange; ``record`` is its registration."""

    __slots__ = ("record",)

    def __init__(self, parent: Node, name: str, record: Record) -> None:
        super().__init__(parent, name, text(parent.root.request, record.title))
        self.record = record
