"""Interference with a flat's meter in the month: its days by the norm with the coefficient 10, readings only for the others.

The person-days are counted by the days of the act (ПП РФ 354 п. 81(11)); nobody registered on them means the owners. What
the meter (or the average) gave for the month is taken by the share of the days without interference.
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
    """account_id, service_id, house_id, open_days (of the account), seal_days, seal_person_days of the month: whole days."""
    at = inputs.dates
    begins, ends = f"greatest(a.opened_on, {at.start})", f"least(coalesce(a.closed_on, {at.until}), {at.until})"
    return inputs.read_dated(f"""
        SELECT b.id AS account_id, b.service_id, b.house_id, b.open_days, sum(upper(b.span) - lower(b.span))::int8 AS seal_days,
               sum(coalesce(nullif({_DAYS.format("residence", "")}, 0),
                            {_DAYS.format("account_holder", " AND x.tenure = 'owner' AND x.person_id IS NOT NULL")}))::int8
                   AS seal_person_days
          FROM (SELECT a.id, s.service_id, a.house_id, ({ends} - {begins})::int8 AS open_days,
                       s.valid * daterange({begins}, {ends}) AS span
                  FROM broken_seal s JOIN account a ON a.id = s.account_id
                 WHERE s.account_id {inputs.span} AND a.house_id {inputs.houses_sql} AND a.opened_on < {at.until}
                   AND (a.closed_on IS NULL OR a.closed_on > {at.start}) AND s.valid && daterange({at.start}, {at.until})) b
         WHERE NOT isempty(b.span)
         GROUP BY b.id, b.service_id, b.house_id, b.open_days""")


def take_broken(reg: Regimes, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, pl.DataFrame | None]]]:
    """Charge the days of interference of these rows (account × metered service); return what is left to charge as usual, and
    the hot water for its heat."""
    acts = interference(reg.inputs)
    if acts.is_empty():
        return rows, []
    reg.warn(acts.join(rows, on=KEY, how="anti"), "broken_seal_not_charged",
             "Акт о вмешательстве в счётчик не начислен: услуга считается не по своему счётчику одной зоны. Начислите её вручную.")
    acts = acts.drop("house_id")
    hit = rows.join(acts, on=KEY).filter(~pl.col("nonresidential"))
    reg.warn(
        rows.join(acts, on=KEY, how="semi").filter(pl.col("nonresidential")), "broken_seal_of_shop",
        "Вмешательство в счётчик нежилого помещения: объём определяет поставщик расчётным путём, внесите его актом.",
    )
    if hit.is_empty():
        return rows, []
    factor = [int(value("broken_seal.coefficient", month.start) * _MICRO) for month in reg.inputs.months]
    charged = hit.with_columns(pl.col("seal_person_days").alias("person_days"), reg.inputs.by_month(factor).alias("coefficient"))
    found = reg.add_each("broken_seal", reg.with_norm(charged))
    days = pl.col("open_days")
    kept = days - pl.col("seal_days")
    left = hit.filter(kept > 0).with_columns(
        *(((2 * pl.col(name) * kept + days) // (2 * days)).alias(name) for name in ("volume", "volume_sum")),
        (pl.col("person_days") - pl.col("seal_person_days")).clip(lower_bound=0).alias("person_days"),
    ).select(rows.columns).cast(dict(rows.schema))
    return pl.concat([rows.join(hit, on=KEY, how="anti"), left]), [("broken_seal", found.get("hot_water"))]
