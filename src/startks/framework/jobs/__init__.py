"""Background work: jobs in chunks, remembered in PostgreSQL and rung for by Celery.

* :mod:`.queue` — create, take under a lease, finish, fail, stop, progress; all inside the caller's transaction;
* :mod:`.kinds` — which code does which kind of job;
* :mod:`.runner` — one worker's turn: take a chunk, do it and say so in one transaction;
* :mod:`.inline` — the same in processes of the command line, without a broker;
* :mod:`.bell`, :mod:`.outbox` — messages after the commit, and messages that are part of it;
* :mod:`.application` — the Celery application of ``startks worker`` and ``startks beat``.

How a part of the product uses it::

    register_job_kind("receipts", run_chunk=print_house, finish=pack)      # once, at import or in the includeme
    job_id = create_job(session, "receipts", "Квитанции за май 2026", {"period": 202605}, houses)
    ring_after_commit(request.tm, job_id)                                  # in a view
    run_job_inline(database_url, job_id, processes=2)                      # in a command
"""

from .kinds import JobKind, register_job_kind
from .queue import (
    ChunkTaken,
    LeaseLost,
    add_error,
    create_job,
    fail_chunk,
    finish_chunk,
    progress,
    set_stage,
    stop_job,
    take_chunk,
)

__all__ = [
    "ChunkTaken",
    "JobKind",
    "LeaseLost",
    "add_error",
    "create_job",
    "fail_chunk",
    "finish_chunk",
    "progress",
    "register_job_kind",
    "ring_after_commit",
    "run_job_inline",
    "set_stage",
    "stop_job",
    "take_chunk",
]


def ring_after_commit(tm, job_id: int) -> None:
    """Ring for a job when the transaction has been committed; see :func:`startks.framework.jobs.bell.ring_after_commit`."""
    from .bell import ring_after_commit as ring  # Celery is imported where it is used, not by every command

    ring(tm, job_id)


def run_job_inline(database_url, job_id: int, processes: int = 2, report=None) -> dict:
    """Do a job here and now; see :func:`startks.framework.jobs.inline.run_job_inline`."""
    from .inline import run_job_inline as run

    return run(database_url, job_id, processes, report)
