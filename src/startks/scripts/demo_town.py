"""Prepares the demonstration: licence, town, fourteen calculated months. Only what is missing is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from startks.base.errors import ConfigurationError
from startks.demo.models import DemoState

from .environment import Environment

Progress = Callable[[str, int, int], None]
IN_PROCESS_ACCOUNTS = 12_000
"""Up to this size a month is done before a second process would have started."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the town is made of. None means: as it is, or the default for a new one."""

    accounts: int | None = None
    seed: int | None = None
    city: str | None = None


DEFAULTS = Options(accounts=3_000, seed=1, city="samara")
_NAMES = {"accounts": "--accounts", "seed": "--seed", "city": "--city"}


def history(session: Session) -> list[int]:
    """Return the months (YYYYMM) of the seeded past, oldest first: all but the open one in which the town lives."""
    from startks.demo.town import LAST_PERIOD

    return list(session.scalars(text("SELECT id FROM period WHERE id <= :last ORDER BY id"), {"last": LAST_PERIOD}))


def build_town(env: Environment, options: Options, progress: Progress) -> DemoState:
    """Make the licence and build the town, as far as they are missing; return what is there.

    Raises :class:`ConfigurationError` where the folder holds a town with other options, or a base that is no demo.
    """
    from startks.base.licensing.demo import issue_demo_licence

    issue_demo_licence(env.data_dir)
    with env.sessions.begin() as session:
        state = session.get(DemoState, 1)
        inhabited = session.scalar(text("SELECT EXISTS (SELECT 1 FROM municipality)"))
        if inhabited and state is None:
            raise ConfigurationError(
                f"В папке данных {env.data_dir} уже есть настоящая база: укажите для показательного города "
                "другую папку (--data DIR)."
            )
        if inhabited:
            _must_agree(env, state, options)
            return state
        if state is not None:
            session.delete(state)  # its building was cut off and rolled back
            session.flush()
        state = DemoState(
            id=1,
            **{name: given if (given := getattr(options, name)) is not None else getattr(DEFAULTS, name) for name in _NAMES},
        )
        session.add(state)
    from startks.demo.town import build

    built = build(env.database_url, accounts=state.accounts, seed=state.seed, city=state.city, progress=progress)
    from startks.framework.addons.counting import measure

    with env.sessions.begin() as session:
        state = session.get(DemoState, 1)
        state.built_at = dt.datetime.now(dt.UTC)
        state.dirt = {**built.dirt, "accounts": built.dirty_accounts}
        measure(session)  # what the licence counts; afterwards every night
    return state


def _must_agree(env: Environment, state: DemoState, options: Options) -> None:
    for name, option in _NAMES.items():
        given, there = getattr(options, name), getattr(state, name)
        if given is not None and given != there:
            raise ConfigurationError(
                f"В папке данных {env.data_dir} уже построен город с {option} {there}, а указано {given}: "
                f"уберите {option} или укажите другую папку (--data DIR)."
            )


def calculate(
    env: Environment, accounts: int, progress: Progress, months: int | None = None, seed: int = 1
) -> list[int]:
    """Calculate the months of the past that are not calculated yet; return them. ``months`` limits their number.

    The bills of each month are paid in the next one, before that one is calculated.
    """
    from startks.base.periods import shift
    from startks.demo.payments import pay_month
    from startks.framework.jobs.inline import Workers
    from startks.scripts.period import calculate_month

    with env.sessions() as session:
        past = history(session)[:months]
        done = set(session.scalars(text("SELECT id FROM period WHERE calculated_at IS NOT NULL")))
    missing = [period for period in past if period not in done]
    if not missing:
        pay_month(env.database_url, past[-1], seed)  # where the last start was cut off between the two
        return []
    total = accounts * len(past)
    processes = 1 if accounts <= IN_PROCESS_ACCOUNTS else 2
    with Workers(env.database_url, processes) as workers:
        for period in missing:
            before = accounts * past.index(period)

            def report(state: dict, before: int = before) -> None:
                progress("Расчёт месяцев", before + min(state["done"], accounts), total)

            progress("Расчёт месяцев", before, total)
            pay_month(env.database_url, shift(period, -1), seed)
            calculate_month(env, period, report, workers=workers)
            pay_month(env.database_url, period, seed)
            _live_on(env, period, past, workers)
    return missing


HISTORY = "Показательный город: прошлое посеяно вместе с тем, что в нём не сходится."


def _live_on(env: Environment, period: int, past: list[int], workers) -> None:
    """Close a month of the past; the newest one is rehearsed, so that closing it is left to the visitor."""
    from startks.scripts import month

    if period == past[-1]:
        month.rehearse(env, period, workers=workers)
    else:
        month.close(env, period, workers=workers, history=HISTORY)


def summary(env: Environment) -> list[str]:
    """Return what the town holds, a line a fact, counted in the data base; and what was spoiled on purpose."""
    from startks.demo.town import DIRT_TITLES

    with env.sessions() as session:
        state = session.scalars(select(DemoState)).one()
        counts = session.execute(
            text("""SELECT (SELECT name FROM municipality ORDER BY id LIMIT 1) AS city,
                           (SELECT count(*) FROM house) AS houses, (SELECT count(*) FROM account) AS accounts,
                           (SELECT count(*) FROM person) AS people, (SELECT count(*) FROM meter) AS meters,
                           (SELECT count(*) FROM period WHERE calculated_at IS NOT NULL) AS months,
                           pg_database_size(current_database()) / 1048576 AS megabytes""")
        ).one()
        last = session.execute(
            text("""SELECT period, count(*) AS lines, sum(charge) AS charge FROM statement
                     WHERE period = (SELECT max(id) FROM period WHERE calculated_at IS NOT NULL) GROUP BY period""")
        ).one_or_none()
    lines = [
        f"{counts.city}: домов {counts.houses}, лицевых счетов {counts.accounts}, людей {counts.people}, "
        f"счётчиков {counts.meters}; база {counts.megabytes} МБ (--seed {state.seed})",
    ]
    if last is not None:
        roubles = f"{last.charge // 100:,}".replace(",", " ")
        lines.append(f"рассчитано месяцев {counts.months}; последний {last.period}: строк {last.lines}, начислено {roubles} ₽")
    if state.dirt:
        own = state.dirt["accounts"]
        lines.append(f"Огрехи, как в настоящих базах (посеяны нарочно): счетов {own} ({100 * own / state.accounts:.1f} %)")
        lines += [f"  {title}: {state.dirt[kind]}" for kind, title in DIRT_TITLES.items() if state.dirt.get(kind)]
    return lines
