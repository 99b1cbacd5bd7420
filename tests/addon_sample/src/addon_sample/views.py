"""Clerk's pages of the journal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.httpexceptions import HTTPFound

from addon_sample import queries, services
from addon_sample.resources import Inspections
from startks.base.errors import StartksError
from startks.framework.tree import office_url


def journal(context: Inspections, request: Any) -> dict[str, Any]:
    """Show the latest inspections of the house."""
    return {"entries": queries.latest(request.db, context.house_id)}


def enter(context: Inspections, request: Any) -> HTTPFound:
    """Write an inspection down and show the journal."""
    try:
        day = dt.date.fromisoformat(request.POST.get("inspected_on", ""))
    except ValueError:
        raise StartksError("Дата осмотра не читается. Выберите её в календаре.") from None
    services.enter(request.db, context.house_id, day, request.POST.get("finding", ""))
    return HTTPFound(office_url(request, context))
