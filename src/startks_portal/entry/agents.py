"""The browser's own line in words: «Firefox, Windows»."""

from __future__ import annotations

_BROWSERS = (
    ("YaBrowser/", "Яндекс Браузер"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def describe(agent: str | None) -> str:
    """Return browser and system, the beginning of the line where they are unknown, «—» where there is no line."""
    if not agent:
        return "—"
    parts = [next((name for mark, name in pairs if mark in agent), "") for pairs in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, parts)) or agent[:60]
