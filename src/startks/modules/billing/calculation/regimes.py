"""Which rule charges which line: accounts × connected services, grouped by regime, with the rule's inputs beside them.

The result of :class:`Regimes` is a list of :class:`Group`: a rule and a frame that holds one row a line and one column
an input. The bulk run applies the rule to whole frames; an explanation picks one row of the very same frame, so that
what is explained is what was charged.

Who builds lines (a method here, a function in a file of its own) keeps to this:

* Begin with :meth:`Regimes.rows`, stop where it is empty, join what was made once for all by ``account_id`` or
  ``house_id``, end with :meth:`Regimes.add`.
* Decide by houses what is the same for a house: add it to the connections (``connected``) and ask for their accounts'
  :meth:`Regimes.lines` last; lay facts of accounts :func:`.connected.beside` the lines of one service.
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
from startks.modules.billing.calculation.broken_seals import take_broken
from startks.modules.billing.calculation.communal import flat_meters, rooms_of, take_rooms
from startks.modules.billing.calculation.connected import Connected, beside, several
from startks.modules.billing.calculation.electricity_bands import SERVICES as BANDS
from startks.modules.billing.calculation.electricity_bands import split_by_bands
from startks.modules.billing.calculation.frames import parts_of
from startks.modules.billing.calculation.heating import heat_of_houses
from startks.modules.billing.calculation.hot_water_house import heat_made_in_house
from startks.modules.billing.calculation.houses import common_needs
from startks.modules.billing.calculation.inputs import Inputs
from startks.modules.billing.calculation.norms import TABLE, Norms
from startks.modules.billing.calculation.own_facts import OwnCategories, calculated_volumes, lines_by_act
from startks.modules.billing.calculation.own_rules import by_own_rules
from startks.modules.billing.calculation.part_month import add_by_days, housing_lines
from startks.modules.billing.calculation.statement import LINE
from startks.modules.billing.calculation.waste import waste_by_containers

METERED_SERVICES = ("cold_water", "hot_water", "electricity", "gas")
ZONES = {1: "electricity_day", 2: "electricity_night"}
WITH_COEFFICIENT = ("cold_water", "hot_water", "electricity")
NOT_RAISED = 1_000_000
HEATED = "hot_water"
"""The service whose volume the heat line follows."""
OWN_VOLUME = {"account_id": pl.Int32, "house_id": pl.Int32, "kind": pl.String, "own_volume": pl.Int64}
WANTED = [*LINE, "service", "tariff", "nonresidential", TABLE, "rooms", "persons", "owners", "person_days", "month_days"]
"""What a line by meter or norm is made of: frames of all accounts and services are cut to it."""
AREA_METHODS = ("area", "owner_area", "tenant_area")
BY_METER = (".meter", "electricity.band", "electricity.last_band", "communal.persons", "communal.electricity_meters")
"""Endings of the rules whose volume was measured."""


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
        self._own_volumes: dict[str, pl.DataFrame] = {}

    def build(self) -> list[Group]:
        """All groups, in the order in which one needs another's volumes."""
        self._housing()
        self._waste()
        self._individual()
        split_by_bands(self)
        heat_made_in_house(self)
        self._sewerage()
        self._common_needs()
        self._heating()
        by_own_rules(self)
        return self.groups

    # -- helpers --------------------------------------------------------------------------------------------------

    @cached_property
    def norms(self) -> Norms:
        """Norms of consumption (:class:`.norms.Norms`)."""
        return Norms(self.inputs.norms)

    @cached_property
    def connected(self) -> Connected:
        """Accounts and the services of their houses (:class:`.connected.Connected`)."""
        return Connected(self.inputs, self.norms)

    @cached_property
    def rooms(self) -> pl.DataFrame:
        """Rooms of communal flats (:func:`.communal.rooms_of`)."""
        return rooms_of(self.inputs)

    @cached_property
    def calculated(self) -> pl.DataFrame:
        """Volumes of non-residential premises by act (:func:`.own_facts.calculated_volumes`)."""
        return calculated_volumes(self.inputs)

    @cached_property
    def own_categories(self) -> OwnCategories:
        """Accounts with their own rows of tariff and norm."""
        return OwnCategories(self.inputs, self.norms)

    def rows(
        self, *, methods: tuple[str, ...], service: str | tuple[str, ...] | None = None, homes: bool = False,
        only: pl.Series | None = None,
    ) -> pl.DataFrame:
        """One row an account and connected service, but not of accounts that opted out (:meth:`.connected.Connected.lines`)."""
        services = (service,) if isinstance(service, str) else service
        found = [self.lines(part, homes=homes, only=only) for part in self.connected.of(methods, services)]
        return pl.concat(found) if found else self.connected.nothing

    def lines(self, connections: pl.DataFrame, *, homes: bool = False, only: pl.Series | None = None) -> pl.DataFrame:
        """One row an account of the houses of ``connections`` (of one service; columns added to them come along)."""
        return self.with_own(self.connected.lines(connections, homes=homes, only=only))

    def with_own(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows (account × service) with the account's own tariff and norm category where it has them."""
        return self.own_categories.laid_over(rows)

    def add(self, key: str, service: str, frame: pl.DataFrame) -> None:
        """Keep a group unless it is empty; the frame is cut to what the rule and the line need."""
        if frame.is_empty():
            return
        for entry, part in self.by_edition(key, frame):
            wanted = dict.fromkeys([*LINE, "tariff", *(item.name for item in entry.inputs)])
            self.groups.append(Group(entry, service, part[list(wanted)]))

    def add_each(self, ending: str, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Keep a group a service of the frame, by its rule ``<service>.<ending>``; return the parts by service."""
        parts = parts_of(frame, "service")
        for (service,), part in parts.items():
            self.add(f"{service}.{ending}", service, part)
        return {service: part for (service,), part in parts.items()}

    def apply(self, key: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame (a row a house) with the results of a rule."""
        return pl.concat([apply_bulk(entry, part) for entry, part in self.by_edition(key, frame)])

    def by_edition(self, key: str, frame: pl.DataFrame) -> Iterator[tuple[Rule, pl.DataFrame]]:
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
        """The rows with the norm of their service and category (:meth:`.norms.Norms.of`)."""
        return rows.with_columns(self.norms.of(rows, purpose, name))

    # -- services ---------------------------------------------------------------------------------------------------

    def _housing(self) -> None:
        """Maintenance for all, capital repair for owners, rent for tenants of public housing (ЖК ст. 154)."""
        for part in self.connected.of(AREA_METHODS, None):
            rows = self.lines(part)
            housing_lines(self, part.item(0, "service"), rows.with_columns(rows["tariff"].alias("rate")))

    def _waste(self) -> None:
        by_area = self.rows(methods=("waste_area",), homes=True)
        add_by_days(self, "waste.area", "waste", self.with_norm(by_area))
        by_people = self.rows(methods=("waste_persons",), homes=True)
        self.add("waste.persons", "waste", self.with_norm(by_people))
        waste_by_containers(self)

    def _individual(self) -> None:
        """Flat meter, else average, else norm; hot water gives the heat line its volumes."""
        used = self._account_consumption()
        codes = self.inputs.services
        zone_ids = [codes[code] for code in ZONES.values() if code in codes]
        zoned = used.filter(pl.col("service_id").is_in(zone_ids))["account_id"].unique()
        rows = self._with_volumes(used, zoned)
        if not rows.is_empty():
            rows, water = (rows, None) if self.rooms.is_empty() else take_rooms(self, rows, flat_meters(self))
            rows, interfered = take_broken(self, rows)
            self._metered(rows, [("meter", water), *interfered])
        rows = self.rows(methods=("zones",), service=tuple(ZONES.values()))
        if not rows.is_empty():
            self._by_volume(rows.join(used, on=["account_id", "service_id"]))

    def _with_volumes(self, used: pl.DataFrame, zoned: pl.Series) -> pl.DataFrame:
        """Rows of services charged individually beside the account's own volume (nulls without a meter); electricity of
        accounts with a two-zone meter is charged by zones."""
        found = [self.connected.nothing[WANTED].hstack(used.drop("account_id", "service_id").clear())]
        volumes = parts_of(used, "service_id")
        for part in self.connected.of(("individual",), METERED_SERVICES):
            of_service = volumes.get((part.item(0, "service_id"),), used.clear())
            rows = beside(self.lines(part)[WANTED], of_service.drop("service_id"))
            if part.item(0, "service") == "electricity" and len(zoned):
                rows = rows.filter(pl.col("norm_days").is_not_null() | ~pl.col("account_id").is_in(zoned.implode()))
            found.append(rows)
        return pl.concat(found)

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
        key = ["account_id", "service_id"]
        is_part = (pl.col("basis") == "norm_raised") & pl.col("days").is_not_null()
        replaced = flat.filter(is_part).select(key).unique()
        flat = flat.with_columns(service.alias("_code"))
        if replaced.is_empty():
            return _all_meters(flat, None)
        replaced = replaced.join(flat.filter(pl.col("basis").is_in(["meter", "average"])), on=key, how="semi")
        both = flat.join(replaced, on=key, how="semi")
        return pl.concat([_all_meters(flat.join(replaced, on=key, how="anti"), None), _all_meters(both, is_part)])

    def _by_volume(self, rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame | None]]:
        """Lines by meter and by average, the hot water of each returned; a negative true-up is kept for the clerk, not charged."""
        metered = rows.filter(pl.col("basis") == "meter")
        self.warn(metered.filter(pl.col("volume") < 0), "estimates_above_reading",
                  "Показание ниже начисленного по среднему: проверьте показание, строка начислена нулём, разница вернётся "
                  "перерасчётом.")
        metered = self.add_each("meter", metered.with_columns(pl.col("volume").clip(lower_bound=0)))
        averaged = self.add_each("average", rows.filter(pl.col("basis") == "average"))
        self._warn_faults(rows.filter(pl.col("fault").is_not_null()))
        return [("meter", metered.get(HEATED)), ("average", averaged.get(HEATED))]

    def _warn_faults(self, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        details = {
            "reading_below_previous": "Показание меньше предыдущего: начислено по среднему. Проверьте показание, "
                                      "при замене счётчика или переходе через ноль внесите его отдельным действием.",
            "verification_lapsed": "Истёк срок поверки счётчика: показания не принимаются. Внесите дату новой поверки.",
        }
        for code, detail in details.items():
            self.warn(rows.filter(pl.col("fault") == code), code, detail)

    def _metered(self, rows: pl.DataFrame, parts: list[tuple[str, pl.DataFrame | None]]) -> None:
        """Lines of accounts by their own meters, else by norm; ``parts``: hot water charged already, by its basis."""
        parts = [*parts, *self._by_volume(rows)]
        is_normed = pl.col("basis").is_null() | pl.col("basis").is_in(["norm", "norm_raised"])
        days, whole = pl.col("norm_days").cast(pl.Int64), pl.col("month_days")
        replaced = rows.filter(~is_normed & pl.col("norm_days").is_not_null()).with_columns(
            pl.lit("norm_raised").alias("basis"), ((2 * pl.col("person_days") * days + whole) // (2 * whole)).alias("person_days")
        )
        left = rows.filter(is_normed)
        shops = left.filter(pl.col("nonresidential"))
        if not shops.is_empty():
            parts.append(("meter", lines_by_act(self, shops)))
        left = pl.concat([left, replaced]).filter(~pl.col("nonresidential"))
        if not left.is_empty():
            parts += self._normed(self.with_norm(left))
        self._heat_of_water(parts)

    def _normed(self, left: pl.DataFrame) -> list[tuple[str, pl.DataFrame | None]]:
        """Lines by norm, with the raising coefficient where a meter could be there and is not."""
        self.warn(left.filter(pl.col("person_days") == 0), "no_residents", "Нет ни жителей, ни собственников: по нормативу "
                  "начислен ноль. Внесите собственников или составьте акт о проживающих.")
        coefficient = pl.lit(NOT_RAISED, pl.Int64)
        for service in WITH_COEFFICIENT:
            values = self.inputs.parameter(f"raising_coefficient.{service}", NOT_RAISED)
            coefficient = pl.when(pl.col("service") == service).then(self.inputs.by_month(values)).otherwise(coefficient)
        infeasible = self.inputs.infeasible.with_columns(pl.lit(True).alias("infeasible"))
        left = left.join(infeasible, on=["account_id", "service_id"], how="left").with_columns(coefficient.alias("coefficient"))
        is_raised = (pl.col("coefficient") != NOT_RAISED) & (
            (pl.col("basis") == "norm_raised").fill_null(False) | (pl.col("basis").is_null() & pl.col("infeasible").is_null())
        )
        plain = self.add_each("norm", left.filter(~is_raised))
        raised = self.add_each("norm_raised", left.filter(is_raised))
        return [("norm", plain.get(HEATED)), ("norm_raised", raised.get(HEATED))]

    def _heat_of_water(self, parts: list[tuple[str, pl.DataFrame | None]]) -> None:
        """The heat component follows the volume of the water line (ПП 354 п. 42, формула 23)."""
        heat = self.rows(methods=("heat_of_water",))
        if heat.is_empty():
            return
        heat = self.with_norm(heat, "heat_per_m3", "heat_norm").select("account_id", *LINE[2:], "tariff", "heat_norm")
        for basis, water in parts:
            if water is not None:
                frame = water.drop("service_id", "supplier_id", "tariff").join(heat, on="account_id")
                self.add(f"hot_water_heat.{basis}", "hot_water_heat", frame)

    def own_volumes(self, resource: str) -> pl.DataFrame:
        """account_id, house_id, kind (meter | norm), own_volume (1e-6): what the account's own lines consumed."""
        if resource not in self._own_volumes:
            services = [resource, *ZONES.values(), *BANDS] if resource == "electricity" else [resource]
            pieces = [
                group.computed.lazy().select(
                    "account_id", "house_id", pl.lit("meter" if group.rule.key.endswith(BY_METER) else "norm").alias("kind"),
                    pl.col("result_volume").fill_null(0).alias("own_volume"),
                )
                for group in self.groups if group.service in services
            ]
            self._own_volumes[resource] = (
                pl.concat(pieces).group_by("account_id", "house_id", "kind").sum().collect() if pieces
                else pl.DataFrame(schema=OWN_VOLUME)
            )
        return self._own_volumes[resource]

    def _sewerage(self) -> None:
        rows = self.rows(methods=("sum_of_water",), homes=True).lazy()
        for resource, name in (("cold_water", "cold_volume"), ("hot_water", "hot_volume")):
            volumes = self.own_volumes(resource).lazy().group_by("account_id").agg(pl.col("own_volume").sum().alias(name))
            rows = rows.join(volumes, on="account_id", how="left").with_columns(pl.col(name).fill_null(0))
        self.add("sewerage.sum", "sewerage", rows.collect())

    def _common_needs(self) -> None:
        common_needs(self)

    def _heating(self) -> None:
        heat_of_houses(self)


def _all_meters(flat: pl.DataFrame, is_part: pl.Expr | None) -> pl.DataFrame:
    """Meters of each account and service (``_code``) together; ``is_part``: registers charged by norm for some days only."""
    basis, days = pl.col("basis"), pl.col("days")
    raised, elsewhere, norm_days = basis == "norm_raised", pl.lit(False), pl.lit(None, pl.Int16)
    if is_part is not None:
        raised, elsewhere, norm_days = raised & ~is_part, is_part, pl.when(is_part).then(days).cast(pl.Int16)
    registers = flat.select(
        "account_id", pl.col("_code").alias("service_id"), pl.lit(1, pl.UInt32).alias("registers"),
        norm_days.alias("norm_days"), raised.alias("_raised"), (basis == "norm").alias("_norm"),
        (basis == "average").alias("_average"), days.is_null().alias("_whole"), elsewhere.alias("_elsewhere"),
        pl.col("volume").fill_null(0), "average_total", "average_months", "fault",
    )
    # Most have one register: only the others have anything to put together.
    is_several = several(registers)
    together = registers.filter(is_several).group_by("account_id", "service_id").agg(
        pl.len().alias("registers"), pl.col("norm_days").max(), pl.col("_raised", "_norm", "_average").any(),
        pl.col("_whole", "_elsewhere").all(), pl.col("volume").sum(),
        pl.col("average_total", "average_months").first(), pl.col("fault").drop_nulls().first(),
    )
    # The average of a whole month is shown as it was made; that of its first days is a volume already.
    single = (pl.col("registers") == 1) & pl.col("_average") & pl.col("_whole")
    return pl.concat([registers.filter(~is_several), together]).select(
        "account_id", "service_id", "volume", "fault", "norm_days",
        pl.when("_raised").then(pl.lit("norm_raised")).when("_norm").then(pl.lit("norm"))
        .when("_average").then(pl.lit("average")).when("_elsewhere").then(pl.lit("elsewhere")).otherwise(pl.lit("meter"))
        .alias("basis"),
        pl.when(single).then("average_total").otherwise("volume").alias("volume_sum"),
        pl.when(single).then("average_months").otherwise(1).cast(pl.Int64).alias("months"),
    )
