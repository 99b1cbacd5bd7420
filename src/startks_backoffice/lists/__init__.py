"""Lists kept under a name, and lists as spreadsheets."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.listing import export
from startks.framework.tree.nodes import Root
from startks_backoffice.lists import files, views
from startks_backoffice.work.nodes import JobNode

TEMPLATE = "startks_backoffice:lists/templates/lists.pt"
CLEAN = "clean_list_exports"


def includeme(config: Configurator) -> None:
    """Register the page, the job and the daily cleaning."""
    export.register()
    own = Permission.OFFICE_DESKTOP_OPEN
    config.add_office_view(views.lists, context=Root, name="lists", permission=own, request_method="GET", renderer=TEMPLATE)
    for name, view in (("lists-save", views.save), ("lists-delete", views.delete), ("lists-export", views.order)):
        config.add_office_view(
            view, context=Root, name=name, permission=own, request_method="POST", renderer=TEMPLATE, writes=False
        )
    config.add_office_view(files.download, context=JobNode, name="file", permission=own, request_method="GET")
    config.add_task(CLEAN, export.clean, title=_("Remove old spreadsheets of lists"), writes=False)
    config.add_periodic(CLEAN, "03:40", CLEAN)
