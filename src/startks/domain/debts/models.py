"""What an opening balance is made of: the months in which it arose."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, PrimaryKeyConstraint, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, BigKey, Kopecks, PeriodId


class DebtOrigin(Base):
    """Unpaid charge of an earlier month, kopecks, as the town brought it: penalties run from its due day. ``origin`` 0 holds
    the unpaid penalties of the line, as in :class:`MonthDebt`.

    The rows of a line (account, service, supplier) add up to its opening balance (checked by the import).
    """

    __tablename__ = "debt_origin"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    origin: Mapped[int] = mapped_column(Integer)
    """month YYYYMM for which it was charged; 0: penalties"""
    amount: Mapped[Kopecks]

    __table_args__ = (
        UniqueConstraint("account_id", "service_id", "supplier_id", "origin"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "origin = 0 OR (origin >= 200001 AND origin <= 209912 AND mod(origin, 100) >= 1 AND mod(origin, 100) <= 12)",
            name="origin",
        ),
    )


class MonthDebt(Base):
    """What is left at the end of a month of a line's charge of an *earlier* month, kopecks.

    Written by the calculation of ``period``; its own charge is not here: it is what the closing balance holds beyond
    these rows. ``origin`` 0 holds the unpaid penalties of the line, which bear no penalties (ЖК РФ ст. 155 ч. 14).
    """

    __tablename__ = "month_debt"

    period: Mapped[PeriodId] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    origin: Mapped[int] = mapped_column(Integer, primary_key=True)
    """month YYYYMM for which it was charged; 0: penalties"""
    house_id: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Kopecks]

    __table_args__ = (
        PrimaryKeyConstraint("account_id", "service_id", "supplier_id", "origin", "period"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("origin < period", name="origin"),
        Index("ix_month_debt_house_id", "house_id", postgresql_using="brin"),
        {"postgresql_partition_by": "LIST (period)"},
    )
