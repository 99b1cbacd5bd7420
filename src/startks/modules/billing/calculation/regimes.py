"""Which rule charges which line: accounts × connected services, grouped by regime, with the rule's inputs beside them.

The result of :class:`Regimes` is a list of :class:`Group`: a rule and a frame that holds one row a line and one column
an input. The bulk run applies the rule to whole frames; an explanation picks one row of the very same frame, so that
what is explained is what was charged.

Who builds lines (a method here, a function in a file of its own) keeps to this:

* Begin with :meth:`Regimes.rows`, stop where it is empty, join what was made once for all by ``account_id`` or
  ``house_id``, end with :meth:`Regimes.add`.
* A frame may hold several months (the replay): no fact of a month is a Python number or an ``if``. Read dated facts by
  ``inputs.read_dated`` with the days of ``inputs.dates``; take what the law says in the row's month as a column from
  ``inputs.by_month(values)``, its figures from ``inputs.parameter(code, default)``; run a rule over houses by
  :meth:`Regimes.apply`. ``inputs.month`` is refused where there are several.
* ``house_id`` and ``account_id`` are numbers of the run, one for each month: join by them, never compare them with ids from
  elsewhere. ``inputs.named`` gives ids and months back.
* Each Polars call costs 0.1 ms whatever the size, and a house is charged by hundreds of them: one ``with_columns`` rather
  than a chain, a dictionary of ``partition_by`` rather than a filter for each service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from startks.domain.calc.interpret import apply_bulk
from startks.domain.calc.registry import Rule, rule_for
from startks.modules.billing.calculation.heating import heat_of_houses
from startks.modules.billing.calculation.houses import common_needs
from startks.modules.billing.calculation.inputs import Inputs
from startks.modules.billing.calculation.part_month import add_by_days, housing_lines
from startks.modules.billing.calculation.statement import LINE

METERED_SERVICES = ("cold_water", "hot_water", "electricity", "gas")
ZONES = {1: "electricity_day", 2: "electricity_night"}
WITH_COEFFICIENT = ("cold_water", "hot_water", "electricity")
AREA_METHODS = ("area", "owner_area", "tenant_area")
NORM_KEYS = ["municipality_id", "service_id", "norm_category"]


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
        self.consumption = consumption
        self.groups: list[Group] = []
        self.warnings: list[pl.DataFrame] = []
        self.house_rows: list[pl.DataFrame] = []
        self._norms: dict[str, tuple[pl.DataFrame, pl.DataFrame]] = {}
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

    @cached_property
    def _connected(self) -> dict[tuple[str, str], pl.DataFrame]:
        """Connections by method and service."""
        return self.inputs.connections.drop("resource").partition_by("method", "service", as_dict=True, maintain_order=True)

    @cached_property
    def _excluded(self) -> dict[tuple[int], pl.DataFrame]:
        """Accounts that opted out, by service."""
        return self.inputs.exclusions.partition_by("service_id", as_dict=True)

    @cached_property
    def _no_rows(self) -> pl.DataFrame:
        return self.inputs.accounts.clear().join(self.inputs.connections.clear().drop("resource"), on="house_id")

    def rows(self, *, methods: tuple[str, ...], service: str | None = None) -> pl.DataFrame:
        """One row an account and connected service; accounts that opted out are left out."""
        chosen = [
            part for (method, code), part in self._connected.items() if method in methods and service in (None, code)
        ]
        if not chosen:
            return self._no_rows
        rows = self.inputs.accounts.join(pl.concat(chosen) if len(chosen) > 1 else chosen[0], on="house_id")
        ids = {(part.item(0, "service_id"),) for part in chosen}
        excluded = [part for key, part in self._excluded.items() if key in ids]
        return rows.join(pl.concat(excluded), on=["account_id", "service_id"], how="anti") if excluded else rows

    def add(self, key: str, service: str, frame: pl.DataFrame) -> None:
        """Keep a group unless it is empty; the frame is cut to what the rule and the line need."""
        if frame.is_empty():
            return
        for entry, part in self._by_edition(key, frame):
            wanted = dict.fromkeys([*LINE, "tariff", *(item.name for item in entry.inputs)])
            self.groups.append(Group(entry, service, part.select(*wanted)))

    def apply(self, key: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame (a row a house) with the results of a rule."""
        return pl.concat([apply_bulk(entry, part) for entry, part in self._by_edition(key, frame)])

    def _by_edition(self, key: str, frame: pl.DataFrame) -> Iterator[tuple[Rule, pl.DataFrame]]:
        """The rows of each edition of a rule: months may be under different ones."""
        months = self.inputs.months
        if len(months) == 1:
            yield rule_for(key, months[0].start), frame
            return
        editions: dict[Rule, list[int]] = {}
        for place in frame.select(self.inputs.place.unique().sort()).to_series().to_list() or [0]:
            editions.setdefault(rule_for(key, months[place].start), []).append(place)
        for entry, places in editions.items():
            yield entry, frame if len(editions) == 1 else frame.filter(self.inputs.place.is_in(places))

    def warn(self, frame: pl.DataFrame, code: str, detail: str) -> None:
        """Remember a warning for every row (house_id, account_id, service_id)."""
        if not frame.is_empty():
            self.warnings.append(frame.select(
                "house_id", pl.col("account_id").cast(pl.Int32), pl.col("service_id").cast(pl.Int16),
                pl.lit(code).alias("code"), pl.lit("warning").alias("severity"), pl.lit(detail).alias("detail"),
            ))

    def with_norm(self, rows: pl.DataFrame, purpose: str = "individual", name: str = "norm") -> pl.DataFrame:
        """Join the norm of the row's service and category; rooms and residents beyond the table mean its last row."""
        limits, table = self._norms_of(purpose)
        people = pl.max_horizontal(pl.when(pl.col("persons") > 0).then("persons").otherwise("owners"), pl.lit(1))
        least = pl.min_horizontal("_most", pl.lit(1, pl.Int16))
        return (
            rows.lazy().join(limits.lazy(), on=NORM_KEYS, how="left")
            .with_columns(
                pl.min_horizontal(pl.max_horizontal("rooms", pl.lit(1, pl.Int16)), "_rooms").alias("_rooms"),
                pl.max_horizontal(pl.min_horizontal(people, "_most"), least).cast(pl.Int16).alias("_most"),
            )
            .join(table.lazy().rename({"norm": name}), on=[*NORM_KEYS, "_rooms", "_most"], how="left")
            .drop("_rooms", "_most").collect()
        )

    def _norms_of(self, purpose: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of a purpose: the last row of each table of norms (``_rooms``, ``_most``), and the norms by these."""
        if purpose not in self._norms:
            table = self.inputs.norms.filter(pl.col("purpose") == purpose).select(
                *NORM_KEYS, pl.col("rooms").alias("_rooms"), pl.col("residents").alias("_most"), "norm"
            )
            self._norms[purpose] = table.group_by(NORM_KEYS).agg(pl.col("_rooms", "_most").max()), table
        return self._norms[purpose]

    # -- services ---------------------------------------------------------------------------------------------------

    def _housing(self) -> None:
        """Maintenance for all, capital repair for owners, rent for tenants of public housing (ЖК ст. 154)."""
        rows = self.rows(methods=AREA_METHODS)
        if rows.is_empty():
            return
        rows = rows.with_columns(pl.col("tariff").alias("rate"))
        for (service,), part in rows.group_by("service", maintain_order=True):
            housing_lines(self, service, part)

    def _waste(self) -> None:
        by_area = self.rows(methods=("waste_area",)).filter(~pl.col("nonresidential"))
        add_by_days(self, "waste.area", "waste", self.with_norm(by_area))
        by_people = self.rows(methods=("waste_persons",)).filter(~pl.col("nonresidential"))
        self.add("waste.persons", "waste", self.with_norm(by_people))

    def _individual(self) -> None:
        """Flat meter, else average, else norm; hot water gives the heat line its volumes."""
        used = self._account_consumption()
        codes = self.inputs.services
        zone_ids = [codes[code] for code in ZONES.values() if code in codes]
        zoned = used.filter(pl.col("service_id").is_in(zone_ids))["account_id"].unique()
        for service in METERED_SERVICES:
            rows = self.rows(methods=("individual",), service=service)
            if rows.is_empty():
                continue
            rows = rows.join(self._of_service(used, service), on="account_id", how="left")
            if service == "electricity":
                rows = rows.filter(pl.col("norm_days").is_not_null() | ~pl.col("account_id").is_in(zoned.implode()))
            self._metered(service, rows)
        for service in ZONES.values():
            rows = self.rows(methods=("zones",), service=service)
            if rows.is_empty():
                continue
            self._by_volume(service, rows.join(self._of_service(used, service), on="account_id"))

    def _of_service(self, used: pl.DataFrame, service: str) -> pl.DataFrame:
        return used.filter(pl.col("service_id") == self.inputs.services.get(service, -1)).drop("service_id")

    def _account_consumption(self) -> pl.DataFrame:
        """All meters of an account and service together: account_id, service_id, basis, volume, volume_sum, months, fault,
        norm_days (first days of the month charged by norm, until a new meter came; else null)."""
        codes = self.inputs.services
        electricity = codes.get("electricity", -1)
        flat = self.consumption.filter(pl.col("account_id").is_not_null())
        lost = pl.col("basis").is_in(["norm", "norm_raised"])
        # A two-zone meter without any usable volume falls back to the one norm of electricity.
        service = pl.col("service_id")
        for zone, code in ZONES.items():
            is_zone = (pl.col("zone") == zone) & (pl.col("service_id") == electricity) & ~lost
            service = pl.when(is_zone).then(pl.lit(codes.get(code, electricity), pl.Int16)).otherwise(service)
        # A lapsed meter whose place a new one took inside the month leaves its days to the norm, the rest to the new one.
        has_other = pl.col("basis").is_in(["meter", "average"]).any().over("account_id", "service_id")
        flat = flat.with_columns(((pl.col("basis") == "norm_raised") & pl.col("days").is_not_null() & has_other).alias("_part"))
        grouped = flat.with_columns(service.alias("service_id")).group_by("account_id", "service_id").agg(
            pl.len().alias("registers"), pl.col("days").filter("_part").max().alias("norm_days"),
            ((pl.col("basis") == "norm_raised") & ~pl.col("_part")).any().alias("_raised"),
            (pl.col("basis") == "norm").any().alias("_norm"),
            (pl.col("basis") == "average").any().alias("_average"), pl.col("_part").all().alias("_elsewhere"),
            pl.col("volume").sum(), pl.col("average_total").first(), pl.col("average_months").first(),
            pl.col("fault").drop_nulls().first().alias("fault"),
        )
        single = (pl.col("registers") == 1) & pl.col("_average")
        return grouped.select(
            "account_id", "service_id", "volume", "fault", "norm_days",
            pl.when("_raised").then(pl.lit("norm_raised")).when("_norm").then(pl.lit("norm"))
            .when("_average").then(pl.lit("average"))
            .when("_elsewhere").then(pl.lit("elsewhere")).otherwise(pl.lit("meter")).alias("basis"),
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
        is_normed = pl.col("basis").is_null() | pl.col("basis").is_in(["norm", "norm_raised"])
        days, whole = pl.col("norm_days").cast(pl.Int64), pl.col("month_days")
        replaced = rows.filter(~is_normed & pl.col("norm_days").is_not_null()).with_columns(
            pl.lit("norm_raised").alias("basis"), ((2 * pl.col("person_days") * days + whole) // (2 * whole)).alias("person_days")
        )
        left = pl.concat([rows.filter(is_normed), replaced])
        empty = left.filter(pl.col("nonresidential"))
        self.warn(empty, "nonresidential_without_meter",
                  "Нежилое помещение без показаний: объём определяет поставщик расчётным путём, внесите его актом.")
        left = self.with_norm(left.filter(~pl.col("nonresidential")))
        nobody = left.filter(pl.col("person_days") == 0)
        self.warn(nobody, "no_residents", "Нет ни жителей, ни собственников: по нормативу начислен ноль. "
                  "Внесите собственников или составьте акт о проживающих.")
        coefficients = self.inputs.parameter(f"raising_coefficient.{service}", 1_000_000)
        left = left.join(
            self.inputs.infeasible.with_columns(pl.lit(True).alias("infeasible")),
            on=["account_id", "service_id"], how="left",
        )
        is_raised = (pl.col("basis") == "norm_raised").fill_null(False) | (
            pl.col("basis").is_null() & pl.col("infeasible").is_null()
        )
        coefficient = self.inputs.by_month(coefficients)
        is_raised &= coefficient != 1_000_000
        if service not in WITH_COEFFICIENT:
            is_raised = pl.lit(False)
        raised = left.filter(is_raised).with_columns(coefficient.alias("coefficient"))
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
