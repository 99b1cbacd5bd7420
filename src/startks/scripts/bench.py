"""``startks bench``: how fast, as a ratio to a floor measured in the same run, printed as one JSON object."""

from __future__ import annotations

import json

import click


def _report(result: dict, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        click.echo(f"{name:>20}: {value}")


@click.group()
def bench() -> None:
    """Замеры: расчёт месяца, его жизнь до закрытия, перерасчёт прошлого, квитанции, страницы, поиск, список. Каждый меряет свою нижнюю границу в том же запуске."""


@bench.command()
@click.option("--accounts", type=click.IntRange(300, 2_000_000), default=35_000, show_default=True,
              help="Число лицевых счетов.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов расчёта.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def billing(accounts: int, processes: int, seed: int, as_json: bool) -> None:
    """Расчёт месяца целиком против COPY готовых строк одним писателем в две таблицы."""
    from startks.scripts.bench_billing import bench_billing

    _report(bench_billing(accounts, processes, seed, lambda text: click.echo(text, err=True)), as_json)


@bench.command()
@click.option("--accounts", type=click.IntRange(300, 2_000_000), default=35_000, show_default=True,
              help="Число лицевых счетов.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def month(accounts: int, processes: int, seed: int, as_json: bool) -> None:
    """Жизнь месяца: расчёт, репетиция с причинами, проверки, закрытие, сверка с печатями."""
    from startks.scripts.bench_month import bench_month

    _report(bench_month(accounts, processes, seed, lambda text: click.echo(text, err=True)), as_json)


@bench.command()
@click.option("--accounts", type=click.IntRange(300, 350_000), default=3_000, show_default=True, help="Число лицевых счетов города.")
@click.option("--months", type=click.IntRange(1, 36), default=36, show_default=True, help="Сколько закрытых месяцев пересчитать.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def replay(accounts: int, months: int, seed: int, as_json: bool) -> None:
    """Закрытые месяцы одного счёта заново (перерасчёт прошлого) и один дом открытого месяца."""
    from startks.scripts.processes import think_small

    think_small()  # as the site, where people ask for it
    from startks.scripts.bench_replay import bench_replay

    _report(bench_replay(accounts, months, seed, lambda text: click.echo(text, err=True)), as_json)


@bench.command()
@click.option("--count", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True, help="Число квитанций.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def receipts(count: int, processes: int, as_json: bool) -> None:
    """Квитанции с QR в секунду на ядро."""
    from startks.scripts.bench_receipts import bench_receipts

    _report(bench_receipts(count, processes), as_json)


@bench.command()
@click.option("--accounts", type=click.IntRange(300, 2_000_000), default=35_000, show_default=True,
              help="Число лицевых счетов.")
@click.option("--queries", type=click.IntRange(70, 100_000), default=280, show_default=True, help="Число запросов.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def search(accounts: int, queries: int, seed: int, as_json: bool) -> None:
    """Строка поиска: страница целиком по адресу, счёту, фамилии с опечаткой, прибору и телефону."""
    from startks.scripts.bench_search import bench_search

    _report(bench_search(accounts, queries, seed, lambda text: click.echo(text, err=True)), as_json)


@bench.command()
@click.option("--requests", "requests", type=click.IntRange(20, 100_000), default=400, show_default=True)
@click.option("--accounts", type=click.IntRange(300, 350_000), default=3_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def pages(requests: int, accounts: int, as_json: bool) -> None:
    """Процессорное время страницы лицевого счёта против «hello» на Pyramid в том же процессе."""
    from startks.scripts.bench_pages import bench_pages

    _report(bench_pages(requests, accounts), as_json)


@bench.command("list")
@click.option("--accounts", type=click.IntRange(300, 1_000_000), default=35_000, show_default=True, help="Число лицевых счетов.")
@click.option("--json", "as_json", is_flag=True, help="Один объект JSON.")
def list_command(accounts: int, as_json: bool) -> None:
    """Список всех лицевых счетов таблицей xlsx против записи готового текста в столько же ячеек."""
    from startks.scripts.bench_list import bench_list

    _report(bench_list(accounts, lambda text: click.echo(text, err=True)), as_json)
