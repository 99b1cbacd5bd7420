"""The payment document of one account: PDF, its twin as a page, and the code for the bank's application."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from startks.base.licensing.keys import fingerprint, public_text
from startks.base.signatures import signing_key
from startks.framework.documents.payment_codes import QrCode, qr_code
from startks.framework.documents.receipt_html import receipt_html, symbol_svg
from startks.framework.i18n import _
from startks.framework.tree.crumbs import breadcrumbs
from startks.framework.tree.nodes import Account, Root
from startks.framework.tree.urls import portal_url
from startks.framework.web import secret_of
from startks.modules.billing.bill import Bill
from startks.modules.billing.paper import pdf_of, receipt_of
from startks.modules.billing.penalty_days import penalty_days
from startks.modules.billing.portal.months import asked_bill
from startks.modules.billing.receipts import receipts_of_house


def code_of(bill: Bill, request: Request) -> QrCode:
    """The code of the bill; readings are not needed for it."""
    found = receipts_of_house(request.read, bill.house_id, bill.period, (), [bill.account_id])
    if not found:
        raise HTTPNotFound
    return qr_code(found[0])


def pdf(context: Account, request: Request) -> Response:
    """The payment document as a PDF file, with its calculation inside, signed."""
    return pdf_of(asked_bill(context, request), request)


def key(context: Root, request: Request) -> Response:
    """The public key that payment documents are signed with: a line to pin by ``startks check-bill --key``."""
    found = signing_key(secret_of(request.registry))
    return Response(
        f"ed25519 {public_text(found)}\n{fingerprint(found)}\n", content_type="text/plain", charset="utf-8"
    )


def twin(context: Account, request: Request) -> dict[str, Any]:
    """The same document as a page that every browser and screen reader reads."""
    bill = asked_bill(context, request)
    return {
        "bill": bill,
        "document": receipt_html(receipt_of(bill, request)),
        "penalties": penalty_days(request.read, bill.account_id, bill.period) if bill.total("penalty") else (),
        "url": portal_url(request, context),
        "steps": breadcrumbs(request, context),
    }


def qr_picture(context: Account, request: Request) -> Response:
    """The code as a picture; 404 where the payee's requisites do not make one (the page says why)."""
    code = code_of(asked_bill(context, request), request)
    if code.symbol is None:
        raise HTTPNotFound
    title = request.localizer.translate(_("Code for payment by the bank’s application"))
    return Response(str(symbol_svg(code.symbol, title)), content_type="image/svg+xml", charset="utf-8")
