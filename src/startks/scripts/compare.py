"""``startks compare``: the month again by the second calculator, line by line beside what the engine wrote."""

from __future__ import annotations

import click

from startks.base.errors import ConfigurationError
from startks.base.periods import parse

FIELDS = {
    "volume": "объём", "tariff": "тариф", "charge": "начислено", "excess": "превышение", "opening": "вход. остаток",
    "recalculation": "перерасчёт", "benefit": "льгота", "penalty": "пени", "paid": "оплачено", "closing": "исход. остаток",
    "debts": "долги по месяцам",
}  # fmt: skip
CAUSES = 40
"""Causes printed; the rest is counted."""


@click.command("compare")
@click.argument("months", metavar="ГГГГ-ММ…", nargs=-1, required=True)
@click.option("--processes", type=click.IntRange(1, 64), default=1, metavar="ЧИСЛО", help="Процессов (по умолчанию 1).")
@click.option("--data", metavar="DIR", help="Папка данных (иначе как у startks --data).")
def compare(months: tuple[str, ...], processes: int, data: str | None) -> int:
    """Сверка вторым расчётом: каждая строка месяца заново из фактов, без кода основного расчёта.

    Код выхода 1, если хоть одна строка отличается.
    """
    from startks.scripts.environment import open_environment

    try:
        periods = [parse(month) for month in months]
    except ValueError as fault:
        raise ConfigurationError(f"{fault}.") from fault
    differing = 0
    with open_environment(data, purpose="compare") as env:
        for period in periods:
            for line, wrong in told(env.database_url, period, processes):
                click.echo(line)
                differing += wrong
    return 1 if differing else 0


def told(database_url: str, period: int, processes: int = 1) -> list[tuple[str, int]]:
    """What a comparison of one month says: (line, number of lines that differ, given once)."""
    from startks_check.compare import compare as laid_beside

    result = laid_beside(database_url.replace("+psycopg", ""), period, processes)
    name = f"{period // 100}-{period % 100:02d}"
    speed = result.lines / result.seconds if result.seconds else 0
    lines = [(
        f"{name}: строк {result.lines}, отличаются {result.differing}; {result.seconds:.1f} с, {speed:.0f} строк/с.",
        result.differing,
    )]
    if not result.lines:
        lines.append(("  Месяц не рассчитан или в базе нет домов: сверять нечего.", 1))
    for cause, count in result.causes.most_common(CAUSES):
        service, what, why = cause
        fields = "/".join(FIELDS.get(part, part) for part in what.split("/"))
        lines.append((f"  {count:>6}  {service}: {fields} ({why})", 0))
        for (account, _, supplier), values, rule in result.examples[cause]:
            pairs = "; ".join(f"{FIELDS[key]}: {ours} — записано {theirs}" for key, (ours, theirs) in values.items())
            lines.append((f"            счёт id {account}, поставщик {supplier}, правило {rule}: {pairs}", 0))
    if len(result.causes) > CAUSES:
        lines.append((f"  … и ещё причин: {len(result.causes) - CAUSES}", 0))
    return lines
