"""Monthly consumption of meters, whole houses at a time (ПП РФ 354 п. 42, 59, 60).

One frame in, one frame out: no loop over meters. A month's volume of a meter is the last reading of the month less
the last true reading before it, less what was charged by estimate since then (true-up). Without a reading, with a
lapsed verification, or with a reading below the previous one the average of at least six months stands in for three
months in a row at most; then the norm (with the raising coefficient where the verification lapsed). A reading that was
refused because it stood below an earlier one is no true reading: neither the next month nor an average starts from it.

Several months are computed as one (the replay): what was read once is given to every month that sees it, and a register
is a number of its own in each of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from startks.base.contracts.consumption import CONSUMPTION
from startks.base.db.months import Months
from startks.base.periods import days_in, first_day, shift

Read = Callable[[str], pl.DataFrame]

AVERAGE_MONTHS_WANTED = 6
AVERAGE_MONTHS_LEAST = 3
AVERAGE_WINDOW_MONTHS = 12
ESTIMATE_MONTHS_MOST = 3
"""ПП РФ 354 п. 59: at least six months, not fewer than three, at most three billing periods in a row."""
LOOK_BACK_MONTHS = 36
"""How far back the previous true reading is sought and estimates are settled: three years (ГК ст. 196)."""

KEY = ["meter_id", "zone"]
REGISTER = (pl.col("meter_id").cast(pl.Int64) * 4 + pl.col("zone")).alias("register")
"""Meter and zone (0, 1, 2) as one number: joining by one key takes half the time of two."""
PLACE_SHIFT = 2**36
"""By how much registers of the next month are moved where there are several: four times what an id may be."""
IS_FIRST = (pl.col("register") != pl.col("register").shift(1)).fill_null(True)
IS_LAST = (pl.col("register") != pl.col("register").shift(-1)).fill_null(True)
"""First and last row of a register where rows are in the order of registers."""
AVERAGES = {"register": pl.Int64, "average_total": pl.Int64, "average_months": pl.Int32}
ID_GAP = 2_000
"""Ids missing in a row at which a run of meters is cut."""
FEW_METERS = 3_000
"""Up to so many meters (some houses) are asked for one by one."""
PLAIN_VALUE = "value"
TURNED_VALUE = """value + coalesce((
    SELECT sum(t.span) FROM meter_turn t
     WHERE t.meter_id = reading.meter_id AND t.zone = reading.zone AND t.day <= reading.day), 0)::int8"""
"""A reading as it stands on the dial, and with the turns made since the meter was put in."""


def consumption(read: Read, months: Months, house_from: int, house_to: int) -> pl.DataFrame:
    """Consumption of every meter and zone of the houses in ``[house_from, house_to]`` in each month.

    Columns (``CONSUMPTION``): ``account_id`` is null for meters of the house and, with ``premise_id``, of a communal flat;
    ``zone`` 0, 1 day, 2 night; ``basis`` is
    ``meter``, ``average``, ``norm`` or ``norm_raised``; ``volume`` in millionths (null for norms); for an average also
    its total and number of months; ``fault`` names why a reading was not used (``reading_below_previous``,
    ``verification_lapsed``, ``no_reading``) or is null. Of several months also ``place``, the row's month among them.
    """
    meters = read(months.each(_meters_sql(months, house_from, house_to)))
    columns = {**CONSUMPTION, "place": pl.Int32} if months.several else CONSUMPTION
    if meters.is_empty():
        return pl.DataFrame(schema=columns)
    turns = read(_turns_sql(house_from, house_to))
    value = PLAIN_VALUE if turns.is_empty() else TURNED_VALUE
    readings = _seen(read(_readings_sql(months, meters, value)), MONTH_OF_DAY, months, 1, 0)
    current, previous = _current_and_previous(readings, months)
    frame = _expand_zones(meters).lazy().join(current, on="register", how="left").join(
        previous, on="register", how="left"
    ).collect()
    estimates = _seen(read(_estimates_sql(months, meters)), MONTH_OF_PERIOD, months, LOOK_BACK_MONTHS, 1)
    frame = _find_older(read, frame, estimates, months, value)
    frame = _settle(frame, estimates, months)
    frame = _estimate(read, frame, months, value).select(list(columns)).collect()
    return frame if turns.is_empty() else _as_on_the_dial(frame, turns)


MONTH_OF_DAY = pl.col("day").dt.year() * 12 + pl.col("day").dt.month()
MONTH_OF_PERIOD = pl.col("period") // 100 * 12 + pl.col("period") % 100
"""The month as a number without gaps."""


def _seen(rows: pl.DataFrame, month: pl.Expr, months: Months, oldest: int, newest: int) -> pl.DataFrame:
    """The rows with their register, once for each month that sees them: from ``oldest`` months before it to ``newest`` before."""
    if not months.several:
        return _registered(rows)
    sight = [
        (period // 100 * 12 + period % 100 - back, place)
        for place, period in enumerate(months.periods) for back in range(newest, oldest + 1)
    ]
    sights = pl.DataFrame(sight, schema={"_month": pl.Int32, "place": pl.Int32}, orient="row")
    return _registered(rows.with_columns(month.cast(pl.Int32).alias("_month")).join(sights, on="_month").drop("_month"))


def _registered(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``register``; of several months, with that of their month."""
    if "place" not in rows.columns:
        return rows.with_columns(REGISTER)
    return rows.with_columns((REGISTER + pl.col("place").cast(pl.Int64) * PLACE_SHIFT).alias("register"))


def _days_between(months: Months, oldest: int, newest: int) -> str:
    """Condition on the day of a reading: from ``oldest`` months before the first month to ``newest`` before the last."""
    start, end = first_day(shift(months.periods[0], -oldest)), first_day(shift(months.periods[-1], 1 - newest))
    return f"day >= DATE '{start}' AND day < DATE '{end}'"


def _meters_sql(at: Months, low: int, high: int) -> str:
    return f"""
        SELECT m.id AS meter_id, m.house_id, m.account_id, m.premise_id, m.service_id, m.zones,
               -- p. 59: from the month of the lapse; a meter taken off in that month counts to its last reading
               coalesce(coalesce(v.until, m.verified_until) < CASE WHEN m.removed_on < {at.until}
                   THEN {at.start} ELSE {at.last} END, false) AS lapsed,
               m.removed_on < {at.until} AS removed, (m.removed_on - {at.start})::int2 AS days_before,
               -- the old one is found by its place too: a meter that came with a load may not name what it replaces
               m.installed_on >= {at.start} AND EXISTS (
                   SELECT FROM meter o JOIN reading r ON r.meter_id = o.id
                    WHERE o.house_id = m.house_id AND o.account_id IS NOT DISTINCT FROM m.account_id
                      AND o.premise_id IS NOT DISTINCT FROM m.premise_id
                      AND o.service_id = m.service_id AND o.id <> m.id AND coalesce(m.replaces_id, o.id) = o.id
                      AND o.removed_on >= {at.start} AND o.removed_on < {at.until}
                      AND r.day >= {at.start} AND r.day < {at.until}) AS carried
          FROM meter m
          LEFT JOIN (SELECT meter_id, max(verified_until) AS until FROM meter_verification
                      WHERE verified_on < {at.until} GROUP BY meter_id) v ON v.meter_id = m.id
         WHERE m.house_id BETWEEN {int(low)} AND {int(high)}
           AND m.installed_on < {at.until} AND (m.removed_on IS NULL OR m.removed_on >= {at.start})"""


def _turns_sql(low: int, high: int) -> str:
    return f"""
        SELECT t.meter_id, t.zone, t.day AS turn_day, t.span FROM meter_turn t JOIN meter m ON m.id = t.meter_id
         WHERE m.house_id BETWEEN {int(low)} AND {int(high)}"""


def _readings_sql(months: Months, meters: pl.DataFrame, value: str) -> str:
    """Readings of this month and the one before, by runs of ids; strangers within a run fall out later.

    Meters of neighbouring houses have neighbouring ids but for those put in later, so a few runs cover them and the key
    of the readings is used in place of whole months.
    """
    return " UNION ALL ".join(
        f"""SELECT meter_id, zone, day, {value} AS value FROM reading
             WHERE meter_id {run} AND {_days_between(months, 1, 0)}"""
        for run in _runs(meters)
    )


def _runs(meters: pl.DataFrame) -> list[str]:
    """Conditions on the ids of the meters: a list where they are few, else ``BETWEEN`` of the runs in which they lie."""
    ids = np.unique(meters["meter_id"].to_numpy())
    if len(ids) <= FEW_METERS:
        return [f"= ANY('{{{','.join(map(str, ids))}}}'::int[])"]
    runs = np.split(ids, np.flatnonzero(np.diff(ids) > ID_GAP) + 1)
    return [f"BETWEEN {run[0]} AND {run[-1]}" for run in runs]


def _estimates_sql(months: Months, meters: pl.DataFrame) -> str:
    """Estimates a true reading settles: of all months it may reach back over, by runs of ids as :func:`_readings_sql`."""
    oldest, newest = shift(months.periods[0], -LOOK_BACK_MONTHS), shift(months.periods[-1], -1)
    return " UNION ALL ".join(
        f"""SELECT meter_id, zone, period, volume, months_in_row FROM meter_estimate
             WHERE meter_id {run} AND period >= {oldest} AND period <= {newest}"""
        for run in _runs(meters)
    )


def _expand_zones(meters: pl.DataFrame) -> pl.DataFrame:
    """One row a register: zone 0 of a plain meter, zones 1 and 2 of a two-zone one."""
    return _registered(meters.with_columns(
        pl.when(pl.col("zones") == 2)
        .then(pl.lit([1, 2], dtype=pl.List(pl.Int16)))
        .otherwise(pl.lit([0], dtype=pl.List(pl.Int16)))
        .alias("zone")
    ).explode("zone"))


def _current_and_previous(readings: pl.DataFrame, months: Months) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Last reading of the month; last one before it, or for a meter put in this month its first one."""
    start = months.number([first_day(period) for period in months.periods], pl.col("place"), pl.Date)
    ordered = readings.sort("register", "day")
    in_month, before = ordered.filter(pl.col("day") >= start), ordered.filter(pl.col("day") < start)
    current = in_month.lazy().filter(IS_LAST).select(
        "register", pl.col("day").alias("current_day"), pl.col("value").alias("current_value"),
    ).collect()
    if current.height < in_month.height:
        first = in_month.lazy().filter(IS_FIRST).select(
            "register", pl.col("day").alias("first_day"), pl.col("value").alias("first_value")
        )
        current = current.lazy().join(first, on="register")
    else:  # one reading each, as nearly always
        current = current.lazy().with_columns(
            pl.col("current_day").alias("first_day"), pl.col("current_value").alias("first_value")
        )
    previous = before.lazy().filter(IS_LAST).select(
        "register", pl.col("day").alias("previous_day"), pl.col("value").alias("previous_value"),
    )
    return current, previous


def _find_older(read: Read, frame: pl.DataFrame, estimates: pl.DataFrame, months: Months, value: str) -> pl.DataFrame:
    """Fill the previous reading from earlier months where last month had none or only one that was refused.

    A month with a refused reading was charged by an estimate, so only registers with one are looked at closer.
    """
    guessed = estimates.filter(pl.col("period") == _before(months))["register"]
    is_trusted = ~pl.col("register").is_in(guessed.implode())
    frame = frame.with_columns(pl.when(is_trusted).then(pl.col("previous_day", "previous_value")))
    lost = frame.filter(pl.col("previous_day").is_null())
    if lost.is_empty():
        return frame
    older = _accepted(_history(read, lost, months, LOOK_BACK_MONTHS, value)).filter(IS_LAST).select(
        "register", pl.col("day").alias("older_day"), pl.col("value").alias("older_value")
    )
    is_new = pl.col("previous_day").is_null() & (pl.col("first_day") < pl.col("current_day"))
    return frame.lazy().join(older.lazy(), on="register", how="left").with_columns(
        pl.coalesce("previous_day", "older_day").alias("previous_day"),
        pl.coalesce("previous_value", "older_value").alias("previous_value"),
    ).with_columns(
        pl.when(is_new).then("first_day").otherwise("previous_day").alias("previous_day"),
        pl.when(is_new).then("first_value").otherwise("previous_value").alias("previous_value"),
    ).collect()


def _accepted(readings: pl.DataFrame) -> pl.DataFrame:
    """Readings in the order of registers and days without those that stand below an earlier one: these were refused."""
    ordered = readings.sort("register", "day")
    return ordered.filter(pl.col("value") >= pl.col("value").cum_max().over("register"))


def _before(months: Months) -> pl.Expr:
    """The month before the row's."""
    return months.number([shift(period, -1) for period in months.periods], pl.col("place"), pl.Int32)


def _history(read: Read, lost: pl.DataFrame, months: Months, oldest: int, value: str) -> pl.DataFrame:
    """Readings of the registers ``lost`` from ``oldest`` months before each month to the one before it."""
    meters = ",".join(map(str, lost["meter_id"].unique().to_list()))
    readings = read(f"""
        SELECT meter_id, zone, day, {value} AS value FROM reading
         WHERE meter_id = ANY('{{{meters}}}'::int[]) AND {_days_between(months, oldest, 1)}""")
    return _seen(readings, MONTH_OF_DAY, months, oldest, 1).join(lost.select("register"), on="register", how="semi")


def _settle(frame: pl.DataFrame, estimates: pl.DataFrame, months: Months) -> pl.LazyFrame:
    """Volume by readings less the estimates charged since the previous true reading."""
    guessed = estimates.lazy()
    in_row = guessed.filter(pl.col("period") == _before(months)).select("register", pl.col("months_in_row").alias("row_before"))
    since = frame.lazy().select(
        "register", (pl.col("previous_day").dt.year() * 100 + pl.col("previous_day").dt.month()).alias("previous_period")
    )
    charged = (
        guessed.join(since, on="register")
        .filter(pl.col("period") > pl.col("previous_period"))
        .group_by("register").agg(pl.col("volume").sum().alias("estimated"))
    )
    has_both = pl.col("current_day").is_not_null() & pl.col("previous_day").is_not_null()
    is_below = pl.col("current_value") < pl.col("previous_value")
    return (
        frame.lazy().join(in_row, on="register", how="left").join(charged, on="register", how="left")
        .with_columns(pl.col("estimated").fill_null(0), pl.col("row_before").fill_null(0))
        .with_columns(
            pl.when(pl.col("lapsed")).then(pl.lit("verification_lapsed"))
            .when(has_both & is_below).then(pl.lit("reading_below_previous"))
            .when(~has_both).then(pl.lit("no_reading"))
            .alias("fault"),
            (pl.col("current_value") - pl.col("previous_value") - pl.col("estimated")).alias("volume"),
        )
    )


def _estimate(read: Read, settled: pl.LazyFrame, months: Months, value: str) -> pl.LazyFrame:
    """Give a basis to every row; averages for those without a usable reading."""
    # A meter taken out this month without a last reading is not estimated: the new one carries the month on. One whose
    # verification had lapsed before stands, as the months before, to the day it was taken out (п. 59).
    is_gone = pl.col("removed").fill_null(False) & pl.col("fault").is_not_null()
    is_lapsed = is_gone & (pl.col("fault") == "verification_lapsed") & (pl.col("days_before") > 0)
    # Nor is the one put in its place, which has no second reading yet where the old one had its last. Beside one that had
    # lapsed it stands with what it has shown so far, nothing: then the estimate is of the old one's days only.
    is_carried = pl.col("carried") & (pl.col("fault").fill_null("") == "no_reading")
    of_meter = [*(["place"] if months.several else []), "account_id", "service_id"]
    beside = is_carried & (pl.col("zone") == 0) & is_lapsed.any().over(of_meter)
    frame = settled.filter((~is_gone | is_lapsed) & (~is_carried | beside)).with_columns(
        pl.when(is_lapsed).then("days_before").alias("days"),
        pl.when(beside).then(None).otherwise("fault").alias("fault"),
        pl.when(beside).then(0).otherwise("volume").alias("volume"),
    ).collect()
    lost = frame.filter(pl.col("fault").is_not_null())
    if lost.is_empty():
        averages = pl.DataFrame(schema=AVERAGES)
    else:
        # The third month in a row looks back from the same last reading as the first one did.
        averages = _averages(_history(read, lost, months, AVERAGE_WINDOW_MONTHS + ESTIMATE_MONTHS_MOST, value))
    in_row = (pl.col("row_before") + 1).cast(pl.Int16)
    has_average = pl.col("average_months").is_not_null() & (in_row <= ESTIMATE_MONTHS_MOST)
    based = frame.lazy().join(averages.lazy(), on="register", how="left").with_columns(
        pl.when(pl.col("fault").is_null()).then(pl.lit("meter"))
        .when(has_average).then(pl.lit("average"))
        .when(pl.col("fault") == "verification_lapsed").then(pl.lit("norm_raised"))
        .otherwise(pl.lit("norm")).alias("basis"),
        pl.when(pl.col("fault").is_null()).then(pl.lit(0, pl.Int16)).otherwise(in_row).alias("months_in_row"),
    )
    month_days = months.number([days_in(period) for period in months.periods], pl.col("place"), pl.Int64)
    total, parts = pl.col("average_total"), pl.col("average_months").cast(pl.Int64) * month_days
    days = pl.col("days").cast(pl.Int64).fill_null(month_days)
    mean = (2 * total * days + parts) // (2 * parts)
    return based.with_columns(
        pl.when(pl.col("basis") == "average").then(mean)
        .when(pl.col("basis") == "meter").then("volume")
        .alias("volume"),
        pl.when(pl.col("basis") == "average").then("average_total").alias("average_total"),
        pl.when(pl.col("basis") == "average").then("average_months").alias("average_months"),
    )


def _averages(history: pl.DataFrame) -> pl.DataFrame:
    """Total and number of months of the newest span of at least six months (three where there are no six)."""
    if history.is_empty():
        return pl.DataFrame(schema=AVERAGES)
    history = _accepted(history).select(
        "register", MONTH_OF_DAY.alias("month"), "value"
    ).group_by("register", "month").agg(pl.col("value").max()).sort("register", "month")
    newest = history.filter(IS_LAST).select(
        "register", pl.col("month").alias("last_month"), pl.col("value").alias("last_value")
    )
    spans = history.join(newest, on="register").with_columns((pl.col("last_month") - pl.col("month")).alias("months"))
    usable = spans.filter((pl.col("months") >= AVERAGE_MONTHS_LEAST) & (pl.col("value") <= pl.col("last_value")))
    # The shortest span of six months or more; else the longest shorter one.
    rank = (
        pl.when(pl.col("months") >= AVERAGE_MONTHS_WANTED).then(pl.col("months"))
        .otherwise(100 + AVERAGE_MONTHS_WANTED - pl.col("months"))
    )
    best = usable.with_columns(rank.alias("rank")).sort("register", "rank").filter(IS_FIRST)
    return best.select(
        "register",
        (pl.col("last_value") - pl.col("value")).alias("average_total"),
        pl.col("months").cast(pl.Int32).alias("average_months"),
    )


def _as_on_the_dial(frame: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Take the turns out of the values again: bills and cards show what stands on the dial."""
    keys = [*KEY, "place"] if "place" in frame.columns else KEY
    for side in ("current", "previous"):
        day, value = f"{side}_day", f"{side}_value"
        made = (
            frame.select(*keys, day).join(turns, on=KEY).filter(pl.col("turn_day") <= pl.col(day))
            .group_by(keys).agg(pl.col("span").sum().alias("made"))
        )
        frame = frame.join(made, on=keys, how="left").with_columns(
            (pl.col(value) - pl.col("made").fill_null(0)).alias(value)
        ).drop("made")
    return frame
