"""How the pages look and in which language: both are kept in cookies, for visitors too."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.domain.security.permissions import Public
from startks.framework import i18n
from startks.framework.tree.nodes import Root
from startks.framework.web import cookies, preferences


def look(context: Root, request: Request) -> HTTPSeeOther:
    """Remember the choice of the reading panel and go back to the page it stood on."""
    response = HTTPSeeOther(preferences.safe_return(request))
    preferences.remember(request, response, preferences.chosen(request.params))
    response.cache_control = "no-store"
    return response


def language(context: Root, request: Request) -> HTTPSeeOther:
    """Remember the language and go back."""
    response = HTTPSeeOther(preferences.safe_return(request))
    wanted = request.params.get("to")
    if wanted in i18n.LANGUAGES:
        cookies.set_plain(request, response, i18n.COOKIE, wanted, preferences.YEAR)
    response.cache_control = "no-store"
    return response


def includeme(config: Configurator) -> None:
    """Register both."""
    for view, name in ((look, "look"), (language, "language")):
        config.add_portal_view(view, context=Root, name=name, permission=Public, request_method="GET")
