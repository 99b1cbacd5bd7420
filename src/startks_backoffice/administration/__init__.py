"""Pages of the administration."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks_backoffice.administration import licences, trail, users

TEMPLATES = "startks_backoffice:administration/templates/"


def includeme(config: Configurator) -> None:
    """Register the pages and their menu lines."""
    config.add_office_view(
        licences.page,
        context=Root,
        name="licences",
        permission=Permission.ADMINISTRATION_ADDONS_READ,
        renderer=TEMPLATES + "licences.pt",
    )
    config.add_menu(
        "office.administration",
        "licences",
        _("Modules and licence"),
        context=Root,
        view="licences",
        order=20,
        icon="certificate",
    )
    config.include(users)
    config.include(trail)
