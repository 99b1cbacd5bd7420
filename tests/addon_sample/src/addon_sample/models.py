"""The module's own table, keyed by the house; no table of the kernel is touched."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from startks.base.db import Base, Key, Stamp


class Inspection(Base):
    """An inspection of a house and what was found."""

    __tablename__ = "inspections_inspection"
    __table_args__ = (CheckConstraint("length(finding) BETWEEN 1 AND 500", name="finding"),)

    id: Mapped[Key]
    house_id: Mapped[int] = mapped_column(ForeignKey("house.id"), index=True)
    inspected_on: Mapped[dt.date]
    finding: Mapped[str]
    recorded_at: Mapped[Stamp]
