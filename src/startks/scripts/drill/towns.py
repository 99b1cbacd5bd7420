"""Towns of one seed after another, each month of each laid beside the second calculator's, then thrown away.

What was reached is kept in a file after every town, so the exercise may be stopped and taken up again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from startks.scripts.environment import Environment

CITIES = ("samara", "volgograd")


@dataclass
class Reached:
    """How far the exercise has come. ``seed``: the next town's; ``causes``: differences by service, field and cause."""

    seed: int = 1
    towns: int = 0
    months: int = 0
    lines: int = 0
    differing: int = 0
    seconds: float = 0.0
    causes: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


def load(path: Path | None, seed: int) -> Reached:
    """What the file says, or a beginning at ``seed``."""
    if path is not None and path.exists():
        return Reached(**json.loads(path.read_text("utf-8")))
    return Reached(seed=seed)


def compare_towns(
    env: Environment, reached: Reached, *, lines: int, accounts: int, processes: int, seconds: float | None,
    keep: Callable[[Reached], None], say: Callable[[str], None],
) -> Reached:
    """Go on until ``lines`` are compared or ``seconds`` are over; ``keep`` is called after every town."""
    started = time.monotonic()
    while reached.lines < lines and (seconds is None or time.monotonic() - started < seconds):
        begun, before = time.monotonic(), (reached.lines, reached.differing)
        _town(env, reached, accounts, processes)
        reached.seed += 1
        reached.towns += 1
        reached.seconds += round(time.monotonic() - begun, 1)
        keep(reached)
        say(
            f"город {reached.seed - 1}: строк {reached.lines - before[0]}, отличаются {reached.differing - before[1]}; "
            f"{time.monotonic() - begun:.0f} с; всего строк {reached.lines}, отличаются {reached.differing}"
        )
    return reached


def _town(env: Environment, reached: Reached, accounts: int, processes: int) -> None:
    from startks.demo import payments, town
    from startks.framework.jobs.inline import Workers
    from startks.scripts.migrate import upgrade
    from startks.scripts.period import calculate_month
    from startks_check.compare import compare

    name = "startks_compared"
    server = create_engine(env.database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(env.database_url).set(database=name).render_as_string(hide_password=False)
    here = replace(env, database_url=url, settings=replace(env.settings, database_url=url))
    try:
        upgrade(url, here.settings)
        town.build(
            url, accounts=accounts, seed=reached.seed, city=CITIES[reached.seed % len(CITIES)], progress=lambda *_: None
        )
        with here.sessions() as session:
            months = list(session.scalars(
                text("SELECT id FROM period WHERE id <= :last ORDER BY id"), {"last": town.LAST_PERIOD}
            ))
        with Workers(url, processes) as workers:
            for period in months:
                calculate_month(here, period, workers=workers)
                payments.pay_month(url, period, reached.seed)
                _add(reached, period, compare(url.replace("+psycopg", ""), period, processes))
    finally:
        here.engine.dispose()
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


def _add(reached: Reached, period: int, result) -> None:
    reached.months += 1
    reached.lines += result.lines
    reached.differing += result.differing
    for cause, count in result.causes.items():
        name = " | ".join(cause)
        reached.causes[name] = reached.causes.get(name, 0) + count
        if name not in reached.examples and result.examples.get(cause):
            reached.examples[name] = f"зерно {reached.seed}, {period}: {result.examples[cause][0]}"


def write(path: Path, reached: Reached) -> None:
    """Keep what was reached."""
    path.write_text(json.dumps(asdict(reached), ensure_ascii=False, indent=1), "utf-8")
