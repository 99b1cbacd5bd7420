"""Towns for the benches: built once for a size and seed in a data base of their own, kept for the next run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import create_engine, make_url, text

from startks.scripts.environment import Environment

FIRST, SECOND = 202509, 202510
"""The bench measures the second month: the first gives it opening balances and payments."""
LAYOUT = 3
"""Raised where a month hands over to the next one differently, or the town has more in it: a kept town's first month is
then calculated again, and what the town lacks is brought."""


def bench_database(env: Environment, accounts: int, seed: int, say: Callable[[str], None]) -> Environment:
    """The environment with the bench's data base in it: schema, town, one calculated month and its payments."""
    name = f"startks_bench_{accounts}_{seed}"
    engine = create_engine(env.database_url, isolation_level="AUTOCOMMIT")
    built = f"{name}_ready"
    ready = f"{built}_{LAYOUT}"
    with engine.connect() as connection:
        found = connection.scalar(
            text("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"), {"name": name}
        )
        is_built = found is not None and found.startswith(built)
        if not is_built:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(env.database_url).set(database=name).render_as_string(hide_password=False)
    bench = replace(env, database_url=url, settings=replace(env.settings, database_url=url))
    from startks.scripts.migrate import upgrade

    upgrade(url, bench.settings)  # also a town that was built by an older version
    if found != ready:
        from startks.demo import payments, town
        from startks.scripts.bench_debts import bring_debts, post_recalculations
        from startks.scripts.period import calculate_month

        say(f"Готовится город на {accounts} счетов (один раз)…")
        if not is_built:
            town.build(url, accounts=accounts, seed=seed, city="samara", progress=lambda *_: None)
        with bench.engine.begin() as connection:
            bring_debts(connection, FIRST, seed)
        calculate_month(bench, FIRST)
        with bench.engine.begin() as connection:
            # What a kept town paid was for bills of less debt.
            connection.execute(text("DELETE FROM payment WHERE period = :period"), {"period": SECOND})
        payments.pay_month(url, FIRST)
        with bench.engine.begin() as connection:
            post_recalculations(connection, FIRST, SECOND, seed)
        with engine.connect() as connection:
            connection.execute(text(f"COMMENT ON DATABASE {name} IS '{ready}'"))
    engine.dispose()
    return bench
