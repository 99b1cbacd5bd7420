"""Tariffs, norms and organisations: what is in force on a chosen day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import Row

from startks.domain.reference.portal_queries import norms_on, organisations, services, tariffs_on
from startks.domain.security.permissions import Public
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks_portal.frame import steps
from startks_portal.labels import SERVICE_ICONS, last_day, sayer

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)

ROLES = ["settlement_centre", "municipality", "water", "heat", "electricity", "gas", "waste", "capital_repair", "manager"]


def chosen_day(request: Request) -> tuple[dt.date, bool]:
    """Return the day of the field ``on`` (ISO or ДД.ММ.ГГГГ) and whether it could be read; today where it is empty."""
    given = request.params.get("on", "").strip()
    if not given:
        return dt.date.today(), True
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = dt.datetime.strptime(given, form).date()
        except ValueError:
            continue
        if EARLIEST <= day <= LATEST:
            return day, True
    return dt.date.today(), False


def by_service(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Rows (in the order of services) grouped under the service's title."""
    return [(title, list(group)) for title, group in groupby(rows, key=lambda row: row.service)]


def _listing(context: Root, request: Request, read: Any, title: Any) -> dict[str, Any]:
    day, readable = chosen_day(request)
    known: Sequence[Row] = services(request.read)
    service = request.params.get("service", "")
    service = service if any(row.code == service for row in known) else ""
    rows = read(request.read, day, service)
    with_rows = {row.service_code for row in rows} if not service else set()
    return {
        "steps": steps(request, context, title),
        "groups": by_service(rows),
        "day": day,
        "readable": readable,
        "service": service,
        "services": [row for row in known if service or row.code in with_rows],
        "estimates": any(not row.certain for row in rows),
        "icons": SERVICE_ICONS,
        "last_day": last_day,
        "say": sayer(request),
    }


def tariffs(context: Root, request: Request) -> dict[str, Any]:
    """Tariffs in force on a day, by service, each with its act."""
    return _listing(context, request, tariffs_on, _("Tariffs"))


def norms(context: Root, request: Request) -> dict[str, Any]:
    """Norms in force on a day, by service, each with its act."""
    return _listing(context, request, norms_on, _("Norms"))


def organisation_list(context: Root, request: Request) -> dict[str, Any]:
    """Managers, suppliers and the settlement centre with their telephones."""
    rows = organisations(request.read)
    groups = [(role, [row for row in rows if row.role == role]) for role in ROLES]
    return {
        "groups": [(role, found) for role, found in groups if found],
        "steps": steps(request, context, _("Organisations")),
        "say": sayer(request),
    }


def includeme(config: Configurator) -> None:
    """Register the pages."""
    for view, name in ((tariffs, "tariffs"), (norms, "norms"), (organisation_list, "organisations")):
        config.add_portal_view(
            view,
            context=Root,
            name=name,
            permission=Public,
            request_method="GET",
            renderer=f"startks_portal:templates/{name}.pt",
        )
