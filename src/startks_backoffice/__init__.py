"""The clerks' face: frame, desktop, navigator, cards, reference books, reports and exchange, background work,
administration."""

from __future__ import annotations

from pyramid.config import Configurator

PARTS = (
    ".frame",
    ".desktop",
    ".navigator",
    ".fund",
    ".registers",
    ".reference",
    ".law",
    ".reports",
    ".work",
    ".lists",
    ".administration",
    ".exchange",
)


def includeme(config: Configurator) -> None:
    """Register the office; needs :mod:`startks.framework.addons`, ``.web`` and ``.tree``."""
    config.add_face("office", "startks_backoffice:static/dist")
    config.set_error_template("office", "startks_backoffice:templates/error.pt")
    for part in PARTS:
        config.include(f"{__package__}{part}")
