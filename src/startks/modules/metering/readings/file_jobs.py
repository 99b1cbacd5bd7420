"""A file of readings checked and loaded in the background, as the office asks for it.

Two jobs of one chunk each. The check fills the file's row: how many rows, faults and questions, and what its page shows of
them. The load checks the same bytes again and writes all readings in the chunk's own transaction, with the rights which who
ordered it has at that moment.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.security.access import scope_filter
from startks.domain.security.identity import Identity
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.models import JobError
from startks.framework.jobs.queue import add_error, create_job
from startks.framework.jobs.telling import stage_teller
from startks.framework.listing.acting import identity_of_user
from startks.framework.web.policy import permissions_of
from startks.modules.metering.models import ReadingFile
from startks.modules.metering.permissions import MeteringPermission
from startks.modules.metering.readings import files

CHECK_JOB, LOAD_JOB = "metering.file.check", "metering.file.load"
SHOWN = 500
"""Rows of each kind that the page shows; all are counted and judged."""
LISTED = 20_000
"""Faults that the table of all errors holds: who has more of them has another trouble."""


def register() -> None:
    """Let this process do the jobs."""
    register_job_kind(CHECK_JOB, check, stopped=stopped)
    register_job_kind(LOAD_JOB, load, stopped=stopped)


def start_check(session: Session, file_id: int, *, by: Identity, today: dt.date) -> int:
    """Create the job that checks a kept file; return its id."""
    return _start(session, CHECK_JOB, "Проверка файла показаний", file_id, by, today, confirmed=False)


def start_load(session: Session, file_id: int, *, confirmed: bool, by: Identity, today: dt.date) -> int:
    """Create the job that loads a checked file; return its id. Raises StartksError where it may not be loaded."""
    row = session.execute(
        select(ReadingFile.state, ReadingFile.warned).where(ReadingFile.id == file_id).with_for_update()
    ).one()
    if row.state != "previewed":
        raise StartksError("Загружается только проверенный файл без ошибок: откройте список файлов.")
    if row.warned and not confirmed:
        raise StartksError("В файле есть показания под вопросом: проверьте их и подтвердите.")
    session.execute(update(ReadingFile).where(ReadingFile.id == file_id).values(state="loading"))
    return _start(session, LOAD_JOB, "Загрузка файла показаний", file_id, by, today, confirmed=confirmed)


def _start(
    session: Session, kind: str, title: str, file_id: int, by: Identity, today: dt.date, *, confirmed: bool
) -> int:
    payload = {"file": file_id, "user": by.user_id, "today": today.isoformat(), "confirmed": confirmed}
    return create_job(
        session, kind, f"{title} № {file_id}", payload, [{"weight": 1}], created_by=by.user_id, stage="Ждёт очереди"
    )


def check(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Read the kept file and judge its rows; nothing but the file's own row changes."""
    kept = session.get(ReadingFile, job.payload["file"])
    found = files.examine(
        session, kept.name, kept.content, scope=_scope(_identity(session, job)), today=_today(job),
        tell=stage_teller(session, job, chunk),
    )  # fmt: skip
    for fault in found.faults[:SHOWN]:
        add_error(session, job.id, f"строка {fault.row}" if fault.row else kept.name, fault.sentence)
    files.note(session, kept.id, found, preview(found), listed(found))
    return {"rows": len(found.lines), "faults": len(found.faults), "warned": len(found.warned)}


def load(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Write all readings of the kept file, or none."""
    by = _identity(session, job)
    count = files.load(
        session, job.payload["file"], scope=_scope(by), confirmed=job.payload["confirmed"], by=by, today=_today(job),
        tell=stage_teller(session, job, chunk),
    )  # fmt: skip
    return {"rows": count}


def stopped(session: Session, job: JobInfo) -> None:
    """A check that did not end leaves the file failed; a load that did not end leaves it checked: nothing was written."""
    going, left = ("checking", "failed") if job.kind == CHECK_JOB else ("loading", "previewed")
    session.execute(
        update(ReadingFile).where(ReadingFile.id == job.payload["file"], ReadingFile.state == going).values(state=left)
    )


def forget_dead(session: Session) -> int:
    """As :func:`stopped`, for files whose job ended while nobody could clean up after it; return how many."""
    return session.execute(_DEAD, {"kinds": [CHECK_JOB, LOAD_JOB]}).rowcount


_DEAD = text("""
    UPDATE reading_file kept SET state = CASE state WHEN 'checking' THEN 'failed' ELSE 'previewed' END
     WHERE state IN ('checking', 'loading')
       AND NOT EXISTS (SELECT 1 FROM job WHERE job.state IN ('waiting', 'running') AND job.kind = ANY(:kinds)
                                          AND (job.payload->>'file')::int = kept.id)""")


def job_of(session: Session, file_id: int) -> int | None:
    """The newest job of a file."""
    return session.scalar(
        text("SELECT max(id) FROM job WHERE kind IN (:check, :load) AND (payload->>'file')::int = :file"),
        {"check": CHECK_JOB, "load": LOAD_JOB, "file": file_id},
    )


def why_not(session: Session, job_id: int) -> str | None:
    """What the newest error of a job says."""
    return session.scalar(select(JobError.message).where(JobError.job_id == job_id).order_by(JobError.id.desc()).limit(1))


def preview(found: files.Examined) -> dict[str, list[dict[str, Any]]]:
    """What the page shows of a file: the first faults, questions and readings; numbers in millionths, days as ISO."""
    return {
        "faults": [
            {"row": fault.row, "field": fault.field, "value": fault.value, "sentence": fault.sentence}
            for fault in found.faults[:SHOWN]
        ],
        "warned": [_line(line) for line in found.warned[:SHOWN]],
        "lines": [_line(line) for line in found.lines[:SHOWN]],
    }


def _line(line: files.Line) -> dict[str, Any]:
    return {
        "row": line.row, "serial": line.serial, "account": line.account, "day": line.day.isoformat(), "value": line.value,
        "used": line.used, "unit": line.unit, "why": " ".join(line.warnings),
    }


def listed(found: files.Examined) -> str | None:
    """All faults (the first :data:`LISTED`) as CSV; None where there are none."""
    if not found.faults:
        return None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "field", "value", "reason"])
    for fault in found.faults[:LISTED]:
        # text from a hostile file must not become a formula in whoever opens the list
        value = "'" + fault.value if fault.value[:1] in ("=", "+", "-", "@") else fault.value
        writer.writerow([fault.row or "", fault.field, value, fault.sentence])
    return out.getvalue()


def _identity(session: Session, job: JobInfo) -> Identity:
    identity = identity_of_user(session, job.payload["user"], permissions_of(session.info["registry"]))
    if identity is None:
        raise StartksError("Пользователь, который передал файл, отключён: пусть файл передаст другой.")
    return identity


def _scope(by: Identity) -> ColumnElement[bool]:
    return scope_filter(by, MeteringPermission.READING_WRITE, files.SCOPE_COLUMNS)


def _today(job: JobInfo) -> dt.date:
    return dt.date.fromisoformat(job.payload["today"])
