"""Menus, computed from what is registered and what the reader may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.i18n import TranslationString

from startks.framework.addons.lookup import records, view_record


@dataclass(frozen=True, slots=True)
class MenuLine:
    """A line to draw: plain values, made for one request."""

    name: str
    title: str
    url: str
    icon: str | None
    current: bool
    module: str | None


def menu(request: Any, place: str, node: Any) -> list[MenuLine]:
    """Return the lines of a menu for ``node`` that this reader may open, of modules that take part today."""
    from startks.framework.tree.urls import office_url, portal_url  # the tree imports the door, not the door the tree

    face = place.partition(".")[0]
    make_url = office_url if face == "office" else portal_url
    lines = []
    for record in records(request.registry, "menu", place, visible=True):
        target = node[record["at"]] if record["at"] else node
        page = view_record(request.registry, face, record["context"], record["view"])
        if page is None or not request.has_permission(page["permission"], target):
            continue
        url = make_url(request, target, record["view"])
        path = url.partition("?")[0].rstrip("/")
        here = request.path.rstrip("/")
        current = here == path or (bool(record["at"]) and here.startswith(path + "/"))
        lines.append(MenuLine(record.name, text(request, record.title), url, record["icon"], current, record.module))
    return lines


def text(request: Any, title: Any) -> str:
    """Return a title in the reader's language."""
    return request.localizer.translate(title) if isinstance(title, TranslationString) else str(title or "")
