"""An installation for drills: PostgreSQL, broker, web, workers and clock as children that come back when they are killed.

Orders to kill are given through a file (:mod:`startks.base.crash`): who passes the named point carries it out.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from startks.base.crash import VARIABLE
from startks.base.db.session import libpq_url
from startks.base.errors import StartksError
from startks.base.settings import load
from startks.framework.embedded import EmbeddedServices, PythonService
from startks.scripts.environment import Environment, project_root

from .servers import RabbitService, RedisService, free_port

WORKERS = 2
LEASE_SECONDS = 20
VICTIMS = ("self", "worker", "beat", "web", "broker", "postgres")


class Fleet:
    """All processes of one installation. Use as a context manager; :meth:`start` makes the programs of ours."""

    def __init__(self, folder: Path, broker: str = "embedded") -> None:
        self.folder = folder
        self.order = folder / "order"
        self._broker_kind = broker
        self._stack = contextlib.ExitStack()
        self.services: EmbeddedServices | None = None
        self.env: Environment | None = None
        self._port = free_port()
        self._children: dict[str, PythonService] = {}
        self._broker = None

    def __enter__(self) -> Fleet:
        with contextlib.ExitStack() as stack:
            services = stack.enter_context(
                EmbeddedServices(self.folder, "drill", broker=self._broker_kind == "embedded")
            )
            # Killed on purpose, again and again: come back at once, never give up.
            services.supervisor.quiet_seconds = 0.0
            self.services = services
            broker_url = services.running.broker_url
            if self._broker_kind != "embedded":
                kind = {"redis": RedisService, "rabbitmq": RabbitService}[self._broker_kind]
                self._broker = kind(self.folder / "services", services.supervisor.services[0].account)
                services.supervisor.add(self._broker)
                broker_url = self._broker.url
            settings = load({
                "startks.database_url": services.running.database_url, "startks.broker_url": broker_url,
                "startks.data_dir": str(self.folder), "startks.modules": "billing metering",
                "startks.secure_cookies": "false", "startks.queue_type": "quorum",
                "startks.chunk_lease_seconds": str(LEASE_SECONDS), "startks.workers": str(WORKERS),
                "startks.public_url": f"http://localhost:{self._port}",
            }, environ={})  # fmt: skip
            self.env = Environment(self.folder, settings.database_url, broker_url, settings, owner=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        if self.env is not None and "engine" in self.env.__dict__:
            self.env.engine.dispose()
        self._stack.close()

    @property
    def variables(self) -> dict[str, str]:
        """What a process of this installation finds in its environment, the place of the orders too."""
        return {
            **self.env.for_child(),
            # as in production, so that drills see production's logs and settings
            **({"STARTKS_INI": str(production)} if (production := project_root() / "production.ini").is_file() else {}),
            "STARTKS_LICENCE_FILE": str(self.folder / "licence.json"),
            VARIABLE: f"@{self.order}",
            "STARTKS_SECURE_COOKIES": "false",
            "STARTKS_QUEUE_TYPE": "quorum",
            "STARTKS_CHUNK_LEASE_SECONDS": str(LEASE_SECONDS),
            "STARTKS_WORKERS": str(WORKERS),
            "STARTKS_PUBLIC_URL": self.env.settings.public_url,
            "STARTKS_MODULES": "billing metering",
        }

    def start(self) -> None:
        """Start web, workers and clock, and wait until the site answers."""
        commands = {
            "web": ["serve", "--host", "127.0.0.1", "--port", str(self._port)],
            "beat": ["beat"],
            **{f"worker{number}": ["worker", "--concurrency", "1", "--name", f"w{number}"] for number in range(1, WORKERS + 1)},
        }
        for name, arguments in commands.items():
            child = PythonService(name, arguments, self.variables, self.services.log_folder)
            self._children[name] = child
            self.services.supervisor.add(child, wait=False)
        until(self.web_answers, 120, "сайт не отвечает")

    def web_answers(self) -> bool:
        """Whether the site takes connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=2):
            return True
        return False

    def victim(self, name: str) -> str:
        """Return who is meant by a victim's name, as an order writes it: ``self``, ``group`` or a process number."""
        if name == "self":
            return "self"
        if name == "worker":
            return "group"  # Celery's master with its children
        service = {
            "postgres": self.services.supervisor.services[0],
            "broker": self._broker or self.services.supervisor.services[1],
            **self._children,
        }[name]
        process = service.process
        return str(process.pid) if process is not None and process.poll() is None else "self"

    def give_order(self, point: str, turn: int, victim: str) -> None:
        """Order a kill at the ``turn``-th pass of the point."""
        self.order_taken.unlink(missing_ok=True)
        draft = self.order.with_suffix(".new")
        draft.write_text(f"{point}:{turn} {self.victim(victim)}\n")
        draft.rename(self.order)

    def withdraw_order(self) -> None:
        """Take back an order that nobody has carried out."""
        self.order.unlink(missing_ok=True)

    @property
    def order_taken(self) -> Path:
        """The file that tells that an order was carried out."""
        return self.order.with_name(self.order.name + ".taken")

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits."""
        with self.env.sessions.begin() as session:
            yield session

    def patiently(self, ask: Callable[[Session], object], seconds: float = 120.0) -> object:
        """Ask the data base, which may just have been killed; give up after ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                with self.session() as session:
                    return ask(session)
            except Exception as error:
                if not _is_gone(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def keep(self, name: str) -> None:
        """Keep the data base as it is now under a name; :meth:`reset` brings it back."""
        self._copy(source=make_url(self.env.database_url).database, target=f"drill_{name}")

    def reset(self, name: str) -> None:
        """Put a kept state in the place of the data base, under all processes that use it."""
        deadline = time.monotonic() + 120
        while True:
            try:
                self._copy(source=f"drill_{name}", target=make_url(self.env.database_url).database)
                return
            except psycopg.Error:  # the server is coming back, or somebody connected in between
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _copy(self, *, source: str, target: str) -> None:
        self.env.engine.dispose()
        url = libpq_url(make_url(self.env.database_url).set(database="postgres"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [source]
            )
            connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
            # A copied sequence believes that its next numbers are in the log already; after a crash it would give them
            # out twice. From a checkpoint on it writes them down again.
            connection.execute("CHECKPOINT")

    def clerk(self, login: str, password: str) -> Clerk:
        """Return a browser of a clerk who has signed in."""
        clerk = Clerk(f"http://localhost:{self._port}")
        clerk.sign_in(login, password)
        return clerk


class Clerk:
    """A browser in the office: cookies, forms, no scripts."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def sign_in(self, login: str, password: str) -> None:
        """Fill in the sign-in form."""
        page = self._read("/@@sign-in")
        self._read("/@@sign-in", {"csrf_token": _token(page), "login": login, "password": password, "submit": "submit"})

    def press(self, page: str, action: str | None = None, **typed: str) -> None:
        """Fill the form of a page in and send it: the one whose address holds ``action``, else the page's own."""
        shown, target = self._read(page), page
        if action is not None:
            found = re.search(rf'<form method="post" action="([^"]*{action}[^"]*)"', shown)
            if found is None:
                raise StartksError(f"На странице {page} нет кнопки {action}: вход не удался или ещё рано.")
            target = found[1].replace("&amp;", "&")
        self._read(target, {"csrf_token": _token(shown), **typed, "submit": "submit"})

    def _read(self, path: str, form: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        address = path if path.startswith("http") else self._address + path
        with self._opener.open(address, data, timeout=60) as answer:
            return answer.read().decode()


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"', page)
    if found is None:
        raise StartksError("На странице нет формы: сайт ответил не тем, чего ждали учения.")
    return found[1] or found[2]


def until(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    """Wait for the condition; :class:`StartksError` with the complaint where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StartksError(f"Учения: {complaint} за {seconds:.0f} с. Журналы процессов — в папке данных.")
        time.sleep(0.05)


def _is_gone(error: Exception) -> bool:
    cause = getattr(error, "orig", error)
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def unfinished(session: Session) -> int:
    """Return the number of jobs that are not at their end."""
    return session.scalar(text("SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"))
