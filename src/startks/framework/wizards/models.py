"""What was typed into a wizard that is not finished."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.security.models  # noqa: F401  (foreign keys point at its tables)
from startks.base.db import Base, BigKey, Stamp


class WizardDraft(Base):
    """Texts of the fields, step by step, as they were typed; it belongs to the user who typed them."""

    __tablename__ = "wizard_draft"

    id: Mapped[BigKey]
    token: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    wizard: Mapped[str]
    place: Mapped[str]
    """path of the page: the same wizard at another house is another draft"""
    typed: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    begun_at: Mapped[Stamp]
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))

    __table_args__ = (
        Index("ix_wizard_draft_place", "user_id", "wizard", "place"),
        Index("ix_wizard_draft_changed_at", "changed_at"),
    )
