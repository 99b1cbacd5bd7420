"""A town's archive checked and loaded in the background, as the office asks for it.

Two jobs of one chunk each: the check fills the import's row (counts, faults) and the list of faults beside the raw file;
the load checks the same raw file again and writes everything in the chunk's own transaction.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.framework.exchange.models import ImportBatch
from startks.framework.exchange.town.archive import open_source
from startks.framework.exchange.town.catalogue import registers_of
from startks.framework.exchange.town.faults import Fault, FaultBook
from startks.framework.exchange.town.importing import refused_by_base
from startks.framework.exchange.town.journal import KeptFile, archive_of, close_batch, open_batch
from startks.framework.exchange.town.loading import load_set, require_empty
from startks.framework.exchange.town.sets import TownSet, find_files, read_set
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import add_error, create_job
from startks.framework.jobs.telling import stage_teller

CHECK_JOB, LOAD_JOB = "town.check", "town.load"
MOST_UPLOAD = 60 * 2**20
"""Most bytes of an archive that comes through a page; a larger one is loaded by the command on the server."""
ERRORS_ON_THE_PAGE = 500
PIECE = 2**20


def register() -> None:
    """Let this process do the jobs."""
    register_job_kind(CHECK_JOB, check, stopped=stopped)
    register_job_kind(LOAD_JOB, load, stopped=stopped)


def faults_of(data_dir: Path, batch: int) -> Path:
    """Where all faults of an import are listed as CSV."""
    return archive_of(data_dir, batch).with_name("faults.csv")


def keep_upload(session: Session, data_dir: Path, name: str, source: BinaryIO, user_id: int | None) -> int:
    """Keep an uploaded archive with its hash and return the id of its import. Raises StartksError where it is too large."""
    batch = open_batch(session, "town", user_id)
    path, digest, size = archive_of(data_dir, batch), hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as target:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > MOST_UPLOAD:
                partial.unlink()
                raise StartksError(
                    f"Архив больше {MOST_UPLOAD // 2**20} МБ: загрузите его на сервере командой startks import town."
                )
            digest.update(piece)
            target.write(piece)
    partial.replace(path)
    close_batch(session, batch, "checking", files=(KeptFile(name, size, digest.hexdigest()),))
    return batch


def start_check(session: Session, data_dir: Path, batch: int, created_by: int | None) -> int:
    """Create the job that checks a kept archive; return its id."""
    payload = {"batch": batch, "folder": str(data_dir)}
    return create_job(
        session, CHECK_JOB, f"Проверка города, загрузка {batch}", payload, [{"weight": 1}], created_by=created_by,
        stage="Проверка файлов",
    )


def start_load(session: Session, data_dir: Path, batch: int, created_by: int | None) -> int:
    """Create the job that loads a checked archive; return its id. Raises StartksError where it may not be loaded."""
    taken = session.execute(
        update(ImportBatch).where(ImportBatch.id == batch, ImportBatch.state == "checked").values(state="loading")
    )
    if taken.rowcount != 1:
        raise StartksError("Загружается только проверенный набор без ошибок: проверьте его ещё раз.")
    payload = {"batch": batch, "folder": str(data_dir)}
    return create_job(
        session, LOAD_JOB, f"Загрузка города, загрузка {batch}", payload, [{"weight": 1}], created_by=created_by,
        stage="Проверка файлов",
    )


def check(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Check the kept archive: nothing but the import's own row changes."""
    batch, data_dir = job.payload["batch"], Path(job.payload["folder"])
    registers = registers_of(session.info["registry"])
    book = FaultBook()
    try:
        require_empty(session.connection(), registers)
        town = _read(session, job, chunk, registers, archive_of(data_dir, batch), book)
        counts = town.counts
    except StartksError as refusal:
        book.add("", 0, "", "", refusal.message.rstrip("."), "исправьте и загрузите набор заново")
        counts = {}
    _tell(session, job, data_dir, batch, book)
    close_batch(session, batch, "refused" if book else "checked", counts=counts, faults=book.total)
    return {"rows": sum(counts.values()), "faults": book.total}


def load(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Load the kept archive in this transaction; StartksError leaves the base as it was."""
    batch, data_dir = job.payload["batch"], Path(job.payload["folder"])
    registers = registers_of(session.info["registry"])
    book = FaultBook()
    town = _read(session, job, chunk, registers, archive_of(data_dir, batch), book)
    if book:
        raise StartksError(f"В наборе ошибок: {book.total}. Проверьте его ещё раз.")
    with refused_by_base():
        load_set(session.connection(), town, _teller(session, job, chunk))
    session.execute(text("ANALYZE"))
    close_batch(session, batch, "loaded", counts=town.counts)
    return {"rows": sum(town.counts.values())}


def stopped(session: Session, job: JobInfo) -> None:
    """A stopped or failed job leaves the import refused (check) or to be checked again (load)."""
    going = "checking" if job.kind == CHECK_JOB else "loading"
    session.execute(
        update(ImportBatch).where(ImportBatch.id == job.payload["batch"], ImportBatch.state == going).values(state="failed")
    )


def _read(
    session: Session, job: JobInfo, chunk: ChunkInfo, registers: Any, archive: Path, book: FaultBook
) -> TownSet:
    with open_source(archive) as folder:
        return read_set(find_files(folder, registers, book), registers, book, _teller(session, job, chunk))


def _teller(session: Session, job: JobInfo, chunk: ChunkInfo) -> Callable[[str, int, int], None]:
    tell = stage_teller(session, job, chunk)
    return lambda stage, done, total: tell(f"{stage}: {100 * done // total if total else 0} %")


def _tell(session: Session, job: JobInfo, data_dir: Path, batch: int, book: FaultBook) -> None:
    """The first faults for the page, all of them in a file beside the raw one."""
    for fault in book.kept[:ERRORS_ON_THE_PAGE]:
        add_error(session, job.id, _subject(fault), fault.sentence())
    path = faults_of(data_dir, batch)
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["file", "line", "field", "value", "reason", "way_out"])
        for fault in book:
            # Text from a hostile file must not become a formula in whoever opens the list.
            value = "'" + fault.value if fault.value[:1] in ("=", "+", "-", "@") else fault.value
            writer.writerow([fault.file, fault.line or "", fault.field, value, fault.reason, fault.way_out])


def _subject(fault: Fault) -> str:
    return f"{fault.file}:{fault.line}" if fault.line else fault.file


def job_of(session: Session, batch: int) -> int | None:
    """The newest job of an import."""
    return session.scalar(
        text("""SELECT max(id) FROM job WHERE kind IN (:check, :load) AND (payload->>'batch')::int = :batch"""),
        {"check": CHECK_JOB, "load": LOAD_JOB, "batch": batch},
    )


def first_faults(session: Session, batch: int) -> list[Any]:
    """The faults that the check kept for the page: subject, message."""
    return list(session.execute(
        text("""SELECT e.subject, e.message FROM job_error e JOIN job j ON j.id = e.job_id
                 WHERE j.id = (SELECT max(id) FROM job WHERE kind = :check AND (payload->>'batch')::int = :batch)
                 ORDER BY e.id"""),
        {"check": CHECK_JOB, "batch": batch},
    ))


def find_batch(session: Any, batch: int) -> Any:
    """Row of an import with its author and files; None where there is none."""
    return session.execute(_BATCHES.where(ImportBatch.id == batch)).one_or_none()


def recent_batches(session: Any, limit: int = 50) -> list[Any]:
    """The newest imports, the command line's too."""
    return list(session.execute(_BATCHES.order_by(ImportBatch.id.desc()).limit(limit)))


_BATCHES = select(
    ImportBatch.id, ImportBatch.kind, ImportBatch.state, ImportBatch.counts, ImportBatch.faults, ImportBatch.user_id,
    ImportBatch.recorded_at, ImportBatch.loaded_at,
    text("(SELECT full_name FROM user_account u WHERE u.id = import_batch.user_id) AS author"),
    text("(SELECT count(*) FROM import_file f WHERE f.batch_id = import_batch.id) AS files"),
    text("(SELECT min(f.name) FROM import_file f WHERE f.batch_id = import_batch.id) AS name"),
    text("(SELECT min(f.sha256) FROM import_file f WHERE f.batch_id = import_batch.id) AS sha256"),
)
