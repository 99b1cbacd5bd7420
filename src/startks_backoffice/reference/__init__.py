"""Reference books (НСИ): services, tariffs, norms, parameters, acts, rules, calendars; organisations and contracts."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks_backoffice.reference import books, organisations
from startks_backoffice.reference.nodes import OrganisationNode, Organisations, ReferenceBooks

TEMPLATES = "startks_backoffice:reference/templates/"


def includeme(config: Configurator) -> None:
    """Hang the books under the root and register their pages."""
    config.add_mount("root", "+reference", ReferenceBooks)
    config.add_office_view(
        books.index,
        context=ReferenceBooks,
        permission=Permission.REFERENCE_BOOK_LIST,
        renderer=TEMPLATES + "index.pt",
    )
    config.add_menu(
        "office.main",
        "reference",
        _("Reference books"),
        at="+reference",
        context=ReferenceBooks,
        order=50,
        icon="books",
    )
    for name, view in books.LISTS.items():
        config.add_office_view(
            view,
            context=ReferenceBooks,
            name=name,
            permission=Permission.REFERENCE_BOOK_LIST,
            renderer=TEMPLATES + "book.pt",
        )
    config.add_office_view(
        books.calendar,
        context=ReferenceBooks,
        name="calendar",
        permission=Permission.REFERENCE_BOOK_LIST,
        renderer=TEMPLATES + "calendar.pt",
    )
    config.add_mount("root", "+organisations", Organisations)
    config.add_office_view(
        organisations.listing,
        context=Organisations,
        permission=Permission.PARTIES_ORGANISATION_LIST,
        renderer=TEMPLATES + "organisations.pt",
    )
    config.add_office_view(
        organisations.card,
        context=OrganisationNode,
        permission=Permission.PARTIES_ORGANISATION_LIST,
        renderer=TEMPLATES + "organisation.pt",
    )
    config.add_menu(
        "office.main",
        "organisations",
        _("Organisations"),
        at="+organisations",
        context=Organisations,
        order=60,
        icon="building-bank",
    )
