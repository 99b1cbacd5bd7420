"""Which rule charges which line: accounts × connected services, grouped by regime, with the rule's inputs beside them.

The result of :class:`Regimes` is a list of :class:`Group`: a rule and a frame that holds one row a line and one column
an input. The bulk run applies the rule to whole frames; an explanation picks one row of the very same frame, so that
what is explained is what was charged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import Rule, rule_for
from startks.modules.billing.calculation.houses import common_needs, heat_of_houses
from startks.modules.billing.calculation.inputs import Inputs
from startks.modules.billing.calculation.statement import LINE

METERED_SERVICES = ("cold_water", "hot_water", "electricity", "gas")
ZONES = {1: "electricity_day", 2: "electricity_night"}
WITH_COEFFICIENT = ("cold_water", "hot_water", "electricity")
AREA_METHODS = ("area", "owner_area", "tenant_area")


@dataclass(frozen=True)
class Group:
    """Lines charged by one rule: LINE columns, ``tariff`` of the line, and the rule's inputs."""

    rule: Rule
    service: str
    frame: pl.DataFrame

    @cached_property
    def computed(self) -> pl.DataFrame:
        """The frame with ``result_volume`` (1e-6), ``result_charge`` and ``result_excess`` (kopecks); null where not computable."""
        return apply_bulk(self.rule, self.frame, prefix="result_")


class Regimes:
    """Builds the groups of a range of houses. ``consumption`` is the metering module's frame (may be empty)."""

    def __init__(self, inputs: Inputs, consumption: pl.DataFrame) -> None:
        self.inputs = inputs
        self.month = inputs.month
        self.consumption = consumption
        self.groups: list[Group] = []
        self.warnings: list[pl.DataFrame] = []
        self.house_rows: list[pl.DataFrame] = []
        self._accounts = inputs.accounts.with_columns(pl.lit(self.month.days, pl.Int64).alias("month_days"))
        self._own_volumes: dict[str, pl.DataFrame] = {}

    def build(self) -> list[Group]:
        """All groups, in the order in which one needs another's volumes."""
        self._housing()
        self._waste()
        self._individual()
        self._sewerage()
        self._common_needs()
        self._heating()
        return self.groups

    # -- helpers --------------------------------------------------------------------------------------------------

    def rows(self, *, methods: tuple[str, ...], service: str | None = None) -> pl.DataFrame:
        """One row an account and connected service; accounts that opted out are left out."""
        chosen = self.inputs.connections.filter(pl.col("method").is_in(methods))
        if service is not None:
            chosen = chosen.filter(pl.col("service") == service)
        rows = self._accounts.join(chosen.drop("resource"), on="house_id")
        excluded = self.inputs.exclusions.filter(pl.col("service_id").is_in(chosen["service_id"].unique().implode()))
        if rows.is_empty() or excluded.is_empty():
            return rows
        return rows.join(excluded, on=["account_id", "service_id"], how="anti")

    def add(self, key: str, service: str, frame: pl.DataFrame) -> Group | None:
        """Keep a group unless it is empty; the frame is cut to what the rule and the line need."""
        if frame.is_empty():
            return None
        entry = rule_for(key, self.month.start)
        wanted = dict.fromkeys([*LINE, "tariff", *(item.name for item in entry.inputs)])
        group = Group(entry, service, frame.select(*wanted))
        self.groups.append(group)
        return group

    def warn(self, frame: pl.DataFrame, code: str, detail: str) -> None:
        """Remember a warning for every row (house_id, account_id, service_id)."""
        if not frame.is_empty():
            self.warnings.append(frame.select(
                "house_id", pl.col("account_id").cast(pl.Int32), pl.col("service_id").cast(pl.Int16),
                pl.lit(code).alias("code"), pl.lit("warning").alias("severity"), pl.lit(detail).alias("detail"),
            ))

    def with_norm(self, rows: pl.DataFrame, purpose: str = "individual", name: str = "norm") -> pl.DataFrame:
        """Join the norm of the row's service and category; rooms and residents beyond the table mean its last row."""
        keys = ["municipality_id", "service_id", "norm_category"]
        table = self.inputs.norms.filter(pl.col("purpose") == purpose).select(*keys, "rooms", "residents", "norm")
        limits = table.group_by(keys).agg(pl.col("rooms").max().alias("_rooms"), pl.col("residents").max().alias("_most"))
        people = pl.max_horizontal(pl.when(pl.col("persons") > 0).then("persons").otherwise("owners"), pl.lit(1))
        least = pl.min_horizontal("_most", pl.lit(1, pl.Int16))
        return (
            rows.join(limits, on=keys, how="left")
            .with_columns(
                pl.min_horizontal(pl.max_horizontal("rooms", pl.lit(1, pl.Int16)), "_rooms").alias("_rooms"),
                pl.max_horizontal(pl.min_horizontal(people, "_most"), least).cast(pl.Int16).alias("_most"),
            )
            .join(
                table.rename({"rooms": "_rooms", "residents": "_most", "norm": name}),
                on=[*keys, "_rooms", "_most"], how="left",
            )
            .drop("_rooms", "_most")
        )

    # -- services ---------------------------------------------------------------------------------------------------

    def _housing(self) -> None:
        """Maintenance for all, capital repair for owners, rent for tenants of public housing (ЖК ст. 154)."""
        rows = self.rows(methods=AREA_METHODS).filter(
            ~((pl.col("method") == "owner_area") & pl.col("tenant"))
            & ~((pl.col("method") == "tenant_area") & (~pl.col("tenant") | pl.col("nonresidential")))
        ).with_columns(pl.col("tariff").alias("rate"), pl.col("days").cast(pl.Int64).alias("days_charged"))
        for (service,), part in rows.group_by("service", maintain_order=True):
            self.add(f"{service}.area", service, part)

    def _waste(self) -> None:
        for method, key in (("waste_area", "waste.area"), ("waste_persons", "waste.persons")):
            rows = self.rows(methods=(method,)).filter(~pl.col("nonresidential"))
            self.add(key, "waste", self.with_norm(rows))

    def _individual(self) -> None:
        """Flat meter, else average, else norm; hot water gives the heat line its volumes."""
        used = self._account_consumption()
        codes = self.inputs.services
        zone_ids = [codes[code] for code in ZONES.values() if code in codes]
        zoned = used.filter(pl.col("service_id").is_in(zone_ids)).select("account_id").unique()
        for service in METERED_SERVICES:
            rows = self.rows(methods=("individual",), service=service)
            if rows.is_empty():
                continue
            if service == "electricity":
                rows = rows.join(zoned, on="account_id", how="anti")
            self._metered(service, rows.join(self._of_service(used, service), on="account_id", how="left"))
        for service in ZONES.values():
            rows = self.rows(methods=("zones",), service=service)
            if rows.is_empty():
                continue
            self._by_volume(service, rows.join(self._of_service(used, service), on="account_id"))

    def _of_service(self, used: pl.DataFrame, service: str) -> pl.DataFrame:
        return used.filter(pl.col("service_id") == self.inputs.services.get(service, -1)).drop("service_id")

    def _account_consumption(self) -> pl.DataFrame:
        """account_id, service_id, basis, volume, volume_sum, months: all meters of an account and service together."""
        codes = self.inputs.services
        electricity = codes.get("electricity", -1)
        flat = self.consumption.filter(pl.col("account_id").is_not_null())
        lost = pl.col("basis").is_in(["norm", "norm_raised"])
        # A two-zone meter without any usable volume falls back to the one norm of electricity.
        service = pl.col("service_id")
        for zone, code in ZONES.items():
            is_zone = (pl.col("zone") == zone) & (pl.col("service_id") == electricity) & ~lost
            service = pl.when(is_zone).then(pl.lit(codes.get(code, electricity), pl.Int16)).otherwise(service)
        grouped = flat.with_columns(service.alias("service_id")).group_by("account_id", "service_id").agg(
            pl.len().alias("registers"),
            (pl.col("basis") == "norm_raised").any().alias("_raised"), (pl.col("basis") == "norm").any().alias("_norm"),
            (pl.col("basis") == "average").any().alias("_average"),
            pl.col("volume").sum(), pl.col("average_total").first(), pl.col("average_months").first(),
            pl.col("fault").drop_nulls().first().alias("fault"),
        )
        single = (pl.col("registers") == 1) & pl.col("_average")
        return grouped.select(
            "account_id", "service_id", "volume", "fault",
            pl.when("_raised").then(pl.lit("norm_raised")).when("_norm").then(pl.lit("norm"))
            .when("_average").then(pl.lit("average")).otherwise(pl.lit("meter")).alias("basis"),
            pl.when(single).then("average_total").otherwise("volume").alias("volume_sum"),
            pl.when(single).then("average_months").otherwise(1).cast(pl.Int64).alias("months"),
        )

    def _by_volume(self, service: str, rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
        """Lines by meter and by average; a negative true-up is kept for the clerk, not charged."""
        below = rows.filter((pl.col("basis") == "meter") & (pl.col("volume") < 0))
        self.warn(below, "estimates_above_reading", "Показание ниже начисленного по среднему: проверьте показание, "
                  "строка начислена нулём, разница вернётся перерасчётом.")
        metered = rows.filter(pl.col("basis") == "meter").with_columns(pl.col("volume").clip(lower_bound=0))
        averaged = rows.filter(pl.col("basis") == "average")
        self.add(f"{service}.meter", service, metered)
        self.add(f"{service}.average", service, averaged)
        self._warn_faults(rows)
        return [("meter", metered), ("average", averaged)]

    def _warn_faults(self, rows: pl.DataFrame) -> None:
        details = {
            "reading_below_previous": "Показание меньше предыдущего: начислено по среднему. Проверьте показание, "
                                      "при замене счётчика или переходе через ноль внесите его отдельным действием.",
            "verification_lapsed": "Истёк срок поверки счётчика: показания не принимаются. Внесите дату новой поверки.",
        }
        for code, detail in details.items():
            self.warn(rows.filter(pl.col("fault") == code), code, detail)

    def _metered(self, service: str, rows: pl.DataFrame) -> None:
        parts = self._by_volume(service, rows)
        left = rows.filter(pl.col("basis").is_null() | pl.col("basis").is_in(["norm", "norm_raised"]))
        empty = left.filter(pl.col("nonresidential"))
        self.warn(empty, "nonresidential_without_meter",
                  "Нежилое помещение без показаний: объём определяет поставщик расчётным путём, внесите его актом.")
        left = self.with_norm(left.filter(~pl.col("nonresidential")))
        nobody = left.filter(pl.col("person_days") == 0)
        self.warn(nobody, "no_residents", "Нет ни жителей, ни собственников: по нормативу начислен ноль. "
                  "Внесите собственников или составьте акт о проживающих.")
        coefficient = self.inputs.parameters.get(f"raising_coefficient.{service}", 1_000_000)
        left = left.join(
            self.inputs.infeasible.with_columns(pl.lit(True).alias("infeasible")),
            on=["account_id", "service_id"], how="left",
        )
        is_raised = (pl.col("basis") == "norm_raised").fill_null(False) | (
            pl.col("basis").is_null() & pl.col("infeasible").is_null()
        )
        if service not in WITH_COEFFICIENT or coefficient == 1_000_000:
            is_raised = pl.lit(False)
        raised = left.filter(is_raised).with_columns(pl.lit(coefficient, pl.Int64).alias("coefficient"))
        plain = left.filter(~is_raised) if service in WITH_COEFFICIENT else left
        self.add(f"{service}.norm", service, plain)
        self.add(f"{service}.norm_raised", service, raised)
        if service == "hot_water":
            self._heat_of_water([*parts, ("norm", plain), ("norm_raised", raised)])

    def _heat_of_water(self, parts: list[tuple[str, pl.DataFrame]]) -> None:
        """The heat component follows the volume of the water line (ПП 354 п. 42, формула 23)."""
        heat = self.rows(methods=("heat_of_water",))
        heat = self.with_norm(heat, "heat_per_m3", "heat_norm").select("account_id", *LINE[2:], "tariff", "heat_norm")
        for basis, water in parts:
            frame = water.drop("service_id", "supplier_id", "tariff").join(heat, on="account_id")
            self.add(f"hot_water_heat.{basis}", "hot_water_heat", frame)

    def own_volumes(self, resource: str) -> pl.DataFrame:
        """account_id, house_id, kind (meter | norm), own_volume (1e-6): what the account's own lines consumed."""
        if resource not in self._own_volumes:
            pieces = []
            services = [resource, *ZONES.values()] if resource == "electricity" else [resource]
            for group in self.groups:
                if group.service in services:
                    kind = "meter" if group.rule.key.endswith(".meter") else "norm"
                    pieces.append(group.computed.select(
                        "account_id", "house_id", pl.lit(kind).alias("kind"),
                        pl.col("result_volume").fill_null(0).alias("own_volume"),
                    ))
            empty = pl.DataFrame(schema={"account_id": pl.Int32, "house_id": pl.Int32, "kind": pl.String,
                                         "own_volume": pl.Int64})
            self._own_volumes[resource] = pl.concat([empty, *pieces]).group_by("account_id", "house_id", "kind").sum()
        return self._own_volumes[resource]

    def _sewerage(self) -> None:
        rows = self.rows(methods=("sum_of_water",)).filter(~pl.col("nonresidential"))
        for resource, name in (("cold_water", "cold_volume"), ("hot_water", "hot_volume")):
            volumes = self.own_volumes(resource).group_by("account_id").agg(pl.col("own_volume").sum().alias(name))
            rows = rows.join(volumes, on="account_id", how="left").with_columns(pl.col(name).fill_null(0))
        self.add("sewerage.sum", "sewerage", rows)

    def _common_needs(self) -> None:
        common_needs(self)

    def _heating(self) -> None:
        heat_of_houses(self)
