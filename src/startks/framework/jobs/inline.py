"""A job done here and now by processes of the command line, with the same leases as under Celery.

One process works in this one; more are new interpreters (never forked: Polars and ADBC keep threads). They can be
kept for several jobs, since starting one costs about a second::

    with Workers(database_url, processes=2) as workers:
        for month in months:
            workers.run(create(month), report)
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from typing import Any

from sqlalchemy import Engine, func, update
from sqlalchemy.orm import Session

from startks.base.db.session import make_engine
from startks.base.events import DISPATCHER, Dispatcher

from .kinds import job_kind, register_by_paths
from .models import Job, JobChunk
from .queue import fail_exhausted, progress, settle_job
from .runner import clean_up, owner_name, run_next

INLINE_LEASE_SECONDS = 300
IDLE_SECONDS = 0.1
"""A child that finds nothing free asks again after it."""
Report = Callable[[dict[str, Any]], None]


def run_job_inline(
    database_url: str, job_id: int, processes: int = 2, report: Report | None = None
) -> dict[str, Any]:
    """Do one job and return its :func:`~startks.framework.jobs.queue.progress` at the end.

    ``report`` gets the progress about every 0.3 s. A worker process that dies is replaced; its chunk is done again
    when its lease has run out (here: at once, since we know that it died).
    """
    with Workers(database_url, processes) as workers:
        return workers.run(job_id, report)


class Workers:
    """Processes that do jobs of one data base, one job after another."""

    def __init__(
        self, database_url: str, processes: int = 2, lease_seconds: int = INLINE_LEASE_SECONDS,
        events: Dispatcher | None = None,
    ) -> None:
        """``events`` tells what the jobs publish to its subscribers, in every process; without it nobody hears."""
        self.database_url = database_url
        self.events = events
        self.processes = processes
        self.lease_seconds = lease_seconds
        self._context = multiprocessing.get_context("spawn")
        self._children: list[tuple[Any, Any]] = []
        self._engine: Engine | None = None

    def __enter__(self) -> Workers:
        self._engine = make_engine(self.database_url, application_name="startks-jobs", pool_size=2)
        return self

    def __exit__(self, *_: object) -> None:
        for process, pipe in self._children:
            with contextlib.suppress(OSError):
                pipe.send(None)
            pipe.close()
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()
        self._children.clear()
        self._engine.dispose()

    def run(self, job_id: int, report: Report | None = None) -> dict[str, Any]:
        """Do the job and return its progress at the end, whatever its state is."""
        report = report or (lambda state: None)
        if self.processes == 1:
            return self._run_here(job_id, report)
        self._start(job_id)
        while True:
            state = self._state(job_id)
            report(state)
            if state["state"] not in ("waiting", "running"):
                return state
            self._replace_dead(job_id)
            for _, pipe in self._children:
                with contextlib.suppress(EOFError, OSError):  # it has just died: replaced in the next turn
                    if pipe.poll():
                        pipe.recv()  # the child found nothing free; another may still be at work
                        pipe.send((job_id, None))
            # A child that has just finished says so at once, so the end of a job is not slept through.
            wait([pipe for _, pipe in self._children], 0.05 if (state["seconds"] or 0) < 3 else 0.3)

    def _run_here(self, job_id: int, report: Report) -> dict[str, Any]:
        shown = 0.0
        while run_next(self._transaction, job_id, self.lease_seconds):
            if time.monotonic() - shown > 0.3:
                report(self._state(job_id))
                shown = time.monotonic()
        state = self._state(job_id)
        report(state)
        return state

    def _start(self, job_id: int) -> None:
        while len(self._children) < self.processes:
            self._children.append(self._new_child())
        with self._transaction() as session:
            kind = job_kind(session.get(Job, job_id).kind)
        for _, pipe in self._children:
            while pipe.poll():
                pipe.recv()
            pipe.send((job_id, (kind.name, kind.paths())))

    def _new_child(self) -> tuple[Any, Any]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work,
            args=(self.database_url, theirs, self.lease_seconds, threads_each(self.processes), self.events),
            name="startks-job",
            daemon=True,
        )
        process.start()
        theirs.close()
        return process, ours

    def _replace_dead(self, job_id: int) -> None:
        for place, (process, pipe) in enumerate(self._children):
            if process.is_alive():
                continue
            pipe.close()
            self._release_lease(job_id, process.pid)
            self._children[place] = self._new_child()
            with self._transaction() as session:
                kind = job_kind(session.get(Job, job_id).kind)
                exhausted = fail_exhausted(session)
                for failed in exhausted:
                    settle_job(session, failed)
            for failed in exhausted:
                clean_up(self._transaction, failed)
            self._children[place][1].send((job_id, (kind.name, kind.paths())))

    def _release_lease(self, job_id: int, pid: int) -> None:
        """End the lease of a process that we know is dead, so that nobody has to wait for it."""
        owner = f"{owner_name().rpartition(':')[0]}:{pid}"
        with self._transaction() as session:
            session.execute(
                update(JobChunk)
                .where(JobChunk.job_id == job_id, JobChunk.state == "running", JobChunk.lease_owner == owner)
                .values(lease_until=func.clock_timestamp())
            )

    def _state(self, job_id: int) -> dict[str, Any]:
        with self._transaction() as session:
            return progress(session, job_id)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False, info={DISPATCHER: self.events}) as session, session.begin():
            yield session


def threads_each(processes: int) -> int:
    """Return how many threads one of so many processes may use: together they have one a core."""
    return max(1, (os.cpu_count() or 1) // processes)


KEEP_FREED = "dirty_decay_ms:60000,muzzy_decay_ms:60000"
"""Polars' allocator gives pages back after a minute of rest and not while the next piece is about to need them."""
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # malloc.h


def keep_freed_memory() -> None:
    """Let the C library keep what numpy and the driver free, until the process ends.

    A piece of a month takes and frees hundreds of megabytes in blocks that are else given back at once: making the same
    pages again cost a quarter of its arithmetic. Another C library than glibc goes on as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_TOP_PAD, 64 * 2**20)


def _work(database_url: str, pipe: Any, lease_seconds: int, threads: int, events: Dispatcher | None) -> None:
    """A child's life: wait for a job, do its chunks until none is free, say so, wait again."""
    # Both are read when the job's code imports Polars.
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    os.environ.setdefault("_RJEM_MALLOC_CONF", KEEP_FREED)
    keep_freed_memory()
    engine = make_engine(database_url, application_name="startks-job", pool_size=2)

    @contextlib.contextmanager
    def transaction() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False, info={DISPATCHER: events}) as session, session.begin():
            yield session

    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while (order := pipe.recv()) is not None:
            job_id, kind = order
            if kind is not None:
                register_by_paths(*kind)
            busy = False
            while run_next(transaction, job_id, lease_seconds):
                busy = True
            if not busy:
                time.sleep(IDLE_SECONDS)
            pipe.send("idle")
    engine.dispose()
