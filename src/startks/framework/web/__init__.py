"""What both faces are served by.

* :mod:`.database` — ``request.db`` (in the request's transaction) and ``request.read`` (autocommit, read only pages);
* :mod:`.policy` — who asks and what he may; :mod:`.guards` — what every view must say; :mod:`.headers` — CSP and others;
* :mod:`.cookies`, :mod:`.flash` — the session cookie and messages for the next page;
* :mod:`.templates` — what every template has: ``fmt``, ``macros``, ``portal_url`` …; :mod:`.formats` — numbers and dates;
* :mod:`.forms`, :mod:`.fields` — Deform with our own templates; :mod:`.lists` — the one list component;
* :mod:`.assets`, :mod:`.preferences` — built files, and how a reader wants pages to look.
"""

from __future__ import annotations

import os
from pathlib import Path

from startks.base.settings import Settings, load, read_variable

SETTINGS = "startks.settings"


def includeme(config) -> None:
    """Take in all parts. ``registry["startks.settings"]`` and ``registry["startks.engine"]`` may be set before."""
    config.registry.setdefault(SETTINGS, load(config.registry.settings))
    config.add_settings(
        {
            "tm.manager_hook": "pyramid_tm.explicit_manager",
            "tm.annotate_user": False,  # it would ask who signs in on pages that need not know
            "retry.attempts": 3,
        }
    )
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    config.include("pyramid_chameleon")
    config.include("startks.framework.i18n")
    for part in (
        "database",
        "cookies",
        "policy",
        "guards",
        "headers",
        "templates",
        "preferences",
        "assets",
        "errors",
        "requests",
    ):
        config.include(f"startks.framework.web.{part}")


def settings_of(registry) -> Settings:
    """Return the product's settings of an application."""
    return registry[SETTINGS]


def secret_of(registry) -> bytes:
    """Return the installation's secret for signatures: the environment's, else the file in the data folder.

    Where there is neither (a test, a trial without a data folder) one is made for the life of this application.
    """
    settings = settings_of(registry)
    given = read_variable(settings.secret_env)
    path = Path(settings.data_dir) / "secret" if settings.data_dir else None
    if not given and path is not None and path.is_file():
        given = path.read_text().strip()
    if not given:
        given = registry.setdefault("startks.secret", os.urandom(32).hex())
    return given.encode()
