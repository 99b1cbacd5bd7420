"""Accounting periods (расчётный период = calendar month, ПП РФ 354 п. 37), the runs that calculate them, their closing.

A month lives ``open → rehearsed → closed``. A rehearsal lays the month beside the one before it and asks the gate; a
closing seals every row. What may be changed and when is decided by triggers, see ``migrations``.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.security.models  # noqa: F401  (foreign keys point at user_account)
import startks.domain.territory.models  # noqa: F401  (foreign keys point at house)
from startks.base.db import Base, BigKey, Key, Kopecks, PeriodId, Stamp


class Period(Base):
    """A month YYYYMM: open → rehearsed → closed. A closed one refuses every change (triggers)."""

    __tablename__ = "period"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(server_default="open")
    opened_at: Mapped[Stamp]
    calculated_at: Mapped[dt.datetime | None]
    rehearsed_at: Mapped[dt.datetime | None]
    """when the month was last laid beside the one before it; emptied by every new calculation"""
    frozen_at: Mapped[dt.datetime | None]
    """being closed since: the month's tables refuse changes already, so that what is sealed stays what was checked"""
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    totals: Mapped[dict | None] = mapped_column(JSONB)
    """accounts, lines and sums in kopecks at the closing"""
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 over the seals of the month, chained to the month before"""

    __table_args__ = (
        CheckConstraint("state IN ('open', 'rehearsed', 'closed')", name="state"),
        CheckConstraint("id BETWEEN 200001 AND 209912 AND id % 100 BETWEEN 1 AND 12", name="id"),
    )


class CalculationRun(Base):
    """One calculation of a month: which inputs, which state, what came out (totals in kopecks)."""

    __tablename__ = "calculation_run"

    id: Mapped[Key]
    period: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    state: Mapped[str] = mapped_column(server_default="running")
    """running | done | failed | stopped"""
    started_at: Mapped[Stamp]
    finished_at: Mapped[dt.datetime | None]
    accounts: Mapped[int | None]
    lines: Mapped[int | None]
    errors: Mapped[int] = mapped_column(server_default=text("0"))
    totals: Mapped[dict | None] = mapped_column(JSONB)

    __table_args__ = (CheckConstraint("state IN ('running', 'done', 'failed', 'stopped')", name="state"),)


class HouseCalculation(Base):
    """A house of an open month was calculated by itself: it knows the facts recorded before ``began_at``."""

    __tablename__ = "house_calculation"

    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"), primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), primary_key=True)
    began_at: Mapped[dt.datetime]


class MonthTable(Base):
    """A table whose rows belong to a month and are shut with it. Filled by the SQL function ``guard_month_table``.

    ``columns`` are SQL expressions that write a row as text, the same on every server; ``keys`` those that name it;
    ``block`` an integer expression: rows of one block are sealed together.
    """

    __tablename__ = "month_table"

    name: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[str]
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))


class PeriodSeal(Base):
    """Fingerprint of one block of a month table at the closing."""

    __tablename__ = "period_seal"

    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"), primary_key=True)
    table_name: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(Integer, primary_key=True)
    rows: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    keys: Mapped[str]
    """keys of the rows in their order, so that a row that is gone can be named"""
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    """six bytes of each row's own SHA-256 in the same order, so that a changed row can be named"""


class GateCheck(Base):
    """What the gate found for one invariant when the month was last rehearsed or closed."""

    __tablename__ = "gate_check"

    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str]
    """must: cannot be closed with it | signed: can be, when somebody signs with a reason"""
    count: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    """sum of the hashes of what was found: a signature holds for exactly this"""
    checked_at: Mapped[Stamp]

    __table_args__ = (CheckConstraint("severity IN ('must', 'signed')", name="severity"),)


class GateFinding(Base):
    """One place where an invariant does not hold (the first ones of each piece of the town)."""

    __tablename__ = "gate_finding"

    id: Mapped[BigKey]
    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"))
    name: Mapped[str]
    house_id: Mapped[int | None] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(Integer)
    service_id: Mapped[int | None] = mapped_column(SmallInteger)
    detail: Mapped[str]

    __table_args__ = (Index("ix_gate_finding_period_name", "period", "name"),)


class GateSignature(Base):
    """Somebody answers for closing the month although an invariant is broken, and says why. Only grows."""

    __tablename__ = "gate_signature"

    id: Mapped[Key]
    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"), index=True)
    name: Mapped[str]
    count: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]

    __table_args__ = (CheckConstraint("length(btrim(reason)) >= 5", name="reason"),)


class RehearsalGroup(Base):
    """What one cause did to the month's money against the month before. ``service_id`` 0: all services of the cause."""

    __tablename__ = "rehearsal_group"

    period: Mapped[PeriodId] = mapped_column(ForeignKey("period.id"), primary_key=True)
    cause: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    accounts: Mapped[int] = mapped_column(Integer)
    houses: Mapped[int] = mapped_column(Integer)
    before: Mapped[Kopecks]
    """what the touched lines had charged in the month before"""
    change: Mapped[Kopecks]


rehearsal_row = Table(
    "rehearsal_row",
    Base.metadata,
    Column("period", Integer, nullable=False),
    Column("cause", SmallInteger, nullable=False),
    Column("service_id", SmallInteger, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("house_id", Integer, nullable=False),
    Column("before", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False),
    postgresql_partition_by="LIST (period)",
)
"""Every line whose money changed, and why: kopecks charged in the month before and now, and what this cause made of it
(a line with two causes has two rows). Kept while the month is not closed; no key, for it is only written whole."""
Index("ix_rehearsal_row_cause", rehearsal_row.c.cause, func.abs(rehearsal_row.c.change).desc())
