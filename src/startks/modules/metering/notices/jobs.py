"""The papers of a month as one file, made in the background with the rights of who ordered it."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.periods.state import name_of
from startks.domain.security.access import scope_filter
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job
from startks.framework.jobs.telling import stage_teller
from startks.framework.listing.acting import identity_of_user
from startks.framework.web.policy import permissions_of
from startks.modules.metering.notices import services, sheet
from startks.modules.metering.permissions import MeteringPermission

PRINT_JOB = "metering.notices.print"


def register() -> None:
    """Let this process do the job."""
    register_job_kind(PRINT_JOB, run, stopped=stopped)


def start(session: Session, data_dir: Path, month: int, *, by: int, today: dt.date) -> int:
    """Create the job that makes the file of a month's papers; return its id."""
    payload = {"month": month, "user": by, "folder": str(data_dir), "today": today.isoformat()}
    return create_job(
        session, PRINT_JOB, f"Извещения о поверке: {name_of(month)}", payload, [{"weight": 1}], created_by=by,
        stage="Ждёт очереди",
    )


def file_of(data_dir: Path, job_id: int) -> Path:
    """Where the file of a job lies; old ones are removed with the spreadsheets of lists."""
    return Path(data_dir) / "exports" / f"notices-{job_id}.pdf"


def run(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Write the file and say of the reminders in it that they are printed."""
    facts, today = job.payload, dt.date.fromisoformat(job.payload["today"])
    by = identity_of_user(session, facts["user"], permissions_of(session.info["registry"]))
    if by is None:
        raise StartksError("Пользователь, который заказал извещения, отключён.")
    scope = scope_filter(by, MeteringPermission.METER_WRITE, services.SCOPE)
    rows = services.to_print(session, facts["month"], scope)
    if not rows:
        raise StartksError("Невручённых извещений за этот месяц нет: печатать нечего.")
    tell = stage_teller(session, job, chunk)
    tell(f"Вёрстка, приборов: {len(rows)}")
    slips = sheet.slips_of(rows, today)
    content = sheet.render(slips, f"Извещения о поверке, {name_of(facts['month'])}")
    path = file_of(Path(facts["folder"]), job.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{chunk.attempt}.part")
    partial.write_bytes(content)
    os.chmod(partial, 0o600)
    partial.replace(path)
    services.mark_printed(session, facts["month"], [row.meter_id for row in rows], today)
    return {"papers": len(slips), "meters": len(rows)}


def stopped(session: Session, job: JobInfo) -> None:
    """Nothing is left of a stopped order."""
    file_of(Path(job.payload["folder"]), job.id).unlink(missing_ok=True)
