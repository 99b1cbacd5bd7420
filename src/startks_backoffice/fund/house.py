"""Tabs of the house card that the house itself has: passport, services, history of facts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.domain.accounts.card_queries import house_services
from startks.domain.accounts.regime_queries import house_regime_facts
from startks.domain.facts.queries import history as fact_history
from startks.domain.territory import passport_queries
from startks.framework.tree.nodes import House


def passport(context: House, request: Request) -> dict[str, Any]:
    """Passport by the brochure's wizard: kind and address, numbers, survey, note, characteristics, areas by date."""
    today = dt.date.today()
    return {
        "house": passport_queries.house_passport(request.read, context.id, today),
        "areas": passport_queries.house_areas(request.read, context.id),
        "characteristics": passport_queries.house_characteristics(request.read, context.id, today),
    }


def services(context: House, request: Request) -> dict[str, Any]:
    """Which services the house gets: supplier, method, tariff and norm in force, since when."""
    return {
        "services": house_services(request.read, context.id, dt.date.today()),
        "regime_facts": house_regime_facts(request.read, context.id),
    }


def history(context: House, request: Request) -> dict[str, Any]:
    """Every dated fact of the house with its document and the moment it became known."""
    facts = [
        {**row._mapping, "value": _said(request, row.kind, row.value)}
        for row in passport_queries.house_facts(request.read, context.id)
    ]
    return {"facts": facts, "entries": fact_history(request.read, "house", context.id)}


def _said(request: Request, kind: str, value: str | None) -> str | None:
    """Return a fact's value in words: a connection of a service ends with the code of its method."""
    if kind != "service" or not value:
        return value
    supplier, dot, method = value.rpartition(" · ")
    return f"{supplier}{dot}{request.say('method', method)}"
