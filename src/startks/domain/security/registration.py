"""A resident registers and binds personal accounts: by number and what only the bill's reader knows.

The secret is the sum to be paid of one of the last three calculated months. The code of :func:`bill_code` is accepted
too; the screens speak of it once the bill prints it. An unknown number and a wrong secret give the same answer, and the
attempts stand under the same brake as passwords, so that neighbours' numbers cannot be tried.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.accounts.models import AccountBinding
from startks.domain.security.audit import audit
from startks.domain.security.identity import Identity
from startks.domain.security.sign_in import BRAKE, Brake, guard, remember

MONTHS = 3


class BindingRefused(StartksError):
    """Number and secret do not belong together, or the account is bound already."""


def bill_code(secret: bytes, account_number: str, period: int) -> str:
    """Return the eight-digit code for the bill of a month (YYYYMM): an HMAC, so nothing of it is stored."""
    digest = hmac.new(secret, f"{account_number}:{period}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 100_000_000:08d}"


_LAST_BILLS = text(
    """
    SELECT a.id, s.period, sum(s.closing)::bigint AS due
    FROM account AS a
    LEFT JOIN statement AS s ON s.account_id = a.id
         AND s.period IN (SELECT id FROM period WHERE calculated_at IS NOT NULL ORDER BY id DESC LIMIT :months)
    WHERE a.number = :number AND (a.closed_on IS NULL OR a.closed_on > :today)
    GROUP BY a.id, s.period
    """
)


def check_account(
    session: Session,
    number: str,
    secret: str,
    ip: str,
    *,
    code_key: bytes | None = None,
    brake: Brake = BRAKE,
    today: dt.date | None = None,
) -> int:
    """Return the id of the account whose number and secret fit; raise :class:`BindingRefused` or SignInBraked.

    ``secret`` is «1 234,56» (the sum to be paid) or the eight-digit code, for which ``code_key`` is needed. The
    caller must commit also after a refusal, else the mistake is not counted.
    """
    number = re.sub(r"\s", "", number)[:20]
    guard(session, f"account:{number}", ip, brake)
    rows = session.execute(_LAST_BILLS, {"number": number, "months": MONTHS, "today": today or dt.date.today()}).all()
    kopecks = _kopecks(secret)
    plain = re.sub(r"\D", "", secret)
    for row in rows:
        if row.period is None:
            continue
        fits = kopecks is not None and row.due > 0 and kopecks == row.due
        if code_key is not None and hmac.compare_digest(bill_code(code_key, number, row.period), plain.zfill(8)):
            fits = True
        if fits:
            remember(session, f"account:{number}", ip, "success")
            return row.id
    remember(session, f"account:{number}", ip, "refused")
    raise BindingRefused(
        "Номер счёта и сумма не подходят друг к другу. Возьмите их из одной из трёх последних квитанций: "
        "сумму из строки «Итого к оплате»."
    )


def bind_account(session: Session, user_id: int, account_id: int, method: str, *, by: Identity | None = None) -> int:
    """Bind the account to the user from today on and return the binding's id; audited."""
    today = dt.date.today()
    bound = session.execute(
        select(AccountBinding.id).where(
            AccountBinding.user_id == user_id,
            AccountBinding.account_id == account_id,
            AccountBinding.valid.contains(today),
        )
    ).first()
    if bound:
        raise BindingRefused("Этот лицевой счёт уже есть в вашем кабинете.")
    binding = AccountBinding(user_id=user_id, account_id=account_id, method=method, valid=Range(today, None))
    session.add(binding)
    session.flush()
    audit(session, by, "cabinet:account:bind", ("account", account_id), {"user": user_id, "method": method})
    return binding.id


def _kopecks(amount: str) -> int | None:
    plain = re.sub(r"[\s₽]", "", amount).replace(",", ".")
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,2}))?", plain)
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else None
