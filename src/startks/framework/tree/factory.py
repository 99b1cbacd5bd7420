"""The root of both faces: reads the chain the address asks for and leaves it warm for Pyramid's traverser."""

from __future__ import annotations

from typing import Any

from pyramid.traversal import split_path_info

from startks.framework.tree import ahead
from startks.framework.tree.chain import DEPTH, SEGMENT, read_chain
from startks.framework.tree.nodes import Node, Root

OFFICE_ROUTE = "office"
OFFICE_PREFIX = "/office"


def includeme(config) -> None:
    """Set the root for the portal, which has no route, and the office route with the same root."""
    config.include("startks.framework.tree.ahead")
    config.set_root_factory(portal_root)
    # not "/office*traverse": that would also take "/office-district"
    config.add_route(OFFICE_ROUTE, OFFICE_PREFIX + "{traverse:(?:/.*)?}", factory=office_root)


def portal_root(request: Any) -> Root:
    """Return the root of the public face."""
    return _warmed(Root(request, "portal"), request.environ.get("PATH_INFO", ""), raw=True)


def office_root(request: Any) -> Root:
    """Return the root of the clerks' face."""
    return _warmed(Root(request, "office"), request.matchdict["traverse"], raw=False)


def _warmed(root: Root, path: str, *, raw: bool) -> Root:
    names, ended = _names(path, raw)
    if not names:
        return root
    node: Node = root
    request = root.request
    first_page = ended and root.face == "portal"
    ask = ahead.asker(request, names) if first_page else getattr(request, "ask_beside", None)
    found = read_chain(request.read, names, ask)
    for name, row in zip(names, found, strict=False):
        child = node.adopt(name, row)
        node.warm[name] = child
        node = child
    if len(found) < len(names):
        node.warm[names[len(found)]] = None  # the traverser must not ask again
    return root


def _names(path: str, raw: bool) -> tuple[list[str], bool]:
    """Return the leading segments that may be slugs, and whether the address ends with them.

    A view or a mount ends them, and so does what no slug looks like.
    """
    try:
        text = path.encode("latin-1").decode("utf-8") if raw else path
    except UnicodeDecodeError:
        return [], True  # Pyramid's traverser meets the same bytes and answers 400
    names: list[str] = []
    segments = split_path_info(text)
    for segment in segments[:DEPTH]:
        if not SEGMENT.fullmatch(segment):
            break
        names.append(segment)
    return names, len(names) == len(segments)
