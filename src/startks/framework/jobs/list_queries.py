"""Jobs as pages show them: who began what, in which state, with how many errors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from startks.domain.security.models import UserAccount
from startks.framework.jobs.models import Job, JobChunk, JobError

_errors = select(func.count()).where(JobError.job_id == Job.id).correlate(Job).scalar_subquery()


def _weight(*where: ColumnElement[bool]):
    return (
        select(func.coalesce(func.sum(JobChunk.weight), 0))
        .where(JobChunk.job_id == Job.id, *where)
        .correlate(Job)
        .scalar_subquery()
    )


JOBS: Select = select(
    Job.id,
    Job.kind,
    Job.title,
    Job.state,
    Job.stage,
    Job.recorded_at,
    Job.started_at,
    Job.finished_at,
    Job.created_by,
    UserAccount.full_name.label("author"),
    _weight().label("total"),
    _weight(JobChunk.state == "done").label("done"),
    _errors.label("errors"),
).outerjoin(UserAccount, UserAccount.id == Job.created_by)

_JOB: Select = JOBS.add_columns(Job.payload, Job.result).where(Job.id == bindparam("job_id"))

_ERRORS: Select = (
    select(JobError.subject, JobError.message, JobError.recorded_at, JobError.chunk_number)
    .where(JobError.job_id == bindparam("job_id"))
    .order_by(JobError.id)
    .limit(bindparam("limit"))
)

_LATEST: Select = (
    JOBS.add_columns(Job.payload, Job.result)
    .where(Job.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(Job.id.desc())
    .limit(1)
)

_CHUNK: Select = (
    select(Job.id, Job.title, Job.state, Job.recorded_at, JobChunk.state.label("chunk_state"), JobChunk.result)
    .join(JobChunk, JobChunk.job_id == Job.id)
    .where(
        Job.kind == bindparam("kind"),
        Job.payload.contains(bindparam("job_payload", type_=JSONB)),
        JobChunk.payload.contains(bindparam("chunk_payload", type_=JSONB)),
    )
    .order_by(Job.id.desc())
    .limit(1)
)


def find_job(connection: Connection | Session, job_id: int) -> Row | None:
    """Return the job with its payload and result, None where there is no such id."""
    return connection.execute(_JOB, {"job_id": job_id}).one_or_none()


def job_errors(connection: Connection | Session, job_id: int, limit: int = 200) -> Sequence[Row]:
    """Return the job's errors in the order they came, at most ``limit``."""
    return connection.execute(_ERRORS, {"job_id": job_id, "limit": limit}).all()


def latest_job(connection: Connection | Session, kinds: Sequence[str], **payload: object) -> Row | None:
    """Return the newest job of these kinds whose payload has the given values, None where there is none."""
    statement = _LATEST.where(Job.payload.contains(payload)) if payload else _LATEST
    return connection.execute(statement, {"kinds": list(kinds)}).one_or_none()


def latest_chunk(
    connection: Connection | Session, kind: str, chunk_payload: dict[str, object], job_payload: dict[str, object]
) -> Row | None:
    """Return the newest job of the kind that has such a chunk, with that chunk's state and result."""
    values = {"kind": kind, "chunk_payload": chunk_payload, "job_payload": job_payload}
    return connection.execute(_CHUNK, values).one_or_none()
