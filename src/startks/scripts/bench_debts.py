"""What a bench's town owes and what is corrected in it: debts of up to 36 ages, recalculations of every twentieth account.

A town that moves in brings its debts by month of origin (``debts`` of the town set: ``debt_origin`` and the opening
balances of the month before the first one). The seeded past is too short for old debts, so the bench brings some the
same way. The draws depend only on the account and the seed.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame, plain_reader
from startks.base.periods import last_day, shift
from startks.demo.payments import DISCIPLINE, LATE, NEVER, PARTIAL, SEVERAL, WEAK, uniform
from startks.domain.ledger.partitions import ensure_partitions

LATE_OWING = 0.5
"""Of those who pay late half owe an old bill at the first month's start, so that about 17 % of all accounts owe."""
DEPTHS = {LATE: (1, 2), SEVERAL: (1, 3), PARTIAL: (2, 8), WEAK: (3, 24), NEVER: (6, 36)}
"""Months owed: least and most by how one pays; the fewer the more frequent."""
OF_FEW = ("zones", "bands", "tenant_area")
"""Methods of services that a house has for some of its accounts only: nothing is owed for these."""
RECALCULATED = 0.05
"""Share of the accounts that get a closed month recalculated into the measured one."""
DISCIPLINE_DRAW, DEPTH_DRAW, RECALCULATION_DRAW = 1, 11, 12
"""Keys of the draws; the first one is the payments' own, so that it is the bad payers who owe."""


def bring_debts(connection: Connection, first: int, seed: int) -> int:
    """Let bad payers owe for months before ``first`` (YYYYMM, not calculated yet); return the number of month-debts.

    Nothing happens where there are debts already.
    """
    if connection.scalar(text("SELECT EXISTS (SELECT 1 FROM debt_origin)")):
        return 0
    accounts = plain_reader(connection)("SELECT id AS account_id FROM account WHERE closed_on IS NULL ORDER BY id")
    account = accounts["account_id"].to_numpy()
    chance, part = uniform(account, seed, DISCIPLINE_DRAW), uniform(account, seed, DEPTH_DRAW)
    kind = np.searchsorted(np.cumsum(DISCIPLINE)[:-1], chance, side="right")
    months = np.zeros(len(account), dtype=np.int32)
    for payer, (least, most) in DEPTHS.items():
        months = np.where(kind == payer, least + ((most - least + 1) * part**3).astype(np.int32), months)
    months = np.where((kind == LATE) & (part < LATE_OWING), 0, months)
    connection.execute(text("CREATE TEMP TABLE owing (account_id int PRIMARY KEY, months int) ON COMMIT DROP"))
    copy_frame(connection, "owing", accounts.with_columns(months=months).filter(pl.col("months") > 0))

    before = shift(first, -1)
    connection.execute(text("CREATE TEMP TABLE age (age int PRIMARY KEY, origin int) ON COMMIT DROP"))
    copy_frame(connection, "age", pl.DataFrame(
        [(age, shift(first, -1 - age)) for age in range(1, 37)], schema={"age": pl.Int32, "origin": pl.Int32}, orient="row"
    ))
    # 30 to 630 roubles a line and month.
    connection.execute(text("""
        INSERT INTO debt_origin (account_id, service_id, supplier_id, origin, amount)
        SELECT o.account_id, hs.service_id, c.organisation_id, age.origin,
               3000 + mod(o.account_id * 7919::bigint + hs.service_id * 1299721 + age.origin * 15485863::bigint, 60000)
          FROM owing o
          JOIN account a ON a.id = o.account_id
          JOIN house_service hs ON hs.house_id = a.house_id AND hs.valid @> CAST(:day AS date) AND hs.method <> ALL(:rare)
          JOIN contract c ON c.id = hs.contract_id
          JOIN age ON age.age <= o.months
         ORDER BY 1, 2, 3, 4"""), {"day": last_day(before), "rare": list(OF_FEW)})
    ensure_partitions(connection, before)
    connection.execute(text("""
        INSERT INTO statement (period, account_id, service_id, supplier_id, house_id, rule_id, volume, tariff, opening,
                               charge, excess, recalculation, benefit, penalty, paid, closing)
        SELECT :before, d.account_id, d.service_id, d.supplier_id, a.house_id, 0, 0, 0, sum(d.amount), 0, 0, 0, 0, 0, 0, sum(d.amount)
          FROM debt_origin d JOIN account a ON a.id = d.account_id
         GROUP BY d.account_id, d.service_id, d.supplier_id, a.house_id"""), {"before": before})
    connection.execute(text("ANALYZE debt_origin"))
    return connection.scalar(text("SELECT count(*) FROM debt_origin"))


def post_recalculations(connection: Connection, closed: int, opened: int, seed: int) -> int:
    """Post a tenth less of every other line of ``closed`` into ``opened`` for every twentieth account; return their number.

    Nothing happens where something is posted already.
    """
    if connection.scalar(text("SELECT EXISTS (SELECT 1 FROM recalculation WHERE period = :opened)"), {"opened": opened}):
        return 0
    accounts = plain_reader(connection)("SELECT id AS account_id FROM account ORDER BY id")
    chosen = uniform(accounts["account_id"].to_numpy(), seed, RECALCULATION_DRAW) < RECALCULATED
    connection.execute(text("CREATE TEMP TABLE corrected (account_id int PRIMARY KEY) ON COMMIT DROP"))
    copy_frame(connection, "corrected", accounts.filter(pl.Series(chosen)))
    return connection.execute(text("""
        INSERT INTO recalculation (period, for_period, house_id, account_id, service_id, supplier_id, rule_id, charged,
                                   computed, amount, volume_charged, volume_computed, causes, reason)
        SELECT :opened, :closed, house_id, account_id, service_id, supplier_id, rule_id, charge, charge - div(charge, 10),
               -div(charge, 10), volume, volume, '{}', 'Перерасчёт'
          FROM statement JOIN corrected USING (account_id)
         WHERE period = :closed AND charge >= 10 AND mod(service_id, 2) = 0
         ORDER BY account_id, service_id, supplier_id"""), {"closed": closed, "opened": opened}).rowcount
