"""Hot pages from ordinary templates: macros rendered once a language, filled on every page.

Chameleon evaluates each ``${…}`` through several dictionaries and translates each sentence anew: half of a hot page's
work, though all that changes are some sums and names. So a hot page is cut into macros where what changes is written as
a *hole*, ``{{name}}``. A macro is rendered by Chameleon once a language, with translations, icons and addresses of files
in it; what remains is a text with holes, filled at the speed of ``str.join``:

    <strong metal:define-macro="sum" i18n:domain="startks" i18n:translate="">To pay <b i18n:name="sum">{{sum}}</b></strong>

    pieces = PIECES.of(request)
    pieces.sum(sum=money(kopecks))

What is put into a hole is escaped, unless it is a filled piece or :class:`~markupsafe.Markup`. A hole may stand in text
and between the quotes of an attribute, nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape
from pyramid.renderers import render

KEPT = "startks.pieces"
_HOLE = re.compile(r"\{\{(\w+)\}\}")
_needs_escape = re.compile("[&<>\"']").search


class Html(str):
    """Text that is markup already, as :class:`~markupsafe.Markup` is, but made several times faster."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


_SAFE = frozenset({Html, Markup})


class Piece:
    """A text with holes."""

    __slots__ = ("_holes", "_parts", "holes")

    def __init__(self, text: str | list[str]) -> None:
        # text, name of a hole, text, …: a list is such already
        self._parts = _HOLE.split(text.strip()) if isinstance(text, str) else text
        self._holes = tuple(self._parts[1::2])
        self.holes = frozenset(self._holes)

    def __call__(self, **values: Any) -> Html:
        """Return the text with its holes filled; KeyError names a hole for which nothing was given."""
        # mostly none of the texts has anything to escape: one look at all of them together tells it
        try:
            doubtful = _needs_escape("".join([value for value in values.values() if value.__class__ not in _SAFE]))
        except TypeError:  # not only texts
            doubtful = True
        if doubtful:
            values = {name: value if value.__class__ in _SAFE else escape(value) for name, value in values.items()}
        return self.plain(**values)

    def plain(self, **values: str) -> Html:
        """The same for values that have nothing to escape: sums, dates, markup.

        A bill has a hundred of them, and looking at each costs more than filling them in.
        """
        return Html("".join(self.parts(**values)))

    def parts(self, **values: str) -> list[str]:
        """What :meth:`plain` joins, for one who joins many pieces at once."""
        parts = self._parts[:]
        parts[1::2] = [values[name] for name in self._holes]
        return parts

    def begun(self, **values: Any) -> Piece:
        """Return the piece with some of its holes filled, and escaped, once: what many pages have in common."""
        parts = self._parts[:1]
        for name, text in zip(self._holes, self._parts[2::2], strict=True):
            if name in values:
                parts[-1] += f"{escape(values[name])}{text}"  # a plain text: Markup would escape what it is added to
            else:
                parts += (name, text)
        return Piece(parts)


class Pieces:
    """The macros of one template: ``Pieces("startks.modules.billing.portal:templates/bill_pieces.pt", "line", "sum")``."""

    def __init__(self, template: str, *names: str) -> None:
        self._stem, _dot, self._suffix = template.rpartition(".")
        self._names = names

    def of(self, request: Any) -> Any:
        """Return an object with a :class:`Piece` for each name, in the reader's language."""
        registry = request.registry
        kept = registry.setdefault(KEPT, {})
        key = (self, request.locale_name)
        found = kept.get(key)
        if found is None:
            found = _Filled({name: self._piece(name, request) for name in self._names})
            if not registry.settings.get("pyramid.reload_templates"):
                kept[key] = found
        return found

    def _piece(self, name: str, request: Any) -> Piece:
        return Piece(render(f"{self._stem}#{name}.{self._suffix}", {}, request))


class _Filled:
    def __init__(self, pieces: dict[str, Piece]) -> None:
        self.__dict__.update(pieces)


def joined(parts: Iterable[Html]) -> Html:
    """Return filled pieces one after another."""
    return Html("".join(parts))
