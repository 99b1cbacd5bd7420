"""Accounting periods (расчётный период = calendar month, ПП РФ 354 п. 37) and the runs that calculate them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from startks.base.db import Base, Key, Stamp


class Period(Base):
    """A month YYYYMM: open → rehearsed → closed. A closed one refuses every change (triggers)."""

    __tablename__ = "period"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(server_default="open")
    opened_at: Mapped[Stamp]
    calculated_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)

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
