"""Computing again what is small: 36 closed months of one account (the replay), and one house of the open month.

Both are measured inside transactions that are rolled back, so the bench's town stays as it was. Nobody gives readings after
the fourteen seeded months: the later ones are charged by averages and norms, which reads and computes the same tables.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from startks.base.periods import first_day, shift
from startks.framework.jobs.inline import Workers
from startks.scripts import month
from startks.scripts.bench_town import FIRST, bench_database
from startks.scripts.demo_town import HISTORY
from startks.scripts.environment import Environment, open_environment
from startks.scripts.period import CONSUMPTION, SAVE, calculate_month

BAR_S, HOUSE_BAR_MS = 1.0, 100
TRIES = 5

_ACCOUNTS = text("""
    SELECT a.id, a.premise_id, a.house_id FROM account a JOIN premise_area p ON p.premise_id = a.premise_id
     WHERE a.closed_on IS NULL AND a.opened_on < :first GROUP BY a.id HAVING count(*) = 1
     ORDER BY a.id LIMIT :count OFFSET :skip""")
_HOUSES = text("SELECT house_id, count(*) AS accounts FROM account GROUP BY 1 ORDER BY 2, 1")


def bench_replay(accounts: int, months: int, seed: int, say: Callable[[str], None]) -> dict:
    """Return ``seconds`` of the replay of ``months`` closed months of one account (median of accounts), ``house_ms`` of one
    house of the open month (median and largest house), each with its bar.

    A premise's area, corrected from the first month, makes every month's bill another one: each of them is computed, laid
    beside what was charged and posted with its reason.
    """
    from startks.modules.billing.calculation.run import recalculate_house

    with open_environment(purpose="bench replay") as base:
        env = _lived(bench_database(base, accounts, seed, say), months, say)
        opened = shift(FIRST, months)
        with env.sessions() as session:
            chosen = session.execute(_ACCOUNTS, {"first": first_day(FIRST), "count": TRIES, "skip": accounts // 3}).all()
            houses = session.execute(_HOUSES).all()
        _replay(env, chosen[0], months)  # the first one builds plans and loads the libraries
        replays = [_replay(env, account, months) for account in chosen]
        calculate_month(env, opened, processes=1)
        spent: dict[str, list[float]] = {}
        for name, house in (("house", houses[len(houses) // 2]), ("largest", houses[-1])):
            for _ in range(TRIES + 1):
                with env.sessions() as session:
                    started = time.perf_counter()
                    recalculate_house(session.connection(), env.database_url, opened, house.house_id, CONSUMPTION, SAVE)
                    session.flush()
                    spent.setdefault(name, []).append((time.perf_counter() - started) * 1000)
                    session.rollback()
        env.engine.dispose()
    return {
        "bench": "replay", "accounts": accounts, "months": months, "seconds": round(statistics.median(s for s, _, _ in replays), 3),
        "cpu_s": round(statistics.median(cpu for _, cpu, _ in replays), 3),
        "worst_s": round(max(s for s, _, _ in replays), 3), "bar_s": BAR_S, "lines": [rows for _, _, rows in replays],
        "house_accounts": houses[len(houses) // 2].accounts, "house_ms": round(statistics.median(spent["house"][1:]), 1),
        "largest_accounts": houses[-1].accounts, "largest_ms": round(statistics.median(spent["largest"][1:]), 1),
        "house_bar_ms": HOUSE_BAR_MS,
    }


def _replay(env: Environment, account, months: int) -> tuple[float, float, int]:
    """Seconds, seconds of this process's CPU, and lines posted of the replay of one account whose area was wrong always."""
    from startks.domain.facts import services as facts
    from startks.domain.territory.models import PremiseArea
    from startks.modules.billing.replay.services import replay

    with Session(env.engine) as session:
        area = session.scalar(text("SELECT total_area FROM premise_area WHERE premise_id = :id"), {"id": account.premise_id})
        facts.change(
            session, PremiseArea, {"premise_id": account.premise_id}, {"total_area": area + Decimal("1.5")},
            valid_from=first_day(FIRST), reason="Обмер", by=None, correct=True,
        )
        session.flush()
        started, cpu = time.perf_counter(), time.process_time()
        answer = replay(session.connection(), CONSUMPTION, [account.id])
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        session.rollback()
    if answer.months != months:
        raise RuntimeError(f"{answer.months} months were computed instead of {months}")
    return seconds, cpu, answer.rows.height


def _lived(bench: Environment, months: int, say: Callable[[str], None]) -> Environment:
    """A copy of the bench's town whose first ``months`` months are closed; kept for the next run."""
    bench.engine.dispose()
    source = make_url(bench.database_url)
    name, ready = f"{source.database}_{months}", f"{source.database}_{months}_lived"
    engine = create_engine(source.set(database="postgres"), isolation_level="AUTOCOMMIT")
    url = source.set(database=name).render_as_string(hide_password=False)
    env = replace(bench, database_url=url, settings=replace(bench.settings, database_url=url))
    with engine.connect() as connection:
        found = connection.scalar(
            text("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"), {"name": name}
        )
        if found != ready:
            say(f"Закрывается {months} месяцев (один раз)…")
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {source.database}"))
            _close(env, months)
            connection.execute(text(f"COMMENT ON DATABASE {name} IS '{ready}'"))
    engine.dispose()
    if found == ready:
        from startks.scripts.migrate import upgrade

        upgrade(url, env.settings)
    return env


def _close(env: Environment, months: int) -> None:
    from startks.demo.payments import pay_month
    from startks.domain.periods.services import open_period

    with Workers(env.database_url, 1) as workers:
        for number in range(months):
            period = shift(FIRST, number)
            with env.sessions.begin() as session:
                if session.scalar(text("SELECT NOT EXISTS (SELECT FROM period WHERE id = :id)"), {"id": shift(period, 1)}):
                    open_period(session, shift(period, 1))
            if number:
                calculate_month(env, period, workers=workers)
                pay_month(env.database_url, period)
            month.close(env, period, workers=workers, history=HISTORY)
    with env.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
