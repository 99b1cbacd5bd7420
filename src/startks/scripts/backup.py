"""``startks backup`` and ``startks restore``: a whole installation into a folder, and back into an empty one."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import click

from startks.base.errors import StartksError

from .environment import open_environment


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Сделать полную копию в новую папку DIR: база одним снимком, файлы, ключи, опись с контрольными суммами.

    Работать при этом можно. Копия содержит персональные данные и ключи: храните её как базу. Секрет, переданный
    переменной окружения, в копию не входит.
    """
    from . import copies
    from .migrate import versions

    started = time.perf_counter()
    with open_environment(purpose="backup", migrate=False) as env:
        schema = {f"alembic_version_{name}": version for name, version, _ in versions(env.database_url, env.settings) if version}
        manifest = copies.make(env.engine, env.data_dir, target, schema, lambda stage: click.echo(stage, err=True))
    size = sum(length for length, _ in manifest["files"].values())
    fingerprint = hashlib.sha256((target / copies.MANIFEST).read_bytes()).hexdigest()
    click.echo(
        f"Копия {target}: {size / 2**20:.1f} МБ, таблиц {len(manifest['rows'])}, строк {sum(manifest['rows'].values())}, "
        f"файлов {len(manifest['kept_files'])}; {time.perf_counter() - started:.1f} с.\n"
        f"Запишите отдельно SHA-256 описи: {fingerprint}"
    )


@click.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--hash", "known", metavar="SHA256", help="Записанный отдельно SHA-256 описи: сверить перед началом.")
def restore(source: Path, known: str | None) -> None:
    """Восстановить копию DIR в пустую базу и пустую папку данных и сверить всё с описью.

    В непустую базу не восстанавливает никогда.
    """
    from . import copies

    started = time.perf_counter()
    if known is not None:
        fingerprint = hashlib.sha256((source / copies.MANIFEST).read_bytes()).hexdigest()
        if fingerprint != known.strip().lower():
            raise StartksError(f"Опись копии {source} не та: её SHA-256 {fingerprint}. Возьмите другую копию.")
    with open_environment(purpose="restore", migrate=False) as env:
        def say(stage: str) -> None:
            click.echo(stage, err=True)

        manifest = copies.restore(env.engine, env.data_dir, source, say)
        faults = copies.check(env.engine, env.data_dir, manifest, say)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise StartksError(f"Восстановленное отличается от описи: {len(faults)}. Не работайте в этой базе, возьмите другую копию.")
    click.echo(
        f"Восстановлено: строк {sum(manifest['rows'].values())}, файлов {len(manifest['kept_files'])}, закрытых месяцев "
        f"{len(manifest['periods'])}; всё сошлось с описью; {time.perf_counter() - started:.1f} с. "
        "Теперь: startks db upgrade, затем запуск."
    )
