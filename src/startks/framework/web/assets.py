"""Built front-end files: their addresses, the icon sprite, and the fonts of print forms.

``npm run build`` (frontend/build.mjs) writes hashed files and a ``manifest.json`` into each face's ``static/dist`` and
the PDF fonts into ``startks/static/dist/fonts``; both folders are ignored by git. A face calls :func:`add_face`; every
template then has ``asset_url(name)`` and ``icon(name)``.
"""

from __future__ import annotations

import html
import json
from pathlib import Path

from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.events import BeforeRender
from pyramid.path import AssetResolver
from pyramid.registry import Registry
from pyramid.request import Request

from startks.base.errors import ConfigurationError
from startks.framework.tree import urls

FONTS = Path(__file__).parents[2] / "static" / "dist" / "fonts"
WAY_OUT = "Соберите оформление командой «npm ci && npm run build» в папке проекта (./startks делает это сам)."
YEAR = 365 * 24 * 3600


def font_path(name: str) -> Path:
    """Return the file of a print font: ``PTSans_400Regular.ttf``, ``_700Bold``, ``_400Regular_Italic``, ``_700Bold_Italic``.

    Raises ConfigurationError where the front end has not been built yet.
    """
    path = FONTS / name
    if not path.is_file():
        raise ConfigurationError(f"Нет шрифта {name} для печатных форм. {WAY_OUT}")
    return path


class Face:
    """Built files of one face: plain name → address under ``/+static/<face>/``, kept by browsers for ever."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._manifest: dict[str, str] = {}
        self._icons: dict[tuple[str, str], Markup] = {}

    def url(self, name: str) -> str:
        """Address of a built file by its plain name (``portal.css``); raises KeyError for an unknown one."""
        return f"/+static/{self.name}/{self._files()[name]}"

    def icon(self, name: str, classes: str = "") -> Markup:
        """Decorative icon from the sprite; give the meaning in text beside it or in ``aria-label`` of the control."""
        found = self._icons.get((name, classes))
        if found is None:
            found = Markup(
                f'<svg class="st-icon {html.escape(classes)}" aria-hidden="true" focusable="false">'
                f'<use href="{self.url("icons.svg")}#{html.escape(name)}"></use></svg>'
            )
            self._icons[name, classes] = found
        return found

    def _files(self) -> dict[str, str]:
        if not self._manifest:
            self.reload()
        return self._manifest

    def reload(self) -> None:
        """Read the manifest; raises ConfigurationError where the front end has not been built."""
        try:
            text = (self.folder / "manifest.json").read_text("utf-8")
        except FileNotFoundError:
            raise ConfigurationError(f"Оформление «{self.name}» не собрано. {WAY_OUT}") from None
        self._manifest = json.loads(text)
        self._icons.clear()


def add_face(config: Configurator, name: str, spec: str) -> None:
    """Directive ``config.add_face("portal", "startks_portal:static/dist")``.

    Serves the folder under ``/+static/<name>/``: slugs of the tree never begin with a plus, so nothing can collide.
    """
    folder = Path(AssetResolver(None).resolve(spec).abspath())
    face = Face(name, folder)
    faces_of(config.registry)[name] = face
    config.add_static_view(f"+static/{name}", spec, cache_max_age=YEAR)


def faces_of(registry: Registry) -> dict[str, Face]:
    """All faces of an application by name."""
    return registry.__dict__.setdefault("startks_faces", {})


def face_of(request: Request) -> Face:
    """The face a request belongs to, by its address."""
    return faces_of(request.registry)[urls.face_of(request)]


def asset_url(name: str, request: Request) -> str:
    """Address of a built file of the request's face."""
    return face_of(request).url(name)


def _globals(event: BeforeRender) -> None:
    request = event.get("request")
    face = faces_of(request.registry).get(urls.face_of(request)) if request is not None else None
    if face is None:
        return
    event.setdefault("asset_url", face.url)
    event.setdefault("icon", face.icon)


def icon_names(listing: Path) -> frozenset[str]:
    """Names in ``frontend/shared/icons.txt``; for the test that compares templates with the sprite."""
    lines = (line.split("#")[0].strip() for line in listing.read_text("utf-8").splitlines())
    return frozenset(line for line in lines if line)


def includeme(config: Configurator) -> None:
    """Give ``config.add_face`` and the template globals."""
    config.add_directive("add_face", add_face)
    config.add_subscriber(_globals, BeforeRender)
