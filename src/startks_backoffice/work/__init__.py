"""Background work: what runs, how far it is, what went wrong."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks_backoffice.work import views
from startks_backoffice.work.nodes import JobNode, Jobs

TEMPLATES = "startks_backoffice:work/templates/"


def includeme(config: Configurator) -> None:
    """Hang the jobs under the root and register their pages."""
    config.add_mount("root", "+jobs", Jobs)
    config.add_office_view(
        views.jobs, context=Jobs, permission=Permission.JOBS_JOB_LIST, renderer=TEMPLATES + "jobs.pt"
    )
    config.add_menu("office.main", "jobs", _("Jobs"), at="+jobs", context=Jobs, order=80, icon="progress")
    for name, template in (("", "job.pt"), ("progress", "progress.pt")):
        config.add_office_view(
            views.progress_part if name else views.job,
            context=JobNode,
            name=name,
            permission=Permission.OFFICE_DESKTOP_OPEN,
            request_method="GET",
            renderer=TEMPLATES + template,
        )
    config.add_office_view(
        views.stop,
        context=JobNode,
        name="stop",
        permission=Permission.OFFICE_DESKTOP_OPEN,
        request_method="POST",
        writes=False,
    )
