"""Composition: what the application is made of, in order.

This page reads like a table of contents. What a part registers stands in that part's ``includeme``; which modules come
after the house, and in which order, the door decides (:mod:`startks.framework.addons`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyramid.config import Configurator

from startks.base.licensing.licence import FILE_NAME
from startks.base.settings import Settings, load
from startks.framework.addons import loader

HOUSE = (
    "startks.framework.addons",  # the directives, before anything that uses one
    "startks.framework.web",  # connections, sign-in, rights, headers, templates, error pages
    "startks.framework.operations",  # health, metrics
    "startks.framework.tree",  # the roots of both faces
    "startks_portal",  # the public face
    "startks_backoffice",  # the clerks' face
)


def configure(settings: Mapping[str, Any], **registry: Any) -> Configurator:
    """Return the committed configuration of the application.

    ``settings`` is the flat ini mapping; unknown or unreadable ``startks.*`` keys raise
    :class:`~startks.base.errors.ConfigurationError`. Keywords are put into the registry before anything is included (a
    test gives its ``engine``). No connection is opened. A module that cannot start is left out and named in
    ``addons_of(config.registry).statuses()`` and in the log.
    """
    ours = load(settings)

    def house(config: Configurator) -> None:
        config.registry["startks.settings"] = ours
        config.registry.update({f"startks.{name}": value for name, value in registry.items()})
        for part in HOUSE:
            config.include(part)

    return loader.load(
        settings,
        house,
        enabled=ours.modules,
        licence_path=licence_path(ours),
        public_key=ours.licence_public_key,
    )


def licence_path(settings: Settings) -> Path | None:
    """Return where the licence is looked for: the setting, else ``licence.json`` in the data folder, else nowhere."""
    if settings.licence_file:
        return settings.licence_file
    return settings.data_dir / FILE_NAME if settings.data_dir else None
