"""Temporary absence in the month: person-days away of each account, and the lines from which they are taken off.

Only lines by norm where a meter cannot be installed (an act says so) and none is there; gas where there is no meter; waste;
sewerage follows the water (ПП РФ 354 п. 86–91, 148(44)). A feasible meter that nobody installed gives no right to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from startks.domain.calc.parameters import parameter, value
from startks.modules.billing.calculation.statement import LINE

if TYPE_CHECKING:
    from startks.modules.billing.calculation.regimes import Group, Regimes

MEASURABLE = ("cold_water", "hot_water", "electricity")
"""Services for which only an act of infeasibility gives the right."""


def absence_frames(regimes: Regimes) -> dict[str, pl.DataFrame]:
    """Frames by the key of the rule: LINE, causes and the rule's inputs."""
    away = _away(regimes)
    if away.is_empty():
        return {}
    entitled = _entitled(regimes)
    by_norm, heat, waste, waters = [], [], [], []
    for group in regimes.groups:
        service = group.service
        if group.rule.key == f"{service}.norm" and service in (*MEASURABLE, "gas"):
            rows = _taken(regimes, group, away).join(entitled.filter(pl.col("service") == service), on="account_id", how="semi")
            by_norm.append(rows.select(*_NORM))
            if service in ("cold_water", "hot_water"):
                waters.append(rows.select("account_id", pl.col("norm").alias("_norm")))
        elif group.rule.key == "hot_water_heat.norm":
            rows = _taken(regimes, group, away)
            heat.append(rows.join(entitled.filter(pl.col("service") == "hot_water"), on="account_id", how="semi"))
        elif service == "waste":
            people = regimes.inputs.accounts.select("account_id", "person_days")
            rows = _taken(regimes, group, away)
            rows = rows.drop("person_days", strict=False).join(people, on="account_id")
            waste.append(rows.filter(pl.col("person_days") > 0).select(*_WASTE))
    found = {"absence.heat_of_water": pl.concat(heat)} if heat else {}
    if waste:
        found["absence.waste"] = pl.concat(waste)
    if waters:
        norms = pl.concat(waters).group_by("account_id").agg(pl.col("_norm").sum().alias("norm"))
        by_norm += [
            _taken(regimes, group, away).drop("norm", strict=False).join(norms, on="account_id").select(*_NORM)
            for group in regimes.groups if group.rule.key == "sewerage.sum"
        ]
    if by_norm:
        found["absence.by_norm"] = pl.concat(by_norm)
    return found


_NORM = (*LINE, "causes", "absent_days", "norm", "tariff", "month_days")
_WASTE = (*LINE, "causes", "charge_rub", "absent_days", "person_days")


def _taken(regimes: Regimes, group: Group, away: pl.DataFrame) -> pl.DataFrame:
    """Charged lines of a group whose people were away, not for more days than were charged."""
    days = regimes.inputs.accounts.select("account_id", pl.col("person_days").alias("_days"), pl.col("month_days").alias("_month"))
    return (
        group.computed.filter(pl.col("result_charge") > 0).drop("month_days", strict=False)
        .join(away, on="account_id").join(days, on="account_id")
        .with_columns(
            pl.col("result_charge").alias("charge_rub"), pl.col("_month").alias("month_days"),
            pl.min_horizontal("absent_days", "_days").alias("absent_days"),
        )
    )


def _entitled(regimes: Regimes) -> pl.DataFrame:
    """account_id, service: lines that may be recalculated though a meter could count them: it cannot be installed."""
    names = {number: code for code, number in regimes.inputs.services.items()}
    infeasible = regimes.inputs.infeasible.with_columns(
        pl.col("service_id").replace_strict(names, default=None, return_dtype=pl.String).alias("service")
    ).filter(pl.col("service").is_in(MEASURABLE)).select("account_id", "service_id", "service")
    gas = regimes.inputs.services.get("gas", -1)
    everybody = regimes.inputs.accounts.select(
        "account_id", pl.lit(gas, pl.Int16).alias("service_id"), pl.lit("gas").alias("service")
    )
    metered = regimes.consumption.filter(pl.col("account_id").is_not_null()).select("account_id", "service_id")
    never = parameter("absence.never", regimes.inputs.months[0].start).raw
    return pl.concat([infeasible, everybody]).join(metered, on=["account_id", "service_id"], how="anti").filter(
        ~pl.col("service").is_in(never)
    ).select("account_id", "service")


def _away(regimes: Regimes) -> pl.DataFrame:
    """account_id, absent_days (person-days away in the month), causes; only absences long enough."""
    inputs = regimes.inputs
    at = inputs.dates
    first = inputs.months[0].start
    ahead = int(value("absence.ahead_months", first))
    back = f"coalesce(t.returned_on, (t.left_on + interval '{ahead} months')::date)"
    # a person of the register on his days; where nobody is registered the owners are charged, so they may be away
    found = inputs.read_dated(f"""
        SELECT t.id, a.id AS account_id, a.house_id, ({back} - t.left_on - 1)::int4 AS full_days,
               (least({back}, {at.until}, coalesce(a.closed_on, {at.until}), coalesce(upper(r.valid), {at.until}))
                - greatest(t.left_on + 1, {at.start}, a.opened_on, coalesce(lower(r.valid), {at.start})))::int8 AS absent_days
          FROM temporary_absence t
          JOIN account a ON a.id = t.account_id
          LEFT JOIN residence r ON r.account_id = a.id AND r.person_id = t.person_id
               AND r.valid && daterange({at.start}, {at.until})
         WHERE t.decision = 'granted' AND t.left_on + 1 < {at.until} AND {back} > {at.start} AND a.house_id {inputs.houses_sql}
           AND (r.id IS NOT NULL OR NOT EXISTS (
                SELECT 1 FROM residence z WHERE z.account_id = a.id AND z.valid && daterange({at.start}, {at.until})))""")
    long = found.filter((pl.col("full_days") > int(value("absence.min_days", first))) & (pl.col("absent_days") > 0))
    return long.sort("id").group_by("account_id").agg(
        pl.col("absent_days").sum(), pl.col("id").unique(maintain_order=True).alias("_ids")
    ).with_columns(
        pl.concat_str(pl.lit("{"), pl.col("_ids").cast(pl.List(pl.String)).list.join(","), pl.lit("}")).alias("causes")
    ).drop("_ids")
