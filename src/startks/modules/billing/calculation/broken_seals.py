"""Interference with a flat's meter in the month: its days by the norm with the coefficient 10, readings only for the others.

The person-days are counted by the days of the act (ПП РФ 354 п. 81(11)); nobody registered on them means the owners. What
the meter (or the average) gave for the month is taken by the share of its days without interference. Where a lapsed meter
was replaced inside the month, its first days are the norm's (п. 60) as far as they are not the act's, the others the new meter's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.domain.calc.parameters import value

if TYPE_CHECKING:
    from startks.modules.billing.calculation.inputs import Inputs
    from startks.modules.billing.calculation.regimes import Regimes

KEY = ["account_id", "service_id"]
_MICRO = 1_000_000
_DAYS = "coalesce((SELECT sum(upper(x.valid * b.span) - lower(x.valid * b.span)) FROM {0} x WHERE x.account_id = b.id{1}), 0)::int8"


def interference(inputs: Inputs) -> pl.DataFrame:
    """account_id, service_id, house_id, open_days (of the account) of every act in the month; its days seal_from to seal_until
    (from the first of the month), seal_person_days, and taken_person_days: what of the month's own person-days these are."""
    at = inputs.dates
    begins, ends = f"greatest(a.opened_on, {at.start})", f"least(coalesce(a.closed_on, {at.until}), {at.until})"
    return inputs.read_dated(f"""
        SELECT account_id, service_id, house_id, open_days, seal_from, seal_until,
               coalesce(nullif(residents, 0), owners) AS seal_person_days,
               CASE WHEN lived_in THEN residents ELSE owners END AS taken_person_days
          FROM (SELECT b.id AS account_id, b.service_id, b.house_id, (upper(b.open) - lower(b.open))::int8 AS open_days,
                       (lower(b.span) - {at.start})::int8 AS seal_from, (upper(b.span) - {at.start})::int8 AS seal_until,
                       {_DAYS.format("residence", "")} AS residents,
                       {_DAYS.format("account_holder", " AND x.tenure = 'owner' AND x.person_id IS NOT NULL")} AS owners,
                       EXISTS (SELECT FROM residence x WHERE x.account_id = b.id AND x.valid && b.open) AS lived_in
                  FROM (SELECT a.id, s.service_id, a.house_id, daterange({begins}, {ends}) AS open,
                               s.valid * daterange({begins}, {ends}) AS span
                          FROM broken_seal s JOIN account a ON a.id = s.account_id
                         WHERE s.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND a.opened_on < {at.until}
                           AND (a.closed_on IS NULL OR a.closed_on > {at.start})
                           AND s.valid && daterange({at.start}, {at.until})) b
                 WHERE NOT isempty(b.span)) act""")


def _of_month(rows: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """The rows that an act speaks of, with its days; those among the first ``norm_days`` of a lapsed meter told apart."""
    begins, ends = pl.col("seal_from"), pl.col("seal_until")
    together = acts.join(rows.select(*KEY, "norm_days"), on=KEY).group_by(KEY).agg(
        pl.col("open_days").first(), (ends - begins).sum().alias("seal_days"),
        (pl.min_horizontal(ends, pl.col("norm_days").fill_null(0).cast(pl.Int64)) - begins).clip(lower_bound=0).sum()
        .alias("seal_norm_days"),
        pl.col("seal_person_days", "taken_person_days").sum(),
    )
    return rows.join(together, on=KEY)


def take_broken(reg: Regimes, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, pl.DataFrame | None]]]:
    """Charge the days of interference of these rows (account × metered service); return what is left to charge as usual, and
    the hot water for its heat."""
    acts = interference(reg.inputs)
    if acts.is_empty():
        return rows, []
    reg.warn(acts.unique(KEY).join(rows, on=KEY, how="anti"), "broken_seal_not_charged",
             "Акт о вмешательстве в счётчик не начислен: услуга считается не по своему счётчику одной зоны. Начислите её вручную.")
    hit = _of_month(rows, acts).filter(~pl.col("nonresidential"))
    reg.warn(
        rows.join(acts, on=KEY, how="semi").filter(pl.col("nonresidential")), "broken_seal_of_shop",
        "Вмешательство в счётчик нежилого помещения: объём определяет поставщик расчётным путём, внесите его актом.",
    )
    if hit.is_empty():
        return rows, []
    factor = [int(value("broken_seal.coefficient", month.start) * _MICRO) for month in reg.inputs.months]
    charged = hit.with_columns(pl.col("seal_person_days").alias("person_days"), reg.inputs.by_month(factor).alias("coefficient"))
    found = reg.add_each("broken_seal", reg.with_norm(charged))
    by_norm = pl.col("norm_days").fill_null(0).cast(pl.Int64)
    days = (pl.col("open_days") - by_norm).clip(lower_bound=1)  # of the meter, or all by norm
    kept = days - (pl.col("seal_days") - pl.col("seal_norm_days"))
    rest = by_norm - pl.col("seal_norm_days")
    left = hit.filter(pl.col("open_days") > pl.col("seal_days")).with_columns(
        # A part of a month is a volume of the books already, an average too: millionths, half up.
        ((2 * pl.col("volume") * kept + days) // (2 * days)).alias("volume"),
        ((2 * pl.col("volume_sum") * kept + days * pl.col("months")) // (2 * days * pl.col("months"))).alias("volume_sum"),
        pl.lit(1, pl.Int64).alias("months"),
        pl.when(pl.col("norm_days").is_null()).then((pl.col("person_days") - pl.col("taken_person_days")).clip(lower_bound=0))
        .otherwise("person_days").alias("person_days"),
        pl.when(rest > 0).then(rest).alias("norm_days"),
    ).select(rows.columns).cast(dict(rows.schema))
    return pl.concat([rows.join(hit, on=KEY, how="anti"), left]), [("broken_seal", found.get("hot_water"))]
