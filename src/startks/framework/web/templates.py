"""What every template has without asking.

``fmt``, also called ``format`` (money, numbers, dates: :mod:`.formats`), ``macros`` (shared pieces: ``metal:use-macro="macros['pagination']"``),
``portal_url(request, node, view)``, ``office_url(…)``, ``face_url(…)``, ``account_path(…)``, ``messages`` (a function),
``breadcrumbs`` (a function), ``_``; from :mod:`.assets` ``asset_url(name)`` and ``icon(name)``; from Pyramid ``request``,
``context``, ``get_csrf_token()``.
"""

from __future__ import annotations

from typing import Any

from pyramid.events import BeforeRender
from pyramid.renderers import get_renderer

from startks.framework.addons.menus import menu
from startks.framework.addons.slots import slot
from startks.framework.i18n import _
from startks.framework.tree import account_path, face_url, office_url, portal_url
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.web import settings_of
from startks.framework.web.flash import messages
from startks.framework.web.formats import Formats, formats_for

MACROS = "startks.framework.web:templates/macros.pt"


class Macros:
    """The shared pieces, found when one is used: ``macros['pagination']``."""

    def __getitem__(self, name: str) -> Any:
        return get_renderer(MACROS).implementation().macros[name]


_GLOBALS = {
    "macros": Macros(),
    "portal_url": portal_url,
    "office_url": office_url,
    "face_url": face_url,
    "account_path": account_path,
    "breadcrumbs": breadcrumbs,
    "messages": messages,
    "menu": menu,
    "slot": slot,
    "_": _,
}


def includeme(config) -> None:
    """Add them before each rendering."""
    config.add_request_method(_formats, "fmt", reify=True)
    config.add_subscriber(_add, BeforeRender)


def _formats(request: Any) -> Formats:
    return formats_for(request.localizer.locale_name, settings_of(request.registry).city)


def _add(event: BeforeRender) -> None:
    event.update(_GLOBALS)
    request = event.get("request")
    if request is not None:
        event["fmt"] = event["format"] = request.fmt
