"""The public face: home, houses, tariffs and norms, help, and the frame of the residents' cabinet."""

from __future__ import annotations

from pyramid.config import Configurator

PARTS = (
    ".chrome",
    ".views.home",
    ".views.houses",
    ".views.reference",
    ".views.pages",
    ".views.settings",
    ".entry",
)


def includeme(config: Configurator) -> None:
    """Register the portal; needs :mod:`startks.framework.addons`, ``.web`` and ``.tree``."""
    config.add_face("portal", "startks_portal:static/dist")
    config.set_error_template("portal", "startks_portal:templates/error.pt")
    for part in PARTS:
        config.include(f"{__package__}{part}")
