"""What metering adds to the office: meters of a house and of an account, with their readings."""

from __future__ import annotations

from pyramid.config import Configurator

from startks.framework.i18n import _
from startks.framework.tree.nodes import Account, House
from startks.modules.metering.office import views
from startks.modules.metering.permissions import MeteringPermission

TEMPLATES = "startks.modules.metering.office:templates/"


def includeme(config: Configurator) -> None:
    """Register the tabs."""
    for context, view, template in (
        (House, views.house_tab, "house_meters.pt"),
        (Account, views.account_tab, "account_meters.pt"),
    ):
        config.add_office_view(
            view,
            context=context,
            name="meters",
            permission=MeteringPermission.METER_READ,
            renderer=TEMPLATES + template,
        )
    config.add_menu("office.house", "meters", _("Meters"), context=House, view="meters", order=50, icon="gauge")
    config.add_menu("office.account", "meters", _("Meters"), context=Account, view="meters", order=30, icon="gauge")
