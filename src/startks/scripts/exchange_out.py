"""``startks export``: a town's files out, the month's statement out."""

from __future__ import annotations

import time
from pathlib import Path

import click

from startks.scripts.environment import open_environment
from startks.scripts.exchange_in import registers_in
from startks.scripts.exchange_progress import month_of, say_counts
from startks.scripts.terminal import Stages


@click.group()
def export() -> None:
    """Выгрузка: город набором файлов, ведомость месяца."""


@export.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def town(folder: Path) -> None:
    """Выгрузить город в новую папку DIR: тот же набор файлов, каким он загружается."""
    from startks.framework.exchange.town.exporting import export_set

    started = time.perf_counter()
    with open_environment(purpose="export town") as env, env.engine.begin() as connection, Stages() as stages:
        counts = export_set(connection, registers_in(env), folder, stages)
    say_counts(counts)
    click.echo(f"Выгружено: строк {sum(counts.values())}, {time.perf_counter() - started:.1f} с.")


@export.command()
@click.argument("month")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def statement(month: str, file: Path) -> None:
    """Выгрузить ведомость рассчитанного месяца ГГГГ-ММ в FILE (CSV)."""
    from startks.framework.exchange.town.statements import export_statement

    period, started = month_of(month), time.perf_counter()
    with open_environment(purpose="export statement") as env, env.engine.begin() as connection:
        rows = export_statement(connection, period, file)
    click.echo(f"{month}: строк {rows}, {time.perf_counter() - started:.1f} с.")


@export.command()
@click.argument("month")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def benefits(month: str, file: Path) -> None:
    """Выгрузить льготы рассчитанного месяца ГГГГ-ММ в FILE (CSV) для органа соцзащиты."""
    from startks.modules.billing.social_files import write_benefits

    _social(month, file, write_benefits, "льгот")


@export.command()
@click.argument("month")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def subsidies(month: str, file: Path) -> None:
    """Выгрузить субсидии месяца ГГГГ-ММ в FILE (CSV) для органа соцзащиты."""
    from startks.modules.billing.social_files import write_subsidies

    _social(month, file, write_subsidies, "субсидий")


def _social(month: str, file: Path, write, what: str) -> None:
    """Write a file of the social office whole: beside its name first, then in its place."""
    period, started = month_of(month), time.perf_counter()
    unfinished = file.with_name(f"{file.name}.tmp")
    with open_environment(purpose="export social") as env, env.engine.begin() as connection:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as target:
                rows = write(connection, period, target)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    click.echo(f"{month}: строк {what} {rows}, {time.perf_counter() - started:.1f} с.")
