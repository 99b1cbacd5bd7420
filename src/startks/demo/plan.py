"""Which houses stand in the town: series, streets, storeys, meters. Some thousand plans, no account yet.

The stock follows the weights of ``housing_stock.json`` (shares of flats); the number of accounts asked for is met
exactly: what no block of flats fits any more becomes private houses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from startks.demo.data import load
from startks.domain.territory.slugs import unique_slug

LANDMARK = "улица Ерошевского"
"""House 3 of this street is the brochure's; it opens the town of Самара."""
HEATER_SHARE = {"barrack2": 1.0, "stalinka": 0.45, "1-447": 0.5, "1-464": 0.3, "1-335": 0.4}
"""Share of houses of a series with gas water heaters instead of central hot water."""
OPEN_SYSTEM_SHARE = 0.55
PRIVATE_HOUSES = 0.12
"""Share of private houses among the houses."""
COMMUNAL_SERIES = ("stalinka", "barrack2")
COMMUNAL_SHARE = 0.11
"""Share of flats of the communal series; about 1.2 % of all accounts then are rooms."""
SHOP_HOUSES = 0.4
"""Share of blocks of flats with non-residential premises on the ground floor."""


@dataclass(slots=True)
class HousePlan:
    """One house before its premises are drawn."""

    id: int
    district: int
    street: int
    number: str
    kind: str
    series: dict | None
    year: int
    storeys: int
    entrances: int
    flats_a_floor: int
    shops: int
    communal: int
    """flats that are let by rooms; three rooms each"""
    hot_water: str
    """open | closed | heater | none"""
    electric_stove: bool
    manager: int
    """index among managers; -1 − index among associations; managers' index is meaningless for a private house"""
    new_manager: int | None
    meters: frozenset[str]
    """resources with a house meter"""
    even_heating: bool
    slug: str = ""
    first_entrance: int = 0
    """id of the house's first entrance"""
    dirt: str | None = None
    """no_norm_category | no_tariff_category | area_mismatch"""

    @property
    def slots(self) -> int:
        """Places for flats and shops; a private house is one dwelling on all its floors."""
        return self.storeys * self.entrances * self.flats_a_floor if self.series else 1

    @property
    def flats(self) -> int:
        """Number of flats, communal ones included."""
        return self.slots - self.shops

    @property
    def accounts(self) -> int:
        """Accounts of the house: a room of a communal flat has its own."""
        return self.flats + 2 * self.communal + self.shops

    @property
    def key(self) -> str:
        """Key of the series."""
        return self.series["key"] if self.series else "private"


def plan_town(city: str, accounts: int, random: np.random.Generator) -> list[HousePlan]:
    """Return plans whose accounts sum to ``accounts``; the order is the order of ids."""
    planner = _Planner(city, accounts, random)
    plans = planner.plan()
    taken: dict[int, set[str]] = {}
    entrance = 1
    for plan in plans:
        slugs = taken.setdefault(plan.district, set())
        plan.slug = unique_slug(f"{planner.streets[plan.street]['name']} {plan.number}", slugs)
        slugs.add(plan.slug)
        plan.first_entrance = entrance
        entrance += plan.entrances
    return plans


class _Planner:
    def __init__(self, city: str, accounts: int, random: np.random.Generator) -> None:
        stock = load("housing_stock")
        self.city, self.accounts, self.random = city, accounts, random
        self.series = stock["series"]
        self.districts = [row for row in stock["districts"] if row["city"] == city]
        self.streets = [row for row in stock["streets"] if row["city"] == city]
        names = [row["name"] for row in self.districts]
        self.streets_of = [
            [index for index, street in enumerate(self.streets) if name in street["districts"]] for name in names
        ]
        population = np.array([row["population"] for row in self.districts], dtype=float)
        self.district_share = population / population.sum()
        weights = np.array([row["stock_weight"] / _mean_flats(row) for row in self.series])
        self.series_share = weights / weights.sum()
        self.managers = max(3, min(12, -(-accounts // 9_000)))
        self.taken: set[tuple[int, str]] = set()
        self.plans: list[HousePlan] = []

    def plan(self) -> list[HousePlan]:
        left = self.accounts
        if self.city == "samara":
            left -= self._keep(self._landmark(left))
        failures = 0
        while left > 0:
            if left >= 30 and self.random.random() < PRIVATE_HOUSES:
                left -= self._keep(self._private())
                continue
            house = self._block(left)
            if house is None:
                failures += 1
                if failures > 12:
                    left -= self._keep(self._private())
                continue
            failures = 0
            left -= self._keep(house)
        return self.plans

    def _keep(self, house: HousePlan) -> int:
        self.plans.append(house)
        return house.accounts

    def _pick(self, values: list):
        return values[int(self.random.integers(len(values)))]

    def _landmark(self, left: int) -> HousePlan:
        """Ерошевского, 3 as the brochure's wizard shows it: 18 storeys, gas stoves; lower in a very small town."""
        street = next(index for index, row in enumerate(self.streets) if row["name"] == LANDMARK)
        district = next(i for i, row in enumerate(self.districts) if row["name"] in self.streets[street]["districts"])
        mono = next(row for row in self.series if row["key"] == "mono")
        self.taken.add((street, "3"))
        storeys = 18 if left >= 600 else 9 if left >= 300 else 5
        house = self._house(mono, district, street, "3", 2005, storeys, 1, 4)
        house.shops, house.hot_water, house.electric_stove = 1, "closed", False
        house.meters = frozenset(("cold_water", "hot_water", "electricity", "heating"))
        house.manager, house.new_manager = -1, None
        return house

    def _block(self, left: int) -> HousePlan | None:
        series = self.series[int(self.random.choice(len(self.series), p=self.series_share))]
        # A small town gets lower houses, so that it still has many of them.
        floors = [value for value in series["floors"] if value <= 5 or self.accounts >= 1_000] or series["floors"][:1]
        entrances = [value for value in series["entrances"] if value <= 3 or self.accounts >= 1_500] or [1]
        storeys, doors, per_floor = self._pick(floors), self._pick(entrances), self._pick(series["flats_per_floor"])
        if storeys * doors * per_floor > min(left, max(40, self.accounts // 6)):
            storeys, doors, per_floor = floors[0], series["entrances"][0], series["flats_per_floor"][0]
        if storeys * doors * per_floor > left:
            return None
        district, street, number = self._address()
        year = int(self.random.integers(series["year_from"], min(series["year_to"], 2022) + 1))
        house = self._house(series, district, street, number, year, storeys, doors, per_floor)
        if series["key"] in COMMUNAL_SERIES:
            house.communal = int(self.random.binomial(house.flats, COMMUNAL_SHARE))
        if storeys >= 5 and self.random.random() < SHOP_HOUSES:
            house.shops = int(self.random.integers(1, max(2, doors * per_floor // 2) + 1))
        while house.accounts > left:
            house.communal -= 1
            if house.communal < 0:
                return None
        return house

    def _house(self, series, district, street, number, year, storeys, doors, per_floor) -> HousePlan:
        random = self.random
        key = series["key"]
        heater = random.random() < HEATER_SHARE.get(key, 0.0)
        is_open = self.city == "samara" and key != "mono" and random.random() < OPEN_SYSTEM_SHARE
        hot = "heater" if heater else "open" if is_open else "closed"
        shares = series["house_meter_share"]
        meters = {name for name in ("cold_water", "electricity") if random.random() < shares[name]}
        if hot != "heater" and random.random() < shares["hot_water"]:
            meters.add("hot_water")
        if random.random() < shares["heat"]:
            meters.add("heating")
        stove = series["stove"] == "электрическая" or ("или" in series["stove"] and random.random() < 0.5)
        association = key == "mono" and random.random() < 0.3
        manager = -2 - int(random.integers(5)) if association else int(random.integers(self.managers))
        changed = not association and random.random() < 0.03
        return HousePlan(
            id=len(self.plans) + 1, district=district, street=street, number=number, kind="apartment_building",
            series=series, year=year, storeys=storeys, entrances=doors, flats_a_floor=per_floor, shops=0, communal=0,
            hot_water=hot, electric_stove=stove, manager=manager,
            new_manager=(manager + 1) % self.managers if changed else None,
            meters=frozenset(meters), even_heating=random.random() < 0.06,
        )

    def _private(self) -> HousePlan:
        district, street, number = self._address()
        return HousePlan(
            id=len(self.plans) + 1, district=district, street=street, number=number, kind="private_house", series=None,
            year=int(self.random.integers(1948, 2021)), storeys=int(self.random.integers(1, 3)), entrances=1,
            flats_a_floor=1, shops=0, communal=0, hot_water="none", electric_stove=False, manager=0, new_manager=None,
            meters=frozenset(), even_heating=False,
        )

    def _address(self) -> tuple[int, int, str]:
        while True:
            district = int(self.random.choice(len(self.districts), p=self.district_share))
            street = self._pick(self.streets_of[district])
            number = str(int(160 * self.random.random() ** 1.2) + 1)
            tail = self.random.random()
            if tail < 0.12:
                number += "АБВ"[int(self.random.integers(3))]
            elif tail < 0.16:
                number += f" к{int(self.random.integers(1, 4))}"
            elif tail < 0.20:
                number += f"/{int(self.random.integers(2, 90))}"
            if (street, number) not in self.taken:
                self.taken.add((street, number))
                return district, street, number


def _mean_flats(series: dict) -> float:
    return float(np.mean(series["floors"]) * np.mean(series["entrances"]) * np.mean(series["flats_per_floor"]))
