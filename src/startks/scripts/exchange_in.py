"""``startks import``: a town's files in, the check after a migration, the trial against the old system."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from startks.base.errors import StartksError
from startks.scripts.environment import Environment, open_environment
from startks.scripts.exchange_progress import month_of, say_counts, say_faults, say_groups
from startks.scripts.terminal import Stages


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

    book = FaultBook(listener=None if as_json else lambda fault: click.echo(fault.sentence()))
    with open_environment(purpose="import town") as env:
        registers, started = registers_in(env), time.perf_counter()
        with Stages(quiet=as_json) as stages:
            if dry_run:
                outcome = check_town(source, registers, book, stages)
            else:
                outcome = import_town(env.engine, env.data_dir, source, registers, book, stages)
    seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps(_as_json(outcome, seconds), ensure_ascii=False))
    elif book:
        say_groups(book)
    else:
        say_counts(outcome.counts)
        rows = sum(outcome.counts.values())
        verb = "Загружено" if outcome.loaded else "Проверено, ошибок нет"
        click.echo(f"{verb}: строк {rows}, {seconds:.1f} с, {rows / seconds:.0f} строк в секунду.")
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


@import_.command()
@click.option("--json", "as_json", is_flag=True, help="Одним объектом JSON.")
def check(as_json: bool) -> None:
    """Инвентаризация после переноса: сколько, на какую сумму, что без пары, что дважды."""
    from startks.framework.exchange.town.inventory import KINDS, take_inventory

    with open_environment(purpose="import check") as env, env.engine.connect() as connection:
        registers = registers_in(env)
        found = take_inventory(connection, registers)
    if as_json:
        rows = [
            {"register": one.register, "kind": one.question.kind, "title": one.question.title, "count": one.count,
             "value": one.value, "examples": list(one.examples)}
            for one in found.findings
        ]  # fmt: skip
        click.echo(json.dumps({"day": found.day.isoformat(), "counts": found.counts, "findings": rows}, ensure_ascii=False))
        return
    click.echo(f"Состояние на {found.day:%d.%m.%Y}. Строк в наборе, если выгрузить его сейчас:")
    say_counts(found.counts, {register.name: register.title for register in registers})
    for kind, title in KINDS.items():
        click.echo(f"{title}:")
        for one in found.findings:
            if one.question.kind == kind:
                tail = f": {', '.join(one.examples)}" if one.examples else ""
                click.echo(f"  {one.value if kind == 'sum' else one.count:>14}  {one.question.title}{tail}")


@import_.command()
@click.argument("month")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Куда записать все расхождения (CSV).")
@click.option("--json", "as_json", is_flag=True, help="Итог одним объектом JSON.")
def compare(month: str, old: Path, out: Path | None, as_json: bool) -> None:
    """Сверить месяц ГГГГ-ММ с ведомостью прежней системы OLD (те же столбцы, что у export statement)."""
    from startks.framework.exchange.town.faults import FaultBook
    from startks.framework.exchange.town.statements import CAUSES, thickest, told, write_differences
    from startks.framework.exchange.town.statements import compare as lay

    period, book = month_of(month), FaultBook()
    with open_environment(purpose="import compare") as env, env.engine.begin() as connection:
        found = lay(connection, period, old, book)
    if found is None:
        say_faults(book)
        raise StartksError(f"В файле {old.name} ошибок: {book.total}. Исправьте их, затем сверяйте.")
    if out is not None:
        write_differences(found, out)
    if as_json:
        groups = [{**row, "title": CAUSES[row["cause"]]} for row in found.groups.iter_rows(named=True)]
        click.echo(json.dumps(
            {"lines_here": found.lines_here, "lines_old": found.lines_old, "equal": found.equal,
             "different": found.differences.height, "groups": groups}, ensure_ascii=False))  # fmt: skip
        return
    click.echo(f"Строк здесь {found.lines_here}, в прежней системе {found.lines_old}, совпало {found.equal}, разошлось {found.differences.height}.")
    for row in found.groups.iter_rows(named=True):
        click.echo(f"  {told(row)}, начислено {_signed(row['charge'])} ₽, остаток {_signed(row['closing'])} ₽")
    if (accounts := thickest(found)):
        click.echo("Больше всего расхождений у счетов: " + ", ".join(f"{number} (строк {lines})" for number, lines in accounts))
    if out is not None:
        click.echo(f"Все расхождения: {out}")


def _signed(kopecks: int) -> str:
    """A difference: what is here less what was there."""
    from startks.scripts.period import roubles

    return f"{'+' if kopecks > 0 else ''}{roubles(kopecks)}"


@import_.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--map", "source", required=True, help="Карта столбцов: файл JSON или имя готовой (meters-flat).")
@click.option("--register", "name", help="Реестр, если карта его не называет или нужен один из её реестров.")
@click.option("--dry-run", is_flag=True, help="Только проверить: в базе ничего не меняется.")
def xlsx(file: Path, source: str, name: str | None, dry_run: bool) -> None:
    """Добавить в город строки таблицы FILE (xlsx) по карте её столбцов: все или ни одной."""
    from functools import partial

    from startks.framework.exchange.sheets import SheetError
    from startks.framework.exchange.town.adding import Added, add_raw, next_number
    from startks.framework.exchange.town.faults import FaultBook
    from startks.framework.exchange.town.journal import keep_refused
    from startks.framework.exchange.town.spreadsheets import map_sheet, read_map

    chosen, added = read_map(source, name), Added(book=FaultBook(listener=lambda fault: click.echo(fault.sentence())))
    with open_environment(purpose="import xlsx") as env:
        registers = registers_in(env)
        try:
            with env.engine.connect() as connection:
                raw = map_sheet(file, chosen, registers, added, partial(next_number, connection, registers))
        except SheetError:
            if not dry_run:
                keep_refused(env.engine, env.data_dir, "+".join(chosen.registers), file)
            raise
        add_raw(env.engine, env.data_dir, registers, raw, file, dry_run=dry_run, added=added)
    for line, reason in added.left_out:
        click.echo(f"{file.name}, строка {line}: оставлена по карте, {reason}.")
    _say_added(added)


@import_.command()
@click.argument("name", metavar="REGISTER")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Только проверить: в базе ничего не меняется.")
def register(name: str, file: Path, dry_run: bool) -> None:
    """Добавить в город строки одного реестра из FILE (CSV того же вида, что в наборе)."""
    from startks.framework.exchange.town.adding import add_file
    from startks.framework.exchange.town.faults import FaultBook

    book = FaultBook(listener=lambda fault: click.echo(fault.sentence()))
    with open_environment(purpose="import register") as env:
        added = add_file(env.engine, env.data_dir, registers_in(env), name, file, dry_run=dry_run, book=book)
    _say_added(added)


def _say_added(added) -> None:
    if added.book:
        say_groups(added.book)
        raise StartksError("Файл не принят целиком, в базе ничего не изменилось: исправьте строки и повторите.")
    say_counts(added.counts)
    click.echo("Добавлено." if added.loaded else "Проверено, ошибок нет.")


@import_.command(name="format")
def format_() -> None:
    """Описание формата (Markdown): файлы, столбцы, примеры."""
    from startks.framework.exchange.town.documentation import page

    with open_environment(purpose="import format") as env:
        click.echo(page(registers_in(env)), nl=False)
