"""Cards of the housing stock: house, premise, personal account."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, Apartment, District, House
from startks_backoffice.fund import account, acts, house, premise, support

TEMPLATES = "startks_backoffice:fund/templates/"


def includeme(config: Configurator) -> None:
    """Register the tabs of the cards; modules add theirs by the same directives."""
    for name, view, template in (
        ("", house.passport, "house_passport.pt"),
        ("services", house.services, "house_services.pt"),
        ("history", house.history, "house_history.pt"),
    ):
        config.add_office_view(
            view, context=House, name=name, permission=Permission.FUND_HOUSE_READ, renderer=TEMPLATES + template
        )
    config.add_menu("office.house", "passport", _("Passport"), context=House, order=10, icon="building")
    config.add_menu(
        "office.house", "services", _("Services"), context=House, view="services", order=40, icon="list-check"
    )
    config.add_menu("office.house", "history", _("History"), context=House, view="history", order=90, icon="history")

    for view, context, permission in (
        (acts.of_district, District, Permission.FUND_HOUSE_READ),
        (acts.of_house, House, Permission.FUND_HOUSE_READ),
        (acts.of_premise, Apartment, Permission.FUND_HOUSE_READ),
        (acts.of_account, Account, Permission.ACCOUNT_CARD_READ),
    ):
        config.add_office_view(
            view, context=context, name="quality", permission=permission, renderer=TEMPLATES + "acts.pt"
        )
        config.add_menu(
            f"office.{context.kind}", "quality", _("Acts and absences"), context=context, view="quality", order=60,
            icon="report",
        )

    config.add_office_view(
        premise.card,
        context=Apartment,
        permission=Permission.FUND_HOUSE_READ,
        renderer=TEMPLATES + "premise_card.pt",
    )
    config.add_menu("office.apartment", "premise", _("Premise"), context=Apartment, order=10, icon="door")

    for name, view, template in (
        ("", account.main, "account_main.pt"),
        ("services", account.services, "account_services.pt"),
        ("benefits", support.benefits, "account_benefits.pt"),
        ("history", account.history, "account_history.pt"),
    ):
        config.add_office_view(
            view, context=Account, name=name, permission=Permission.ACCOUNT_CARD_READ, renderer=TEMPLATES + template
        )
    for name, view, template in (
        ("show", account.main_shown, "account_main.pt"),
        ("show-history", account.history_shown, "account_history.pt"),
    ):
        config.add_office_view(
            view,
            context=Account,
            name=name,
            permission=Permission.PARTIES_PERSON_SHOW,
            request_method="POST",
            renderer=TEMPLATES + template,
        )
    config.add_menu("office.account", "main", _("Main"), context=Account, order=10, icon="user-circle")
    config.add_menu(
        "office.account", "services", _("Services"), context=Account, view="services", order=50, icon="list-check"
    )
    config.add_menu(
        "office.account", "benefits", _("Benefits and subsidies"), context=Account, view="benefits", order=60,
        icon="certificate",
    )
    config.add_menu(
        "office.account", "history", _("History"), context=Account, view="history", order=90, icon="history"
    )
