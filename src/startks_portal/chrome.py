"""The unchanging parts of the frame: head, header, footer.

They are the same for all readers of one language and look, signed in or not; rendering them anew was most of a small
page's work. They are rendered once and kept; the town's name is read again after some minutes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator
from pyramid.renderers import render
from pyramid.request import Request

from startks.domain.territory.portal_queries import town
from startks.framework.addons.lookup import records
from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.web import preferences

TEMPLATE = "startks_portal:templates/chrome#{}.pt"
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


@dataclass(frozen=True, slots=True)
class Chrome:
    """Ready parts of the frame for one kind of reader."""

    lang: str
    town: str
    region: str
    head: str
    header: str
    footer: str


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


def includeme(config: Configurator) -> None:
    """Give every request ``portal_chrome``."""
    config.add_request_method(_chrome, "portal_chrome", reify=True)
