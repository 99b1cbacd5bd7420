"""Migrations: one branch for the kernel and one a module, each with a version table of its own.

So a removed add-on never blocks the rest. The rule which branch a table belongs to: the package its model is defined
in. ``startks.modules.X`` is branch ``X``, every other part of ``startks`` is ``kernel``; a foreign module's package is
the branch that its manifest names. Ours lie in ``migrations/<branch>``, a foreign module's in its own package.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import NullPool, Table

from startks.base.db import Base
from startks.base.db.session import make_engine
from startks.base.errors import StartksError
from startks.base.settings import Settings
from startks.framework.addons.collect import collect
from startks.framework.addons.manifest import Manifest
from startks.framework.addons.plan import plan

from .environment import project_root

KERNEL = "kernel"
MODEL_PACKAGES = ("startks.domain", "startks.framework", "startks.demo", "startks_portal", "startks_backoffice")
LOCK_TIMEOUT_MS = 15_000
STATEMENT_TIMEOUT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of migrations: its name, the folder of its versions, the package whose models it owns."""

    name: str
    folder: Path
    package: str

    @property
    def version_table(self) -> str:
        """Name of the table that holds the branch's version."""
        return f"alembic_version_{self.name}"


def branches(settings: Settings, report: Callable[[str], None] = lambda line: None) -> list[Branch]:
    """Return the kernel's branch and the enabled modules' in the loader's order, with all models imported.

    A module that cannot be read is named through ``report`` and left out; it does not keep the others back.
    """
    load_models()
    found = [Branch(KERNEL, project_root() / "migrations" / KERNEL, "startks")]
    for manifest in plan(collect(), settings.modules).order:
        try:
            if manifest.models:
                importlib.import_module(manifest.models)
            if manifest.migrations:
                found.append(Branch(manifest.migrations.branch, _folder(manifest), manifest.package))
        except Exception as error:  # noqa: BLE001 - a foreign module may fail in any way; it is named, the rest goes on
            report(f"модуль «{manifest.name}» пропущен: его таблицы не читаются ({type(error).__name__}: {error})")
    return found


def load_models() -> None:
    """Import every ``models`` module of the kernel and the faces, so that the metadata is complete."""
    for package in MODEL_PACKAGES:
        _import_models(package)


def branch_of(table: Table, known: list[Branch]) -> str:
    """Return the name of the branch that owns the table (``info["branch"]``, else by its model's package)."""
    named = table.info.get("branch")
    if named:
        return named
    module = _module_of_table().get(table, "startks")
    owners = [item for item in known if module == item.package or module.startswith(item.package + ".")]
    return max(owners, key=lambda item: len(item.package)).name if owners else KERNEL


def upgrade(database_url: str, settings: Settings, report: Callable[[str], None] = lambda line: None) -> list[str]:
    """Bring the kernel and each enabled module to its newest version; return the names of the branches changed.

    Idempotent, and cheap when there is nothing to do. Each migration is a transaction of its own, under an advisory
    lock, with lock and statement timeouts. Raises :class:`StartksError` naming the branch that failed.
    """
    changed = []
    engine = make_engine(
        database_url,
        lock_timeout_ms=LOCK_TIMEOUT_MS,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
        application_name="startks-migrations",
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        for branch in branches(settings, report):
            config = configuration(branch, connection)
            if _current(connection, branch) == _head(config):
                continue
            report(f"схема: {branch.name}")
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StartksError(
                    f"Миграции ветви «{branch.name}» не выполнены: {error}. Обновите пакет до версии базы данных."
                ) from error
            changed.append(branch.name)
    engine.dispose()
    return changed


def versions(database_url: str, settings: Settings) -> list[tuple[str, str | None, str | None]]:
    """Return (branch, version in the data base, newest version) of every branch."""
    engine = make_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return [
            (branch.name, _current(connection, branch), _head(configuration(branch, connection)))
            for branch in branches(settings)
        ]


def newest_versions(settings: Settings) -> dict[str, str]:
    """Return {version table: newest version} of every branch as this code has it; asks no data base."""
    found = {branch.version_table: _head(configuration(branch, None)) for branch in branches(settings)}
    return {table: version for table, version in found.items() if version is not None}


def configuration(branch: Branch, connection) -> Config:
    """Return Alembic's configuration for one branch on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(project_root() / "migrations").replace("%", "%%"))
    config.set_main_option("version_locations", str(branch.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["branch"] = branch
    return config


def _current(connection, branch: Branch) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": branch.version_table})
    version = context.get_current_revision()
    connection.rollback()
    return version


def _head(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def _import_models(package: str) -> None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return
    for info in pkgutil.walk_packages(spec.submodule_search_locations, package + "."):
        if info.name.rpartition(".")[2] == "models":
            importlib.import_module(info.name)


def _folder(manifest: Manifest) -> Path:
    """Return the folder of a module's versions: ``package:folder``, or a path from the project root."""
    package, colon, inside = manifest.migrations.folder.partition(":")
    if not colon:
        folder = project_root() / package
    else:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ImportError(f"пакет {package} не найден")
        folder = Path(next(iter(spec.submodule_search_locations))) / inside
    if not folder.is_dir():
        raise FileNotFoundError(f"нет папки миграций {folder}")
    return folder


def _module_of_table() -> dict[Table, str]:
    return {
        mapper.local_table: mapper.class_.__module__
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
    }


def draft(database_url: str, settings: Settings, name: str, message: str) -> str:
    """Write a draft of the next migration of a branch (for developers) and return its path."""
    engine = make_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        known = branches(settings)
        branch = next((item for item in known if item.name == name), None)
        if branch is None:
            raise StartksError(f"Нет ветви «{name}»: есть {', '.join(item.name for item in known)}.")
        config = configuration(branch, connection)
        own = {table.name for table in Base.metadata.tables.values() if branch_of(table, known) == name}
        config.attributes["include_name"] = lambda label, kind, _: kind != "table" or label in own
        config.attributes["include_object"] = lambda item, label, kind, *_: kind != "table" or label in own
        number = len(list(branch.folder.glob("[0-9]*.py"))) + 1
        script = command.revision(
            config, message, autogenerate=True, rev_id=f"{name}_{number:04}", version_path=str(branch.folder)
        )
    engine.dispose()
    return str(script.path)
