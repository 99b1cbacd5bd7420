"""Pages of plain text: glossary, about the site, statement of accessibility. Their words lie in ``content/``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.request import Request

from startks.domain.security.permissions import Public
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks_portal.frame import steps

CONTENT = Path(__file__).parents[1] / "content"


@cache
def content(name: str, language: str) -> str:
    """Text of a page in a language; the Russian one where there is no other."""
    title, _dot, kind = name.partition(".")
    path = CONTENT / f"{title}.{language}.{kind}"
    return (path if path.is_file() else CONTENT / f"{title}.ru.{kind}").read_text("utf-8")


@cache
def terms(language: str) -> tuple[tuple[str, tuple[dict[str, str], ...]], ...]:
    """Terms of the glossary under their first letters."""
    listed = json.loads(content("glossary.json", language))
    listed.sort(key=lambda item: item["term"].casefold().replace("ё", "е"))
    letters = dict.fromkeys(item["term"][0].upper() for item in listed)
    return tuple((letter, tuple(item for item in listed if item["term"][0].upper() == letter)) for letter in letters)


def glossary(context: Root, request: Request) -> dict[str, Any]:
    """Words of the bill, explained."""
    return {"letters": terms(request.localizer.locale_name), "steps": steps(request, context, _("Glossary"))}


def about(context: Root, request: Request) -> dict[str, Any]:
    """What this site is, whose figures it shows."""
    text = Markup(content("about.html", request.localizer.locale_name))
    return {"text": text, "steps": steps(request, context, _("About the site"))}


def accessibility(context: Root, request: Request) -> dict[str, Any]:
    """How the site can be adjusted and what was checked."""
    text = Markup(content("accessibility.html", request.localizer.locale_name))
    return {"text": text, "steps": steps(request, context, _("Accessibility of the site"))}


def includeme(config: Configurator) -> None:
    """Register the pages."""
    for view, name in ((glossary, "glossary"), (about, "about"), (accessibility, "accessibility")):
        config.add_portal_view(
            view,
            context=Root,
            name=name,
            permission=Public,
            request_method="GET",
            renderer=f"startks_portal:templates/{name}.pt",
        )
