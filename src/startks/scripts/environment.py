"""What a command works in: settings, data folder, data base and broker, ready to use.

Every command says ``with open_environment() as env`` and need not know whether the data base is a customer's server
(named in the settings), one that it starts itself, or one that a running ``startks demo`` already has.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
from collections.abc import Iterator
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import startks
from startks.base.errors import ConfigurationError
from startks.base.settings import Settings, load, read_variable

if TYPE_CHECKING:  # importing it takes longer than many a command
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from startks.base.events import Dispatcher

DATA_VARIABLE = "STARTKS_DATA"
INI_VARIABLE = "STARTKS_INI"
SHORTEST_SECRET = 32


@dataclasses.dataclass(frozen=True)
class Environment:
    """An opened working environment. URLs are SQLAlchemy's and Celery's; ``settings`` carries the same ones."""

    data_dir: Path
    database_url: str
    broker_url: str
    settings: Settings
    owner: bool
    """whether this process itself runs the embedded services"""

    @cached_property
    def engine(self) -> Engine:
        """Engine without a statement limit: commands work longer than pages."""
        from startks.base.db.session import make_engine

        return make_engine(self.database_url, application_name="startks-command", pool_size=5)

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        """Factory of plain sessions on :attr:`engine`; what happens in them is told to the modules' subscribers."""
        from startks.base.db.session import make_session_factory
        from startks.base.events import DISPATCHER

        sessions = make_session_factory(self.engine)
        sessions.configure(info={DISPATCHER: self.events})
        return sessions

    @property
    def events(self) -> Dispatcher:
        """What tells the subscribers of all modules, for sessions of this command and of its child processes."""
        from startks.framework.addons.exchange import LateDispatcher

        return LateDispatcher(partial(put_together, dataclasses.replace(self.settings, data_dir=self.data_dir)))

    def for_child(self) -> dict[str, str]:
        """Return the variables by which a child process finds the same environment."""
        return {
            "STARTKS_DATABASE_URL": self.database_url,
            "STARTKS_BROKER_URL": self.broker_url,
            "STARTKS_DATA_DIR": str(self.data_dir),
            DATA_VARIABLE: str(self.data_dir),
            self.settings.secret_env: secret(self.data_dir, self.settings),
        }


def project_root() -> Path:
    """Return the folder with ``development.ini`` and ``migrations``: the checkout, else the current folder."""
    checkout = Path(startks.__file__).resolve().parents[2]
    return checkout if (checkout / "migrations").is_dir() else Path.cwd()


def ini_path() -> Path | None:
    """Return the ini file in force: ``STARTKS_INI``, else ``development.ini`` of the checkout, if it is there."""
    named = os.environ.get(INI_VARIABLE)
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise ConfigurationError(f"Файла настроек {path} нет: исправьте путь в {INI_VARIABLE} (--ini).")
        return path
    path = project_root() / "development.ini"
    return path if path.is_file() else None


NOWHERE = "postgresql:///"
OURS = ("billing", "metering")
"""Modules of this distribution: their rules are the engine's own."""


def take_in_rules(settings: Settings) -> None:
    """Let a command know the rules that modules of partners bring; they say them when the application is put together."""
    if set(settings.modules) - set(OURS):
        put_together(settings)


def put_together(settings: Settings) -> Any:
    """Return the registry of the application that these settings make, for what modules registered there.

    It connects to nothing: what is found in it works in the command's own session.
    """
    return _put_together(dataclasses.replace(settings, database_url=NOWHERE))


@cache
def _put_together(settings: Settings) -> Any:
    from startks.app import configure

    return configure({
        f"startks.{item.name}": value
        for item in dataclasses.fields(settings) if (value := getattr(settings, item.name)) is not None
    }).registry  # fmt: skip


def read_settings() -> Settings:
    """Return the settings of the ini file in force and of the process environment."""
    path = ini_path()
    if path is None:
        return load({})
    import plaster

    try:
        values = plaster.get_loader(str(path), protocols=["wsgi"]).get_settings("app:main")
    except (LookupError, ValueError) as error:
        raise ConfigurationError(f"Файл настроек {path} не читается: {error}. Исправьте его.") from error
    return load(values)


def secret(data_dir: Path, settings: Settings) -> str:
    """Return the secret for signatures: from the environment, else one made once in the data folder (mode 0600)."""
    given = read_variable(settings.secret_env)
    if given:
        if not settings.embedded and len(given) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"Секрет в {settings.secret_env} короче {SHORTEST_SECRET} знаков: создайте новый (openssl rand -base64 48)."
            )
        return given
    if not settings.embedded:
        raise ConfigurationError(
            f"Не задан секрет подписи: передайте его в переменной {settings.secret_env} или файлом в "
            f"{settings.secret_env}_FILE (создать: openssl rand -base64 48)."
        )
    path = data_dir / "secret"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def data_folder(settings: Settings, given: Path | str | None = None) -> Path:
    """Return the data folder: the option, ``STARTKS_DATA``, the ini file, else ``var`` in the project root."""
    for choice in (given, os.environ.get(DATA_VARIABLE), settings.data_dir):
        if choice:
            return Path(choice).expanduser().absolute()
    return project_root() / "var"


@contextlib.contextmanager
def open_environment(
    data_dir: Path | str | None = None,
    broker: bool = False,
    *,
    purpose: str = "command",
    migrate: bool = True,
    durable: bool = True,
) -> Iterator[Environment]:
    """Open the environment of the data folder; stop at the end what was started here.

    Where the settings name a data base, that one is used and nothing is started. Else the embedded services are
    started, or used where another startks process runs them already (the owner then waits for us at its end).
    ``broker`` asks for the broker too. ``migrate`` brings an embedded data base to the newest schema.
    Raises :class:`ConfigurationError` with the way out.
    """
    settings = read_settings()
    folder = data_folder(settings, data_dir)
    if not settings.embedded:
        check_own_services(settings, broker=broker)
        if broker:  # a process that works for people signs what it gives them
            secret(folder, settings)
    with contextlib.ExitStack() as stack:
        if settings.database_url:
            folder.mkdir(parents=True, exist_ok=True)
            check_server(settings.database_url)
            env = _environment(folder, settings.database_url, settings.broker_url, settings, owner=False)
        else:
            env = _embedded(stack, folder, settings, broker, purpose, durable)
            if migrate:
                from .migrate import upgrade

                upgrade(env.database_url, env.settings)
        try:
            yield env
        finally:
            if "engine" in env.__dict__:
                env.engine.dispose()


def check_server(url: str) -> None:
    """Refuse a server of a version that is not supported; one that does not answer is left to who needs it."""
    import psycopg

    from startks.base.db.session import libpq_url
    from startks.framework.embedded.binaries import NEWEST, OLDEST

    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
            major = connection.info.server_version // 10_000
    except psycopg.OperationalError:
        return
    if major < OLDEST:
        raise ConfigurationError(
            f"На сервере базы данных PostgreSQL {major}, а нужен {OLDEST}–{NEWEST}: обновите его или назовите другой "
            "в startks.database_url (STARTKS_DATABASE_URL)."
        )


def check_own_services(settings: Settings, *, broker: bool) -> None:
    """Refuse an installation on own servers without their addresses, or with a password in its ini file."""
    for name, url, needed in (
        ("database_url", settings.database_url, True),
        ("broker_url", settings.broker_url, broker),
    ):
        variable = f"STARTKS_{name.upper()}"
        if needed and not url:
            raise ConfigurationError(
                f"Не задан адрес {'базы данных' if name == 'database_url' else 'брокера заданий'}: передайте его в "
                f"переменной {variable} или файлом в {variable}_FILE (встроенные службы выключены: startks.embedded)."
            )
        if url and read_variable(variable) is None and urlsplit(url).password:
            raise ConfigurationError(
                f"В ini-файле стоит пароль (startks.{name}): уберите строку и передайте адрес в переменной {variable}."
            )


def _embedded(
    stack: contextlib.ExitStack, folder: Path, settings: Settings, broker: bool, purpose: str, durable: bool
) -> Environment:
    from startks.framework.embedded import EmbeddedServices, FolderTaken, attach

    broker = broker and not settings.broker_url
    running, owner = None, False
    while running is None:
        services = EmbeddedServices(folder, purpose, broker=broker, durable=durable)
        try:
            services.__enter__()
        except FolderTaken:
            # None where the owner ends at this very moment: then the folder is ours at the next try.
            running, owner = stack.enter_context(attach(folder, broker=broker)), False
        else:
            # An attached command may still be at work when ours is done.
            stack.push(lambda kind, error, trace, ours=services: ours.leave(error, wait_for_users=3600.0))
            running, owner = services.running, True
    return _environment(folder, running.database_url, settings.broker_url or running.broker_url, settings, owner=owner)


def _environment(folder: Path, database_url: str, broker_url: str, settings: Settings, *, owner: bool) -> Environment:
    full = dataclasses.replace(settings, data_dir=folder, database_url=database_url, broker_url=broker_url)
    return Environment(folder, database_url, broker_url, full, owner)
