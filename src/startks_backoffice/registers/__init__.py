"""Keeping the registers: wizards and cards of houses, premises, accounts, holders, residents, persons, organisations."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.wizards import add_wizard
from startks.framework.wizards.view import unfinished_work
from startks_backoffice.registers import (
    absence,
    account,
    house,
    moving,
    organisations,
    people,
    premise,
    quality,
    regimes,
    services,
    subsidies,
    support,
)

TEMPLATES = "startks_backoffice:registers/templates/"


def _unfinished(context: Any, request: Any) -> dict[str, Any] | None:
    """Block of the desktop: wizards the reader can go on with."""
    work = unfinished_work(request)
    return {"work": work} if work else None


def includeme(config: Configurator) -> None:
    """Register the wizards, each at the node it belongs to, and the card of a person."""
    config.add_slot(
        "desktop",
        "unfinished",
        _unfinished,
        permission=Permission.OFFICE_DESKTOP_OPEN,
        title=_("Begun and not finished"),
        renderer=TEMPLATES + "unfinished.pt",
        order=10,
    )
    config.add_mount("account", "+persons", people.Persons)
    config.add_office_view(
        people.card,
        context=people.PersonNode,
        permission=Permission.PARTIES_PERSON_READ,
        renderer=TEMPLATES + "person.pt",
    )
    config.add_office_view(
        people.card_shown,
        context=people.PersonNode,
        name="show",
        permission=Permission.PARTIES_PERSON_SHOW,
        request_method="POST",
        writes=False,
        renderer=TEMPLATES + "person.pt",
    )
    for wizards, permission in (
        (((house.NEW_HOUSE, Root),), Permission.FUND_HOUSE_WRITE),
        (house.WIZARDS, Permission.FUND_HOUSE_WRITE),
        (premise.WIZARDS, Permission.FUND_HOUSE_WRITE),
        (people.RESIDENT_WIZARDS, Permission.PARTIES_RESIDENCE_WRITE),
        (support.BENEFIT_WIZARDS, Permission.PARTIES_RESIDENCE_WRITE),
        (people.HOLDER_WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (support.DEBT_WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (subsidies.WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (moving.WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (services.WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (regimes.HOUSE_WIZARDS, Permission.FUND_HOUSE_WRITE),
        (regimes.ACCOUNT_WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (account.WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (absence.WIZARDS, Permission.ACCOUNT_CARD_WRITE),
        (quality.WIZARDS, Permission.FUND_HOUSE_WRITE),
        (((people.EDIT_PERSON, people.PersonNode),), Permission.PARTIES_PERSON_WRITE),
        (organisations.WIZARDS, Permission.PARTIES_ORGANISATION_WRITE),
    ):
        for wizard, context in wizards:
            add_wizard(config, wizard, context=context, permission=permission)
