"""One worker's turn: take a chunk, do it and say so in one transaction."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from startks.base.crash import crash_point
from startks.base.errors import StartksError
from startks.base.trouble import machine_trouble

from .kinds import JobInfo, job_kind
from .models import Job, JobChunk
from .queue import ChunkTaken, LeaseLost, fail_chunk, finish_chunk, settle_job, take_chunk

log = logging.getLogger("startks.jobs")

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a session in a transaction: committed at the end of the block, rolled back by an exception."""


def owner_name() -> str:
    """Return the name of this worker for the lease: machine (and its space of process numbers) and process."""
    return f"{_machine()}:{os.getpid()}"


@cache
def _machine() -> str:
    # Containers may share a host name; then their process numbers mean different processes.
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"
    return socket.gethostname()


def release_dead(transaction: Transaction) -> int:
    """End the leases of processes of this machine that are no more, and return how many.

    So a killed worker costs no waiting. On other machines, and where the number has been given to another process,
    the lease runs out by itself. Called by a process that has no chunk at work: a lease of its own was left by a turn in
    which the data base went away.
    """
    with transaction() as session:
        owners = session.scalars(
            select(JobChunk.lease_owner)
            .where(
                JobChunk.state == "running",
                JobChunk.lease_until > func.clock_timestamp(),
                JobChunk.lease_owner.startswith(f"{_machine()}:", autoescape=True),
            )
            .distinct()
        ).all()
        dead = [owner for owner in owners if owner == owner_name() or not _is_alive(int(owner.rpartition(":")[2]))]
        if not dead:
            return 0
        log.warning("workers gone in the middle of a chunk: %s", ", ".join(dead))
        return session.execute(
            update(JobChunk)
            .where(JobChunk.state == "running", JobChunk.lease_owner.in_(dead))
            .values(lease_until=func.clock_timestamp())
        ).rowcount


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, under another account
        return True
    return True


def run_next(transaction: Transaction, job_id: int | None = None, lease_seconds: int = 120) -> bool:
    """Do the next free chunk; False where there is none. Never raises for an error of the chunk's own code."""
    with transaction() as session:
        taken = take_chunk(session, job_id, lease_seconds, owner_name())
    if taken is None:
        if job_id is not None:  # who did its last chunk may have died before he could say that the job is at its end
            settle(transaction, job_id, wait=False)
        return False
    crash_point("job.taken")
    try:
        with transaction() as session:
            result = _call(session, taken)
            finish_chunk(session, taken, result)
            crash_point("job.chunk.done")
        crash_point("job.chunk.committed")
    except LeaseLost as lost:
        log.warning("%s", lost)
        clean_up(transaction, taken.job.id)
        return True
    except Exception as error:  # noqa: BLE001 - whatever a chunk raises is written down for its job's page
        _give_back(transaction, taken, error)
    settle(transaction, taken.job.id)
    return True


def settle(transaction: Transaction, job_id: int, *, wait: bool = True) -> None:
    """Close a job that has nothing left to do, and clean up after one that failed."""
    with transaction() as session:
        state = settle_job(session, job_id, wait=wait)
    crash_point("job.settled")
    if state == "failed":
        clean_up(transaction, job_id)


def run_until_idle(
    transaction: Transaction, job_id: int | None = None, lease_seconds: int = 120, seconds: float | None = None
) -> bool:
    """Do chunks until none is free (False) or the time is up (True: ring again)."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while run_next(transaction, job_id, lease_seconds):
        if deadline is not None and time.monotonic() > deadline:
            return True
    return False


def clean_up(transaction: Transaction, job_id: int) -> None:
    """Call the kind's ``stopped`` for a job that was stopped or has failed; it must bear being called again."""
    with transaction() as session:
        job = session.execute(select(Job).where(Job.id == job_id).with_for_update()).scalar_one_or_none()
        if job is None or job.state not in ("stopped", "failed"):
            return
        try:
            kind = job_kind(job.kind)
        except StartksError as error:  # no code, nothing of its to clean up; the job's page already says so
            log.warning("%s", error)
            return
        if kind.stopped is not None:
            kind.stopped(session, _info(job))


def is_stopped(session: Session, job_id: int) -> bool:
    """Tell a long chunk whether it may as well give up."""
    return session.scalar(select(Job.state).where(Job.id == job_id)) == "stopped"


def extend_lease(transaction: Transaction, taken: ChunkTaken, seconds: int) -> None:
    """Prolong the lease of a chunk that takes longer than expected, in a transaction of its own."""
    with transaction() as session:
        session.execute(
            update(JobChunk)
            .where(
                JobChunk.job_id == taken.job.id,
                JobChunk.number == taken.chunk.number,
                JobChunk.attempts == taken.chunk.attempt,
                JobChunk.state == "running",
            )
            .values(lease_until=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds))
        )


def _call(session: Session, taken: ChunkTaken) -> dict | None:
    kind = job_kind(taken.job.kind)
    if not taken.final:
        return kind.run_chunk(session, taken.job, taken.chunk)
    return kind.finish(session, taken.job) if kind.finish is not None else None


def _give_back(transaction: Transaction, taken: ChunkTaken, error: Exception) -> None:
    # What the machine does (a broken connection, a deadlock, a full disk) may pass; what the code says will not.
    reader_failed = type(error).__module__.partition(".")[0] == "adbc_driver_manager"
    trouble = machine_trouble(error)
    again = trouble is not None or reader_failed or isinstance(error, (DBAPIError, OSError, MemoryError))
    told = error.message if isinstance(error, StartksError) else trouble
    sentence = told or f"{type(error).__name__}: {error}"
    unknown = not again and told is None
    log.warning("job %s, chunk %s: %s", taken.job.id, taken.chunk.number, sentence, exc_info=unknown)
    with transaction() as session:
        fail_chunk(session, taken, sentence, again=again)


def _info(job: Job) -> JobInfo:
    return JobInfo(job.id, job.kind, job.title, job.payload)
