"""One house, one month: the lines of every account, service by service, as the rule book's formulas say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from startks_check import housing
from startks_check.facts import MICRO, Facts, Law
from startks_check.meters import micro, register
from startks_check.money import kopecks
from startks_check.seals import NORMS, act_people, interfered, residents
from startks_check.shared import Shared

ZERO = Decimal(0)
PART_MONTH = "неполный месяц"
"""Cause of the lines that a part of a month makes smaller: by days."""
BY_DAYS = ("maintenance", "rent", "capital_repair", "cold_water", "hot_water", "hot_water_heat", "sewerage", "electricity", "gas")
ZONES = {"electricity_day": 1, "electricity_night": 2}


@dataclass
class Line:
    """What a service costs an account: volume and price, whole kopecks, and why."""

    volume: Decimal
    tariff: Decimal
    charge: int
    excess: int = 0
    cause: str = ""
    norm: Decimal | None = None
    """the norm a person, where the line is charged by norm; ``heat_norm``: Gcal in a m³"""
    heat_norm: Decimal | None = None
    raised: bool = False
    by_norm: bool = False
    part_charge: int = 0
    """kopecks of the days by norm in a line whose rest is metered; ``part_excess`` is in it"""
    part_excess: int = 0

    def add(self, volume: Decimal, factor: Decimal, told: str) -> None:
        """Add a part by the norm, rounded by itself: ``volume`` of the norm, with ``factor`` in the charge."""
        charge, excess = kopecks(volume * factor * self.tariff), kopecks(volume * (factor - 1) * self.tariff)
        self.volume += micro(volume)
        self.charge += charge
        self.excess += excess
        self.part_charge += charge
        self.part_excess += excess
        self.cause = f"{self.cause}, {told}"

    @property
    def normed(self) -> bool:
        """Whether the volume is that of a norm."""
        return self.by_norm or self.part_charge > 0

    @property
    def normed_charge(self) -> int:
        """Kopecks without what the raising coefficient adds."""
        return self.charge - self.excess if self.by_norm else self.part_charge - self.part_excess

    @property
    def normed_excess(self) -> int:
        """Kopecks that the raising coefficient adds."""
        return self.excess if self.by_norm else self.part_excess


class MonthOfHouse:
    """Computes the lines of a house; ``lines`` maps (account, service, supplier) to a line."""

    def __init__(self, facts: Facts, law: Law, house) -> None:
        self.facts, self.law, self.house = facts, law, house
        self.days = (law.end - law.start).days
        self.accounts = facts.accounts.get(house.id, [])
        self.services = {law.services[row.service_id].code: row for row in facts.lines.get(house.id, [])}
        self.lines: dict = {}
        self.people: dict = {}
        self.counted: dict = {}
        self.own: dict = {}
        self.basis: dict = {}
        self.raised: dict = {}
        self.norms: dict = {}
        self.by_norm: dict = {}
        self.metered: dict = {}
        """volumes before parts by norm were added to them"""
        for account in self.accounts:
            self.people[account.id], self.counted[account.id] = self._people(account)

    # -- days -------------------------------------------------------------------------------------------------------

    def _span(self, since, until) -> set[dt.date]:
        first = max(since or self.law.start, self.law.start)
        last = min(until or self.law.end, self.law.end)
        return {first + dt.timedelta(days=number) for number in range((last - first).days)}

    def active(self, account) -> set[dt.date]:
        """Days of the month on which the account exists."""
        return self._span(account.opened_on, account.closed_on)

    def part(self, days: set) -> Decimal:
        """Days as a part of the month."""
        return Decimal(len(days)) / self.days

    def _people(self, account) -> tuple[int, int]:
        """Person-days by residence, and with owners where nobody is registered (п. 56)."""
        active = self.active(account)
        lives: dict = {}
        for row in self.facts.residence.get(account.id, []):
            lives.setdefault(row.person_id, set()).update(self._span(row.since, row.until) & active)
        known = sum(len(days) for days in lives.values())
        if known:
            return known, known
        owners = [row for row in self.facts.holders.get(account.id, []) if row.person_id and row.tenure == "owner"]
        return 0, sum(len(self._span(row.since, row.until) & active) for row in owners)

    def _household(self, account) -> int:
        """People on the account's last day in the month: they choose the row of a norm by household."""
        last = max(self.active(account))

        def there(rows: list) -> int:
            return sum((row.since or dt.date.min) <= last < (row.until or dt.date.max) for row in rows)

        owners = [row for row in self.facts.holders.get(account.id, []) if row.person_id and row.tenure == "owner"]
        return there(self.facts.residence.get(account.id, [])) or there(owners) or 1

    def persons(self, account) -> Decimal:
        """Residents of the month, by days."""
        return Decimal(self.counted[account.id]) / self.days

    # -- lines ------------------------------------------------------------------------------------------------------

    def excluded(self, account, service: int) -> bool:
        """Whether the account does not get a service of its house on the last day of the month."""
        return any(
            (row.since or dt.date.min) < self.law.end <= (row.until or dt.date.max)
            for row in self.facts.excluded.get((account.id, service), [])
        )

    def category(self, account, row, name: str) -> str:
        """The account's own category of tariff or norm for a service, else the house's."""
        for own in self.facts.categories.get((account.id, row.service_id), []):
            if getattr(own, name) is not None:
                return getattr(own, name)
        return getattr(row, name)

    def put(self, account, code: str, volume: Decimal, cause: str, plain: Decimal | None = None, **more) -> None:
        """Write a line of exact ``volume``; ``plain`` is the volume without the raising coefficient."""
        row = self.services[code]
        tariff = self.law.tariff(self.house, row, self.category(account, row, "tariff_category"))
        if tariff is None:
            return
        charge = kopecks(volume * tariff)
        # 43/пр: the bill shows the volume of the norm and the sum above it in columns of their own.
        shown = volume if plain is None else plain
        excess = kopecks((volume - shown) * tariff)
        if len(self.active(account)) < self.days and code not in BY_DAYS:
            cause = f"{cause}, {PART_MONTH}"
        self.lines[account.id, row.service_id, row.supplier_id] = Line(
            micro(shown), tariff, charge, excess, cause, **more
        )

    def compute(self) -> dict:
        """All lines of the house."""
        for resource in ("cold_water", "hot_water", "electricity", "gas"):
            self._individual(resource)
        for account in self.accounts:
            self._hot_heat(account)
            self._sewerage(account)
            housing.by_area(self, account)
            housing.waste(self, account)
        Shared(self).compute()
        return self.lines

    def _meters(self, account, resource: str) -> list:
        return self.facts.meters.get((self.house.id, account.id, self.law.id_of[resource]), [])

    def _individual(self, resource: str) -> None:
        """Meter, else average, else norm with the raising coefficient (formulas 1, 4, 4(1), п. 59–60)."""
        service = self.services.get(resource)
        if service is None:
            return
        shared = self._rooms(resource)
        for account in self.accounts:
            if account.id in shared:
                key = account.id, resource
                self.own[key], self.basis[key] = micro(shared[account.id]), "reading"
                if not self.excluded(account, service.service_id):
                    self.put(account, resource, shared[account.id], "flat meter")
                continue
            meters, total, basis, zones = self._meters(account, resource), ZERO, "", {}
            lapsed, normed_days = False, None
            for meter in meters:
                for zone in (1, 2) if meter.zones == 2 else (0,):
                    found = register(self.facts, self.law, meter, zone)
                    if found.basis == "norm" and found.days is not None and len(meters) > 1:
                        normed_days = found.days  # until a new meter came in its place
                    elif found.basis == "norm":
                        basis, lapsed = "norm", lapsed or found.lapsed
                    else:
                        basis = basis if basis == "norm" else "average" if "average" in (basis, found.basis) else "reading"
                        # Volumes of several meters are added as the books keep them, to the millionth.
                        volume = found.volume if len(meters) == 1 else micro(found.volume)
                        total += volume
                        zones[zone] = zones.get(zone, ZERO) + volume
            key = account.id, resource
            served = not self.excluded(account, service.service_id)
            seal = interfered(self, account, resource, meters) if served else set()
            if meters and basis not in ("norm", ""):
                by_zone = [max(volume, ZERO) for zone, volume in zones.items() if zone]
                self.own[key], self.basis[key] = max(sum(by_zone, ZERO) if by_zone else total, ZERO), basis
                if not served:
                    continue
                first = self._span(None, self.law.start + dt.timedelta(days=normed_days or 0))
                counted = self.active(account) - first
                if seal and counted:  # one dial: what it counted belongs to the days on which its readings count
                    self.own[key] = micro(self.own[key] * len(counted - seal) / len(counted))
                    zones = {0: self.own[key]}
                self._metered(account, resource, zones, basis)
                if normed_days:
                    self._days_by_norm(account, resource, len(first - seal))
            elif account.premise_kind == "nonresidential":
                self._by_act(account, resource, served)
            elif (account.id, resource) not in self.own and served:
                self._by_norm(account, resource, bool(meters), lapsed or normed_days is not None, residents(self, account, seal))
            if seal:
                self._days_of_seal(account, resource)

    def _metered(self, account, resource: str, zones: dict, basis: str) -> None:
        """Lines of a metered volume: by zones and by bands of volume (each part at its own price)."""
        whole = max(sum(zones.values(), ZERO), ZERO)
        parts = {resource: whole}
        if resource == "electricity" and any(zones):
            parts = {code: max(zones.get(zone, ZERO), ZERO) for code, zone in ZONES.items()}
        bands = self.services.get("electricity_2") if resource == "electricity" else None
        limits = self._band_limits(account, bands) if bands is not None else []
        if not limits or whole <= limits[0]:
            for code, volume in parts.items():
                self.put(account, code, volume, basis)
            return
        for code, volume in parts.items():
            borders = [limit if len(parts) == 1 else micro(limit * volume / whole) for limit in limits]
            codes = [code, *(f"{code}_{band}" for band in (2, 3) if f"{code}_{band}" in self.services)]
            below = ZERO
            for place, name in enumerate(codes):
                is_last = place == len(codes) - 1 or place >= len(borders)
                upper = volume if is_last else min(volume, borders[place])
                if upper > below or place == 0:
                    self.put(account, name, upper - below, f"{basis}, диапазон {place + 1}")
                below = max(below, upper)
                if is_last:
                    break

    def _band_limits(self, account, row) -> list[Decimal]:
        """Upper bounds of the bands, kWh a month (п. 1.13 of the rule book)."""
        if row.method == "bands.social":
            first = self.law.parameter("electricity_social_norm.first", self.house.city)
            following = self.law.parameter("electricity_social_norm.next", self.house.city)
            return [first + (self._household(account) - 1) * following]
        limits = [self.law.parameter(f"electricity_band.{band}.upper", self.house.city, "0") for band in (1, 2)]
        if row.method == "bands.heating" and self.house.city in self.law.heated:
            factor = self.law.parameter("electricity_band.heating", self.house.city)
            limits = [limit * factor for limit in limits]
        return [limit for limit in limits if limit]

    def _by_act(self, account, resource: str, served: bool) -> None:
        """A non-residential premise without a usable meter: what the supplier calculated by his act (п. 43)."""
        for row in self.facts.calculated.get((account.id, self.law.id_of[resource]), []):
            volume = Decimal(row.volume) / MICRO
            self.own[account.id, resource], self.basis[account.id, resource] = volume, "act"
            if served:
                self.put(account, resource, volume, "act")

    def _rooms(self, resource: str) -> dict:
        """Rooms of communal flats with a common meter: volume by account (formulas 7 and 9)."""
        flats: dict = {}
        for account in self.accounts:
            if account.parent_id is not None:
                flats.setdefault(account.parent_id, []).append(account)
        found: dict = {}
        for flat, rooms in flats.items():
            meters = self.facts.flat_meters.get((flat, self.law.id_of[resource]), [])
            registers = [
                register(self.facts, self.law, meter, zone)
                for meter in meters for zone in ((1, 2) if meter.zones == 2 else (0,))
            ]
            if not registers or any(item.basis == "norm" for item in registers):
                continue
            volume = max(sum((micro(item.volume) for item in registers), ZERO), ZERO)
            people = sum(self.counted[room.id] for room in rooms)
            own = {room.id: self._usable(room, resource) for room in rooms}
            if resource == "electricity" and all(value is not None for value in own.values()):
                rest = volume - sum(own.values())
                for room in rooms:
                    if people:
                        found[room.id] = max(own[room.id] + rest * self.counted[room.id] / people, ZERO)
            else:
                for room in rooms:
                    if people:
                        found[room.id] = volume * self.counted[room.id] / people
        return found

    def _usable(self, account, resource: str) -> Decimal | None:
        """The volume of the account's own meters; None where there are none or one of them gives no volume."""
        meters = self._meters(account, resource)
        registers = [
            register(self.facts, self.law, meter, zone) for meter in meters for zone in ((1, 2) if meter.zones == 2 else (0,))
        ]
        if not registers or any(item.basis == "norm" for item in registers):
            return None
        return max(sum((micro(item.volume) for item in registers), ZERO), ZERO)

    def _days_by_norm(self, account, resource: str, days: int) -> None:
        """Add to a line the month's first days, by the norm with the coefficient: the old meter had lapsed (п. 60)."""
        factor = self.law.parameter(f"raising_coefficient.{resource}", self.house.city, "1")
        heat = self.law.parameter("raising_coefficient.hot_water_heat", self.house.city, "1")
        self._add_by_norm(account, resource, self.persons(account) * days, factor, heat, "дни по нормативу")

    def _days_of_seal(self, account, resource: str) -> None:
        """Add to a line the days of interference with the meter: ten norms for everyone (п. 81(11)), hot water's heat too."""
        people = Decimal(act_people(self, account, resource))
        self._add_by_norm(account, resource, people, NORMS, NORMS, "вмешательство")

    def _add_by_norm(self, account, resource: str, people: Decimal, factor: Decimal, heat: Decimal, told: str) -> None:
        """Add ``people`` person-days by the norm to a line; what ``factor`` adds is excess. ``heat``: the factor of its heat."""
        norm = self._norm(account, resource)
        if norm is None:
            return
        volume = people * norm.value / self.days
        key = account.id, self.services[resource].service_id, self.services[resource].supplier_id
        found = account.id, resource
        self.metered.setdefault(found, self.own[found])
        self.own[found] = micro(self.own[found]) + micro(volume)  # both as the line prints them
        self.by_norm.setdefault(found, []).append((volume, heat))
        line = self.lines.get(key)
        if line is not None:
            line.add(volume, factor, told)

    def _norm(self, account, resource: str):
        service = self.services[resource]
        return self.law.norm(
            self.house, service.service_id, "individual", self.category(account, service, "norm_category"), account.rooms,
            self._household(account),
        )

    def _by_norm(self, account, resource: str, has_meter: bool, lapsed: bool, others: int) -> None:
        """By norm; ``others`` person-days of the month are charged otherwise."""
        service, norm = self.services[resource], self._norm(account, resource)
        if norm is None:
            return
        volume = (self.persons(account) - Decimal(others) / self.days) * norm.value
        key = account.id, resource
        self.own[key], self.basis[key] = volume, "norm"
        infeasible = bool(self.facts.infeasible.get((account.id, service.service_id)))
        raised = (not has_meter and not infeasible) or lapsed
        factor = self.law.parameter(f"raising_coefficient.{resource}", self.house.city, "1") if raised else Decimal(1)
        self.raised[key] = raised
        self.norms[key] = norm.value
        self.put(account, resource, volume * factor, "norm", volume, norm=norm.value, raised=factor != 1, by_norm=True)

    def _hot_heat(self, account) -> None:
        """Second component of hot water: heat by the approved norm of a cubic metre (formula 23)."""
        service, key = self.services.get("hot_water_heat"), (account.id, "hot_water")
        if service is None or key not in self.own or self.excluded(account, service.service_id):
            return
        norm = self.law.norm(self.house, service.service_id, "heat_per_m3", self.category(account, service, "norm_category"))
        if norm is None:
            return
        heat = self.metered.get(key, self.own[key]) * norm.value
        coefficient = self.law.parameter("raising_coefficient.hot_water_heat", self.house.city, "1")
        factor = coefficient if self.raised.get(key) else Decimal(1)
        self.put(account, "hot_water_heat", heat * factor, self.basis[key], heat, norm=self.norms.get(key),
                 heat_norm=norm.value, raised=factor != 1, by_norm=self.basis[key] == "norm")
        # Days by norm and days of interference: parts of the line of their own.
        line = self.lines.get((account.id, service.service_id, service.supplier_id))
        for volume, factor in self.by_norm.get(key, []) if line is not None else ():
            line.add(volume * norm.value, factor, "часть по нормативу")

    def _sewerage(self, account) -> None:
        """Cold and hot water together (п. 42), without the coefficients of the waters."""
        service = self.services.get("sewerage")
        if service is None or self.excluded(account, service.service_id):
            return
        waters = [(account.id, code) for code in ("cold_water", "hot_water") if (account.id, code) in self.own]
        if waters:
            volume = sum((micro(self.own[key]) for key in waters), ZERO)  # as the lines of the waters print them
            self.own[account.id, "sewerage"] = volume
            self.put(account, "sewerage", volume, "/".join(sorted({self.basis[key] for key in waters})))


__all__ = ["Line", "MonthOfHouse"]
