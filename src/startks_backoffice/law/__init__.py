"""The law as a book: what holds on a day for a service, what changed between two days, what has no future."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks_backoffice.law import views
from startks_backoffice.law.nodes import LawBook


def includeme(config: Configurator) -> None:
    """Hang the book under the root and register its page."""
    config.add_mount("root", "+law", LawBook)
    config.add_office_view(
        views.book,
        context=LawBook,
        permission=Permission.REFERENCE_BOOK_LIST,
        renderer="startks_backoffice:law/templates/book.pt",
    )
    config.add_menu("office.main", "law", _("The law"), at="+law", context=LawBook, order=55, icon="gavel")
