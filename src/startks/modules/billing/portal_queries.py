"""What the cabinet reads: the account's page and the months before it, each by one statement of one JSON value."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection

from startks.base.db.hot import Hot
from startks.modules.billing.bill import Bill, bill_of, bill_statement

_SHOWN = ("period", "account_id", "house_id", "number", "address", "holder", "periods", "sums", "pay_until")
# One account by its key, not a list: only so does PostgreSQL keep the plan instead of making it anew for each reader.
_PAGE = bill_statement("a.id = :account", *_SHOWN)
LAST_PAGE = bill_statement("a.number = :s3", *_SHOWN, period="NULL")
"""The page of the last calculated month by the last name of the account's address: read ahead."""
_HISTORY = Hot("""
    SELECT json_agg(json_build_array(period, charged, paid, closing) ORDER BY period) FROM (
        SELECT period, sum(charge + recalculation + penalty - benefit)::int8 AS charged, sum(paid)::int8 AS paid,
               sum(closing)::int8 AS closing
          FROM statement WHERE account_id = :account AND period <= CAST(:period AS int)
         GROUP BY period ORDER BY period DESC LIMIT CAST(:months AS int)) AS months""")


class Month(NamedTuple):
    """A month of the account in kopecks; ``charged`` is after recalculation, benefit and penalty."""

    period: int
    charged: int
    paid: int
    closing: int


class AccountPage(NamedTuple):
    """What the page shows. The bill has neither provider nor areas: they stand on the payment document."""

    bill: Bill
    pay_until: dt.date


def account_page(connection: Connection, account_id: int, period: int | None) -> AccountPage | None:
    """Return the page of an account for ``period`` (None: the last calculated one); None where there is no bill."""
    return page_of(_PAGE.one(connection, account=account_id, period=period))


def page_of(data: dict | None) -> AccountPage | None:
    """Build the page from the JSON of the data base; None where there is no bill."""
    if data is None or data["period"] is None:
        return None
    return AccountPage(bill_of(data), dt.date.fromisoformat(data["pay_until"]))


def account_history(connection: Connection, account_id: int, period: int, months: int) -> list[Month]:
    """Return the last months up to ``period``, oldest first."""
    rows = _HISTORY.one(connection, account=account_id, period=period, months=months)
    return [Month(*row) for row in rows or ()]
