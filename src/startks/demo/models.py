"""What the demo remembers between its starts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from startks.base.db import Base, Stamp


class DemoState(Base):
    """The one row that tells with which options the town was built, and that it is whole."""

    __tablename__ = "demo_state"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    accounts: Mapped[int]
    seed: Mapped[int]
    city: Mapped[str]
    started_at: Mapped[Stamp]
    built_at: Mapped[dt.datetime | None]
    """NULL while the building is not finished: then the next start begins anew"""
    dirt: Mapped[dict | None] = mapped_column(JSONB)
    """what was spoiled on purpose: kind → how many, and ``accounts``, how many accounts of their own have a defect"""

    __table_args__ = (CheckConstraint("id = 1", name="one"),)
