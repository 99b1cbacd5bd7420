"""``startks period``: accounting periods from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import click

from startks.base.errors import ConfigurationError, StartksError
from startks.scripts.environment import Environment, open_environment

CONSUMPTION = "startks.modules.metering.consumption:consumption"
SAVE = "startks.modules.metering.estimates:save_estimates"

Progress = Callable[[dict], None]


def calculate_month(
    env: Environment, period: int, progress: Progress | None = None, processes: int = 2, workers=None
) -> dict:
    """Calculate one open month as a job done by processes of this command; return its totals (kopecks, counts).

    ``workers`` may be a running :class:`startks.framework.jobs.inline.Workers`, kept for several months. Raises
    StartksError where the month may not be calculated or the job failed.
    """
    from startks.framework.jobs.inline import Workers
    from startks.modules.billing import tasks

    tasks.register()
    with_meters = "metering" in env.settings.modules
    with env.sessions.begin() as session:
        job = tasks.start_month(
            session, period, consumption=CONSUMPTION if with_meters else None, save=SAVE if with_meters else None
        )
    if workers is not None:
        state = workers.run(job, progress)
    else:
        with Workers(env.database_url, processes) as own:
            state = own.run(job, progress)
    if state["state"] != "done":
        raise StartksError(
            f"Расчёт месяца не закончен ({state['state']}): посмотрите ошибки задания {job}, исправьте и повторите."
        )
    return state["result"]


@click.group()
def period() -> None:
    """Расчётные периоды."""


@period.command()
@click.argument("month")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--json", "as_json", is_flag=True, help="Итоги одним объектом JSON.")
def calculate(month: str, processes: int, as_json: bool) -> None:
    """Рассчитать месяц ГГГГ-ММ (открытый) по всему городу."""
    from startks.base.periods import parse

    try:
        number = parse(month)
    except ValueError as fault:
        raise ConfigurationError(f"{fault}.") from fault
    with open_environment(purpose="period calculate") as env:
        started = time.perf_counter()
        totals = calculate_month(env, number, None if as_json else _Bar(), processes)
        seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps({**totals, "seconds": round(seconds, 3)}, ensure_ascii=False))
        return
    click.echo(
        f"\n{month}: счетов {totals['accounts']}, строк {totals['lines']}, начислено {roubles(totals['charge'])} ₽, "
        f"оплачено {roubles(totals['paid'])} ₽, к оплате {roubles(totals['closing'])} ₽; "
        f"ошибок {totals['errors']}, предупреждений {totals['warnings']}; {seconds:.1f} с."
    )


def roubles(kopecks: int) -> str:
    """Kopecks as Russians write money."""
    sign, amount = ("−" if kopecks < 0 else ""), abs(kopecks)
    return f"{sign}{amount // 100:,}".replace(",", "\u00a0") + f",{amount % 100:02d}"


class _Bar:
    """One line of progress on the terminal, rewritten in place."""

    def __call__(self, state: dict) -> None:
        left = state.get("seconds_left")
        tail = f", осталось {left:.0f} с" if left is not None else ""
        click.echo(f"\r{state['stage'] or 'Расчёт'}: {state['done']} из {state['total']} счетов{tail}   ", nl=False)
