"""The payment document of one account: PDF, its twin as a page, and the code for the bank's application."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from startks.base.contracts.month_readings import MonthReadings
from startks.framework.documents.payment_codes import QrCode, qr_code
from startks.framework.documents.qr_matrix import Symbol
from startks.framework.documents.receipt import Receipt
from startks.framework.documents.receipt_html import receipt_html
from startks.framework.documents.receipt_pdf import render_one
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account
from startks.framework.tree.urls import portal_url
from startks.framework.web import secret_of
from startks.modules.billing.bill import Bill
from startks.modules.billing.portal.months import asked_bill
from startks.modules.billing.receipts import receipts_of_house

QUIET = 4
"""Light modules around the symbol that ISO/IEC 18004 asks for."""


def receipt_of(bill: Bill, request: Request) -> Receipt:
    """Build the payment document of the bill with the meters' readings; 404 where the account has none."""
    metering = request.contract(MonthReadings)
    readings = metering.of_house(bill.house_id, bill.period) if metering is not None else ()
    secret = secret_of(request.registry)
    found = receipts_of_house(request.read, bill.house_id, bill.period, readings, [bill.account_id], secret)
    if not found:
        raise HTTPNotFound
    return found[0]


def code_of(bill: Bill, request: Request) -> QrCode:
    """The code of the bill; readings are not needed for it."""
    found = receipts_of_house(request.read, bill.house_id, bill.period, (), [bill.account_id])
    if not found:
        raise HTTPNotFound
    return qr_code(found[0])


def pdf(context: Account, request: Request) -> Response:
    """The payment document as a PDF file."""
    bill = asked_bill(context, request)
    return Response(
        render_one(receipt_of(bill, request)),
        content_type="application/pdf",
        content_disposition=f'inline; filename="receipt-{bill.number}-{bill.period}.pdf"',
    )


def twin(context: Account, request: Request) -> dict[str, Any]:
    """The same document as a page that every browser and screen reader reads."""
    bill = asked_bill(context, request)
    return {
        "bill": bill,
        "document": receipt_html(receipt_of(bill, request)),
        "url": portal_url(request, context),
        "steps": breadcrumbs(request, context),
    }


def qr_picture(context: Account, request: Request) -> Response:
    """The code as a picture; 404 where the payee's requisites do not make one (the page says why)."""
    code = code_of(asked_bill(context, request), request)
    if code.symbol is None:
        raise HTTPNotFound
    return Response(svg(code.symbol), content_type="image/svg+xml", charset="utf-8")


def svg(symbol: Symbol) -> str:
    """Draw the modules as one path, row by row, dark on light whatever the theme is: readers need it so."""
    side = symbol.size + 2 * QUIET
    runs = []
    for y, row in enumerate(symbol.matrix().tolist()):
        x = 0
        while x < symbol.size:
            if not row[x]:
                x += 1
                continue
            start = x
            while x < symbol.size and row[x]:
                x += 1
            runs.append(f"M{start + QUIET} {y + QUIET}h{x - start}v1h-{x - start}z")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{"".join(runs)}" fill="#000"/></svg>'
    )
