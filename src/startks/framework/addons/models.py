"""Memory of the licence counters: one row a metric and day, so that the day a limit was passed is a fact."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from startks.base.db import Base


class LicenceCounter(Base):
    """A counter's value as measured on a day."""

    __tablename__ = "licence_counter"
    __table_args__ = (CheckConstraint("value >= 0", name="value"),)

    metric: Mapped[str] = mapped_column(Text, primary_key=True)
    measured_on: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
