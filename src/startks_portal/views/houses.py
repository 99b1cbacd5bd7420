"""District and house: lists and the passport of a house."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import Row

from startks.domain.accounts.card_queries import house_services
from startks.domain.reference.portal_queries import house_manager
from startks.domain.security.permissions import Public
from startks.domain.territory.passport_queries import house_areas, house_characteristics, house_passport
from startks.domain.territory.portal_queries import district_houses, district_streets
from startks.domain.territory.titles import house_title
from startks.framework.addons.slots import slot
from startks.framework.tree.nodes import District, House
from startks.framework.tree.urls import portal_url
from startks_portal.frame import steps
from startks_portal.labels import SERVICE_ICONS, page_numbers, sayer

PAGE = 50


def whole(value: str | None, default: int, least: int = 0) -> int:
    """Read a number of the address; anything else gives the default."""
    text = (value or "").strip()
    return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else default


def district(context: District, request: Request) -> dict[str, Any]:
    """Houses of a district, by streets, a page at a time."""
    street = whole(request.params.get("street"), 0)
    page = whole(request.params.get("page"), 1, 1)
    rows = district_houses(request.read, context.id, street, PAGE, (page - 1) * PAGE)
    total = rows[0].all_rows if rows else 0
    return {
        "houses": rows,
        "streets": district_streets(request.read, context.id),
        "street": street,
        "steps": steps(request, context),
        "page": page,
        "pages": max(1, -(-total // PAGE)),
        "page_numbers": page_numbers,
        "page_url": lambda number: portal_url(request, context, street=street or None, page=number),
        "total": total,
        "house_title": house_title,
        "say": sayer(request),
    }


def by_section(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Services of a house (in the order of the bill) under the bill's sections."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.section, []).append(row)
    return list(found.items())


def passport(context: House, request: Request) -> dict[str, Any]:
    """Passport of a house: what it is, who manages and supplies it, what its meters say."""
    today = dt.date.today()
    areas = [row for row in house_areas(request.read, context.id) if row.until is None or row.until > today]
    return {
        "steps": steps(request, context),
        "house": house_passport(request.read, context.id, today),
        "area": next((row for row in areas if row.since is None or row.since <= today), None),
        "characteristics": house_characteristics(request.read, context.id, today),
        "manager": house_manager(request.read, context.id, today),
        "sections": by_section(house_services(request.read, context.id, today)),
        "blocks": slot(request, "house.portal", context),
        "icons": SERVICE_ICONS,
        "say": sayer(request),
    }


def includeme(config: Configurator) -> None:
    """Register the pages."""
    for view, context, template in ((district, District, "district"), (passport, House, "house")):
        config.add_portal_view(
            view,
            context=context,
            permission=Public,
            request_method="GET",
            renderer=f"startks_portal:templates/{template}.pt",
        )
