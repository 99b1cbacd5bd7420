"""Tabs of the account card: the bill with «откуда сумма», payments."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from startks.base.contracts.consumption import MonthlyConsumption
from startks.domain.ledger.office_queries import account_months, account_payments
from startks.domain.security.masking import mask_name
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import office_url
from startks.modules.billing.benefit_words import benefits_of_line
from startks.modules.billing.bill import load_bill
from startks.modules.billing.explain import HouseTrace, explain_line
from startks.modules.billing.paper import pdf_of
from startks.modules.billing.penalty_days import penalties_of_line
from startks.modules.billing.replay.queries import of_line
from startks.modules.billing.taken_off import taken_off
from startks.modules.billing.what_if_form import what_if_form


def bill(context: Account, request: Request) -> dict[str, Any]:
    """The bill of a month, line by line; every line opens its explanation."""
    found = load_bill(request.read, context.id, asked_period(request))
    return {
        "bill": found,
        # the payer is a person in most bills; an organisation's name has no reason to be hidden, but costs a query
        "payer": mask_name(found.payer) if found is not None else "",
        "may_explain": request.has_permission(Permission.ACCOUNT_EXPLANATION_READ, context),
    }


def explain(context: Account, request: Request) -> dict[str, Any]:
    """Where the sum of one line comes from; a part of the bill's page, or a page of its own without scripts."""
    found_bill = load_bill(request.read, context.id, asked_period(request))
    service = request.params.get("service", "")
    lines = found_bill.lines if found_bill is not None else ()
    line = next((line for line in lines if line.service_code == service), None)
    if line is None:
        raise HTTPNotFound(request.localizer.translate(_("The bill of this month has no such line.")))
    metering = request.contract(MonthlyConsumption)
    consumption = metering.dotted if metering is not None else None
    trace = HouseTrace(request.read, found_bill.house_id, found_bill.period, consumption)
    explain_url, part_url = (office_url(request, context, view) for view in ("explain", "what-if"))
    return {
        "ask": what_if_form(
            request, trace, context.id, line.service_id, explain_url, part_url, found_bill.period, service
        ),
        # None where today's facts no longer charge the line: the template says so
        "found": explain_line(request.read, context.id, found_bill.period, service, consumption, trace),
        "corrections": of_line(request.read, context.id, found_bill.period, service),
        "off": taken_off(request.read, trace, context.id, line.service_id).get(line.service_id),
        "penalties": penalties_of_line(request.read, context.id, found_bill.period, line, trace.inputs),
        "benefits": benefits_of_line(
            request.read, trace, context.id, line.service_id,
            shown=bool(request.has_permission(Permission.PARTIES_PERSON_READ, context)),
        ),
        "line": line,
        "title": line.title,
        "period": found_bill.period,
        "part": request.headers.get("HX-Request") == "true",
    }


def receipt(context: Account, request: Request) -> Response:
    """The payment document of the month as a PDF file, with its signed calculation inside.

    The payer is masked as on the page, and the code that opens a cabinet is left out: with both, documents come from the
    house's printing, which is written down.
    """
    found = load_bill(request.read, context.id, asked_period(request))
    if found is None or not found.lines:
        raise HTTPNotFound(request.localizer.translate(_("No bill has been calculated for this month.")))
    return pdf_of(found, request, named=False)


def payments(context: Account, request: Request) -> dict[str, Any]:
    """Payments received and the account's months with their sums."""
    return {
        "payments": account_payments(request.read, context.id),
        "months": account_months(request.read, context.id),
    }


def asked_period(request: Request) -> int | None:
    """Return ``?period=YYYYMM`` where it names a known month, else None (the last calculated one)."""
    asked = request.params.get("period", "")
    known = {row.id for row in request.office_periods}
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked) in known else None
