"""The module's place in the tree: ``/…/house/+inspections``."""

from startks.framework.tree import Mount


class Inspections(Mount):
    """The journal of one house."""

    __slots__ = ()

    def __init__(self, parent, name: str) -> None:
        super().__init__(parent, name, "Осмотры")
