"""Puts the embedded services together for one data folder: own them, or attach to who owns them."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from startks.base.db.session import libpq_url
from startks.base.errors import ConfigurationError, StartksError

from .accounts import own_folder
from .broker import BrokerService
from .folder import DataFolder
from .postgres import PostgresService
from .process import Supervisor

ATTACH_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where the services of a data folder answer."""

    data_dir: Path
    database_url: str
    broker_url: str


class EmbeddedServices:
    """PostgreSQL and, where asked for, the broker of one data folder, owned and watched by this process.

    Use as a context manager. ``purpose`` is the command's name, shown to whom a second start is refused.
    """

    def __init__(self, data_dir: Path, purpose: str, *, broker: bool = True, durable: bool = True) -> None:
        self.folder = DataFolder(data_dir)
        self.supervisor = Supervisor()
        self._purpose = purpose
        self._with_broker = broker
        self._durable = durable
        self._run_folder: Path | None = None
        self.running: Running | None = None

    def __enter__(self) -> "EmbeddedServices":
        self.folder.create()
        if not self.folder.take(self._purpose):
            raise self.folder.refuse()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.leave(error)

    def leave(self, error: BaseException | None, wait_for_users: float = 0.0) -> None:
        """Stop everything; an error of the work whose cause is a full disk is raised again as that sentence."""
        sentence = self._diagnose(error)
        self.close(wait_for_users)
        if sentence is not None:
            raise StartksError(sentence) from error

    @property
    def log_folder(self) -> Path:
        """Folder of the services' logs."""
        return self.folder.path / "services" / "log"

    def _start(self) -> None:
        data_dir = self.folder.path
        account = PostgresService.account_for(data_dir)
        self._run_folder = own_folder(_short_folder(), account)
        database = PostgresService(
            data_dir, self._run_folder, account, durable=self._durable, free_mb=self.folder.free_mb
        )
        self.supervisor.add(database)
        broker_url = ""
        if self._with_broker:
            broker = BrokerService(data_dir, self._run_folder, account)
            self.supervisor.add(broker)
            broker_url = broker.url
        self.running = Running(data_dir, database.url, broker_url)
        self.folder.publish({"database_url": database.url, "broker_url": broker_url})

    def _diagnose(self, error: BaseException | None) -> str | None:
        """Return the sentence for a full disk; the server that hits it while writing its log just goes down."""
        if error is None or not isinstance(error, Exception) or isinstance(error, ConfigurationError):
            return None
        full = self.folder.is_full()
        for service in self.supervisor.services:
            full = full or (isinstance(service, PostgresService) and service.met_full_disk())
        if not full:
            return None
        return (
            f"На диске с папкой данных {self.folder.path} кончилось место: освободите его и повторите команду, "
            "начатое продолжится. Или укажите другую папку (--data DIR, STARTKS_DATA)."
        )

    def close(self, wait_for_users: float = 0.0) -> None:
        """Stop everything in order: ours first, broker, PostgreSQL last. May be called twice."""
        if wait_for_users and self.running is not None:
            self.folder.wait_for_users(wait_for_users)
        self.supervisor.stop()
        if self._run_folder is not None:
            shutil.rmtree(self._run_folder, ignore_errors=True)
            self._run_folder = None
        self.running = None
        self.folder.release()


@contextlib.contextmanager
def attach(data_dir: Path, *, broker: bool = False, seconds: float = ATTACH_SECONDS) -> Iterator[Running | None]:
    """Use the services that another process runs for the folder; yield None where the owner has gone meanwhile.

    Waits while the owner is still starting.
    """
    folder = DataFolder(data_dir)
    with folder.using():
        deadline = time.monotonic() + seconds
        while True:
            note = folder.note()
            if note is not None and _answers(note["database_url"]):
                if broker and not note["broker_url"]:
                    raise folder.refuse()
                yield Running(folder.path, note["database_url"], note["broker_url"])
                return
            if folder.take("attach"):
                folder.release()
                yield None
                return
            if time.monotonic() > deadline:
                raise StartksError(
                    f"Службы папки {folder.path} не отвечают {seconds:.0f} с: посмотрите журналы в "
                    f"{folder.path / 'services' / 'log'} или остановите процесс {folder.owner().get('pid', '?')}."
                )
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _short_folder() -> Path:
    """Return a new folder for sockets: a socket's whole path must stay under about 100 bytes."""
    for base in ("/tmp", tempfile.gettempdir()):
        with contextlib.suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="startks-", dir=base))
    raise ConfigurationError("Нет папки для временных файлов: создайте /tmp или назовите другую в TMPDIR.")
