"""Jobs and their chunks: the truth about background work. The broker is a bell, these tables are the memory."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

import startks.domain.security.models  # noqa: F401  (job.created_by points at user_account)
from startks.base.db import Base, BigKey, Stamp


class Job(Base):
    """One piece of background work, seen by people: what, whose, how far, what came out."""

    __tablename__ = "job"

    id: Mapped[BigKey]
    kind: Mapped[str]
    """name under which the code of the job is registered"""
    title: Mapped[str]
    payload: Mapped[dict] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting → running → done | failed | stopped"""
    stage: Mapped[str] = mapped_column(server_default="")
    """what is being done now, a Russian phrase"""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    result: Mapped[dict | None] = mapped_column(JSONB)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"),
        Index("ix_job_unfinished", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    )


class JobChunk(Base):
    """A part of a job that one worker does in one transaction of seconds. ``final`` runs after all the others."""

    __tablename__ = "job_chunk"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    payload: Mapped[dict] = mapped_column(JSONB)
    weight: Mapped[int] = mapped_column(Integer, server_default="1")
    """units of progress (accounts, houses …)"""
    final: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting → running (under a lease) → done | failed | stopped"""
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """how often it was taken; also the fence: only the last taker may finish it"""
    lease_until: Mapped[dt.datetime | None]
    lease_owner: Mapped[str | None]
    finished_at: Mapped[dt.datetime | None]
    result: Mapped[dict | None] = mapped_column(JSONB)
    error: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"),
        CheckConstraint("weight >= 0", name="weight"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
        Index("ix_job_chunk_unfinished", "job_id", "number", postgresql_where=text("state IN ('waiting', 'running')")),
    )


class JobError(Base):
    """What went wrong with one row of a job: whom it concerns, why, what to do."""

    __tablename__ = "job_error"

    id: Mapped[BigKey]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    chunk_number: Mapped[int | None] = mapped_column(Integer)
    subject: Mapped[str]
    """account number, line of a file, house …"""
    message: Mapped[str]
    recorded_at: Mapped[Stamp]


class Outbox(Base):
    """A message written in the transaction that causes it; the relay sends it until its receiver has done it."""

    __tablename__ = "outbox"

    id: Mapped[BigKey]
    task: Mapped[str]
    """name of a registered task (``add_task``)"""
    arguments: Mapped[dict] = mapped_column(JSONB)
    recorded_at: Mapped[Stamp]
    due_at: Mapped[Stamp]
    """when it is sent, or sent again"""
    doublings: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """how often the pause before the next sending was doubled"""
    done_at: Mapped[dt.datetime | None]

    __table_args__ = (Index("ix_outbox_undone", "due_at", postgresql_where=text("done_at IS NULL")),)
