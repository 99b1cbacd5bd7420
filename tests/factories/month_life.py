"""A month's life on the small house, step by step, for the tests of rehearsal, gate, closing and verification."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from startks.base.db.bulk import close_readers
from startks.base.settings import load
from startks.domain.periods import gate
from startks.modules.billing.rehearsal.causes import Cause
from startks.scripts import month
from startks.scripts.environment import Environment
from startks.scripts.period import calculate_month
from tests.factories.small_house import build

SEPTEMBER, OCTOBER, NOVEMBER = 202609, 202610, 202611
REASON = "Проверка на доме, который считается вручную"



@contextlib.contextmanager
def small_house(url: str) -> Iterator[Environment]:
    """The house with its meters in an empty data base; nothing is calculated yet."""
    settings = dataclasses.replace(load({"startks.modules": "billing metering"}, environ={}), database_url=url)
    env = Environment(Path("/nonexistent"), url, "", settings, owner=False)
    with env.engine.begin() as connection:
        build(connection)
    yield env
    env.engine.dispose()
    close_readers()  # the next data base of this name is another one


def change(env, statement, **values):
    """Run a statement and commit it."""
    with env.engine.begin() as connection:
        connection.execute(text(statement), values)


def as_superuser(env, statement, **values):
    """Change rows as somebody does who may switch triggers off."""
    with env.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement), values)


def scalar(env, statement, **values):
    """One value."""
    with env.engine.connect() as connection:
        return connection.scalar(text(statement), values)


def calculate(env, period):
    """Calculate a month in this process."""
    calculate_month(env, period, processes=1)


def rehearse(env, period):
    """Calculate and rehearse."""
    calculate(env, period)
    return month.rehearse(env, period, processes=1)


def close(env, period):
    """Calculate, rehearse, sign and close."""
    rehearse(env, period)
    month.sign_all(env, period, REASON)
    return month.close(env, period, processes=1)


def found_groups(env, period=OCTOBER):
    """Groups of the rehearsal by cause."""
    return {Cause(row["cause"]): row for row in month.groups(env, period)}


def red(env, period=OCTOBER):
    """Invariants that do not hold, with their counts."""
    with env.sessions() as session:
        return {line.name: line.count for line in gate.state(session, period) if line.count}
