"""``/office/…/+meters/17``: the card of a meter, under its house or its account; ``/office/+metering``: what concerns all."""

from __future__ import annotations

from typing import Any

from startks.framework.i18n import _
from startks.framework.tree.nodes import Mount, Node
from startks.modules.metering.office_queries import meter_card, reading_file


class Meters(Mount):
    """Meters of a house or of an account."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, "")

    def _find(self, name: str) -> MeterNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        row = meter_card(self.root.request.read, int(name), self.house_id, self.account_id)
        return MeterNode(self, name, row) if row is not None else None


class MeterNode(Mount):
    """One meter; ``row`` is what the data base says of it. It has the ids of its house and account, so their rights."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, f"№ {row.serial}")
        self.id = row.id
        self.row = row


class MeteringDesk(Mount):
    """Reminders of verification and files of readings: lists over the reader's whole territory."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Metering"))


class ReadingFiles(Mount):
    """Files of readings that were handed in."""

    __slots__ = ()

    def __init__(self, parent: Node, name: str) -> None:
        super().__init__(parent, name, _("Files of readings"))

    def _find(self, name: str) -> ReadingFileNode | None:
        if not (name.isascii() and name.isdigit() and len(name) < 10):
            return None
        row = reading_file(self.root.request.read, int(name))
        return ReadingFileNode(self, name, row) if row is not None else None


class ReadingFileNode(Mount):
    """One file; ``row`` is what is kept of it, without its bytes."""

    __slots__ = ("row",)

    def __init__(self, parent: Node, name: str, row: Any) -> None:
        super().__init__(parent, name, row.name)
        self.id = row.id
        self.row = row
