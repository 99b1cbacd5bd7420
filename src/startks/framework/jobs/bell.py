"""Messages to the workers: sent after the commit, and never the only memory of anything."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError

from startks.base.crash import crash_point

log = logging.getLogger("startks.jobs")

RING = "startks.ring"
CLEAN = "startks.clean"
RUN = "startks.run"
DELIVER = "startks.deliver"


def send(task: str, arguments: dict[str, Any], **options: Any) -> bool:
    """Send one message now; False (and a line in the log) where the broker does not answer.

    Whoever needs the work done has it in the data base, and the clock rings again.
    """
    from .application import celery_app

    try:
        celery_app().send_task(task, kwargs=arguments, ignore_result=True, retry=False, **options)
    except (OperationalError, OSError) as error:
        log.warning("the broker does not answer (%s); %s waits for the next round", error, task)
        return False
    return True


def ring(job_id: int, times: int = 1) -> None:
    """Ring for a job as many times as workers should come."""
    for _ in range(times):
        if not send(RING, {"job_id": job_id}):
            return


def send_after_commit(tm: Any, task: str, arguments: dict[str, Any]) -> None:
    """Send when the transaction of the manager has been committed, not at all where it is rolled back."""

    def sent(committed: bool) -> None:
        if committed:
            crash_point("job.unannounced")
            send(task, arguments)

    tm.get().addAfterCommitHook(sent)


def ring_after_commit(tm: Any, job_id: int) -> None:
    """Ring for a job when the transaction that wrote it has been committed.

    One worker is enough to begin; the clock calls the others within seconds.
    """
    send_after_commit(tm, RING, {"job_id": job_id})


def clean_after_commit(tm: Any, job_id: int) -> None:
    """Have a stopped job cleaned up after the commit of the stop."""
    send_after_commit(tm, CLEAN, {"job_id": job_id})
