"""Questions that the tests of a month's regimes ask of the small house, and what they change in it."""

from __future__ import annotations

from sqlalchemy import text

from startks.modules.billing.bill import load_bill
from startks.modules.billing.explain import HouseTrace, explain_line
from startks.scripts.period import CONSUMPTION
from tests.factories.small_house import HOUSE, SERVICE

OCTOBER = 202610


def charges(env, account, period=OCTOBER):
    with env.engine.connect() as connection:
        return {line.service_code: line.charge for line in load_bill(connection, account, period).lines}


def errors(env, period=OCTOBER):
    with env.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(
            "SELECT e.code, account_id, s.code FROM calculation_error e LEFT JOIN service s ON s.id = e.service_id"
            " WHERE period = :period"), {"period": period})}


def all_explained(env, account, period=OCTOBER):
    """Every line of the account is explained by the sum it has, and every number says where it comes from."""
    with env.engine.connect() as connection:
        trace = HouseTrace(connection, HOUSE.house, period, CONSUMPTION)
        found = {}
        for line in load_bill(connection, account, period).lines:
            told = explain_line(connection, account, period, line.service_code, CONSUMPTION, trace)
            assert told.matches, line.service_code
            assert all(step.source for step in told.inputs), (line.service_code, [s for s in told.inputs if not s.source])
            found[line.service_code] = told
        return found


def write(env, *statements, **values):
    with env.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def evenly(env, year="12.6"):
    write(env, "UPDATE house_service SET method = 'heat.odpu.even' WHERE service_id = :heating", heating=SERVICE["heating"])
    if year:
        write(env, "INSERT INTO house_heat (house_id, volume, valid)"
                   " VALUES (1, (CAST(:year AS numeric) * 1000000)::int8, '[2026-01-01,2027-01-01)')", year=year)
