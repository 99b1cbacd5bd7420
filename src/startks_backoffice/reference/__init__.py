"""Reference books (НСИ): services, tariffs, norms, parameters, acts, rules, calendars; organisations and contracts."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.wizards import add_wizard
from startks_backoffice.reference import books, calendars, contracts, keeping, organisations, values
from startks_backoffice.reference.nodes import ContractNode, LevelNode, OrganisationNode, Organisations, ReferenceBooks

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
    config.add_office_view(
        books.level_index, context=LevelNode, permission=Permission.REFERENCE_BOOK_LIST, renderer=TEMPLATES + "index.pt"
    )
    for context in (ReferenceBooks, LevelNode):
        for name, view, template in (
            *((name, view, "book.pt") for name, view in books.LISTS.items()),
            ("calendar", books.calendar, "calendar.pt"),
            ("value", keeping.value, "value.pt"),
        ):
            config.add_office_view(
                view, context=context, name=name, permission=Permission.REFERENCE_BOOK_LIST, renderer=TEMPLATES + template
            )
    _keeping(config)
    _contracts(config)
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


def _keeping(config: Configurator) -> None:
    """What changes a level's books: at the level's own node, so that its territory is asked for."""
    for wizard in values.WIZARDS:
        add_wizard(config, wizard, context=LevelNode, permission=Permission.REFERENCE_BOOK_WRITE)
    for name, view, template in (
        ("end", keeping.end, "form.pt"),
        ("new-act", keeping.new_act, "form.pt"),
        ("import", keeping.import_, "import.pt"),
        ("calendar-day", calendars.day, "form.pt"),
        ("heating-season", calendars.season, "form.pt"),
        ("service", calendars.service, "form.pt"),
    ):
        config.add_office_view(
            view, context=LevelNode, name=name, permission=Permission.REFERENCE_BOOK_WRITE, renderer=TEMPLATES + template
        )
    config.add_office_view(
        keeping.export, context=LevelNode, name="export", permission=Permission.REFERENCE_BOOK_LIST
    )


def _contracts(config: Configurator) -> None:
    """Contracts below their organisation."""
    config.add_office_view(
        contracts.card,
        context=ContractNode,
        permission=Permission.PARTIES_ORGANISATION_LIST,
        renderer=TEMPLATES + "contract.pt",
    )
    for wizard, context in contracts.WIZARDS:
        add_wizard(config, wizard, context=context, permission=Permission.PARTIES_ORGANISATION_WRITE)
