"""Messages for the page after a redirect: «Роль выдана.»"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from startks.framework.addons.menus import text
from startks.framework.web.cookies import FLASH, cookie_name

KINDS = ("success", "info", "warning", "danger")


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and its kind (``success``, ``info``, ``warning``, ``danger``)."""

    kind: str
    sentence: str


def flash(request: Any, sentence: Any, kind: str = "success") -> None:
    """Show the sentence on the next page this browser opens."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of message {kind!r}")
    request.session.flash(text(request, sentence), queue=kind, allow_duplicate=False)


def messages(request: Any) -> list[Message]:
    """Return and forget the messages; a browser that has none costs nothing."""
    if cookie_name(request.registry, FLASH) not in request.cookies and "session" not in request.__dict__:
        return []
    return [Message(kind, sentence) for kind in KINDS for sentence in request.session.pop_flash(kind)]
