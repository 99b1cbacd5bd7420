"""The first page of the office."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks_backoffice.desktop import views


def includeme(config: Configurator) -> None:
    """Register the desktop and the search."""
    config.add_office_view(
        views.desktop,
        context=Root,
        permission=Permission.OFFICE_DESKTOP_OPEN,
        renderer="startks_backoffice:desktop/templates/desktop.pt",
    )
    config.add_menu("office.main", "desktop", _("Desktop"), context=Root, order=0, icon="dashboard")
    config.add_office_view(
        views.search,
        context=Root,
        name="search",
        permission=Permission.OFFICE_DESKTOP_OPEN,
        renderer="startks_backoffice:desktop/templates/search.pt",
    )
