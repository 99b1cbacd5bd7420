"""Children of our process: started in a session of their own, watched, restarted, stopped in order.

Every service is a *direct* child, so that its end is seen at once (``waitpid`` reaps it; a killed server that nobody
reaps still looks alive to ``kill(pid, 0)`` and to pid files). On Linux a child also gets a signal when we ourselves
are killed.
"""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from startks.base.errors import StartksError

from .accounts import Account

log = logging.getLogger("startks.embedded")

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10 * 2**20
"""A longer log is put aside (one generation) when its service starts."""


class Service:
    """One program under supervision. Subclasses say how it is prepared, started, found ready and stopped."""

    name = "service"
    stop_signal = signal.SIGTERM
    stop_seconds = 20.0
    ready_seconds = 60.0
    kill_group = True
    """whether what is left of its process group is killed after its end"""

    def __init__(self, log_folder: Path, account: Account | None = None) -> None:
        self.account = account
        self.log_path = log_folder / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.cancelled = threading.Event()

    def prepare(self) -> None:
        """Do what must stand before each start (folders, first initialisation)."""

    def command(self) -> Sequence[str]:
        """Return the program and its arguments."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return the child's whole environment."""
        return os.environ

    def folder(self) -> Path:
        """Return the child's working folder."""
        return Path("/")

    def is_ready(self) -> bool:
        """Tell whether the service answers; asked again and again after the start."""
        return True

    def explain(self) -> str:
        """Return the Russian sentence for a service that does not start."""
        return f"Служба «{self.name}» не запустилась. Журнал: {self.log_path}. Последняя строка: {self.last_line()}"

    def launch(self) -> None:
        """Start the program and do not wait for it."""
        self.prepare()
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment()),
                cwd=self.folder(),
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor alone
                preexec_fn=self._tie_to_parent if _LIBC is not None else None,
                **self._switch_account(),
            )

    def start(self) -> None:
        """Start and wait until the service answers; :class:`StartksError` where it does not."""
        self.launch()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the launched service answers; stop it and raise :class:`StartksError` where it does not."""
        deadline = time.monotonic() + self.ready_seconds
        pause = 0.01
        while not self.is_ready():
            if not self.alive or time.monotonic() > deadline or self.cancelled.is_set():
                message = self.explain()
                self.stop()
                raise StartksError(message)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)

    def _switch_account(self) -> dict:
        if self.account is None:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def _tie_to_parent(self) -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(self.stop_signal))

    @property
    def alive(self) -> bool:
        """Whether the child is running now (an ended one is reaped by the question)."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask the child to end, wait, then kill what is left."""
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.stop_signal)
            try:
                process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop in %s s and is killed", self.name, self.stop_seconds)
                process.kill()
                process.wait()
        self.sweep()
        self.process = None

    def sweep(self) -> None:
        """Kill the rest of the ended child's process group (a killed worker leaves its pool behind)."""
        if self.kill_group and self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def last_line(self) -> str:
        """Return the last line of the service's log, or a dash."""
        try:
            with self.log_path.open("rb") as source:
                source.seek(0, os.SEEK_END)
                source.seek(max(0, source.tell() - 4096))
                lines = source.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            return "—"
        return lines[-1] if lines else "—"


class PythonService(Service):
    """A process of our own (``python -m startks …``): web, worker, beat."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log_folder: Path,
        ready: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        super().__init__(log_folder)
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._ready = ready

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "startks", *self._arguments]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **self._environment}

    def folder(self) -> Path:
        return Path.cwd()

    def is_ready(self) -> bool:
        return self._ready is None or self._ready()


class Supervisor:
    """Starts services in the given order, restarts the ones that end, stops all in the opposite order."""

    restarts_allowed = 6
    quiet_seconds = 60.0

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.failure: str | None = None
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._ends: dict[str, list[float]] = {}
        self._not_before: dict[str, float] = {}

    def add(self, service: Service, *, before: Service | None = None, wait: bool = True) -> None:
        """Start the service and watch it from now on.

        ``before``: it is stopped after that one, though started later. ``wait``: until it answers.
        """
        with self._lock:
            if wait:
                service.start()
            else:
                service.launch()
            place = len(self.services) if before is None else self.services.index(before)
            self.services.insert(place, service)
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="startks-supervisor", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop all services, the last started first."""
        self._closing.set()
        for service in self.services:
            service.cancelled.set()  # a start that is still waiting for its service gives up
        with self._lock:
            for service in reversed(self.services):
                service.stop()
            self.services.clear()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _watch(self) -> None:
        while not self._closing.wait(0.1):
            for service in list(self.services):
                if service.alive or time.monotonic() < self._not_before.get(service.name, 0.0):
                    continue
                with self._lock:
                    if self._closing.is_set() or self.failure:
                        return
                    self._restart(service)

    def _restart(self, service: Service) -> None:
        """Start an ended service again, without waiting for it: others may have ended too.

        The pauses between restarts grow; where they do not help within ``quiet_seconds`` the supervisor gives up.
        """
        code = service.process.returncode if service.process is not None else None
        log.warning("%s ended (code %s) and is started again", service.name, code)
        service.sweep()
        now = time.monotonic()
        ends = [moment for moment in self._ends.get(service.name, []) if now - moment < self.quiet_seconds]
        self._ends[service.name] = [*ends, now]
        self._not_before[service.name] = now + 0.2 * 2 ** len(ends)
        if len(ends) >= self.restarts_allowed:
            self.failure = f"Служба «{service.name}» останавливается снова и снова. {service.explain()}"
            return
        try:
            service.launch()
            service.restarts += 1
        except (StartksError, OSError) as error:
            # Counted above: the next round tries again until the limit says what is wrong.
            log.warning("%s", error)
