"""The payment document of one account as both faces give it: the form, and the file with the signed calculation inside."""

from __future__ import annotations

from dataclasses import replace

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.contracts.month_readings import MonthReadings
from startks.base.signatures import signing_key
from startks.domain.security.masking import mask_name
from startks.framework.documents.receipt import Receipt
from startks.framework.documents.receipt_pdf import render_one
from startks.framework.web import secret_of
from startks.modules.billing.attachment import attachments_of
from startks.modules.billing.bill import Bill
from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.receipts import receipts_of_house


def receipt_of(bill: Bill, request: Request) -> Receipt:
    """Build the payment document of the bill with the meters' readings; 404 where the account has none."""
    metering = request.contract(MonthReadings)
    readings = metering.of_house(bill.house_id, bill.period) if metering is not None else ()
    secret = secret_of(request.registry)
    found = receipts_of_house(request.read, bill.house_id, bill.period, readings, [bill.account_id], secret)
    if not found:
        raise HTTPNotFound
    return found[0]


def pdf_of(bill: Bill, request: Request, *, named: bool = True) -> Response:
    """The payment document as a PDF file, with its calculation inside, signed by the installation's key.

    Without ``named`` the payer is masked and the code that opens a cabinet is left out.
    """
    receipt = receipt_of(bill, request)
    if not named:
        payer = replace(receipt.payer, name=mask_name(receipt.payer.name))
        receipt = replace(receipt, payer=payer, cabinet_code="")
    metering = request.contract(MonthlyConsumption)
    trace = HouseTrace(request.read, bill.house_id, bill.period, metering.dotted if metering is not None else None)
    signed = attachments_of(request.read, trace, [bill], signing_key(secret_of(request.registry)))
    return Response(
        render_one(receipt, attachments=signed),
        content_type="application/pdf",
        content_disposition=f'inline; filename="receipt-{bill.number}-{bill.period}.pdf"',
    )
