"""What an opening balance is made of: the months in which it arose."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, BigKey, Kopecks


class DebtOrigin(Base):
    """Unpaid charge of an earlier month, kopecks, as the town brought it: penalties run from its due day.

    The rows of a line (account, service, supplier) add up to its opening balance (checked by the import).
    """

    __tablename__ = "debt_origin"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    origin: Mapped[int] = mapped_column(Integer)
    """month YYYYMM for which it was charged"""
    amount: Mapped[Kopecks]

    __table_args__ = (
        UniqueConstraint("account_id", "service_id", "supplier_id", "origin"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("origin BETWEEN 200001 AND 209912 AND origin % 100 BETWEEN 1 AND 12", name="origin"),
    )
