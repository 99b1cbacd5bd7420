"""The whole life of a month of a town by the wall: calculated, rehearsed, asked at the gate, closed, verified."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import create_engine, make_url, text

from startks.framework.jobs.inline import Workers
from startks.scripts import month
from startks.scripts.bench_town import FIRST, SECOND, bench_database
from startks.scripts.environment import Environment, open_environment
from startks.scripts.period import calculate_month

HISTORY = "Замер: прошлый месяц посеян"


def bench_month(accounts: int, processes: int, seed: int, say: Callable[[str], None]) -> dict:
    """Measure a month of ``accounts`` accounts from calculation to closing, in a copy of the bench's town.

    ``total_s`` = ``calculate_s`` + ``rehearse_s`` + ``close_s``. ``gate_s``: the gate's answer after the run;
    ``list_s``: the first page of the largest group with its links; ``verify_s``: the closed month against its seals.
    The worker processes are there already, as in production.
    """
    from startks.domain.periods import gate, queries
    from startks.domain.periods.verify import verify
    from startks.scripts.migrate import upgrade

    with open_environment(purpose="bench month", durable=True) as base, _copy(bench_database(base, accounts, seed, say)) as env:
        upgrade(env.database_url, env.settings)
        with Workers(env.database_url, processes) as workers:
            say("Закрывается прошлый месяц…")
            month.close(env, FIRST, workers=workers, history=HISTORY)
            say("Месяц: расчёт, репетиция, закрытие…")
            clock = [time.perf_counter()]

            def lap() -> float:
                clock.append(time.perf_counter())
                return round(clock[-1] - clock[-2], 3)

            lines = calculate_month(env, SECOND, workers=workers)["lines"]
            seconds = {"calculate_s": lap()}
            groups = month.rehearse(env, SECOND, workers=workers)["groups"]
            seconds["rehearse_s"] = lap()
            with env.sessions() as session:
                checks = len(gate.state(session, SECOND))
                seconds["gate_s"] = lap()
                largest = max(queries.groups(session, SECOND), key=lambda row: (row.service_id == 0, row.accounts))
                queries.group_page(session, SECOND, largest.cause, descending=True, limit=50, offset=0)
                seconds["list_s"] = lap()
            month.sign_all(env, SECOND, HISTORY)
            lap()
            month.close(env, SECOND, workers=workers)
            seconds["close_s"] = lap()
        faults = list(verify(env.engine, [SECOND]))
        seconds["verify_s"] = lap()
        env.engine.dispose()
    total = seconds["calculate_s"] + seconds["rehearse_s"] + seconds["close_s"]
    return {
        "bench": "month", "accounts": accounts, "lines": lines, "processes": processes, "total_s": round(total, 3),
        **seconds, "groups": groups, "checks": checks, "faults": len(faults),
    }


@contextmanager
def _copy(env: Environment) -> Iterator[Environment]:
    """A copy of the bench's data base, gone afterwards: what is closed there is not opened again."""
    env.engine.dispose()
    source = make_url(env.database_url)
    name = f"{source.database}_month"
    engine = create_engine(source.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {source.database}"))
        url = source.set(database=name).render_as_string(hide_password=False)
        try:
            yield replace(env, database_url=url, settings=replace(env.settings, database_url=url))
        finally:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    engine.dispose()
