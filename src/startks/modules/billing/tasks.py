"""Background work of billing: the calculation of a month as a job of whole-house pieces."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job, set_stage
from startks.modules.billing.calculation import run

MONTH_JOB = "billing.month"


def start_month(
    session: Session, period: int, *, consumption: str | None, save: str | None, created_by: int | None = None
) -> int:
    """Prepare the calculation of an open month and return the id of its job (runs after the commit).

    ``consumption`` and ``save`` are the functions that the metering contract names, None without metering. Raises
    StartksError where the month may not be calculated.
    """
    pieces = run.prepare(session.connection(), period)
    payload = {"period": period, "run": pieces[0].run, "consumption": consumption, "save": save}
    chunks = [
        {"house_from": piece.house_from, "house_to": piece.house_to, "weight": piece.accounts}
        for piece in pieces
    ]
    return create_job(
        session, MONTH_JOB, run.title_of(period), payload, chunks, created_by=created_by, stage="Расчёт по домам"
    )


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict:
    """Calculate one range of houses into the run's tables."""
    facts = job.payload
    piece = run.Piece(
        facts["run"], facts["period"], chunk.payload["house_from"], chunk.payload["house_to"], chunk.weight
    )
    url = session.get_bind().url.render_as_string(hide_password=False)
    return run.run_piece(session.connection(), url, piece, facts["consumption"], facts["save"])


def finish(session: Session, job: JobInfo) -> dict:
    """Swap the finished run in."""
    set_stage(session, job.id, "Запись итогов месяца")
    pieces = session.execute(
        text("SELECT result FROM job_chunk WHERE job_id = :job AND NOT final ORDER BY number"), {"job": job.id}
    ).scalars()
    return run.finish(session.connection(), job.payload["period"], job.payload["run"], list(pieces))


def stopped(session: Session, job: JobInfo) -> None:
    """Throw away what a stopped or failed run has written; the month stays as it was."""
    run.abandon(session.connection(), job.payload["period"], job.payload["run"], "stopped")


def register() -> None:
    """Let this process do the jobs of billing."""
    register_job_kind(MONTH_JOB, run_chunk, finish, stopped)
