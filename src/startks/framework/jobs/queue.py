"""The queue in PostgreSQL: jobs, chunks under a lease, errors. Every function works in the caller's transaction.

Exactly once: a chunk's rows and its ``done`` are committed together, and only by its last taker, whom the number of
attempts proves. A worker that dies, hangs or comes back late therefore leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from startks.base.errors import StartksError

from .kinds import ChunkInfo, JobInfo
from .models import Job, JobChunk, JobError

MAX_ATTEMPTS = 5
UNFINISHED = ("waiting", "running")


class LeaseLost(StartksError):
    """The chunk belongs to another worker by now, or its job was stopped: roll back and forget it."""


@dataclass(frozen=True, slots=True)
class ChunkTaken:
    """A chunk under a lease, with what its code needs."""

    job: JobInfo
    chunk: ChunkInfo
    final: bool


def create_job(
    session: Session,
    kind: str,
    title: str,
    payload: Mapping[str, Any],
    chunks: Iterable[Mapping[str, Any]],
    *,
    created_by: int | None = None,
    stage: str = "",
    finish: bool = True,
) -> int:
    """Write a job with its chunks and return its id; nothing runs before the commit.

    ``chunks`` are JSON payloads in order; the key ``weight`` of a payload, where it is there, is its share of the
    progress (accounts, houses; else 1). ``finish`` adds the final step that calls the kind's ``finish``.
    """
    job_id = session.scalar(
        insert(Job)
        .values(kind=kind, title=title, payload=dict(payload), created_by=created_by, stage=stage)
        .returning(Job.id)
    )
    rows = [
        {"job_id": job_id, "number": number, "payload": dict(chunk), "weight": int(chunk.get("weight", 1)), "final": False}
        for number, chunk in enumerate(chunks, 1)
    ]
    if finish or not rows:
        rows.append({"job_id": job_id, "number": len(rows) + 1, "payload": {}, "weight": 0, "final": True})
    session.execute(insert(JobChunk), rows)
    return job_id


_TAKE = text("""
    UPDATE job_chunk AS taken
       SET state = 'running', attempts = attempts + 1, lease_owner = :owner,
           lease_until = clock_timestamp() + make_interval(secs => :seconds)
      FROM (SELECT chunk.job_id, chunk.number, job.kind, job.title, job.payload
              FROM job_chunk AS chunk JOIN job ON job.id = chunk.job_id
             WHERE job.state IN ('waiting', 'running') AND (CAST(:job_id AS bigint) IS NULL OR job.id = :job_id)
               AND (chunk.state = 'waiting' OR chunk.state = 'running' AND chunk.lease_until < clock_timestamp())
               AND chunk.attempts < :limit
               AND (NOT chunk.final OR NOT EXISTS (
                       SELECT 1 FROM job_chunk AS other
                        WHERE other.job_id = chunk.job_id AND NOT other.final AND other.state <> 'done'))
             ORDER BY chunk.job_id, chunk.number
             LIMIT 1
               FOR UPDATE OF chunk SKIP LOCKED) AS free
     WHERE taken.job_id = free.job_id AND taken.number = free.number
 RETURNING free.job_id, free.kind, free.title, free.payload AS job_payload,
           taken.number, taken.payload, taken.weight, taken.attempts, taken.final
""").columns(job_payload=JSONB, payload=JSONB)


def take_chunk(
    session: Session, job_id: int | None = None, lease_seconds: int = 120, owner: str = ""
) -> ChunkTaken | None:
    """Take the next free chunk (of the job, or of any), or None. Commit at once: the lease is seen by others then.

    Free is what waits, and what a worker took and did not finish within its lease. The final step is free when all
    other chunks are done.
    """
    row = session.execute(
        _TAKE, {"job_id": job_id, "seconds": lease_seconds, "owner": owner, "limit": MAX_ATTEMPTS}
    ).one_or_none()
    if row is None:
        return None
    # Another taker may be saying the same at this moment; then it need not be waited for.
    waiting = select(Job.id).where(Job.id == row.job_id, Job.state == "waiting").with_for_update(skip_locked=True)
    session.execute(
        update(Job).where(Job.id.in_(waiting)).values(state="running", started_at=func.clock_timestamp())
    )
    return ChunkTaken(
        JobInfo(row.job_id, row.kind, row.title, row.job_payload),
        ChunkInfo(row.number, row.payload, row.weight, row.attempts),
        row.final,
    )


def finish_chunk(session: Session, taken: ChunkTaken, result: dict | None = None) -> None:
    """Mark the chunk done in the transaction that wrote its rows; :class:`LeaseLost` where it is not ours any more.

    The job is done with its last chunk.
    """
    # The job's row first, so that a stop waits for us or is seen by us.
    state = session.scalar(select(Job.state).where(Job.id == taken.job.id).with_for_update(read=True))
    done = session.execute(
        _owned(taken).values(
            state="done", lease_until=None, finished_at=func.clock_timestamp(), result=result, error=None
        )
    )
    if state not in UNFINISHED or done.rowcount != 1:
        raise LeaseLost(f"Часть {taken.chunk.number} задания {taken.job.id} больше не наша: её делает другой исполнитель.")


def settle_job(session: Session, job_id: int, *, wait: bool = True) -> str | None:
    """Close a job that has nothing left to do; return its new state, or None where it goes on.

    Called in a transaction of its own after a chunk, so that two last chunks cannot miss each other. Without ``wait`` a
    job that somebody holds goes on: the final step holds it as long as it takes.
    """
    job = session.execute(
        select(Job).where(Job.id == job_id).with_for_update(skip_locked=not wait)
    ).scalar_one_or_none()
    if job is None or job.state not in UNFINISHED:
        return None
    counts = dict(
        session.execute(
            select(JobChunk.state, func.count()).where(JobChunk.job_id == job_id, ~JobChunk.final).group_by(JobChunk.state)
        ).all()
    )
    final = session.execute(
        select(JobChunk.state, JobChunk.result).where(JobChunk.job_id == job_id, JobChunk.final)
    ).one_or_none()
    if counts.get("waiting") or counts.get("running"):
        return None
    if counts.get("failed") or (final is not None and final.state == "failed"):
        job.state = "failed"
        _stop_waiting(session, job_id)
    elif final is None or final.state == "done":
        job.state, job.result = "done", final.result if final is not None else None
    else:
        return None
    job.finished_at, job.stage = dt.datetime.now(dt.UTC), ""
    session.flush()
    return job.state


def fail_chunk(session: Session, taken: ChunkTaken, error: str, *, again: bool) -> None:
    """Give the chunk back after an error: to wait for another attempt (``again``), or as failed with an error row."""
    again = again and taken.chunk.attempt < MAX_ATTEMPTS
    state = "waiting" if again else "failed"
    changed = session.execute(_owned(taken).values(state=state, lease_until=None, lease_owner=None, error=error))
    if changed.rowcount and not again:
        add_error(session, taken.job.id, f"часть {taken.chunk.number}", error, chunk_number=taken.chunk.number)


def fail_exhausted(session: Session) -> list[int]:
    """Fail the chunks that used up their attempts without an answer (they kill their worker); return their jobs."""
    rows = session.execute(
        update(JobChunk)
        .where(
            JobChunk.state == "running", JobChunk.attempts >= MAX_ATTEMPTS, JobChunk.lease_until < func.clock_timestamp()
        )
        .values(state="failed", lease_until=None, error="исполнитель не вернулся")
        .returning(JobChunk.job_id, JobChunk.number)
    ).all()
    for job_id, number in rows:
        message = f"Исполнитель не вернулся {MAX_ATTEMPTS} раз подряд: посмотрите журнал worker.log и повторите задание."
        add_error(session, job_id, f"часть {number}", message, chunk_number=number)
    return sorted({job_id for job_id, _ in rows})


def idle_jobs(session: Session, limit: int = 100) -> list[tuple[int, int, int]]:
    """Return (job, free chunks, chunks at work) of unfinished jobs with something to take.

    An expired lease counts as free.
    """
    expired = JobChunk.lease_until < func.clock_timestamp()
    free = func.count().filter((JobChunk.state == "waiting") | expired)
    at_work = func.count().filter((JobChunk.state == "running") & ~expired)
    rows = session.execute(
        select(Job.id, free, at_work)
        .join(JobChunk, JobChunk.job_id == Job.id)
        .where(Job.state.in_(UNFINISHED), JobChunk.state.in_(UNFINISHED))
        .group_by(Job.id)
        .having(free > 0)
        .order_by(Job.id)
        .limit(limit)
    )
    return [(job_id, waiting, busy) for job_id, waiting, busy in rows]


def unsettled_jobs(session: Session, limit: int = 100) -> list[int]:
    """Return unfinished jobs without a chunk to do or at work, but for the final step.

    Whoever did the last chunk closes the job in a transaction of its own; where he died between the two, somebody must.
    """
    to_do = (
        select(JobChunk.job_id)
        .where(JobChunk.job_id == Job.id, ~JobChunk.final, JobChunk.state.in_(UNFINISHED))
        .exists()
    )
    return list(session.scalars(select(Job.id).where(Job.state.in_(UNFINISHED), ~to_do).order_by(Job.id).limit(limit)))


def stop_job(session: Session, job_id: int) -> bool:
    """Stop a job: what waits is not begun, what runs is rolled back at its end. False where it had ended before."""
    stopped = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(UNFINISHED))
        .values(state="stopped", stage="", finished_at=func.clock_timestamp())
    )
    if stopped.rowcount:
        _stop_waiting(session, job_id)
    return bool(stopped.rowcount)


def set_stage(session: Session, job_id: int, stage: str) -> None:
    """Say what is being done now, a Russian phrase for the job's page."""
    session.execute(update(Job).where(Job.id == job_id).values(stage=stage))


def add_error(
    session: Session, job_id: int, subject: str, message: str, *, chunk_number: int | None = None
) -> None:
    """Write an error of one row: whom it concerns, what is wrong and the way out."""
    session.execute(
        insert(JobError).values(job_id=job_id, chunk_number=chunk_number, subject=subject, message=message)
    )


_PROGRESS = text("""
    SELECT job.kind, job.title, job.state, job.stage, job.result,
           coalesce(sum(chunk.weight), 0)::bigint AS total,
           coalesce(sum(chunk.weight) FILTER (WHERE chunk.state = 'done'), 0)::bigint AS done,
           count(*) FILTER (WHERE NOT chunk.final AND chunk.state = 'done') AS chunks_done,
           count(*) FILTER (WHERE NOT chunk.final) AS chunks,
           extract(epoch FROM coalesce(job.finished_at, clock_timestamp()) - job.started_at)::numeric(12, 3) AS seconds,
           (SELECT count(*) FROM job_error AS error WHERE error.job_id = job.id) AS errors
      FROM job LEFT JOIN job_chunk AS chunk ON chunk.job_id = job.id
     WHERE job.id = :job_id
     GROUP BY job.id
""").bindparams(bindparam("job_id"))


def progress(session: Session, job_id: int) -> dict[str, Any]:
    """Return the state of a job for people (one query).

    Keys: kind, title, state, stage, result, done and total (units of weight), chunks_done and chunks, seconds since the
    start, rate (units a second or None), seconds_left (or None), errors (number of rows). KeyError for an unknown job.
    """
    row = session.execute(_PROGRESS, {"job_id": job_id}).one_or_none()
    if row is None:
        raise KeyError(job_id)
    answer = dict(row._mapping)
    seconds = answer["seconds"]
    rate = row.done / seconds if seconds and row.done else None
    answer["rate"] = rate
    going = rate and row.state in UNFINISHED
    answer["seconds_left"] = (row.total - row.done) / rate if going else None
    return answer


def _owned(taken: ChunkTaken):
    return update(JobChunk).where(
        JobChunk.job_id == taken.job.id,
        JobChunk.number == taken.chunk.number,
        JobChunk.state == "running",
        JobChunk.attempts == taken.chunk.attempt,
    )


def _stop_waiting(session: Session, job_id: int) -> None:
    session.execute(
        update(JobChunk).where(JobChunk.job_id == job_id, JobChunk.state.in_(UNFINISHED)).values(
            state="stopped", lease_until=None
        )
    )
