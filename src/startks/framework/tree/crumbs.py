"""Breadcrumbs from the lineage: no query, since the nodes above the asked one are there already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.tree.nodes import Apartment, Root
from startks.framework.tree.urls import face_of, face_url


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step; ``url`` is None for the page itself and for a place that has no page of its own."""

    title: str
    url: str | None


def breadcrumbs(request: Any, node: Any, *more: str) -> list[Crumb]:
    """Return the steps from the home page to ``node`` and then to ``more`` (titles of pages without a node).

    The flat has no public page: on the portal it is a word between the house and the account.
    """
    translate = request.localizer.translate
    portal = face_of(request) == "portal"
    steps: list[Crumb] = []
    here = node
    while here is not None:
        if isinstance(here, Root):
            title = translate(_("Home")) if portal else translate(_("Desktop"))
        else:
            title = text(request, here.title)
        last = here is node and not more
        hidden = last or (portal and isinstance(here, Apartment))
        if title:
            steps.append(Crumb(title, None if hidden else face_url(request, here)))
        here = here.__parent__
    steps.reverse()
    steps += [Crumb(title, None) for title in more]
    return steps
