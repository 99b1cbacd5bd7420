"""A long chunk tells how far it is, and keeps its lease, while its own transaction is still open."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker

from startks.framework.jobs.kinds import ChunkInfo, JobInfo
from startks.framework.jobs.queue import ChunkTaken, set_stage
from startks.framework.jobs.runner import extend_lease

SAY_SECONDS = 2.0
LEASE_SECONDS = 300


def stage_teller(session: Session, job: JobInfo, chunk: ChunkInfo) -> Callable[[str], None]:
    """Return ``tell(stage)``, which writes in short transactions beside the chunk's own, at most once in :data:`SAY_SECONDS`."""
    beside, last = sessionmaker(session.get_bind()), [0.0]

    def tell(stage: str) -> None:
        now = time.monotonic()
        if now - last[0] < SAY_SECONDS:
            return
        last[0] = now
        with beside.begin() as short:
            set_stage(short, job.id, stage)
        extend_lease(beside.begin, ChunkTaken(job, chunk, final=False), LEASE_SECONDS)

    return tell
