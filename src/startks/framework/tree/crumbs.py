"""Breadcrumbs from the lineage: no query, since the nodes above the asked one are there already."""

from __future__ import annotations

from typing import Any, NamedTuple

from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.tree.nodes import Apartment, Root
from startks.framework.tree.urls import face_of, office_url, portal_url

HOME, DESKTOP = _("Home"), _("Desktop")


class Crumb(NamedTuple):
    """A step; ``url`` is None for the page itself and for a place that has no page of its own."""

    title: str
    url: str | None


def breadcrumbs(request: Any, node: Any, *more: str) -> list[Crumb]:
    """Return the steps from the home page to ``node`` and then to ``more`` (titles of pages without a node).

    The flat has no public page: on the portal it is a word between the house and the account.
    """
    portal = face_of(request) == "portal"
    url = portal_url if portal else office_url
    steps: list[Crumb] = []
    here = node
    while here is not None:
        title = request.localizer.translate(HOME if portal else DESKTOP) if isinstance(here, Root) else text(request, here.title)
        last = here is node and not more
        hidden = last or (portal and isinstance(here, Apartment))
        if title:
            steps.append(Crumb(title, None if hidden else url(request, here)))
        here = here.__parent__
    steps.reverse()
    steps += [Crumb(title, None) for title in more]
    return steps
