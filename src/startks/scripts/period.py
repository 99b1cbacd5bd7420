"""``startks period``: accounting periods from the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import click

from startks.base.errors import ConfigurationError, StartksError
from startks.scripts.environment import Environment, open_environment, take_in_rules

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
    from startks.framework.jobs.runner import release_dead
    from startks.modules.billing import tasks

    tasks.register()
    take_in_rules(env.settings)
    with_meters = "metering" in env.settings.modules
    with env.sessions.begin() as session:
        # A run that was cut off goes on where it stopped: its finished ranges of houses are not done again.
        job = tasks.unfinished_month(session, period) or tasks.start_month(
            session, period, consumption=CONSUMPTION if with_meters else None, save=SAVE if with_meters else None
        )
    release_dead(env.sessions.begin)
    if workers is not None:
        state = workers.run(job, progress)
    else:
        with Workers(env.database_url, processes, events=env.events) as own:
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
@click.argument("text", metavar="МЕСЯЦ")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--json", "as_json", is_flag=True, help="Итоги одним объектом JSON.")
def calculate(text: str, processes: int, as_json: bool) -> None:
    """Рассчитать месяц ГГГГ-ММ (открытый) по всему городу."""
    number = month(text)
    with open_environment(purpose="period calculate") as env:
        started = time.perf_counter()
        totals = calculate_month(env, number, None if as_json else _Bar(), processes)
        seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps({**totals, "seconds": round(seconds, 3)}, ensure_ascii=False))
        return
    click.echo(
        f"\n{text}: счетов {totals['accounts']}, строк {totals['lines']}, начислено {roubles(totals['charge'])} ₽, "
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
        if not sys.stdout.isatty():
            return
        left = state.get("seconds_left")
        tail = f", осталось {left:.0f} с" if left is not None else ""
        click.echo(f"\r{state['stage'] or 'Расчёт'}: {state['done']} из {state['total']} счетов{tail}   ", nl=False)


def month(text: str) -> int:
    """``2026-10`` → 202610; ConfigurationError for anything else."""
    from startks.base.periods import parse

    try:
        return parse(text)
    except ValueError as fault:
        raise ConfigurationError(f"{fault}.") from fault


@period.command("list")
@click.option("--json", "as_json", is_flag=True, help="Одним объектом JSON.")
def list_periods(as_json: bool) -> None:
    """Все периоды: состояние, даты, хеш закрытых."""
    from sqlalchemy import text as sql

    with open_environment(purpose="period list") as env, env.sessions() as session:
        rows = session.execute(sql(
            "SELECT id, state, frozen_at, calculated_at, closed_at, hash FROM period ORDER BY id"
        )).all()
    if as_json:
        click.echo(json.dumps([
            {"period": row.id, "state": row.state, "calculated_at": row.calculated_at and row.calculated_at.isoformat(),
             "closed_at": row.closed_at and row.closed_at.isoformat(), "hash": row.hash and bytes(row.hash).hex()}
            for row in rows
        ]))
        return
    for row in rows:
        state = "закрывается" if row.frozen_at else STATES[row.state]
        click.echo(f"{row.id // 100}-{row.id % 100:02d}  {state:14} {bytes(row.hash).hex() if row.hash else ''}".rstrip())


STATES = {"open": "открыт", "rehearsed": "отрепетирован", "closed": "закрыт"}


@period.command("open")
@click.argument("text", metavar="МЕСЯЦ")
def open_command(text: str) -> None:
    """Открыть месяц ГГГГ-ММ (следующий открывается сам, когда закрыт прошлый)."""
    from startks.domain.periods.services import open_period

    with open_environment(purpose="period open") as env, env.sessions.begin() as session:
        open_period(session, month(text))
    click.echo(f"{text}: открыт.")


@period.command()
@click.argument("text", metavar="МЕСЯЦ")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--calculate/--no-calculate", default=True, help="Сначала рассчитать месяц (по умолчанию да).")
@click.option("--json", "as_json", is_flag=True, help="Группы и проверки одним объектом JSON.")
def rehearse(text: str, processes: int, calculate: bool, as_json: bool) -> None:
    """Репетиция месяца: расчёт, сравнение с прошлым месяцем по причинам, проверки перед закрытием."""
    from startks.framework.jobs.inline import Workers
    from startks.scripts import month as life

    number, bar = month(text), None if as_json else _Bar()
    with open_environment(purpose="period rehearse") as env:
        started = time.perf_counter()
        with Workers(env.database_url, processes, events=env.events) as workers:
            if calculate:
                calculate_month(env, number, bar, workers=workers)
            calculated = time.perf_counter()
            life.rehearse(env, number, bar, workers=workers)
        rehearsed = time.perf_counter()
        found, lines = life.groups(env, number), _gate(env, number)
        answered = time.perf_counter()
    seconds = {"calculate": calculated - started, "rehearse": rehearsed - calculated, "gate": answered - rehearsed}
    if as_json:
        click.echo(json.dumps({"groups": [{**row, "title": cause_title(row["cause"])} for row in found],
                               "gate": lines, "seconds": {name: round(value, 3) for name, value in seconds.items()}},
                              ensure_ascii=False))
        return
    click.echo()
    for row in found:
        click.echo(f"  {told(row)}")
    _show_gate(lines)


@period.command("gate")
@click.argument("text", metavar="МЕСЯЦ")
@click.option("--json", "as_json", is_flag=True, help="Одним объектом JSON.")
def gate_command(text: str, as_json: bool) -> None:
    """Проверки перед закрытием. Код возврата 1, пока месяц закрыть нельзя."""
    with open_environment(purpose="period gate") as env:
        lines = _gate(env, month(text))
    if not lines:
        raise StartksError("Проверок ещё не было: сначала startks period rehearse.")
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
    else:
        _show_gate(lines)
    if not all(line["passed"] for line in lines):
        raise click.exceptions.Exit(1)


@period.command("sign")
@click.argument("text", metavar="МЕСЯЦ")
@click.argument("name", metavar="ПРОВЕРКА")
@click.option("--reason", required=True, help="Почему месяц закрывается с этим.")
@click.option("--user", help="Логин того, кто подписывает.")
def sign_command(text: str, name: str, reason: str, user: str | None) -> None:
    """Подписать проверку, которую можно подписать, с причиной («all» — все такие)."""
    from startks.domain.periods.services import sign
    from startks.scripts import month as life

    with open_environment(purpose="period sign") as env:
        by = _user(env, user)
        if name == "all":
            names = life.sign_all(env, month(text), reason, by)
        else:
            names = [name]
            with env.sessions.begin() as session:
                sign(session, month(text), name, reason, by)
    click.echo(f"{text}: подписано: {', '.join(names) or 'нечего'}.")


@period.command("close")
@click.argument("text", metavar="МЕСЯЦ")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--user", help="Логин того, кто закрывает.")
@click.option("--json", "as_json", is_flag=True, help="Итоги одним объектом JSON.")
def close_command(text: str, processes: int, user: str | None, as_json: bool) -> None:
    """Закрыть отрепетированный месяц навсегда. Открыть его снова нельзя."""
    from startks.scripts import month as life

    with open_environment(purpose="period close") as env:
        started = time.perf_counter()
        totals = life.close(env, month(text), None if as_json else _Bar(), processes, by=_user(env, user))
        seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps({**totals, "seconds": round(seconds, 3)}, ensure_ascii=False))
        return
    click.echo(f"\n{text} закрыт: строк {totals['lines']}, к оплате {roubles(totals['closing'])} ₽; {seconds:.1f} с.\n"
               f"Хеш (запишите его вне базы): {totals['hash']}")


@period.command("whatif")
@click.argument("text", metavar="МЕСЯЦ")
@click.option("--tariff", multiple=True, metavar="УСЛУГА=ЧИСЛО|±N%", help="Другой тариф, например cold_water=+10% или waste=812.5.")
@click.option("--norm", multiple=True, metavar="УСЛУГА=ЧИСЛО|±N%", help="Другой норматив.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Число процессов.")
@click.option("--json", "as_json", is_flag=True, help="Одним объектом JSON.")
def whatif_command(text: str, tariff: tuple[str, ...], norm: tuple[str, ...], processes: int, as_json: bool) -> None:
    """Что если: тот же месяц с другим тарифом или нормативом. В базе ничего не остаётся."""
    from startks.scripts import month as life

    changes = tuple(_change("tariff", item) for item in tariff) + tuple(_change("norm", item) for item in norm)
    with open_environment(purpose="period whatif") as env:
        answer = life.what_if(env, month(text), changes, processes, None if as_json else _Bar())
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    whole = answer["whole"]
    click.echo(f"\n{text}: счетов {whole['accounts']}, домов {whole['houses']}, было {roubles(whole['before'])} ₽, "
               f"стало бы {roubles(whole['after'])} ₽, разница {roubles(whole['change'])} ₽.")


def _change(what: str, typed: str):
    from decimal import Decimal, InvalidOperation

    from startks.modules.billing.rehearsal.whatif import Change

    service, _, number = typed.partition("=")
    percent = number.endswith("%")
    number = number.rstrip("%").replace(",", ".")
    try:
        if not Decimal(number).is_finite():
            raise InvalidOperation
    except InvalidOperation as fault:
        raise ConfigurationError(f"«{typed}» не понято: напишите УСЛУГА=ЧИСЛО или УСЛУГА=±N%.") from fault
    return Change(what, service, percent=number) if percent else Change(what, service, value=number)


def _gate(env: Environment, number: int) -> list[dict]:
    from startks.domain.periods import gate

    with env.sessions() as session:
        return [
            {"name": line.name, "severity": line.severity, "title": line.title, "count": line.count,
             "passed": line.passed, "reason": line.reason}
            for line in gate.state(session, number)
        ]


def _show_gate(lines: list[dict]) -> None:
    for line in lines:
        sign = "✓" if not line["count"] else "✎" if line["passed"] else "✗"
        how = f" — {line['count']}" if line["count"] else ""
        how += f"; подписано: {line['reason']}" if line["count"] and line["passed"] else ""
        how += " (подписывается)" if line["count"] and not line["passed"] and line["severity"] == "signed" else ""
        click.echo(f"{sign} {line['title']}{how}  [{line['name']}]")


def _user(env: Environment, login: str | None) -> int | None:
    from sqlalchemy import text as sql

    if login is None:
        return None
    with env.sessions() as session:
        found = session.scalar(sql("SELECT id FROM user_account WHERE login = :login"), {"login": login})
    if found is None:
        raise ConfigurationError(f"Пользователя «{login}» нет: укажите существующий логин.")
    return found


def cause_title(cause: int) -> str:
    """Russian title of a cause."""
    from pathlib import Path

    from pyramid.i18n import make_localizer

    import startks
    from startks.modules.billing.rehearsal.causes import WORDS, Cause

    folder = Path(startks.__file__).parent / "locale"
    return make_localizer("ru", [str(folder)]).translate(WORDS[Cause(cause)].title)


def told(row: dict) -> str:
    """A group as a line: «Тариф: 1 240 счетов, 3 дома, +18,0 % (+12 345,00 ₽)»."""
    share = f"{row['change'] * 100 / abs(row['before']):+.1f} %".replace(".", ",") if row["before"] else "новое"
    sign = "+" if row["change"] > 0 else ""
    return (f"{cause_title(row['cause'])}: счетов {row['accounts']}, домов {row['houses']}, {share} "
            f"({sign}{roubles(row['change'])} ₽)")
