"""The system's own Redis and RabbitMQ as children of a drill or a test run: started on a free port, stopped with it.

They stand for a customer's servers: a password, TCP, the distribution's version. Nothing of the machine's own services is
touched; all they keep lies in the folder given.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from startks.base.errors import ConfigurationError
from startks.framework.embedded.accounts import Account, own_folder
from startks.framework.embedded.process import Service

RABBIT_PROGRAMS = (Path("/usr/lib/rabbitmq/bin"), Path("/usr/sbin"), Path("/usr/local/sbin"))


def free_port(limit: int = 65535) -> int:
    """Return a port of 127.0.0.1 that is free now and not above the limit."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        if port <= limit:
            return port


class RedisService(Service):
    """``redis-server`` (or ``valkey-server``) of the system, with a password and an append-only file."""

    name = "redis"
    stop_seconds = 10.0

    def __init__(self, folder: Path, account: Account | None) -> None:
        super().__init__(own_folder(folder / "log", None), account)
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        if found is None:
            raise ConfigurationError("Нет redis-server: установите пакет redis-server или valkey.")
        self._program = found
        self._data = own_folder(folder / "redis", account)
        self._password = secrets.token_urlsafe(12)
        self._port = free_port()

    @property
    def url(self) -> str:
        """URL for Celery."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def command(self) -> Sequence[str]:
        options = {
            "port": str(self._port),
            "bind": "127.0.0.1",
            "requirepass": self._password,
            "dir": str(self._data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        return [self._program, *(part for key, value in options.items() for part in (f"--{key}", value))]

    def is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as probe:
                probe.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answers = probe.makefile("rb")
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False


class RabbitService(Service):
    """``rabbitmq-server`` of the system: a node of its own with its own port mapper."""

    name = "rabbitmq"
    stop_signal = signal.SIGTERM
    stop_seconds = 30.0
    ready_seconds = 90.0

    def __init__(self, folder: Path, account: Account | None) -> None:
        super().__init__(own_folder(folder / "log", None), account)
        self._bin = next((path for path in RABBIT_PROGRAMS if (path / "rabbitmq-server").exists()), None)
        if self._bin is None:
            raise ConfigurationError("Нет rabbitmq-server: установите пакет rabbitmq-server.")
        self._home = own_folder(folder / "rabbitmq", account)
        self._port = free_port(45535)  # the node's own port is 20000 above it
        self._mapper = free_port()

    @property
    def url(self) -> str:
        """URL for Celery."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def command(self) -> Sequence[str]:
        return [str(self._bin / "rabbitmq-server")]

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(self._home),
            "ERL_EPMD_PORT": str(self._mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"startks{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_MNESIA_BASE": str(self._home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._home),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self._home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(self._home / "none.env"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }

    def is_ready(self) -> bool:
        from kombu import Connection
        from kombu.exceptions import OperationalError

        try:
            with Connection(self.url, connect_timeout=3) as connection:
                connection.ensure_connection(max_retries=1, timeout=3)
            return True
        except (OperationalError, OSError):
            return False

    def stop(self) -> None:
        super().stop()
        mapper = shutil.which("epmd") or "epmd"
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([mapper, "-port", str(self._mapper), "-kill"], capture_output=True, check=False, timeout=10)
