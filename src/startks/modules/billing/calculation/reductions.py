"""What acts of quality and temporary absences take off the lines of the month (ПП РФ 354, разделы VIII и IX, приложение 1).

    taken = Reductions(regimes)
    taken.rows          # LINE, number, rule_id, cause, causes, amount (kopecks, negative), in the order of lines
    taken.groups        # the rules with their inputs, a row a line: what an explanation shows

Acts are joined to the accounts under their nodes by one statement; what they mean is found once for each different set of
acts, and the rules run over whole frames. Absence comes first, then the acts; together never more than the line's charge.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

import polars as pl

from startks.domain.calc.parameters import value
from startks.domain.calc.registry import rule_for
from startks.modules.billing.calculation.absences import absence_frames
from startks.modules.billing.calculation.act_hours import Act, findings
from startks.modules.billing.calculation.regimes import Group, Regimes
from startks.modules.billing.calculation.statement import LINE

LINES_OF = {
    "hot_water": ("hot_water", "hot_water_heat"),
    "electricity": ("electricity", "electricity_day", "electricity_night"),
}
"""Lines that an act of a service reduces, where they are more than the service's own."""
NUMBERS = ("missing_hours", "hours", "allowed_hours", "step_hours", "degree_hours", "days", "days_over")
ROWS = {
    "house_id": pl.Int32, "account_id": pl.Int32, "service_id": pl.Int16, "supplier_id": pl.Int32, "number": pl.Int16,
    "rule_id": pl.Int16, "cause": pl.String, "causes": pl.String, "amount": pl.Int64,
}
"""Columns of the result; ``causes`` is the array as PostgreSQL writes it."""
_PERCENTS = {
    "percent_per_hour": "quality.percent_per_hour", "percent_per_day": "quality.waste_percent_per_day",
    "percent_per_step": "quality.hot_water_percent", "percent_per_degree": "quality.room_percent",
}
_KEYS = {
    "temperature": "quality.cold_hot_water", "air": "quality.room_temperature", "pressure": "quality.pressure",
    "days": "quality.days_unpaid", "voltage": "quality.break",
}


class Reductions:
    """Acts and absences of the houses of ``regimes``, whose groups are built already."""

    def __init__(self, regimes: Regimes) -> None:
        self.regimes = regimes
        self.inputs = regimes.inputs

    @cached_property
    def groups(self) -> list[Group]:
        """Rules and their inputs: LINE, ``causes``, and a column an input."""
        frames = {**absence_frames(self.regimes), **self._act_frames()}
        groups = []
        for key, frame in frames.items():
            if frame.is_empty():
                continue
            rule = rule_for(key, self.inputs.months[0].start)
            wanted = dict.fromkeys([*LINE, "causes", *(item.name for item in rule.inputs)])
            groups.append(Group(rule, "", frame.select(*wanted)))
        return groups

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The reductions (``ROWS``), each cut to what is left of its line's charge."""
        parts = []
        for group in self.groups:
            cause = "absence" if group.rule.key.startswith("absence.") else "act"
            found = [name for name in group.computed.columns if name.startswith("result_reduction")]
            parts.append(group.computed.select(
                *LINE, "causes", pl.lit(cause).alias("cause"), pl.lit(group.rule.id, pl.Int16).alias("rule_id"),
                pl.sum_horizontal(found, ignore_nulls=False).alias("off"),
            ))
        if not parts:
            return pl.DataFrame(schema=ROWS)
        accounts = pl.concat([part["account_id"] for part in parts]).unique().implode()
        whole = pl.concat([
            group.computed.filter(pl.col("account_id").is_in(accounts) & pl.col("result_charge").is_not_null()).select(
                *LINE, pl.col("result_charge").alias("charge")
            )
            for group in self.regimes.groups
        ]).group_by(LINE).agg(pl.col("charge").sum())
        order = ["account_id", "service_id", "supplier_id", "cause", "rule_id", "causes"]
        rows = pl.concat(parts).filter(pl.col("off") > 0).join(whole, on=LINE).sort(order)
        before = pl.col("off").cum_sum().over(LINE) - pl.col("off")
        kept = pl.min_horizontal("off", pl.max_horizontal(pl.col("charge") - before, 0))
        rows = rows.with_columns((0 - kept).alias("amount")).filter(pl.col("amount") < 0)
        return rows.with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int16).over(LINE).alias("number")
        ).select(*ROWS)

    @property
    def money(self) -> pl.DataFrame:
        """LINE and ``recalculation`` (kopecks): what the statement takes over."""
        return self.rows.select(*LINE, pl.col("amount").alias("recalculation"))

    # -- acts -------------------------------------------------------------------------------------------------------

    def _act_frames(self) -> dict[str, pl.DataFrame]:
        acts = self._acts()
        if acts.is_empty():
            return {}
        meant = self._meant(acts)
        if meant.is_empty():
            return {}
        of_lines = pl.concat([
            pl.DataFrame({"act_service": service, "service": list(LINES_OF.get(service, (service,)))})
            for service in meant["act_service"].unique().sort()
        ])
        rows = self._lines(of_lines["service"].to_list(), meant["account_id"].unique()).join(of_lines, on="service").join(
            meant, on=["account_id", "act_service"]
        )
        return self._by_rule(self._with_law(rows))

    def _acts(self) -> pl.DataFrame:
        """Acts of the month, a row for each account under their nodes."""
        at, houses = self.inputs.dates, self.inputs.houses_sql
        start, until = f"({at.start})::timestamp", f"({at.until})::timestamp"
        whom = "a.id AS account_id, a.house_id, a.opened_on, a.closed_on"
        return self.inputs.read_dated(f"""
            SELECT q.id AS act_id, x.account_id, x.house_id, s.code AS act_service, q.kind, x.rank, q.feeds, q.dead_end,
                   (q.measured * 10000)::int8 AS measured, (q.planned * 10000)::int8 AS planned,
                   (extract(epoch FROM greatest(q.since, {start}) - {start}) / 60)::int4 AS since,
                   (extract(epoch FROM least(coalesce(q.until, {until}), {until}) - {start}) / 60)::int4 AS until,
                   (greatest(x.opened_on - {at.start}, 0) * 1440)::int4 AS open_from,
                   ((least(coalesce(x.closed_on, {at.until}), {at.until}) - {at.start}) * 1440)::int4 AS open_until
              FROM quality_act q
              JOIN service s ON s.id = q.service_id
              CROSS JOIN LATERAL (
                    SELECT 0 AS rank, {whom} FROM account a WHERE a.premise_id = q.premise_id
                    UNION ALL
                    SELECT 0, {whom} FROM premise p JOIN account a ON a.premise_id = p.id WHERE p.parent_id = q.premise_id
                    UNION ALL
                    SELECT 1, {whom} FROM entrance e JOIN account a ON a.house_id = e.house_id
                      JOIN premise p ON p.id = a.premise_id AND p.entrance_id = e.id WHERE e.id = q.entrance_id
                    UNION ALL
                    SELECT 2, {whom} FROM account a WHERE a.house_id = q.house_id
                    UNION ALL
                    SELECT 3, {whom} FROM house h JOIN account a ON a.house_id = h.id WHERE h.district_id = q.district_id) x
             WHERE NOT q.cancelled AND q.since < {until} AND (q.until IS NULL OR q.until > {start})
               AND x.house_id {houses} AND x.opened_on < {at.until} AND (x.closed_on IS NULL OR x.closed_on > {at.start})""")

    def _meant(self, acts: pl.DataFrame) -> pl.DataFrame:
        """account_id, act_service, what, causes and NUMBERS: found once for each different set of acts and open days."""
        acts = acts.with_columns(self.inputs.place.alias("place"))
        known = {
            (row["place"], row["act_id"], row["rank"]): Act(
                row["act_id"], row["kind"], row["since"], row["until"], row["rank"], _scaled(row["measured"]),
                _scaled(row["planned"]), row["feeds"], row["dead_end"],
            )
            for row in acts.unique(["place", "act_id", "rank"]).iter_rows(named=True)
        }
        sets = acts.sort("rank", "act_id").group_by("account_id", "act_service").agg(
            pl.col("place", "open_from", "open_until").first(), pl.col("act_id"), pl.col("rank")
        )
        whole = ["place", "act_service", "act_id", "rank", "open_from", "open_until"]
        kinds = sets.select(whole).unique(maintain_order=True).with_row_index("set")
        found = []
        for number, place, service, ids, ranks, since, until in kinds.iter_rows():
            first = self.inputs.months[place].start
            for one in findings(service, [known[place, act, rank] for act, rank in zip(ids, ranks, strict=True)], first,
                                (since, until)):
                found.append({
                    "set": number, "what": one.what, "causes": "{" + ",".join(map(str, one.acts)) + "}",
                    **{name: one.numbers.get(name) for name in NUMBERS},
                })
        schema = {"set": pl.UInt32, "what": pl.String, "causes": pl.String, **dict.fromkeys(NUMBERS, pl.Int64)}
        return sets.join(kinds, on=whole).select("account_id", "act_service", "set").join(
            pl.DataFrame(found, schema=schema, orient="row"), on="set"
        ).drop("set")

    def _lines(self, services: list[str], accounts: pl.Series) -> pl.DataFrame:
        """Charged lines of these services and accounts: LINE, service, by_norm, charge, base (without the excess), volume, tariff."""
        parts = [
            group.computed.filter(pl.col("account_id").is_in(accounts.implode()) & (pl.col("result_charge") > 0)).select(
                *LINE, pl.lit(group.service).alias("service"), pl.lit(is_by_norm(group)).alias("by_norm"),
                pl.col("result_charge").alias("charge"), (pl.col("result_charge") - pl.col("result_excess")).alias("base_rub"),
                pl.col("result_volume").alias("volume"), "tariff",
            )
            for group in self.regimes.groups if group.service in services
        ]
        empty = pl.DataFrame(schema={
            **{name: ROWS[name] for name in LINE}, "service": pl.String, "by_norm": pl.Boolean, "charge": pl.Int64,
            "base_rub": pl.Int64, "volume": pl.Int64, "tariff": pl.Int64,
        })
        # a month may be charged by a meter and by a norm: what was not supplied is taken off the norm's part
        return pl.concat([empty, *parts]).group_by(*LINE, "service").agg(
            pl.col("by_norm").any(), pl.col("charge").sum(), pl.col("base_rub").filter("by_norm").sum(),
            pl.col("volume").sum(), pl.col("tariff").max(),
        )

    def _with_law(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Percents, days and tariffs beside the lines."""
        months = self.inputs.months
        cold = self.inputs.connections.filter(pl.col("service") == "cold_water").select(
            "house_id", pl.col("tariff").alias("cold_tariff")
        )
        return rows.with_columns(
            pl.col("charge").alias("charge_rub"), pl.col("tariff").alias("hot_tariff"),
            self.inputs.by_month([month.days for month in months]).alias("month_days"),
            *(
                self.inputs.by_month([int(value(code, month.start) * 10**6) for month in months]).alias(name)
                for name, code in (*_PERCENTS.items(), ("_pressure", "quality.pressure_percent"))
            ),
        ).join(cold.unique("house_id"), on="house_id", how="left")

    def _by_rule(self, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Rows by the key of the rule that each takes; a planned repair costs the supplier nothing where a meter counts."""
        is_break, by_norm = pl.col("what").is_in(["break", "repair"]), pl.col("by_norm")
        is_waste = pl.col("service") == "waste"
        key = (
            pl.when(is_break & is_waste).then(pl.lit("quality.waste_break"))
            .when(is_break & by_norm).then(pl.lit("quality.break_by_norm"))
            .when(pl.col("what") == "break").then(pl.lit("quality.break"))
            .when((pl.col("what") == "as_cold") & (pl.col("service") == "hot_water")).then(pl.lit("quality.hours_as_cold"))
            .when(pl.col("what") == "as_cold").then(pl.lit("quality.hours_unpaid"))
            .otherwise(pl.col("what").replace_strict(_KEYS, default=None, return_dtype=pl.String))
        )
        rows = rows.with_columns(
            key.alias("key"),
            pl.when(pl.col("what") == "pressure").then("_pressure").otherwise("percent_per_hour").alias("percent_per_hour"),
        )
        priceless = rows.filter((pl.col("key") == "quality.hours_as_cold") & pl.col("cold_tariff").is_null())
        self.regimes.warn(priceless, "no_cold_tariff", "Горячая вода была холоднее 40 °C, но тарифа холодной воды у дома нет: "
                          "снижение не рассчитано. Внесите тариф и рассчитайте дом заново.")
        return {name: part for (name,), part in rows.drop_nulls("key").group_by("key", maintain_order=True)}


def is_by_norm(group: Group) -> bool:
    """Whether the rule of a line counts by a norm, so that what was not supplied is taken out by hours (п. 99)."""
    key = group.rule.key
    return key.endswith((".norm", ".norm_raised")) or key.startswith("heating.norm")


def _scaled(number: int | None) -> Fraction | None:
    return None if number is None else Fraction(number, 10_000)
