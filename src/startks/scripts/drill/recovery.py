"""``startks drill restore``: is the copy any good? Restored into a server of its own, checked, thrown away."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from startks.base.db.session import make_engine
from startks.framework.embedded import EmbeddedServices
from startks.scripts import copies
from startks.scripts.environment import Environment


@dataclasses.dataclass(frozen=True, slots=True)
class Recovery:
    """What a drill has shown; seconds of making the copy (0 where it was there), of restoring, of checking."""

    rows: int
    files: int
    periods: int
    megabytes: float
    made: float
    restored: float
    checked: float
    faults: list[str]


def try_copy(source: Path, say: Callable[[str], None], made: float = 0.0) -> Recovery:
    """Restore a copy into a new embedded server in a folder of its own and check it; nothing else is touched."""
    folder = Path(tempfile.mkdtemp(prefix="startks-recovery-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with EmbeddedServices(folder, "drill restore", broker=False) as services:
            engine = make_engine(services.running.database_url, application_name="startks-drill")
            try:
                started = time.perf_counter()
                manifest = copies.restore(engine, folder, source, say)
                restored = time.perf_counter()
                faults = copies.check(engine, folder, manifest, say)
                checked = time.perf_counter()
            finally:
                engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    size = sum(length for length, _ in manifest["files"].values()) / 2**20
    return Recovery(
        sum(manifest["rows"].values()), len(manifest["kept_files"]), len(manifest["periods"]), round(size, 1),
        round(made, 2), round(restored - started, 2), round(checked - restored, 2), faults,
    )


def try_now(env: Environment, versions: dict[str, str], say: Callable[[str], None]) -> Recovery:
    """Make a copy of the installation, try it, throw it away."""
    folder = Path(tempfile.mkdtemp(prefix="startks-copy-"))
    try:
        started = time.perf_counter()
        copies.make(env.engine, env.data_dir, folder / "copy", versions, say)
        return try_copy(folder / "copy", say, time.perf_counter() - started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
