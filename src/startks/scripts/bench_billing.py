"""The month of a whole town against the floor: COPY of the very same rows, ready-made, by one writer into two tables."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sqlalchemy import Engine, text

from startks.base.db.bulk import copy_records, read_arrow
from startks.framework.jobs.inline import Workers
from startks.scripts.bench_town import SECOND, bench_database
from startks.scripts.environment import open_environment
from startks.scripts.period import calculate_month

CHARGES = ("period", "account_id", "service_id", "supplier_id", "rule_id", "volume", "tariff", "charge", "excess",
           "recalculation")
BALANCES = ("period", "account_id", "service_id", "supplier_id", "opening", "benefit", "paid", "closing")
WIDTHS = {"period": "i4", "account_id": "i4", "service_id": "i2", "supplier_id": "i4", "rule_id": "i2"}
SQL_TYPES = {"i2": "smallint", "i4": "integer", "i8": "bigint"}


def bench_billing(accounts: int, processes: int, seed: int, say: Callable[[str], None]) -> dict:
    """Measure one month of ``accounts`` accounts.

    The worker processes are there already, as in production, and have done the month once. ``total_s`` is the whole run
    by the wall: read, compute, write, build keys, swap in, commit. ``floor_s``: binary
    COPY of the run's own rows from memory into a table of charges (10 columns) and one of balances (8 columns), one
    writer, no keys, commit included. ``ratio`` = total_s / floor_s. ``peak_mb``: largest worker process.
    """
    with open_environment(purpose="bench billing", durable=True) as base:
        env = bench_database(base, accounts, seed, say)
        say("Считается месяц…")
        with Workers(env.database_url, processes) as workers:
            calculate_month(env, SECOND, workers=workers)
            _forget_estimates(env.engine)
            _checkpoint(env.engine)
            started = time.perf_counter()
            result = calculate_month(env, SECOND, workers=workers)
            total = time.perf_counter() - started
        say("Меряется нижняя граница…")
        floor = _floor(env.engine, env.database_url)
    return {
        "bench": "billing", "accounts": result["accounts"], "lines": result["lines"], "processes": processes,
        "ratio": round(total / floor, 3), "floor_s": round(floor, 3), "total_s": round(total, 3),
        "peak_mb": result["peak_mb"],
        "lines_per_s": round(result["lines"] / total), "stages": result["stages"],
    }


def _forget_estimates(engine: Engine) -> None:
    """A month that is done again keeps its equal estimates as they are: the measured one must write them like a first one."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM meter_estimate WHERE period = :period"), {"period": SECOND})


def _checkpoint(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def _floor(engine: Engine, database_url: str) -> float:
    """Seconds of COPY of the month's rows into two fresh plain tables; the smaller of two tries."""
    frame = read_arrow(database_url, f"SELECT * FROM statement WHERE period = {SECOND}")
    tables = {"bench_charges": CHARGES, "bench_balances": BALANCES}
    arrays = {}
    for table, names in tables.items():
        array = np.empty(frame.height, dtype=[(name, WIDTHS.get(name, "i8")) for name in names])
        for name in names:
            array[name] = frame[name].to_numpy()
        arrays[table] = array
    tries = []
    for _ in range(2):
        with engine.begin() as connection:
            for table, names in tables.items():
                columns = ", ".join(f"{name} {SQL_TYPES[WIDTHS.get(name, 'i8')]} NOT NULL" for name in names)
                connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
                connection.execute(text(f"CREATE TABLE {table} ({columns})"))
        _checkpoint(engine)
        started = time.perf_counter()
        with engine.begin() as connection:
            for table, array in arrays.items():
                copy_records(connection, table, array)
        tries.append(time.perf_counter() - started)
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"DROP TABLE {table}"))
    return min(tries)
