"""The reader's page of the law: a day, a service and, if wanted, a second day to compare with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyramid.request import Request

from startks.domain.calc.law import SERVICES, differences, law_on
from startks.domain.calc.parameters import Parameter
from startks.domain.calc.registry import Rule
from startks.domain.reference.law_queries import ends_ahead, town_law
from startks.domain.reference.parameter_titles import title_of
from startks.domain.reference.portal_queries import services
from startks.framework.i18n import _
from startks.framework.web import formats
from startks_backoffice.law.nodes import LawBook


def book(context: LawBook, request: Request) -> dict[str, Any]:
    """Show what holds; an unreadable day is told beside its field and today's law is shown."""
    today = dt.date.today()
    day, day_fault = _day(request, "day", today)
    other, other_fault = _day(request, "other", None)
    titles = {row.code: row.title for row in services(request.read) if row.code in SERVICES}
    asked = request.params.get("service", "")
    service = asked if asked in titles else next(iter(titles), SERVICES[0])
    law = law_on(day, service)
    return {
        "titles": titles,
        "service": service,
        "day": day,
        "other": other,
        "typed": {name: request.params.get(name, "") for name in ("day", "other")},
        "faults": {name: fault for name, fault in (("day", day_fault), ("other", other_fault)) if fault},
        "law": law,
        "town": town_law(request.read, day, service),
        "changes": None if other is None else differences(*sorted((day, other)), service),
        "ends": ends_ahead(request.read, today),
        "figure": figure_text,
        "parameter_title": title_of,
        "edition": _edition,
    }


def figure_text(figure: Parameter) -> str:
    """A figure's value with its unit, as people write it."""
    raw = figure.raw
    words = [str(value).replace(".", ",") for value in (dict.fromkeys(raw) if isinstance(raw, list) else [raw])]
    text = "; ".join(words)
    return f"{text} {figure.unit}".rstrip()


def _edition(entry: Rule | Parameter | None) -> str:
    if entry is None:
        return "—"
    return figure_text(entry) if isinstance(entry, Parameter) else entry.title


def _day(request: Request, name: str, otherwise: dt.date | None) -> tuple[dt.date | None, Any]:
    typed = request.params.get(name, "").strip()
    if not typed:
        return otherwise, None
    try:
        return formats.parse_date(typed), None
    except ValueError:
        return otherwise, _("Write the day as 01.05.2026.")
