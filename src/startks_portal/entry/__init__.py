"""Entering: sign-in and sign-out for residents and clerks, registration, binding of accounts, own devices and password."""

from __future__ import annotations

from pyramid.config import Configurator

PARTS = (".sign_in", ".registration", ".own")
TEMPLATES = "startks_portal:entry/templates/"


def includeme(config: Configurator) -> None:
    """Register the pages."""
    for part in PARTS:
        config.include(f"{__package__}{part}")
