"""Home page, list of districts, search of a house by its address."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import true

from startks.domain.accounts.search_queries import cut, find_houses
from startks.domain.reference.portal_queries import main_tariffs
from startks.domain.security.permissions import Public
from startks.domain.territory.portal_queries import districts, town_figures
from startks.domain.territory.titles import house_title
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import portal_url
from startks.framework.web.pieces import Html
from startks_portal.frame import steps
from startks_portal.labels import SERVICE_ICONS, sayer

HOME = "startks_portal:templates/home.pt"
KEPT = "startks_portal.home"
KEPT_SECONDS = 60

SHORTEST = 2
"""Letters from which suggestions begin."""
SUGGESTED = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A house that was found."""

    title: str
    place: str
    url: str


def home(context: Root, request: Request) -> Response:
    """First page: what the site is for, search, figures of the town, districts, tariffs in short.

    Its figures are counts over the whole town and the same for everybody: they are kept for a minute, ready drawn.
    """
    kept = request.registry.setdefault(KEPT, {})
    locale, now = request.locale_name, time.monotonic()
    until, drawn = kept.get(locale, (0.0, None))
    if drawn is None or until < now:
        drawn = Html(render(HOME, _figures(request), request))
        if not request.registry.settings.get("pyramid.reload_templates"):
            kept[locale] = (now + KEPT_SECONDS, drawn)
    return request.portal_page(title=request.localizer.translate(_("Housing and utilities")), wide=drawn)


def _figures(request: Request) -> dict[str, Any]:
    return {
        "figures": town_figures(request.read),
        "districts": districts(request.read),
        "tariffs": main_tariffs(request.read),
        "icons": SERVICE_ICONS,
        "say": sayer(request),
    }


def district_list(context: Root, request: Request) -> dict[str, Any]:
    """Districts with the number of their houses."""
    return {"districts": districts(request.read), "steps": steps(request, context, _("Houses"))}


def hits(request: Request, limit: int | None = None) -> list[Hit]:
    """Houses that fit what was typed into the field ``q``; none for less than two letters."""
    typed = request.params.get("q", "").strip()[:100]
    if len(typed) < SHORTEST:
        return []
    rows = find_houses(request.read, cut(typed), true())
    root = portal_url(request, request.root)
    return [
        Hit(house_title(row.street, row.number), row.district, f"{root}{row.district_slug}/{row.house_slug}")
        for row in rows[:limit]
    ]


def search(context: Root, request: Request) -> dict[str, Any] | HTTPFound:
    """Result of the search; a single house is opened at once."""
    found = hits(request)
    if len(found) == 1:
        return HTTPFound(found[0].url)
    return {
        "q": request.params.get("q", "").strip()[:100],
        "hits": found,
        "shortest": SHORTEST,
        "steps": steps(request, context, _("Search of a house")),
    }


def suggest(context: Root, request: Request) -> dict[str, Any]:
    """Part of a page: a few houses under the search field."""
    typed = request.params.get("q", "").strip()
    return {"hits": hits(request, SUGGESTED), "empty": len(typed) >= SHORTEST}


def includeme(config: Configurator) -> None:
    """Register the pages."""
    for view, name, template in (
        (home, "", None),
        (district_list, "districts", "districts"),
        (search, "search", "search"),
        (suggest, "suggest", "suggest"),
    ):
        config.add_portal_view(
            view,
            context=Root,
            name=name,
            permission=Public,
            request_method="GET",
            **({"renderer": f"startks_portal:templates/{template}.pt"} if template else {}),
        )
