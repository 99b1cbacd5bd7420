"""Folders for what is needed during one piece of work only. A process that is killed leaves its own behind; the next one
that needs such a folder takes it away."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

YOUNG_SECONDS = 60.0
"""So long a folder may be there before its maker has locked it."""
MARK = ".startks-scratch"
"""File that says a folder is scratch: a name alone may also be that of somebody's data."""


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Yield a new folder of the machine's temporary place, gone at the end; sweeps before what the dead have left."""
    sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel when the process ends, however it ends
        (folder / MARK).touch()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(prefix: str) -> list[Path]:
    """Take away this user's scratch folders with the prefix which no living process holds; return them."""
    gone = []
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # a file, a link, another user's, or gone this very moment: none of them is ours to take
        try:
            state = os.fstat(lock)
            if state.st_uid != os.geteuid() or time.time() - state.st_mtime < YOUNG_SECONDS:
                continue
            if not (folder / MARK).is_file():
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder)
        except BlockingIOError:
            continue  # its maker is at work
        finally:
            os.close(lock)
    return gone
