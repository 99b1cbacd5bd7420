"""Reports, books and exchanges that modules registered: a list of them, and a page that asks and shows the answer."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks_backoffice.reports import views
from startks_backoffice.reports.nodes import ReportNode, Reports

TEMPLATES = "startks_backoffice:reports/templates/"


def includeme(config: Configurator) -> None:
    """Hang the list under the root and register its pages; each registration's own permission is asked besides."""
    permission = Permission.REPORTS_REPORT_OPEN
    config.add_mount("root", "+reports", Reports)
    config.add_office_view(views.index, context=Reports, permission=permission, renderer=TEMPLATES + "index.pt")
    config.add_office_view(
        views.show,
        context=ReportNode,
        permission=permission,
        request_method=("GET", "HEAD"),
        renderer=TEMPLATES + "report.pt",
    )
    config.add_office_view(
        views.take,
        context=ReportNode,
        name="take",
        permission=permission,
        request_method="POST",
        renderer=TEMPLATES + "report.pt",
    )
    config.add_menu(
        "office.main",
        "reports",
        _("Reports and exchange"),
        at="+reports",
        context=Reports,
        order=70,
        icon="report-analytics",
    )
