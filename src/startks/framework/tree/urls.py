"""Addresses of nodes. The only way to build a link: paths are made from names, never by hand.

They are paths without a host, so a page is the same under every name the site has.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from startks.framework.tree.factory import OFFICE_PREFIX
from startks.framework.tree.nodes import Node

_SAFE = "~!$&'()*+,;=:@"  # what Pyramid leaves as it is in a path segment


def portal_url(request: Any, node: Any, view: str = "", **query: Any) -> str:
    """Return the public path of a node (``/samarskiy-rayon/gagarina-5``) or of its view (``…/@@passport``)."""
    return _path(request, "", node, view, query)


def office_url(request: Any, node: Any, view: str = "", **query: Any) -> str:
    """Return the clerks' path of a node (``/office/samarskiy-rayon/gagarina-5``) or of its view."""
    return _path(request, OFFICE_PREFIX, node, view, query)


def face_url(request: Any, node: Any, view: str = "", **query: Any) -> str:
    """Return the path on the face the request came to: for pieces both faces share."""
    prefix = OFFICE_PREFIX if face_of(request) == "office" else ""
    return _path(request, prefix, node, view, query)


def account_path(request: Any, path: tuple[str, ...], view: str = "") -> str:
    """Return the public path of an account from the names in :class:`~startks.domain.security.identity.OwnAccount`."""
    names = "/".join(quote(name, safe=_SAFE) for name in path)
    return f"{request.script_name}/{names}" + (f"/@@{view}" if view else "")


def face_of(request: Any) -> str:
    """Return ``office`` or ``portal``, from the address alone: works on error pages too."""
    path = request.environ.get("PATH_INFO", "")
    return "office" if path == OFFICE_PREFIX or path.startswith(OFFICE_PREFIX + "/") else "portal"


def _path(request: Any, prefix: str, node: Any, view: str, query: dict[str, Any]) -> str:
    path = f"{_place(node)}/@@{view}" if view else _place(node)
    if not prefix and not path:
        path = "/"
    given = {key: value for key, value in query.items() if value is not None} if query else None
    return request.script_name + prefix + path + (f"?{urlencode(given, doseq=True)}" if given else "")


def _place(node: Any) -> str:
    """Path of the node below the root; a node of the tree keeps its own, which many links of a page begin with."""
    kept = getattr(node, "path", None)
    if kept is not None:
        return kept
    above = _place(node.__parent__) if node.__parent__ is not None else ""
    path = f"{above}/{quote(node.__name__, safe=_SAFE)}" if node.__name__ else above
    if isinstance(node, Node):
        node.path = path
    return path
