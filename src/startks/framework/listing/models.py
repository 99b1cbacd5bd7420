"""Lists kept under a name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.security.models  # noqa: F401  (saved_list.user_id points at user_account)
from startks.base.db import Base, Key, Stamp


class SavedList(Base):
    """A user's own view of a list: where it stands, and its filters, order (``sort``) and columns (``col``)."""

    __tablename__ = "saved_list"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    list: Mapped[str]
    """name of the list, the same wherever it stands"""
    name: Mapped[str]
    path: Mapped[str]
    """page of the office that shows the list"""
    parameters: Mapped[Any] = mapped_column(JSONB)
    """[name, value] of each parameter of the address, in order"""
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        UniqueConstraint("user_id", "list", "name"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
    )
