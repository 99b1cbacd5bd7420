"""Payments of the seeded past: each account pays last month's real balance with the discipline of its own.

Most pay the bill of a month in the next one, some late, in part, or several bills at once; some never. The draws depend
only on seed, account and month, so a repeated history has the same payments.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_frame, read_arrow
from startks.base.db.session import make_engine
from startks.base.periods import days_in, first_day, shift
from startks.demo.households import facts

PUNCTUAL, LATE, PARTIAL, SEVERAL, WEAK, NEVER = range(6)
DISCIPLINE = (0.78, 0.10, 0.03, 0.04, 0.03, 0.02)
"""Shares of accounts; the month's shares of ``payment_behaviour`` follow from them."""
FORGETS = 0.015
OVERPAYS = 0.12
WEAK_PAYS = 0.35
LEAST = 5_000
"""Kopecks below which nobody goes to pay."""
DISPUTED, DISPUTED_PAYS = 6_000_000, 1_000_000
"""Of a bill above 60 000 ₽ (a reading with a digit too many, years of debt) 10 000 ₽ are paid and the rest disputed."""
NEW_DUE_DAY_SINCE = 202602
"""From the bills of this month on one pays by the 15th instead of the 10th; payers move with it."""
CHANNELS = {"internet": 0.80, "post": 0.07, "terminal": 0.05, "bank": 0.04, "cash": 0.04}
DOCUMENTS = {"internet": "Реестр банка", "post": "Реестр почты", "terminal": "Реестр терминалов", "bank": "Реестр банка",
             "cash": "Кассовый чек"}


def pay_month(database_url: str, period: int, seed: int = 1, today: dt.date | None = None) -> int:
    """Create the payments that the bills of ``period`` (YYYYMM, calculated) bring in the month after it.

    Returns their number; 0 where the month is not calculated or its payments are there already (so a start after a
    break may ask again). Nothing is paid after ``today`` (the seeded town's own day unless given). One transaction.
    """
    from startks.demo.town import TODAY  # the town's module loads much that a single month does not need

    engine = make_engine(database_url, application_name="startks-seed")
    try:
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE payment IN SHARE ROW EXCLUSIVE MODE"))
            if not _is_due(connection, period):
                return 0
            balances = read_arrow(database_url, f"""
                SELECT account_id, sum(closing)::int8 AS balance FROM statement WHERE period = {int(period)}
                 GROUP BY account_id HAVING sum(closing) >= {LEAST} ORDER BY account_id""")
            frame = payments_of(
                balances["account_id"].to_numpy(), balances["balance"].to_numpy(), period, seed, today or TODAY
            )
            first = connection.scalar(text("SELECT coalesce(max(id), 0) + 1 FROM payment"))
            copy_frame(connection, "payment", frame.with_columns(pl.int_range(first, first + pl.len()).alias("id")))
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('payment', 'id'), greatest(:last, 1))"),
                {"last": first + frame.height - 1},
            )
    finally:
        engine.dispose()
    return frame.height


def _is_due(connection: Connection, period: int) -> bool:
    """Whether the month is calculated and nobody has paid in the month after it."""
    start, end = first_day(shift(period, 1)), first_day(shift(period, 2))
    return bool(connection.scalar(
        text("""SELECT EXISTS (SELECT 1 FROM period WHERE id = :period AND calculated_at IS NOT NULL)
                   AND NOT EXISTS (SELECT 1 FROM payment WHERE paid_on >= :start AND paid_on < :end)"""),
        {"period": period, "start": start, "end": end},
    ))


def payments_of(account: np.ndarray, balance: np.ndarray, period: int, seed: int, today: dt.date) -> pl.DataFrame:
    """Payments for positive balances (kopecks) of a month: account_id, paid_on, amount, channel, document, recorded_at."""
    kind = np.searchsorted(np.cumsum(DISCIPLINE)[:-1], uniform(account, seed, 1), side="right")
    chance, part = uniform(account, seed, 2, period), uniform(account, seed, 3, period)
    turn = (account + period // 100 * 12 + period % 100) % 3 == 0
    pays = np.select(
        [kind == PUNCTUAL, kind == LATE, kind == PARTIAL, kind == SEVERAL, kind == WEAK],
        [chance >= FORGETS, chance >= 2 * FORGETS, np.ones(len(account), dtype=bool), turn, chance < WEAK_PAYS],
        default=False,
    )
    amount = balance.astype(np.int64)
    some = np.where(kind == PARTIAL, 0.4 + 0.5 * part, np.where(kind == WEAK, 0.3 + 0.7 * part, 1.0))
    amount = np.where(some < 1.0, np.maximum((amount * some).astype(np.int64) // LEAST * LEAST, LEAST), amount)
    # Some pay whole hundreds and keep an advance.
    generous = (kind == PUNCTUAL) & (uniform(account, seed, 4) < OVERPAYS)
    amount = np.where(generous, -(-amount // 10_000) * 10_000, amount)
    amount = np.where(balance > DISPUTED, DISPUTED_PAYS, amount)
    month = shift(period, 1)
    day = np.where(kind == LATE, 19 + (part * 9).astype(np.int64), _usual_day(uniform(account, seed, 5, period), period))
    day = np.clip(day, 1, days_in(month))
    names = list(CHANNELS)
    channel = np.searchsorted(np.cumsum(list(CHANNELS.values()))[:-1], uniform(account, seed, 6), side="right")
    paid_on = np.datetime64(first_day(month), "D") + (day - 1).astype("m8[D]")
    frame = pl.DataFrame({
        "account_id": account, "paid_on": paid_on, "amount": amount,
        "channel": pl.Series(np.array(names, dtype=object)[channel].tolist(), dtype=pl.String), "pays": pays,
    })
    documents = pl.col("channel").replace_strict(DOCUMENTS, return_dtype=pl.String)
    return frame.filter(pl.col("pays") & (pl.col("paid_on") <= today)).sort("paid_on", "account_id").select(
        "account_id", "paid_on", pl.lit(month, pl.Int32).alias("period"), "amount", "channel",
        pl.concat_str(documents, pl.lit(" от "), pl.col("paid_on").dt.strftime("%d.%m.%Y")).alias("document"),
        pl.col("paid_on").cast(pl.Datetime("us", "UTC")).dt.offset_by("15h").alias("recorded_at"),
    )


def _usual_day(chance: np.ndarray, period: int) -> np.ndarray:
    """Day of the month by the shares of ``payment_day``; with the later due day the crowd comes later too."""
    groups = [(tuple(map(int, key.split("-"))), share) for key, share in facts()["payment_day"].items()]
    bounds = np.cumsum([share for _, share in groups])
    which = np.minimum(np.searchsorted(bounds, chance, side="right"), len(groups) - 1)
    first = np.array([low for (low, _), _ in groups])[which]
    length = np.array([high - low + 1 for (low, high), _ in groups])[which]
    below = np.concatenate([[0.0], bounds])[which]
    share = np.array([share for _, share in groups])[which]
    day = first + ((chance - below) / share * length).astype(np.int64)
    return day + 4 if period >= NEW_DUE_DAY_SINCE else day


def uniform(account: np.ndarray, *keys: int) -> np.ndarray:
    """A number in [0, 1) for each account that depends on nothing but the account and the keys (SplitMix64)."""
    state = account.astype(np.uint64)
    for key in keys:
        state = _mix(state ^ np.uint64(key * 0x9E3779B97F4A7C15 % (1 << 64)))
    return (state >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _mix(value: np.ndarray) -> np.ndarray:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
