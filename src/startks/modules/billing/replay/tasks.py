"""The replay as a job: one transaction, so it is posted whole or not at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.periods.services import current_period
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import UNFINISHED, create_job
from startks.modules.billing.replay.marks import waiting
from startks.modules.billing.replay.services import replay

REPLAY_JOB = "billing.replay"


def start_replay(session: Session, *, consumption: str | None, created_by: int | None = None) -> int:
    """Order the replay of everything marked and return the id of its job (runs after the commit).

    StartksError where no month is open, nothing is marked or a replay is under way.
    """
    connection = session.connection()
    if current_period(connection) is None:
        raise StartksError("Нет открытого месяца, в который внести перерасчёт: откройте следующий период.")
    found = waiting(connection)
    if not found.accounts:
        raise StartksError("Пересчитывать нечего: изменений, которые касаются закрытых месяцев, нет.")
    if connection.scalar(
        text("SELECT EXISTS (SELECT 1 FROM job WHERE kind = :kind AND state = ANY(:states))"),
        {"kind": REPLAY_JOB, "states": list(UNFINISHED)},
    ):
        raise StartksError("Перерасчёт уже идёт: дождитесь его конца.")
    return create_job(
        session, REPLAY_JOB, "Перерасчёт закрытых месяцев", {"consumption": consumption},
        [{"weight": found.accounts}], created_by=created_by, stage="Закрытые месяцы заново",
    )


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Replay everything marked."""
    answer = replay(session.connection(), job.payload["consumption"])
    return {
        "period": answer.period, "months": answer.months, "accounts": answer.accounts, "lines": answer.rows.height,
        "amount": answer.amount, "failed": answer.failed.height,
    }


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """The only piece's result is the job's."""
    return session.scalar(
        text("SELECT result FROM job_chunk WHERE job_id = :job AND NOT final"), {"job": job.id}
    )


def register() -> None:
    """Let this process do the replay."""
    register_job_kind(REPLAY_JOB, run_chunk, finish)
