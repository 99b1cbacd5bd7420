"""The way down the tree: districts, houses, premises, accounts, as paged lists inside the reader's territory."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import District, House, Root
from startks_backoffice.navigator import views

TEMPLATES = "startks_backoffice:navigator/templates/"


def includeme(config: Configurator) -> None:
    """Register the lists."""
    config.add_office_view(
        views.houses,
        context=Root,
        name="houses",
        permission=Permission.FUND_HOUSE_LIST,
        renderer=TEMPLATES + "houses.pt",
    )
    config.add_menu("office.main", "houses", _("Houses"), context=Root, view="houses", order=10, icon="sitemap")
    config.add_office_view(
        views.accounts,
        context=Root,
        name="accounts",
        permission=Permission.ACCOUNT_CARD_LIST,
        renderer=TEMPLATES + "listing.pt",
    )
    config.add_menu("office.main", "accounts", _("Accounts"), context=Root, view="accounts", order=20, icon="id")
    config.add_office_view(
        views.district_houses,
        context=District,
        permission=Permission.FUND_HOUSE_LIST,
        renderer=TEMPLATES + "listing.pt",
    )
    config.add_menu("office.district", "houses", _("Houses"), context=District, order=10, icon="sitemap")
    for name, view, permission in (
        ("premises", views.house_premises, Permission.FUND_HOUSE_READ),
        ("accounts", views.house_accounts, Permission.ACCOUNT_CARD_LIST),
    ):
        config.add_office_view(
            view, context=House, name=name, permission=permission, renderer=TEMPLATES + "listing.pt"
        )
    config.add_menu(
        "office.house", "premises", _("Premises"), context=House, view="premises", order=20, icon="door"
    )
    config.add_menu("office.house", "accounts", _("Accounts"), context=House, view="accounts", order=30, icon="id")
