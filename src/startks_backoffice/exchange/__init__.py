"""A town by files: an archive handed in, looked at, loaded on a second word; imports and their raw files."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.exchange.town import jobs
from startks.framework.exchange.town.journal import forget_dead
from startks.framework.i18n import _
from startks_backoffice.exchange import views
from startks_backoffice.exchange.nodes import Import, Imports

TEMPLATES = "startks_backoffice:exchange/templates/"
FORGET, EVERY_SECONDS = "imports_forget_dead", 300


def includeme(config: Configurator) -> None:
    """Hang the imports under the root and register their pages and jobs."""
    jobs.register()
    config.add_task(FORGET, forget_dead, title=_("Say of killed imports that they did not end"), writes=False)
    config.add_periodic(FORGET, EVERY_SECONDS, FORGET)
    read, write = Permission.EXCHANGE_TOWN_READ, Permission.EXCHANGE_TOWN_WRITE
    config.add_mount("root", "+imports", Imports)
    config.add_office_view(views.index, context=Imports, permission=read, renderer=TEMPLATES + "index.pt")
    config.add_office_view(
        views.upload, context=Imports, name="upload", permission=write, request_method="POST", renderer=TEMPLATES + "index.pt"
    )
    config.add_office_view(views.show, context=Import, permission=read, renderer=TEMPLATES + "import.pt")
    config.add_office_view(
        views.progress_part, context=Import, name="progress", permission=read, renderer="startks_backoffice:work/templates/progress.pt"
    )
    config.add_office_view(views.faults, context=Import, name="faults", permission=read)
    config.add_office_view(views.load, context=Import, name="load", permission=write, request_method="POST")
    config.add_menu(
        "office.administration", "imports", _("Town by files"), at="+imports", context=Imports, order=60, icon="upload"
    )
