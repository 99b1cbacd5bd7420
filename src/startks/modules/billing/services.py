"""What billing offers other modules: charges of a month, balances, payments (contracts of ``startks.base.contracts``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.contracts import BalanceLine, ChargeLine, PaymentBrief

_LAST = "(SELECT max(id) FROM period WHERE calculated_at IS NOT NULL)"


class StatementCharges:
    """Charges as the month's statement has them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def lines(self, account_id: int, period: int) -> Sequence[ChargeLine]:
        """Lines of the month in the order of the bill; empty where none was calculated."""
        rows = self.session.execute(
            text("""SELECT s.code, z.supplier_id, z.volume, z.opening, z.charge, z.recalculation, z.benefit, z.penalty,
                           z.paid, z.closing
                      FROM statement z JOIN service s ON s.id = z.service_id
                     WHERE z.period = :period AND z.account_id = :account ORDER BY s.position, z.supplier_id"""),
            {"period": period, "account": account_id},
        )
        return [ChargeLine(*row) for row in rows]

    def totals(self, account_ids: Sequence[int], period: int) -> Mapping[int, int]:
        """Kopecks to be paid by account id."""
        rows = self.session.execute(
            text("""SELECT account_id, sum(closing)::int8 FROM statement
                     WHERE period = :period AND account_id = ANY(:accounts) GROUP BY 1"""),
            {"period": period, "accounts": list(account_ids)},
        )
        return dict(rows.all())


class StatementBalances:
    """What is owed now: the last calculated month's closing less what was received after it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def totals(self, account_ids: Sequence[int]) -> Mapping[int, int]:
        """Kopecks owed by account id."""
        rows = self.session.execute(
            text(f"""
                WITH last AS (SELECT {_LAST} AS period),
                     owed AS (SELECT z.account_id, sum(z.closing) AS amount FROM statement z JOIN last USING (period)
                               WHERE z.account_id = ANY(:accounts) GROUP BY 1),
                     came AS (SELECT p.account_id, sum(p.amount) AS amount FROM payment p, last
                               WHERE p.account_id = ANY(:accounts)
                                 AND p.period > last.period
                               GROUP BY 1)
                SELECT account_id, (owed.amount - coalesce(came.amount, 0))::int8
                  FROM owed LEFT JOIN came USING (account_id)"""),
            {"accounts": list(account_ids)},
        )
        return dict(rows.all())

    def lines(self, account_id: int) -> Sequence[BalanceLine]:
        """Closing lines of the last calculated month that are not zero, in the order of the bill."""
        rows = self.session.execute(
            text(f"""SELECT s.code, z.supplier_id, z.closing FROM statement z JOIN service s ON s.id = z.service_id
                      WHERE z.period = {_LAST} AND z.account_id = :account AND z.closing <> 0 ORDER BY s.position"""),
            {"account": account_id},
        )
        return [BalanceLine(*row) for row in rows]


class ReceivedPayments:
    """Payments register."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def last(self, account_ids: Sequence[int]) -> Mapping[int, PaymentBrief]:
        """Latest payment by account id."""
        rows = self.session.execute(
            text("""SELECT DISTINCT ON (account_id) id, account_id, amount, paid_on, channel FROM payment
                     WHERE account_id = ANY(:accounts) ORDER BY account_id, paid_on DESC, id DESC"""),
            {"accounts": list(account_ids)},
        )
        return {row.account_id: PaymentBrief(*row) for row in rows}

    def received(self, account_id: int, since: dt.date, until: dt.date) -> Sequence[PaymentBrief]:
        """Payments received on ``[since, until)``, oldest first."""
        rows = self.session.execute(
            text("""SELECT id, account_id, amount, paid_on, channel FROM payment
                     WHERE account_id = :account AND paid_on >= :since AND paid_on < :until ORDER BY paid_on, id"""),
            {"account": account_id, "since": since, "until": until},
        )
        return [PaymentBrief(*row) for row in rows]
