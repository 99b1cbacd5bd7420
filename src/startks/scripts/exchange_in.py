"""``startks import``: a town's files in, the check after a migration, the trial against the old system."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from startks.base.errors import StartksError
from startks.scripts.environment import Environment, open_environment
from startks.scripts.exchange_progress import Line, say_counts, say_groups


def registers_in(env: Environment):
    """Registers of the house and of every enabled module; StartksError where one of them does not run."""
    from startks.app import configure
    from startks.framework.addons.registry import addons_of
    from startks.framework.exchange.town.catalogue import registers_of

    settings = {
        "startks.modules": " ".join(env.settings.modules), "startks.database_url": env.database_url,
        "startks.data_dir": str(env.data_dir), "startks.broker_url": env.broker_url,
    }
    registry = configure(settings).registry
    for reason in addons_of(registry).refused.values():
        raise StartksError(f"{reason.rstrip('.')}. Без него набор файлов был бы неполон.")
    return registers_of(registry)


@click.group(name="import")
def import_() -> None:
    """Загрузка: город набором файлов, реестр, проверка и сверка после переноса."""


@import_.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Только проверить: в базе ничего не меняется.")
@click.option("--json", "as_json", is_flag=True, help="Итог и ошибки одним объектом JSON.")
def town(source: Path, dry_run: bool, as_json: bool) -> None:
    """Загрузить город из папки DIR (или архива zip) с файлами CSV: всё или ничего."""
    from startks.framework.exchange.town.faults import FaultBook
    from startks.framework.exchange.town.importing import check_town, import_town

    started, line = time.perf_counter(), Line()

    def show(fault) -> None:
        line.clear()
        click.echo(fault.sentence())

    book = FaultBook(listener=None if as_json else show)
    with open_environment(purpose="import town") as env:
        registers = registers_in(env)
        if dry_run:
            outcome = check_town(source, registers, book, line)
        else:
            outcome = import_town(env.engine, env.data_dir, source, registers, book, line)
    line.clear()
    seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps(_as_json(outcome, seconds), ensure_ascii=False))
    elif book:
        say_groups(book)
    else:
        say_counts(outcome.counts)
        rows = sum(outcome.counts.values())
        verb = "Загружено" if outcome.loaded else "Проверено, ошибок нет"
        click.echo(f"{verb}: строк {rows}, {seconds:.1f} с, {rows / seconds:,.0f} строк в секунду.".replace(",", " "))
    if book:
        raise StartksError("Набор не принят целиком, в базе ничего не изменилось: исправьте строки и повторите.")


def _as_json(outcome, seconds: float) -> dict:
    return {
        "loaded": outcome.loaded, "batch": outcome.batch, "counts": outcome.counts, "rows": sum(outcome.counts.values()),
        "faults": outcome.book.total, "seconds": round(seconds, 3),
        "list": [
            {name: getattr(fault, name) for name in ("file", "line", "field", "value", "reason", "way_out")}
            for fault in outcome.book
        ],
    }
