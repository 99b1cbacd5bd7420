"""Every import is remembered, and its raw files are kept as they came, with their hash."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, insert, update
from sqlalchemy.orm import Session

from startks.framework.exchange.models import ImportBatch, ImportFile

FOLDER = "imports"
PIECE = 2**20


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
