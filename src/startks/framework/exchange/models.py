"""Memory of what was brought in from outside: each import, and each file of it with its hash."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.security.models  # noqa: F401  (import_batch.user_id points at user_account)
from startks.base.db import Base, Key, Stamp


class ImportBatch(Base):
    """One import: a whole town, or one register added to it. The raw files lie in the data folder under ``folder``."""

    __tablename__ = "import_batch"

    id: Mapped[Key]
    kind: Mapped[str]
    """town, or the name of the register"""
    state: Mapped[str] = mapped_column(server_default="checking")
    """checking → checked | refused; checked → loading → loaded | failed"""
    folder: Mapped[str]
    """where the raw files are kept, below the data folder"""
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """rows by register"""
    faults: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """NULL: the command line"""
    recorded_at: Mapped[Stamp]
    loaded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('checking', 'checked', 'refused', 'loading', 'loaded', 'failed')", name="state"
        ),
    )


class ImportFile(Base):
    """A raw file of an import as it came."""

    __tablename__ = "import_file"

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), index=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """bytes"""
    sha256: Mapped[str]
    """of the bytes as they came, hexadecimal"""

    __table_args__ = (CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),)
