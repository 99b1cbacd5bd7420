"""Meters for residents: a block in the cabinet, and the house's own meters on its public page."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Public
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.modules.metering.permissions import MeteringPermission
from startks.modules.metering.portal import blocks
from startks.modules.metering.portal_queries import METERS

TEMPLATE = "startks.modules.metering.portal:templates/{}.pt"


def includeme(config: Configurator) -> None:
    """Put both blocks on their pages."""
    config.add_slot(
        "account.cabinet",
        "meters",
        blocks.account_block,
        permission=MeteringPermission.READING_READ,
        title=_("Meters"),
    )
    config.add_read_ahead(Account, METERS)
    for view, name, template in (
        (blocks.consumption_page, "consumption", "consumption_page"),
        (blocks.consumption_part, "consumption-part", "consumption"),
        (blocks.verification_page, "verification", "verification"),
    ):
        config.add_portal_view(
            view,
            context=Account,
            name=name,
            permission=MeteringPermission.READING_READ,
            request_method="GET",
            renderer=TEMPLATE.format(template),
        )
    config.add_slot(
        "house.portal",
        "house_meters",
        blocks.house_block,
        permission=Public,
        title=_("Meters of the house"),
        renderer=TEMPLATE.format("house"),
    )
