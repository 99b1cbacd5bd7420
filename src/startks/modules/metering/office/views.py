"""Tabs with meters and readings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.framework.tree.nodes import Account, House
from startks.modules.metering import broken_seals, office_queries
from startks.modules.metering.permissions import MeteringPermission


def house_tab(context: House, request: Request) -> dict[str, Any]:
    """House meters with their latest readings, and how many meters the flats have."""
    return {
        "meters": office_queries.house_meters(request.read, context.id),
        "readings": office_queries.house_readings(request.read, context.id),
        "flats": office_queries.flat_meter_counts(request.read, context.id),
        "today": dt.date.today(),
        "may": _may(context, request),
    }


def account_tab(context: Account, request: Request) -> dict[str, Any]:
    """Meters of the account, their latest readings, and months in which a volume was estimated."""
    return {
        "meters": office_queries.account_meters(request.read, context.id),
        "readings": office_queries.account_readings(request.read, context.id),
        "estimates": office_queries.account_estimates(request.read, context.id),
        "seals": broken_seals.acts_of(request.read, context.id),
        "today": dt.date.today(),
        "may": _may(context, request),
    }


def _may(context: House | Account, request: Request) -> bool:
    """Whether the buttons that write are shown; the pages behind them ask again."""
    return request.has_permission(MeteringPermission.METER_WRITE, context)
