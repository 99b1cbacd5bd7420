"""«Откуда сумма»: one line of the bill explained, as a page of its own and as a part that unfolds in the bill."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from startks.base.contracts.consumption import MonthlyConsumption
from startks.framework.i18n import _
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import portal_url
from startks.modules.billing.benefit_words import benefits_of_line
from startks.modules.billing.explain import HouseTrace, explain_line
from startks.modules.billing.penalty_days import penalties_of_line
from startks.modules.billing.portal.labels import labels
from startks.modules.billing.portal.months import asked_bill
from startks.modules.billing.replay.queries import of_line
from startks.modules.billing.taken_off import taken_off
from startks.modules.billing.what_if_form import what_if_form


def part(context: Account, request: Request) -> dict[str, Any]:
    """The explanation of the line ``?service=cold_water&period=202610``; 404 where there is no such line."""
    bill = asked_bill(context, request)
    service = request.params.get("service", "")
    line = next((line for line in bill.lines if line.service_code == service), None)
    if line is None:
        raise HTTPNotFound
    metering = request.contract(MonthlyConsumption)
    consumption = metering.dotted if metering is not None else None
    trace = HouseTrace(request.read, bill.house_id, bill.period, consumption)
    found = explain_line(request.read, bill.account_id, bill.period, service, consumption, trace)
    return {
        "bill": bill,
        "line": line,
        "found": found,
        "ask": what_if_form(
            request, trace, bill.account_id, line.service_id, f"{portal_url(request, context)}/@@explain",
            f"{portal_url(request, context)}/@@what-if", bill.period, service,
        ),
        "corrections": of_line(request.read, bill.account_id, bill.period, service),
        "off": taken_off(request.read, trace, bill.account_id, line.service_id).get(line.service_id),
        "benefits": benefits_of_line(request.read, trace, bill.account_id, line.service_id),
        "penalties": penalties_of_line(request.read, bill.account_id, bill.period, line, trace.inputs),
        "words": labels(request),
        "url": portal_url(request, context),
    }


def what_if(context: Account, request: Request) -> dict[str, Any]:
    """Only the answer to «what if», put under the question where scripts run."""
    return part(context, request)


def page(context: Account, request: Request) -> dict[str, Any]:
    """The same as a page: for readers without scripts, for printing, for a link."""
    values = part(context, request)
    title = request.localizer.translate(_("Where the sum comes from"))
    return {**values, "steps": breadcrumbs(request, context, title)}
