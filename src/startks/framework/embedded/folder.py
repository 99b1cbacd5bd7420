"""The data folder: one owner at a time, and a note by which other commands find its services."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from startks.base.errors import ConfigurationError
from startks.base.trouble import FULL

NEEDED_MB = 300
FULL_MB = 16
"""Less than this is no room to work in."""


class FolderTaken(ConfigurationError):
    """The data folder has another owner."""


class DataFolder:
    """A folder with everything one installation keeps on disk. The owner holds a lock of the operating system.

    ``flock`` ends with its holder, however that dies, so a lock never has to be removed by hand.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock_path = self.path / "startks.lock"
        self._note_path = self.path / "services.json"
        self._users_path = self.path / "users.lock"
        self._lock: int | None = None

    def create(self) -> None:
        """Make the folder; :class:`ConfigurationError` where it cannot be written or the disk is full."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{os.getpid()}"
            probe.write_bytes(b"x")
            probe.unlink()
        except OSError as error:
            if error.errno in FULL:
                self.require(NEEDED_MB)
            raise ConfigurationError(
                f"В папку данных {self.path} нельзя писать ({error.strerror}): "
                "дайте на неё права или укажите другую (--data DIR, STARTKS_DATA)."
            ) from error
        self.require(NEEDED_MB)

    @property
    def free_mb(self) -> int:
        """Room left on the folder's disk, MB."""
        return shutil.disk_usage(self.path).free // 2**20

    def is_full(self) -> bool:
        """Tell whether there is no room left to work in."""
        return self.free_mb < FULL_MB

    def require(self, megabytes: int) -> None:
        """Raise :class:`ConfigurationError` where the disk has less room than this."""
        if (free := self.free_mb) < megabytes:
            raise ConfigurationError(
                f"На диске с папкой данных {self.path} свободно {free} МБ, а нужно хотя бы {megabytes}: "
                "освободите место или укажите другую папку (--data DIR, STARTKS_DATA)."
            )

    def take(self, purpose: str) -> bool:
        """Become the owner; False where another process is. ``purpose`` is shown to whom we refuse."""
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        os.ftruncate(lock, 0)
        os.write(lock, json.dumps({"pid": os.getpid(), "purpose": purpose}).encode())
        self._lock = lock
        self._note_path.unlink(missing_ok=True)  # left by an owner that was killed
        return True

    def release(self) -> None:
        """Give the folder back."""
        self._note_path.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def owner(self) -> dict[str, Any]:
        """Return {pid, purpose} as the owner wrote them; empty where unreadable."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._lock_path.read_text())
        return {}

    def refuse(self) -> FolderTaken:
        """Return the error for a second start on this folder."""
        owner = self.owner()
        return FolderTaken(
            f"Папка данных {self.path} уже занята: работает «startks {owner.get('purpose', '?')}» "
            f"(процесс {owner.get('pid', '?')}). Остановите его (Ctrl-C) или укажите другую папку: --data DIR."
        )

    def publish(self, note: dict[str, Any]) -> None:
        """Tell other commands where the services are."""
        draft = self._note_path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as output:
            json.dump(note, output)
        draft.replace(self._note_path)

    def note(self) -> dict[str, Any] | None:
        """Return what the owner published, or None."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._note_path.read_text())
        return None

    @contextlib.contextmanager
    def using(self):
        """Hold a user's mark while attached to another owner's services."""
        mark = os.open(self._users_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(mark, fcntl.LOCK_SH)
            yield
        finally:
            os.close(mark)

    def wait_for_users(self, seconds: float) -> bool:
        """Wait until no attached command is left; False where the time runs out."""
        mark = os.open(self._users_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + seconds
        try:
            while True:
                try:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return True
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        return False
                    time.sleep(0.1)
        finally:
            os.close(mark)
