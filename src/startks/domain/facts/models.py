"""What was said about a thing, from which day, by whom and on what ground; and which months that touches.

The dated tables hold what is true now; ``fact_change`` keeps how it came to be and only grows (triggers).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.accounts.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, BigKey, PeriodId, Stamp


class FactChange(Base):
    """One statement: «the area of house 5 is 3 120,4 m² from 01.05.2026, protocol 7», with what stood there before."""

    __tablename__ = "fact_change"

    id: Mapped[BigKey]
    recorded_at: Mapped[Stamp]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """who said it; NULL: the system (an import, a module)"""
    kind: Mapped[str]
    """whose card the change belongs to: district | house | premise | account | person | organisation | contract | …"""
    subject_id: Mapped[int] = mapped_column(Integer)
    house_id: Mapped[int | None] = mapped_column(ForeignKey("house.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(server_default="change")
    """change (from a date) | close (no longer from a date) | record (undated)"""
    field: Mapped[str]
    """table of a dated fact, or ``table.column`` of an undated one"""
    keys: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """columns that say which fact of the table it is"""
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    """first day on which it no longer holds; NULL: until the next fact"""
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str]
    document: Mapped[str | None]
    correction: Mapped[bool] = mapped_column(server_default=text("false"))
    """replaces an earlier statement on purpose"""
    cuts: Mapped[list[dt.date]] = mapped_column(ARRAY(Date), server_default=text("'{}'::date[]"))
    """days at which this statement cut rows in two: later ones carry values over such a day"""

    __table_args__ = (
        CheckConstraint("action IN ('change', 'close', 'record')", name="action"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid"),
        Index("ix_fact_change_subject", "kind", "subject_id", "id"),
        Index("ix_fact_change_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
        Index("ix_fact_change_house_id", "house_id", postgresql_where=text("house_id IS NOT NULL")),
    )


class RecalculationMark(Base):
    """Months of an account, or of every account of a house, that a change in the past touches; the replay reads it."""

    __tablename__ = "recalculation_mark"

    id: Mapped[BigKey]
    fact_change_id: Mapped[int] = mapped_column(ForeignKey("fact_change.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    house_id: Mapped[int | None] = mapped_column(ForeignKey("house.id"))
    period_from: Mapped[PeriodId]
    period_to: Mapped[int | None] = mapped_column(Integer)
    """last month touched; NULL: all that follow"""
    recorded_at: Mapped[Stamp]
    done_at: Mapped[dt.datetime | None]
    """when the replay posted the differences"""

    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (house_id IS NULL)", name="one_subject"),
        Index("ix_recalculation_mark_account", "account_id", postgresql_where=text("done_at IS NULL")),
        Index("ix_recalculation_mark_house", "house_id", postgresql_where=text("done_at IS NULL")),
    )
