"""A town that has lived for months moves into another installation and lives on there as it would have lived on here."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text

from startks.base.db.bulk import close_readers
from startks.demo.town import build
from startks.framework.exchange.town.catalogue import HOUSE
from startks.framework.exchange.town.exporting import export_set
from startks.framework.exchange.town.importing import import_town
from startks.framework.exchange.town.registers import in_order
from startks.framework.exchange.town.statements import export_statement
from startks.modules.billing import town as billing
from startks.modules.metering import town as metering
from startks.scripts import month
from startks.scripts.demo_town import HISTORY, history
from startks.scripts.environment import Environment
from startks.scripts.period import calculate_month

pytestmark = [pytest.mark.slow, pytest.mark.integration]
REGISTERS = in_order((*HOUSE, *metering.REGISTERS, *billing.REGISTERS))
LIVED, ACCOUNTS = 5, 150
"""Months that the town lives in its old place: long enough for penalties and for averages of six months to begin."""
LINES = """SELECT a.number, s.code, x.supplier_id, x.volume, x.tariff, x.opening, x.charge, x.excess, x.recalculation, x.benefit,
                  x.penalty, x.paid, x.closing
             FROM statement x JOIN account a ON a.id = x.account_id JOIN service s ON s.id = x.service_id
            WHERE x.period = :period ORDER BY 1, 2, 3"""
DEBTS = """SELECT a.number, s.code, x.supplier_id, x.origin, x.amount
             FROM month_debt x JOIN account a ON a.id = x.account_id JOIN service s ON s.id = x.service_id
            WHERE x.period = :period ORDER BY 1, 2, 3, 4"""


def ask(env, statement, period):
    with env.engine.connect() as connection:
        return connection.execute(text(statement), {"period": period}).all()


def give_out(env, folder):
    with env.engine.begin() as connection:
        export_set(connection, REGISTERS, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def pair(fresh_database, clone_database, tmp_path, services, test_settings):
    """(a town with months behind it, an empty installation, the open month)."""
    def at(url, folder):
        settings = dataclasses.replace(
            test_settings, database_url=url, broker_url=services.running.broker_url, data_dir=tmp_path / folder
        )
        return Environment(tmp_path / folder, url, services.running.broker_url, settings, owner=False)

    with clone_database("lived", fresh_database) as url:
        old, new = at(url, "old"), at(fresh_database, "new")
        build(url, accounts=ACCOUNTS, seed=11)
        with old.sessions() as session:
            months = history(session)
        for period in months[:LIVED]:
            calculate_month(old, period, processes=1)
            month.close(old, period, processes=1, history=HISTORY)
        yield old, new, months[LIVED]
        for env in (old, new):
            env.engine.dispose()
        close_readers()


def test_the_next_month_is_the_same_to_the_kopeck_and_to_the_line(pair, tmp_path):
    old, new, period = pair
    files = give_out(old, tmp_path / "out")
    debts = files["debts.csv"].decode().splitlines()[1:]
    origins = {line.split(",")[3] for line in debts}
    assert len(origins) >= 4 and "" in origins  # four months at least, and penalties apart
    outcome = import_town(new.engine, new.data_dir, tmp_path / "out", REGISTERS)
    assert [fault.sentence() for fault in outcome.book] == []
    assert give_out(new, tmp_path / "again") == files
    for env in (old, new):
        calculate_month(env, period, processes=1)
        close_readers()
    lines = ask(old, LINES, period)
    assert len(lines) > 1000 and sum(line.penalty for line in lines) > 0
    assert ask(new, LINES, period) == lines
    assert ask(new, DEBTS, period) == ask(old, DEBTS, period) != []
    for env, path in ((old, tmp_path / "old.csv"), (new, tmp_path / "new.csv")):
        with env.engine.begin() as connection:
            export_statement(connection, period, path)
    assert (tmp_path / "new.csv").read_bytes() == (tmp_path / "old.csv").read_bytes()
    # and on: what is given out after the month is what the old installation gives out after it
    for env in (old, new):
        month.close(env, period, processes=1, history=HISTORY)
    assert give_out(new, tmp_path / "new-out")["debts.csv"] == give_out(old, tmp_path / "old-out")["debts.csv"]
    assert (tmp_path / "new-out" / "opening_balances.csv").read_bytes() == (tmp_path / "old-out" / "opening_balances.csv").read_bytes()
