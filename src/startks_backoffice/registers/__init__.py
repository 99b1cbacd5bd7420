"""Keeping the registers: wizards and cards of houses, premises, accounts, holders, residents, persons, organisations."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.domain.security.permissions import Permission
from startks.framework.tree.nodes import Root
from startks.framework.wizards import add_wizard
from startks_backoffice.registers import house


def includeme(config: Configurator) -> None:
    """Register the wizards, each at the node it belongs to."""
    for wizard, context in house.WIZARDS:
        add_wizard(config, wizard, context=context, permission=Permission.FUND_HOUSE_WRITE)
    add_wizard(config, house.NEW_HOUSE, context=Root, permission=Permission.FUND_HOUSE_WRITE)
