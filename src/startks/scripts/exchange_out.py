"""``startks export``: a town's files out, the month's statement out."""

from __future__ import annotations

import time
from pathlib import Path

import click

from startks.scripts.environment import open_environment
from startks.scripts.exchange_in import registers_in
from startks.scripts.exchange_progress import Line, say_counts


@click.group()
def export() -> None:
    """Выгрузка: город набором файлов, ведомость месяца."""


@export.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def town(folder: Path) -> None:
    """Выгрузить город в новую папку DIR: тот же набор файлов, каким он загружается."""
    from startks.framework.exchange.town.exporting import export_set

    started, line = time.perf_counter(), Line()
    with open_environment(purpose="export town") as env, env.engine.begin() as connection:
        counts = export_set(connection, registers_in(env), folder, line)
    line.clear()
    say_counts(counts)
    click.echo(f"Выгружено: строк {sum(counts.values())}, {time.perf_counter() - started:.1f} с.")
