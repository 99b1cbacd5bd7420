"""Fixtures of the host, for our own tests and for partners' modules.

A partner loads them with ``pytest -p tests.plugin`` from a checkout (or ``pytest_plugins = ["tests.plugin"]``):

* ``database_url``: a migrated, empty data base on an embedded server, one a test process;
* ``session``: a session on it that is rolled back after the test;
* ``fresh_database``: a data base of the test's own, for what commits (name gone afterwards);
* ``town``: a small calculated town, read only; ``testapp``: WebTest on the whole application over a copy of it;
* ``query_log``: the statements that an engine runs inside a ``with`` block.
"""

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from startks.base.db.bulk import close_readers
from startks.base.db.session import libpq_url, make_engine
from startks.base.licensing import issue_demo_licence
from startks.base.settings import Settings, load
from startks.framework.embedded import EmbeddedServices
from startks.framework.embedded.folder import DataFolder
from startks.framework.embedded.services import Running
from startks.scripts.environment import Environment

TOWN_ACCOUNTS = 120
TOWN_SEED = 20261124
TOWN_MONTHS = 2
MEMORY_ROOM = 6 * 2**30
"""Bytes that must be free in memory for a test process to keep its server there; it uses about one GB."""


@dataclasses.dataclass(frozen=True)
class Town:
    """A calculated town: where it is and which months (YYYYMM) it has."""

    database_url: str
    engine: Engine
    periods: tuple[int, ...]

    def session(self) -> Session:
        """Return a new session; close it (``with town.session() as session``). Write nothing through it."""
        return Session(self.engine)


@pytest.fixture(scope="session")
def test_settings() -> Settings:
    """The settings of the tests: our modules, no secure cookies, nothing from the developer's environment."""
    return load({"startks.modules": "billing metering", "startks.secure_cookies": "false"}, environ={})


@dataclasses.dataclass(frozen=True)
class OwnServers:
    """Servers that were there before, in the shape of :class:`EmbeddedServices` that tests use."""

    running: Running
    folder: DataFolder


@pytest.fixture(scope="session")
def services() -> Iterator[EmbeddedServices | OwnServers]:
    """PostgreSQL and broker of this test process: embedded, without fsync.

    Where ``STARTKS_TEST_DATABASE_URL`` (a role that may create data bases) and ``STARTKS_TEST_BROKER_URL`` name servers,
    these are used, with a data base of this process's own that is dropped at the end.
    """
    # Not pytest's own folder: as root that one is closed to the account PostgreSQL runs under.
    folder = Path(tempfile.mkdtemp(prefix="startks-test-", dir=roomy()))
    folder.chmod(0o755)
    issue_demo_licence(folder)  # licence.json and its key in the data folder: modules may write
    own = os.environ.get("STARTKS_TEST_DATABASE_URL")
    try:
        if own:
            with _own_database(own) as url:
                broker_url = os.environ.get("STARTKS_TEST_BROKER_URL", "")
                yield OwnServers(Running(folder, url, broker_url), DataFolder(folder))
            return
        with EmbeddedServices(folder, "test", durable=False) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(services: EmbeddedServices, test_settings: Settings) -> str:
    """URL of a migrated data base without rows. Leave it as it is: use ``session``, or ``fresh_database``."""
    from startks.scripts.migrate import upgrade

    upgrade(services.running.database_url, test_settings)
    return services.running.database_url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on ``database_url``."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session inside a transaction that is rolled back after the test; ``commit`` ends a savepoint only."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        transaction.rollback()


@pytest.fixture(scope="session")
def clone_database(services: EmbeddedServices, database_url: str) -> Callable[..., "contextlib.AbstractContextManager"]:
    """``with clone_database(name, source) as url``: a copy of a data base (the migrated one by default), dropped after."""

    # A server without fsync copies files ten times faster than pages through its log; one with fsync does not.
    strategy = "WAL_LOG" if isinstance(services, OwnServers) else "FILE_COPY"

    @contextlib.contextmanager
    def clone(name: str, source: str = database_url) -> Iterator[str]:
        template = make_url(source).database
        with psycopg.connect(_maintenance(source), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            # Pooled connections of other fixtures would keep the template from being copied.
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template])
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {strategy}')
            try:
                yield make_url(source).set(database=name).render_as_string(hide_password=False)
            finally:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    return clone


@pytest.fixture
def fresh_database(clone_database, engine: Engine) -> Iterator[str]:
    """URL of a migrated data base without rows that belongs to this test alone."""
    engine.dispose()
    with clone_database("fresh") as url:
        yield url


@pytest.fixture(scope="session")
def build_town(clone_database, services: EmbeddedServices, test_settings: Settings):
    """``with build_town(name, months, prepare) as town``: seed a town and calculate months of its past, dropped after.

    ``prepare(url)`` may write what the town should know before its first month.
    """
    from startks.demo.town import build
    from startks.scripts.demo_town import calculate

    @contextlib.contextmanager
    def seeded(name: str, months: int, prepare: Callable[[str], None] = lambda _url: None) -> Iterator[Town]:
        with clone_database(name) as url:
            settings = dataclasses.replace(
                test_settings, database_url=url, broker_url=services.running.broker_url, data_dir=services.folder.path
            )
            env = Environment(services.folder.path, url, services.running.broker_url, settings, owner=False)
            build(url, accounts=TOWN_ACCOUNTS, seed=TOWN_SEED, city="samara", progress=lambda *_: None)
            prepare(url)
            periods = tuple(calculate(env, TOWN_ACCOUNTS, lambda *_: None, months=months))
            close_readers()
            yield Town(url, env.engine, periods)
            env.engine.dispose()
            close_readers()

    return seeded


@pytest.fixture(scope="session")
def town(build_town) -> Iterator[Town]:
    """A seeded town of about 120 accounts with two calculated months. Read only."""
    with build_town("town", TOWN_MONTHS) as town:
        yield town


@pytest.fixture(scope="session")
def town_copy(clone_database, town: Town, services: EmbeddedServices):
    """Give the whole application over a copy of the town under a name of its own: ``with town_copy("life") as (app, url)``."""
    from startks import main

    @contextlib.contextmanager
    def copy(name: str):
        town.engine.dispose()
        with clone_database(name, town.database_url) as url:
            application = main(
                {},
                **{
                    "startks.database_url": url,
                    "startks.broker_url": services.running.broker_url,
                    "startks.data_dir": str(services.folder.path),
                    "startks.modules": "billing metering",
                    "startks.secure_cookies": "false",
                    "startks.public_url": "http://localhost",
                },
            )
            yield application, url
            application.registry["startks.engine"].dispose()

    return copy


@pytest.fixture(scope="session")
def wsgi_app(town_copy):
    """The whole application over a copy of the town that tests may write to."""
    with town_copy("web") as (application, _url):
        yield application


@pytest.fixture
def testapp(wsgi_app):
    """WebTest on the application; cookies of its own a test, rows are kept between tests."""
    from webtest import TestApp

    return TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})


@pytest.fixture
def query_log() -> Callable[..., "contextlib.AbstractContextManager[list[str]]"]:
    """``with query_log(engine) as statements``: collect the statements an engine runs; all engines' without ``engine``.

    An application has two engines, for writing and for reading: its pages are counted by ``query_log()``.
    """

    @contextlib.contextmanager
    def record(engine: Engine | type[Engine] = Engine) -> Iterator[list[str]]:
        statements: list[str] = []

        def remember(connection, cursor, statement, *_):
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", remember)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", remember)

    return record


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder with shared reference material, or a skip with the reason where it is absent."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("STARTKS_SHARED", root.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder}: name it in STARTKS_SHARED")
    return folder


def roomy() -> str:
    """In memory where it has room: a copy of a data base is 800 small files, which a disk's file system makes slowly."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_ROOM
    return str(memory) if usable else "/tmp"


@contextlib.contextmanager
def _own_database(server: str) -> Iterator[str]:
    name = f"startks_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(_maintenance(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _maintenance(url: str) -> str:
    return libpq_url(make_url(url).set(database="postgres"))
