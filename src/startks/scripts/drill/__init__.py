"""``startks drill``: exercises of the worst days, which print what they saw and fail where anything was lost."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import click

from startks.base.errors import StartksError


@click.group()
def drill() -> None:
    """Учения: убить процессы в худший миг, восстановить из копии, сверить города вторым расчётом."""


@drill.command()
@click.option("--times", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Сколько раз убить.")
@click.option("--accounts", type=click.IntRange(60, 20_000), default=300, show_default=True, help="Счетов в городе учений.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Зерно порядка убийств.")
@click.option(
    "--broker", type=click.Choice(["embedded", "redis", "rabbitmq"]), default="embedded", show_default=True,
    help="Брокер: встроенный или системы.",
)
@click.option(
    "--only", type=click.Choice(["self", "worker", "beat", "web", "broker", "postgres"]), help="Убивать только его."
)
@click.option("--keep", is_flag=True, help="Оставить папку с журналами процессов.")
@click.option("--json", "as_json", is_flag=True, help="Итог одним объектом JSON.")
def kills(times: int, accounts: int, seed: int, broker: str, only: str | None, keep: bool, as_json: bool) -> None:
    """kill -9 исполнителя, сайта, часов, брокера и PostgreSQL в названных точках расчёта, репетиции и закрытия.

    После каждого цикла месяц должен быть равен до байта (и до хеша печатей) невредимому, инварианты целы.
    """
    from .kills import drill_kills

    folder = Path(tempfile.mkdtemp(prefix="startks-drill-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        report = drill_kills(
            folder, times=times, accounts=accounts, seed=seed, broker=broker, only=only,
            say=(lambda line: None) if as_json else click.echo,
        )
    finally:
        if keep:
            click.echo(f"журналы: {folder / 'services' / 'log'}", err=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    answer = {
        "kills": len(report.kills), "cycles": report.cycles, "seconds": round(report.seconds, 1),
        "faults": report.faults, "points": report.by("point"), "victims": report.by("victim"),
    }
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(f"убито {answer['kills']} раз за {answer['seconds']} с, циклов {report.cycles}")
        for what in ("points", "victims"):
            click.echo("  " + ", ".join(f"{name} {count}" for name, count in answer[what].items()))
    if report.faults:
        raise StartksError(f"Учения нашли потери: {len(report.faults)}. Первая: {report.faults[0]}.")


@drill.command()
@click.argument("source", metavar="[DIR]", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Итог одним объектом JSON.")
def restore(source: Path | None, as_json: bool) -> None:
    """Проверить копию DIR (или сделать новую): восстановить на отдельном сервере, сверить, выбросить.

    Работающую базу не трогает. Время восстановления — то, за которое установка поднимется на новой машине.
    """
    import dataclasses

    from startks.scripts.environment import open_environment
    from startks.scripts.migrate import versions

    from .recovery import try_copy, try_now

    def say(stage: str) -> None:
        if not as_json:
            click.echo(stage, err=True)

    if source is not None:
        outcome = try_copy(source, say)
    else:
        with open_environment(purpose="drill restore", migrate=False) as env:
            schema = {f"alembic_version_{name}": there for name, there, _ in versions(env.database_url, env.settings) if there}
            outcome = try_now(env, schema, say)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(outcome), ensure_ascii=False))
    else:
        for fault in outcome.faults:
            click.echo(fault)
        click.echo(
            f"строк {outcome.rows}, файлов {outcome.files}, закрытых месяцев {outcome.periods}, {outcome.megabytes} МБ; "
            f"копия {outcome.made} с, восстановление {outcome.restored} с, сверка {outcome.checked} с"
        )
    if outcome.faults:
        raise StartksError(f"Копия негодна: различий {len(outcome.faults)}. Первое: {outcome.faults[0]}.")


@drill.command()
@click.option("--lines", type=click.IntRange(1), default=10_000_000, show_default=True, help="Сколько строк сверить.")
@click.option("--accounts", type=click.IntRange(300, 100_000), default=3_000, show_default=True, help="Счетов в городе.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Зерно первого города.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Процессов.")
@click.option("--seconds", type=click.IntRange(1), help="Не начинать нового города после стольких секунд.")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), help="Файл достигнутого: продолжить с него.")
def towns(lines: int, accounts: int, seed: int, processes: int, seconds: int | None, state: Path | None) -> None:
    """Города одного зерна за другим: каждая строка каждого месяца вторым расчётом; город потом удаляется.

    Код выхода 1, если хоть одна строка отличается. С --state учения продолжаются с достигнутого.
    """
    from startks.scripts.environment import open_environment

    from .towns import compare_towns, load, write

    reached = load(state, seed)
    folder = Path(tempfile.mkdtemp(prefix="startks-drill-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with open_environment(folder, purpose="drill towns", durable=False) as env:
            compare_towns(
                env, reached, lines=lines, accounts=accounts, processes=processes, seconds=seconds, say=click.echo,
                keep=lambda now: write(state, now) if state is not None else None,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    click.echo(f"городов {reached.towns}, месяцев {reached.months}, строк {reached.lines}, отличаются {reached.differing}")
    for cause, count in sorted(reached.causes.items(), key=lambda pair: -pair[1]):
        click.echo(f"  {count:>6}  {cause}; {reached.examples.get(cause, '')}")
    if reached.differing:
        raise StartksError(f"Второй расчёт не согласен: строк {reached.differing}.")
