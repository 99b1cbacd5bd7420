"""The unchanging parts of the frame: head, header, footer, and the whole frame for hot pages.

They are the same for all readers of one language and look, signed in or not; rendering them anew was most of a small
page's work. They are rendered once and kept; the town's name is read again after some minutes. Nothing of a person is in
them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import escape
from pyramid.config import Configurator
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response

from startks.domain.territory.portal_queries import town
from startks.framework.addons.lookup import records
from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.tree.crumbs import Crumb
from startks.framework.web import preferences
from startks.framework.web.pieces import Html, Piece, Pieces, joined

TEMPLATE = "startks_portal:templates/chrome#{}.pt"
FRAME = "startks_portal:templates/frame.pt"
CRUMBS = Pieces("startks_portal:templates/crumbs.pt", "crumbs", "step", "here")
KEPT_SECONDS = 300
KEPT_VARIANTS = 400

LANGUAGES = {"ru": ("Рус", "Русский язык"), "en": ("Eng", "English")}

LOOK_TITLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "theme": (_("Theme"), {"auto": _("As on the device"), "light": _("Light"), "dark": _("Dark")}),
    "size": (_("Letters"), {"normal": _("Ordinary"), "large": _("Large"), "huge": _("Very large")}),
    "contrast": (_("Contrast"), {"usual": _("Ordinary"), "high": _("High")}),
    "spacing": (_("Spacing"), {"tight": _("Ordinary"), "wide": _("Wide")}),
    "motion": (_("Motion"), {"lively": _("On"), "calm": _("Off")}),
}

SECTIONS = (
    ("/@@districts", _("Houses")),
    ("/@@tariffs", _("Tariffs")),
    ("/@@norms", _("Norms")),
    ("/@@organisations", _("Organisations")),
    ("/@@glossary", _("Glossary")),
)


EMPTY = Html()


@dataclass(slots=True)
class Chrome:
    """Ready parts of the frame for one kind of reader; ``frame`` is the whole of it, made when a hot page asks first."""

    lang: str
    town: str
    region: str
    head: str
    header: str
    footer: str
    frame: Piece | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button of the reading panel."""

    word: str
    title: Any
    chosen: bool
    default: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One preference of the reading panel."""

    name: str
    title: Any
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the navigation."""

    href: str
    title: Any


def look_groups(look: preferences.Look) -> list[Group]:
    """Fields of the reading panel with what is chosen now."""
    groups = []
    for name, words in preferences.CHOICES.items():
        title, titles = LOOK_TITLES[name]
        now = getattr(look, name)
        choices = tuple(Choice(word, titles[word], word == now, word == words[0]) for word in words)
        groups.append(Group(name, title, choices))
    return groups


def _chrome(request: Request) -> Chrome:
    locale = request.localizer.locale_name
    signed_in = request.identity is not None
    kept = request.registry.setdefault("startks_portal.chrome", {})
    key = (locale, request.look, signed_in)
    found = kept.get(key)
    now = time.monotonic()
    if found is not None and found[0] > now:
        return found[1]
    chrome = _render(request, locale, signed_in)
    if not request.registry.settings.get("pyramid.reload_templates"):
        if len(kept) >= KEPT_VARIANTS:
            kept.clear()
        kept[key] = (now + KEPT_SECONDS, chrome)
    return chrome


def _render(request: Request, locale: str, signed_in: bool) -> Chrome:
    place = town(request.read)
    other = "en" if locale == "ru" else "ru"
    sections = [Link(href, title) for href, title in SECTIONS]
    sections += [
        Link(f"/{record['at'] or ''}{'/' if record['at'] else ''}@@{record['view']}", text(request, record.title))
        for record in records(request.registry, "menu", "portal.main", visible=True)
    ]
    values = {
        "town": place.name if place else "",
        "region": place.region if place else "",
        "signed_in": signed_in,
        "sections": sections,
        "look_groups": look_groups(request.look),
        "other_language": {"code": other, "short": LANGUAGES[other][0], "title": LANGUAGES[other][1]},
    }
    head, header, footer = (render(TEMPLATE.format(part), values, request) for part in ("head", "header", "footer"))
    return Chrome(locale, values["town"], values["region"], head, header, footer)


@lru_cache(maxsize=2000)
def _step(pieces: Any, step: Crumb) -> Html:
    """A step with a page of its own, a district or a house: the same for all who come by it."""
    return pieces.step(url=step.url, title=step.title)


def crumbs(request: Request, steps: Iterable[Crumb]) -> Html:
    """Request method ``portal_crumbs``: the line of breadcrumbs; nothing for no steps."""
    pieces = CRUMBS.of(request)
    lines = [_step(pieces, step) if step.url else pieces.here(title=step.title) for step in steps]
    return pieces.crumbs(steps=joined(lines)) if lines else Html()


def page(
    request: Request, *, title: str, steps: Iterable[Crumb] = (), main: Html = EMPTY, wide: Html = EMPTY
) -> Response:
    """Request method ``portal_page``: a whole page whose own part is ready markup, without rendering its frame.

    ``main`` stands within the page's column, ``wide`` before it from edge to edge.
    """
    chrome = request.portal_chrome
    if chrome.frame is None:
        chrome.frame = Piece(render(FRAME, {}, request))
    parts = chrome.frame.parts(title=escape(title), crumbs=crumbs(request, steps), main=main, wide=wide)
    body = "".join(parts).encode()
    headers = [("Content-Type", "text/html; charset=UTF-8"), ("Content-Length", str(len(body)))]
    return Response(app_iter=[body], headerlist=headers)


def includeme(config: Configurator) -> None:
    """Give every request ``portal_chrome``, ``portal_crumbs`` and ``portal_page``."""
    config.add_request_method(_chrome, "portal_chrome", reify=True)
    config.add_request_method(crumbs, "portal_crumbs")
    config.add_request_method(page, "portal_page")
