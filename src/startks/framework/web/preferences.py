"""How a reader wants the pages to look: theme, size of letters, contrast, spacing, motion.

Kept in a cookie of plain words, so that the server writes the classes into ``<html>`` and nothing flashes; works without
scripts and without signing in (WCAG 2.1 AA; ПП РФ № 102 of 07.02.2026: the main site itself must be adjustable).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pyramid.config import Configurator
from pyramid.request import Request

COOKIE = "startks_look"
YEAR = 365 * 24 * 3600

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "size": ("normal", "large", "huge"),
    "contrast": ("usual", "high"),
    "spacing": ("tight", "wide"),
    "motion": ("lively", "calm"),
}
"""Each preference with its words, the default first; a word belongs to one preference only."""

_OWNER = {word: name for name, words in CHOICES.items() for word in words}


@dataclass(frozen=True, slots=True)
class Look:
    """One reader's choice; ``theme`` goes to ``data-bs-theme``, the rest are classes ``look-<word>``."""

    theme: str = "auto"
    size: str = "normal"
    contrast: str = "usual"
    spacing: str = "tight"
    motion: str = "lively"

    @property
    def classes(self) -> str:
        """Classes of ``<html>``; the defaults need none."""
        return " ".join(f"look-{word}" for word in (self.size, self.contrast, self.spacing, self.motion) if self._chosen(word))

    @property
    def cookie(self) -> str:
        """Value of the cookie: the words that differ from the defaults, joined by dots."""
        words = (self.theme, self.size, self.contrast, self.spacing, self.motion)
        return ".".join(word for word in words if self._chosen(word))

    @staticmethod
    def _chosen(word: str) -> bool:
        return CHOICES[_OWNER[word]][0] != word


@lru_cache(maxsize=256)
def read(value: str) -> Look:
    """Parse the cookie; unknown words, which an older or newer version may have left, are passed over."""
    return Look(**{_OWNER[word]: word for word in value.split(".") if word in _OWNER})


def chosen(params) -> Look:
    """Make a look from the fields of the panel's form; a missing or unknown word means the default."""
    return Look(**{name: params.get(name) for name, words in CHOICES.items() if params.get(name) in words})


def _look(request: Request) -> Look:
    return read(request.cookies.get(COOKIE, ""))


def safe_return(request: Request, fallback: str = "/") -> str:
    """Path of our own site to go back to after a setting was changed: the page the form stood on, else ``fallback``."""
    referrer = request.referrer or ""
    home = request.host_url + "/"
    path = referrer[len(request.host_url) :] if referrer.startswith(home) else fallback
    return path if not path.startswith(("//", "/\\")) else fallback


def remember(request: Request, response, look: Look) -> None:
    """Set (or clear) the cookie on ``response``. Scripts may write it too: it carries a choice, not a right."""
    if look.cookie:
        response.set_cookie(COOKIE, look.cookie, max_age=YEAR, samesite="Lax", secure=request.scheme == "https")
    else:
        response.delete_cookie(COOKIE)


def includeme(config: Configurator) -> None:
    """Give every request its ``look``."""
    config.add_request_method(_look, "look", reify=True)
