"""The month of a cabinet page: which bill is asked for by ``?period=202610``."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from startks.framework.tree.ahead import read_ahead
from startks.framework.tree.nodes import Account
from startks.modules.billing.bill import Bill, load_bill
from startks.modules.billing.portal_queries import LAST_PAGE, AccountPage, account_page, page_of


def asked_period(request: Request) -> int | None:
    """Return the period of the address, None for the last calculated one; 404 for what is not a month."""
    if not request.environ.get("QUERY_STRING"):
        return None  # spares the hottest page the reading of parameters
    given = request.params.get("period", "").replace("-", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) == 6 and 1 <= int(given[4:]) <= 12):
        raise HTTPNotFound
    return int(given)


def asked_bill(context: Account, request: Request) -> Bill:
    """Return the bill of the asked month; 404 where the account has none."""
    period = asked_period(request)
    bill = load_bill(request.read, context.account_id, period)
    if bill is None or (period is not None and period not in bill.periods):
        raise HTTPNotFound
    return bill


def asked_page(context: Account, request: Request) -> AccountPage:
    """Return the bill of the asked month with the day to pay; 404 where the account has none."""
    period = asked_period(request)
    last = read_ahead(request, LAST_PAGE) if period is None else None
    found = page_of(last) if last is not None else account_page(request.read, context.account_id, period)
    if found is None or (period is not None and period not in found.bill.periods):
        raise HTTPNotFound
    return found
