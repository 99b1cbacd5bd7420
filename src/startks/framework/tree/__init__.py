"""The tree: one for both faces.

* :mod:`.nodes` — Root, District, House, Apartment, Account, and Mount for modules; :mod:`.chain` — the one statement;
* :mod:`.factory` — the roots; :mod:`.urls` — addresses; :mod:`.crumbs` — breadcrumbs.

Measured: a whole chain costs one query, where a query a node would cost four.
"""

from startks.framework.tree.nodes import Account, Apartment, District, House, Mount, Node, Root, node_at
from startks.framework.tree.urls import account_path, face_of, face_url, office_url, portal_url

__all__ = [
    "Account",
    "Apartment",
    "District",
    "House",
    "Mount",
    "Node",
    "Root",
    "account_path",
    "face_of",
    "face_url",
    "includeme",
    "node_at",
    "office_url",
    "portal_url",
]


def includeme(config) -> None:
    """Set the roots of both faces."""
    config.include("startks.framework.tree.factory")
