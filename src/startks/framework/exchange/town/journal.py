"""Every import is remembered, and its raw files are kept as they came, with their hash."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.orm import Session

from startks.framework.exchange.models import ImportBatch, ImportFile

FOLDER = "imports"
PIECE = 2**20
AT_WORK = 0x494D50
"""Class of the advisory locks by which a command says that its import is alive."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A raw file: its name, bytes and hash."""

    name: str
    size: int
    sha256: str


@dataclass
class Keeper:
    """Keeps raw files in one archive while they are being checked; :meth:`wait` returns their hashes."""

    files: tuple[Path, ...]
    archive: Path
    kept: list[KeptFile] = field(default_factory=list)
    _error: list[BaseException] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def start(self) -> Keeper:
        """Begin in a thread: hashing and compressing leave the interpreter free."""
        self._thread = threading.Thread(target=self._run, name="startks-keeper", daemon=True)
        self._thread.start()
        return self

    def wait(self) -> list[KeptFile]:
        """Wait for the end and return what was kept; raises what went wrong."""
        if self._thread is not None:
            self._thread.join()
        if self._error:
            raise self._error[0]
        return self.kept

    def _run(self) -> None:
        try:
            self.archive.parent.mkdir(parents=True, exist_ok=True)
            partial = self.archive.with_name(self.archive.name + ".part")
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
                for path in self.files:
                    self.kept.append(self._keep(target, path))
            partial.replace(self.archive)
        except BaseException as fault:  # noqa: BLE001 - raised again in wait()
            self._error.append(fault)

    @staticmethod
    def _keep(target: zipfile.ZipFile, path: Path) -> KeptFile:
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, target.open(zipfile.ZipInfo(path.name), "w", force_zip64=True) as output:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                output.write(piece)
        return KeptFile(path.name, size, digest.hexdigest())


def open_batch(session: Session, kind: str, user_id: int | None = None, state: str = "checking") -> int:
    """Write an import's row and return its id."""
    batch = session.scalar(
        insert(ImportBatch).values(kind=kind, folder="", user_id=user_id, state=state).returning(ImportBatch.id)
    )
    session.execute(update(ImportBatch).where(ImportBatch.id == batch).values(folder=f"{FOLDER}/{batch}"))
    return batch


@contextlib.contextmanager
def at_work(engine: Engine, kind: str, user_id: int | None = None) -> Iterator[int]:
    """Open an import for the block and yield its id. A process that dies in it lets go of a lock: :func:`forget_dead` sees that."""
    with engine.connect() as connection:
        connection.detach()  # the lock is the connection's: it goes with it, back into no pool
        with Session(connection) as session:
            forget_dead(session)
            batch = open_batch(session, kind, user_id)
            session.execute(select(func.pg_advisory_lock(AT_WORK, batch)))
            session.commit()
        yield batch


def forget_dead(session: Session) -> int:
    """Say of imports whose process was killed that they did not end; return how many. Nothing of them was loaded."""
    return session.execute(_DEAD, {"class": AT_WORK}).rowcount


_DEAD = text("""
    UPDATE import_batch batch SET state = 'failed'
     WHERE state IN ('checking', 'loading')
       AND NOT EXISTS (SELECT 1 FROM pg_locks held
                        WHERE held.locktype = 'advisory' AND held.classid = :class AND held.objid = batch.id
                          AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND NOT EXISTS (SELECT 1 FROM job
                        WHERE job.state IN ('waiting', 'running') AND (job.payload->>'batch')::int = batch.id
                          AND job.kind LIKE 'town.%')
""")


def keep_refused(engine: Engine, data_dir: Path, kind: str, path: Path, user_id: int | None = None) -> int:
    """Keep a file that was refused as a whole, before a row of it could be read; return the id of its import."""
    with at_work(engine, kind, user_id) as batch:
        kept = Keeper((path,), archive_of(data_dir, batch)).start().wait()
        with Session(engine) as session, session.begin():
            close_batch(session, batch, "refused", faults=1, files=kept)
    return batch


def archive_of(data_dir: Path, batch: int) -> Path:
    """Where the raw files of an import are kept."""
    return data_dir / FOLDER / str(batch) / "raw.zip"


def close_batch(
    session: Session, batch: int, state: str, *, counts: Mapping[str, int] | None = None, faults: int = 0,
    files: Iterable[KeptFile] = (),
) -> None:
    """Write how an import ended and which files it had."""
    values = {"state": state, "faults": faults}
    if counts is not None:
        values["counts"] = dict(counts)
    if state == "loaded":
        values["loaded_at"] = func.now()
    session.execute(update(ImportBatch).where(ImportBatch.id == batch).values(**values))
    rows = [{"batch_id": batch, "name": kept.name, "size": kept.size, "sha256": kept.sha256} for kept in files]
    if rows:
        session.execute(insert(ImportFile), rows)
