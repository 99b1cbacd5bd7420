"""Builds a living town: houses, people, meters, fourteen months of readings. The same seed gives the same rows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from startks.base.db.session import make_engine
from startks.base.errors import StartksError
from startks.base.periods import between, first_day, shift
from startks.demo import (
    acts,
    benefits,
    buildings,
    connections,
    consumption,
    fleets,
    households,
    meters,
    organisations,
    reference,
    regimes,
)
from startks.demo.data import load
from startks.demo.identifiers import account_numbers
from startks.demo.loading import bare_tables, put, put_rows, set_sequences
from startks.demo.names import Names
from startks.demo.plan import HousePlan, plan_town
from startks.demo.users import create_users
from startks.modules.metering.partitions import attach, create_detached, ensure_reading_partitions

TODAY = dt.date(2026, 11, 24)
FIRST_PERIOD = 202509
LAST_PERIOD = 202610
OPEN_PERIOD = 202611
AHEAD = 202712
"""Partitions of readings are made up to this month."""
BATCH_ACCOUNTS = 20_000
TABLES = (
    *reference.TABLES, *organisations.TABLES, *buildings.TABLES, *households.TABLES, *connections.TABLES, *meters.TABLES,
    "account", "period",
)  # fmt: skip
DIRT_RATES = {
    "no_area": 0.004, "nobody": 0.004, "double_person": 0.008, "extra_digit": 0.004, "below_previous": 0.004,
}
LIFE_RATES = {"opened": 0.008, "closed": 0.007}
"""Shares of accounts that are opened or closed inside the history, so that months by days are met."""
DIRT_TITLES = {
    "no_area": "помещение без площади",
    "nobody": "счёт без жителей и собственников",
    "double_person": "человек записан дважды",
    "extra_digit": "показание с лишней цифрой",
    "below_previous": "показание меньше предыдущего",
    "lapsed": "поверка счётчика истекла до начала учёта",
    "no_norm_category": "дом без категории норматива отопления",
    "no_tariff_category": "дом без категории платы за содержание",
    "area_mismatch": "площадь дома не равна сумме помещений",
}
HOUSE_DIRT = ("no_norm_category", "no_tariff_category", "area_mismatch")
LEAST_FOR_ALL_DIRT = 300
"""From this number of accounts on every kind of dirt is met at least once."""

Progress = Callable[[str, int, int], None]


@dataclass
class Summary:
    """What was built."""

    city: str
    accounts: int
    counts: dict[str, int] = field(default_factory=dict)
    """rows by table"""
    dirt: dict[str, int] = field(default_factory=dict)
    """kind (a key of ``DIRT_TITLES``) → how many"""
    dirty_accounts: int = 0
    """accounts touched by a defect of their own (houses' defects not counted)"""
    seconds: dict[str, float] = field(default_factory=dict)
    """duration of the stages"""

    @property
    def dirt_share(self) -> float:
        """Share of accounts with a defect of their own."""
        return self.dirty_accounts / self.accounts

    def lines(self) -> list[str]:
        """The summary as text, a line a fact."""
        name = load("organisations")["cities"][self.city]["name"]
        counts = self.counts
        text = [
            f"{name}: домов {counts['house']}, помещений {counts['premise']}, лицевых счетов {self.accounts}, "
            f"людей {counts['person']}, счётчиков {counts['meter']}, показаний {counts['reading']}.",
            f"Загрязнено как в жизни: {self.dirty_accounts} счетов ({100 * self.dirt_share:.1f} %).",
        ]
        return text + [f"  {DIRT_TITLES[kind]}: {count}" for kind, count in self.dirt.items()]


def build(
    database_url: str,
    accounts: int = 3_000,
    seed: int = 1,
    city: str = "samara",
    progress: Progress | None = None,
) -> Summary:
    """Fill an empty, migrated data base in one transaction and return what was built.

    ``progress(stage, done, total)`` is called now and then. Raises :class:`StartksError` where the data base has a town
    already, the city is unknown or the number of accounts is too small.
    """
    if city not in reference.CITIES:
        raise StartksError(f"Города «{city}» нет в справочных данных: укажите {' или '.join(reference.CITIES)}.")
    if not 20 <= accounts <= 5_000_000:
        raise StartksError("Число лицевых счетов — от 20 до 5 000 000. Исправьте его.")
    engine = make_engine(database_url, lock_timeout_ms=0, application_name="startks-seed")
    try:
        with engine.begin() as connection:
            if connection.scalar(text("SELECT EXISTS (SELECT 1 FROM municipality)")):
                raise StartksError(
                    "В базе уже есть город: посев идёт только в пустую базу. Укажите другую папку данных или удалите эту."
                )
            town = _Town(connection, accounts, seed, city, progress or (lambda stage, done, total: None))
            summary = town.build()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    finally:
        engine.dispose()
    return summary


class _Town:
    def __init__(self, connection: Connection, accounts: int, seed: int, city: str, progress: Progress) -> None:
        self.connection, self.accounts, self.seed, self.city, self.progress = connection, accounts, seed, city, progress
        self.summary = Summary(city, accounts)
        self.facts = households.facts()
        self.window = households.Window(
            np.datetime64(first_day(FIRST_PERIOD), "D"), np.datetime64(first_day(OPEN_PERIOD), "D"), np.datetime64(TODAY, "D")
        )
        self.months = between(FIRST_PERIOD, OPEN_PERIOD)
        self.first_month = shift(FIRST_PERIOD, -1)
        self.oldest_month = shift(self.first_month, -fleets.MONTHS_BEFORE)
        self.next = {"account": 1, "premise": 1, "meter": 1}
        # Half a defect in hand rounds; in a town large enough for all kinds none of them rounds to nothing.
        least = 1.0 if accounts >= LEAST_FOR_ALL_DIRT else 0.0
        self.carry = {kind: max(0.5, least - rate * accounts + 1e-9) for kind, rate in {**DIRT_RATES, **LIFE_RATES}.items()}
        self.readings = 0
        self.areas: list[dict[str, np.ndarray]] = []
        self._clock = time.perf_counter()

    def random(self, stage: int, batch: int = 0) -> np.random.Generator:
        """A stream of its own for each stage and batch, so that stages do not shift one another."""
        return np.random.default_rng([self.seed, stage, batch])

    def done(self, stage: str) -> None:
        now = time.perf_counter()
        self.summary.seconds[stage] = now - self._clock
        self._clock = now

    def build(self) -> Summary:
        connection = self.connection
        self.progress("Справочники", 0, 1)
        with bare_tables(connection, TABLES, lambda done, total: self.progress("Индексы и связи", done, total)):
            for period in between(self.oldest_month, OPEN_PERIOD):
                create_detached(connection, period)
            self.references = reference.load_references(connection, self.city)
            self.organisations = organisations.load_organisations(connection, self.city, self.accounts)
            put_rows(connection, "period", [
                {"id": period, "state": "open", "opened_at": f"{first_day(period)} 06:00+04"} for period in self.months
            ])
            plans = plan_town(self.city, self.accounts, self.random(1))
            self._spoil_houses(plans)
            stock = load("housing_stock")
            buildings.put_places(
                connection, self.city, self.references.municipality_id,
                [row for row in stock["districts"] if row["city"] == self.city],
                [row for row in stock["streets"] if row["city"] == self.city],
            )
            self.done("reference")
            self._settle(plans)
            self._finish_houses(plans)
            self.done("accounts and readings")
        self.done("indexes")
        loaded = between(self.oldest_month, OPEN_PERIOD)
        for number, period in enumerate(loaded):
            self.progress("Ключи показаний", number, len(loaded))
            attach(connection, period)
        self.progress("Ключи показаний", len(loaded), len(loaded))
        ensure_reading_partitions(connection, self.oldest_month, AHEAD)
        self.done("keys of readings")
        set_sequences(connection, [name for name in TABLES if name not in ("period", "calendar_day")])
        self.progress("Льготы и субсидии", 0, 1)
        benefits.grant(connection, first_day(OPEN_PERIOD))
        acts.record(connection)
        self.readings += regimes.record(connection)
        create_users(connection, TODAY)
        self._count()
        self.done("users and sequences")
        return self.summary

    # -- houses -----------------------------------------------------------------------------------------------------

    def _spoil_houses(self, plans: list[HousePlan]) -> None:
        """Give some small houses the defects of real registers."""
        if self.accounts < LEAST_FOR_ALL_DIRT:
            return
        blocks = sorted((plan for plan in plans[1:] if plan.series), key=lambda plan: (plan.accounts, plan.id))
        wanted = max(1, len(plans) // 400)
        by_norm = [plan for plan in blocks if "heating" not in plan.meters]
        for plan in by_norm[:wanted]:
            plan.dirt = "no_norm_category"
        free = [plan for plan in blocks if plan.dirt is None]
        for plan in free[:wanted]:
            plan.dirt = "no_tariff_category"
        for plan in free[wanted : wanted + max(1, len(plans) // 50)]:
            plan.dirt = "area_mismatch"
        for kind in HOUSE_DIRT:
            self.summary.dirt[kind] = sum(plan.dirt == kind for plan in plans)

    def _finish_houses(self, plans: list[HousePlan]) -> None:
        areas = {name: np.concatenate([part[name] for part in self.areas]) for name in self.areas[0]}
        for plan in plans:
            if plan.dirt == "area_mismatch":
                areas["total"][plan.id - 1] += 4_170
        managers = [connections.managers_of(plan, self.organisations) for plan in plans]
        buildings.put_houses(self.connection, plans, areas, managers)
        connections.put_connections(self.connection, plans, self.organisations, self.references)
        connections.put_meeting_tariffs(self.connection, plans, self.references, self.random(2))

    # -- accounts ---------------------------------------------------------------------------------------------------

    def _settle(self, plans: list[HousePlan]) -> None:
        people = households.Households(self.window, np.array(self.organisations.businesses), Names())
        exceptions = connections.Exceptions(self.references)
        done = 0
        for number, batch in enumerate(_batches(plans)):
            self.progress("Дома, жители, счётчики", done, self.accounts)
            self._batch(number, batch, people, exceptions)
            done += sum(plan.accounts for plan in batch)
        self.progress("Дома, жители, счётчики", done, self.accounts)

    def _batch(
        self, number: int, plans: list[HousePlan], people: households.Households, exceptions: connections.Exceptions
    ) -> None:
        random = self.random(3, number)
        premises = buildings.draw_premises(plans, self.next["premise"], random)
        self.next["premise"] += len(premises)
        self.areas.append(buildings.house_areas(plans, premises))
        of_account = np.flatnonzero(premises.has_account)
        count = len(of_account)
        account = self.next["account"] + np.arange(count)
        self.next["account"] += count
        house = premises.house[of_account]
        shop, room = premises.kind[of_account] == buildings.SHOP, premises.kind[of_account] == buildings.ROOM
        private = np.array([plan.series is None for plan in plans])[house]
        dirt = self._spoil_accounts(random, ~shop & ~room & ~private)
        without_area = np.zeros(len(premises), dtype=bool)
        without_area[of_account[dirt["no_area"]]] = True
        buildings.put_premises(self.connection, plans, premises, without_area)
        spoiled = np.logical_or.reduce(list(dirt.values()))
        lives = self._lives(number, ~shop & ~room & ~private & ~spoiled & ~((house == 0) & (number == 0)))
        self._put_accounts(plans, account, house, premises.id[of_account], shop, random, lives)
        registered = people.settle(
            self.connection, random, account, premises.rooms[of_account], shop, private, dirt["nobody"],
            dirt["double_person"], lives,
        )
        flats = self._flats(plans, random, premises, of_account, registered)
        self._meters(plans, random, account, flats, room, exceptions, premises, dirt, lives)

    def _lives(self, number: int, usual: np.ndarray) -> households.Lives:
        """Days on which some usual accounts begin and end inside the history; the brochure's house has none."""
        random = self.random(4, number)
        chosen = random.permutation(np.flatnonzero(usual))
        lives = households.Lives.whole(len(usual))
        used = 0
        for kind, days in (("opened", lives.since), ("closed", lives.until)):
            wanted = min(self._whole(kind, LIFE_RATES[kind] * len(usual)), len(chosen) - used)
            days[chosen[used : used + wanted]] = (
                self.window.start + random.integers(35, self.window.days - 35, wanted) * households.DAY
            )
            used += wanted
        return lives

    def _spoil_accounts(self, random: np.random.Generator, usual: np.ndarray) -> dict[str, np.ndarray]:
        """Masks of accounts for each kind of dirt that is not a reading; no account has two."""
        free = random.permutation(np.flatnonzero(usual))
        masks, used = {}, 0
        for kind in ("no_area", "nobody", "double_person"):
            wanted = self._quota(kind, len(usual))
            masks[kind] = np.zeros(len(usual), dtype=bool)
            masks[kind][free[used : used + wanted]] = True
            used += wanted
        return masks

    def _quota(self, kind: str, count: int) -> int:
        self.summary.dirt.setdefault(kind, 0)
        return self._whole(kind, DIRT_RATES[kind] * count)

    def _whole(self, kind: str, share: float) -> int:
        """Whole cases among those due up to now; the rest is carried to the next batch."""
        self.carry[kind] += share
        whole = int(self.carry[kind])
        self.carry[kind] -= whole
        return whole

    def _put_accounts(self, plans, account, house, premise, shop, random, lives) -> None:
        district = np.array([plan.district for plan in plans])[house]
        house_ids = np.array([plan.id for plan in plans])[house]
        opened = self.window.start - (200 + random.random(len(account)) * 7_000).astype(np.int64) * households.DAY
        letters = np.array(["ВЛ", "КР", "МВ", "НС", "АА", "ТК"], dtype=object)
        frame = pl.DataFrame({
            "id": account, "number": account_numbers(10 + district, account), "house_id": house_ids, "premise_id": premise,
            "shop": shop, "opened_on": np.where(np.isnat(lives.since), opened, lives.since), "closed_on": lives.until,
            "letters": pl.Series(letters[account // 900_000 % len(letters)].tolist(), dtype=pl.String),
        })
        gis = pl.format("{}{}{}", pl.lit({"samara": "63", "volgograd": "34"}[self.city]), "letters",
                        (pl.col("id") % 900_000 + 100_000).cast(pl.String))
        put(self.connection, "account", frame.select(
            "id", pl.col("number").cast(pl.String), "house_id", "premise_id",
            pl.when("shop").then(pl.lit("nonresidential")).otherwise(pl.lit("residential")).alias("kind"), "opened_on",
            "closed_on", gis.alias("gis_account"), pl.concat_str(gis, pl.lit("-01")).alias("gis_service"),
        ), True)

    def _flats(self, plans, random, premises, of_account, registered) -> consumption.Flats:
        house = premises.house[of_account]
        shop = premises.kind[of_account] == buildings.SHOP

        def of_house(value: Callable[[HousePlan], bool]) -> np.ndarray:
            return np.array([value(plan) for plan in plans])[house]

        alive = random.random(len(house)) < 0.6
        block = of_house(lambda plan: plan.series is not None)
        heater = of_house(lambda plan: plan.hot_water in ("heater", "none"))
        return consumption.Flats(
            house=house,
            people=np.where(registered > 0, registered, np.where(alive, 1.2, 0.1)).astype(float),
            shop=shop,
            electric_stove=of_house(lambda plan: plan.electric_stove),
            central_hot=of_house(lambda plan: plan.hot_water in ("open", "closed")),
            heater=heater,
            gas=of_house(lambda plan: not plan.electric_stove) & ~shop,
            gas_heating=~block,
            area=premises.area[of_account] / 100,
            meterless=np.zeros(len(house), dtype=bool),
        )

    def _meters(self, plans, random, account, flats, room, exceptions, premises, dirt, lives) -> None:
        keys = [plan.key for plan in plans]
        with_heat_meter = np.array(["heating" in plan.meters for plan in plans])[flats.house]
        presence = fleets.draw_presence(
            random, flats, room, np.array([key == "mono" for key in keys])[flats.house], with_heat_meter, self.facts
        )
        flats.meterless = ~presence[:, fleets.COLD]
        season = self.facts["consumption_heat"]
        heat = consumption.heat_per_m2(random, keys, season, self.references.heating_share, self.months)
        use = consumption.draw_use(random, flats, self.months, self.facts, heat)
        # Nobody uses anything before an account is opened and after it is closed.
        lived = lives.lived(np.array([first_day(period) for period in (*self.months, shift(OPEN_PERIOD, 1))], dtype="datetime64[D]"))
        use = {resource: volume * lived for resource, volume in use.items()}
        areas = self.areas[-1]
        heated = (areas["total"] - areas["cut_off"] + areas["heated_common"]) / 100
        lift = np.array([bool(plan.series and plan.series["lift"]) for plan in plans])
        of_house = consumption.house_use(
            random, use, flats, len(plans), heat * heated[:, None], areas["common"] / 100, lift
        )
        fleet, replaces = fleets.draw_fleet(random, presence, flats, room, plans, self.window, self.next["meter"], self.facts)
        self.next["meter"] += len(fleet)
        clean = (self._quota("extra_digit", len(account)), self._quota("below_previous", len(account)))
        drawn = fleets.draw_readings(
            random, fleet, replaces, use, of_house, len(account), self.window, self.facts, clean
        )
        services = np.array([self.references.services[name] for name in consumption.RESOURCES])
        house_ids = np.array([plan.id for plan in plans])
        meters.put_meters(self.connection, fleet, house_ids, account, services, consumption.RESOURCES, random)
        for first, registers in (
            (self.oldest_month, drawn.before), (self.first_month, drawn.registers), (self.first_month, drawn.fresh)
        ):
            self.readings += meters.put_readings(self.connection, fleet, registers, first)
        no_gas = flats.gas & ~presence[:, fleets.GAS] & (random.random(len(account)) < 0.012)
        chance = random.random(len(account)) < 0.2
        cannot = {
            "cold_water": ~presence[:, fleets.COLD] & ~flats.shop & (room | chance),
            "hot_water": flats.central_hot & ~presence[:, fleets.HOT] & ~flats.shop & (room | chance),
        }
        exceptions.put(self.connection, account, flats.shop, no_gas, cannot)
        self._remember_dirt({**dirt, "extra_digit": drawn.extra_digit, "below_previous": drawn.below, "lapsed": drawn.lapsed})

    def _remember_dirt(self, dirt: dict[str, np.ndarray]) -> None:
        touched: set[int] = set()
        for kind, accounts in dirt.items():
            numbers = np.flatnonzero(accounts) if accounts.dtype == bool else accounts
            self.summary.dirt[kind] = self.summary.dirt.get(kind, 0) + len(numbers)
            touched.update(numbers.tolist())
        self.summary.dirty_accounts += len(touched)

    def _count(self) -> None:
        for table in TABLES:
            self.summary.counts[table] = self.connection.scalar(text(f"SELECT count(*) FROM {table}"))
        self.summary.counts["reading"] = self.readings


def _batches(plans: list[HousePlan]) -> list[list[HousePlan]]:
    """Whole houses in batches of about ``BATCH_ACCOUNTS`` accounts."""
    batches: list[list[HousePlan]] = [[]]
    size = 0
    for plan in plans:
        if size + plan.accounts > BATCH_ACCOUNTS and batches[-1]:
            batches.append([])
            size = 0
        batches[-1].append(plan)
        size += plan.accounts
    return batches
