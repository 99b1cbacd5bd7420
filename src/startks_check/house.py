"""One house, one month: the lines of every account, service by service, as the rule book's formulas say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from startks_check.facts import MICRO, Facts, Law
from startks_check.meters import STEP, micro, register

ZERO = Decimal(0)
KOPECK = Decimal(100)
LAST_DIGIT = Decimal("1e-12")
PART_MONTH = "неполный месяц"
"""Cause of the lines that a part of a month makes smaller: by days."""
BY_DAYS = ("maintenance", "rent", "capital_repair", "cold_water", "hot_water", "hot_water_heat", "sewerage", "electricity", "gas")
ZONES = {"electricity_day": 1, "electricity_night": 2}


def kopecks(roubles: Decimal) -> int:
    """Roubles to whole kopecks, half up (away from zero below it).

    A third of a volume has no end in decimals: what its last digits lack is put right before the half is looked for.
    """
    return int((roubles * KOPECK).quantize(LAST_DIGIT, ROUND_HALF_UP).quantize(Decimal(1), ROUND_HALF_UP))


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

    @property
    def normed(self) -> bool:
        """Whether the volume is that of a norm."""
        return self.by_norm

    @property
    def normed_charge(self) -> int:
        """Kopecks without what the raising coefficient adds."""
        return self.charge - self.excess

    @property
    def normed_excess(self) -> int:
        """Kopecks that the raising coefficient adds."""
        return self.excess


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

    def put(self, account, code: str, volume: Decimal, cause: str, plain: Decimal | None = None, **more) -> None:
        """Write a line of exact ``volume``; ``plain`` is the volume without the raising coefficient."""
        row = self.services[code]
        tariff = self.law.tariff(self.house, row)
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
            self._by_area(account)
            self._waste(account)
        for code in ("soi_cold_water", "soi_hot_water", "soi_electricity", "soi_sewerage"):
            self._common(code)
        self._heating()
        return self.lines

    def _meters(self, account, resource: str) -> list:
        return self.facts.meters.get((self.house.id, account.id, self.law.id_of[resource]), [])

    def _individual(self, resource: str) -> None:
        """Meter, else average, else norm with the raising coefficient (formulas 1, 4, 4(1), п. 59–60)."""
        service = self.services.get(resource)
        if service is None:
            return
        for account in self.accounts:
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
                        total += found.volume
                        zones[zone] = zones.get(zone, ZERO) + found.volume
            key = account.id, resource
            served = not self.excluded(account, service.service_id)
            if meters and basis not in ("norm", ""):
                self.own[key], self.basis[key] = max(total, ZERO), basis
                if not served:
                    continue
                if resource == "electricity" and any(zone for zone in zones):
                    for code, zone in ZONES.items():
                        self.put(account, code, max(zones.get(zone, ZERO), ZERO), basis)
                else:
                    self.put(account, resource, self.own[key], basis)
                if normed_days:
                    self._days_by_norm(account, resource, normed_days)
            elif served:
                self._by_norm(account, resource, bool(meters), lapsed or normed_days is not None)

    def _days_by_norm(self, account, resource: str, days: int) -> None:
        """Add to a line the month's first days, by the norm with the coefficient: the old meter had lapsed (п. 60)."""
        service = self.services[resource]
        norm = self.law.norm(
            self.house, service.service_id, "individual", service.norm_category, account.rooms, self._household(account)
        )
        if norm is None:
            return
        volume = self.persons(account) * norm.value * days / self.days
        factor = self.law.parameter(f"raising_coefficient.{resource}", self.house.city, "1")
        key = account.id, service.service_id, service.supplier_id
        first = self.lines[key]
        self.own[account.id, resource] += volume
        self.by_norm[account.id, resource] = volume
        added = kopecks(volume * factor * first.tariff)
        self.lines[key] = Line(
            first.volume + micro(volume), first.tariff, first.charge + added,
            kopecks(volume * (factor - 1) * first.tariff), f"{first.cause}, дни по нормативу",
        )

    def _by_norm(self, account, resource: str, has_meter: bool, lapsed: bool) -> None:
        service = self.services[resource]
        count = self._household(account)
        norm = self.law.norm(
            self.house, service.service_id, "individual", service.norm_category, account.rooms, count
        )
        if norm is None:
            return
        volume = self.persons(account) * norm.value
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
        norm = self.law.norm(self.house, service.service_id, "heat_per_m3", service.norm_category)
        if norm is None:
            return
        part = self.by_norm.get(key, ZERO)
        heat = (self.own[key] - part) * norm.value
        coefficient = self.law.parameter("raising_coefficient.hot_water_heat", self.house.city, "1")
        factor = coefficient if self.raised.get(key) else Decimal(1)
        self.put(account, "hot_water_heat", heat * factor, self.basis[key], heat, norm=self.norms.get(key),
                 heat_norm=norm.value, raised=factor != 1, by_norm=self.basis[key] == "norm")
        if part:  # the month's first days by norm: a part of the line of its own
            line = self.lines[account.id, service.service_id, service.supplier_id]
            line.volume += micro(part * norm.value)
            line.charge += kopecks(part * norm.value * coefficient * line.tariff)
            line.excess += kopecks(part * norm.value * (coefficient - 1) * line.tariff)

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

    def _by_area(self, account) -> None:
        if account.area is None:
            return
        active = self.active(account)
        rented = set()
        for row in self.facts.holders.get(account.id, []):
            if row.tenure == "tenant":
                rented |= self._span(row.since, row.until) & active
        for code in ("maintenance", "rent", "capital_repair"):
            row = self.services.get(code)
            if row is None or self.excluded(account, row.service_id):
                continue
            days = {"area": active, "tenant_area": active & rented, "owner_area": active - rented}[row.method]
            self.put(account, code, account.area * self.part(days), row.method)

    def _waste(self, account) -> None:
        row = self.services.get("waste")
        if row is None or self.excluded(account, row.service_id):
            return
        norm = self.law.norm(self.house, row.service_id, "individual", row.norm_category)
        if norm is None:
            return
        base = self.persons(account)
        if row.method == "waste_area":
            if account.area is None:
                return
            base = account.area * self.part(self.active(account))
        yearly = 12 if norm.unit.endswith("/year") else 1
        self.put(account, "waste", base * norm.value / yearly, row.method)

    # -- the house --------------------------------------------------------------------------------------------------

    def _house_volume(self, resource: str) -> tuple[Decimal | None, bool]:
        """Volume of the house meter, and whether the house has one: by reading or average, None where only a norm is left."""
        meters = self.facts.meters.get((self.house.id, None, self.law.id_of[resource]), [])
        total = ZERO
        for meter in meters:
            found = register(self.facts, self.law, meter, 0)
            if found.basis == "norm":
                return None, True
            total += found.volume
        return (total, True) if meters else (None, False)

    def _common(self, code: str) -> None:
        """House needs: by norm (formula 15) or what the house meter leaves (formulas 11, 12), by area."""
        row = self.services.get(code)
        if row is None or not self.house.total_area:
            return
        resource = code.removeprefix("soi_")
        volume, _ = self._house_volume(resource) if row.method == "common.meter" else (None, False)
        heat = self.services.get(f"{code}_heat")
        per_m3 = None
        if heat is not None:
            norm = self.law.norm(self.house, heat.service_id, "heat_per_m3", heat.norm_category)
            per_m3 = norm.value if norm else None
        if volume is None:
            norm = self.law.norm(self.house, row.service_id, "common", row.norm_category)
            if norm is None:
                return
            common, cause = norm.value * self.house.common_area, "common.norm"
        else:
            common = volume - sum(
                (micro(value) for (_, what), value in self.own.items() if what == resource), ZERO
            )
            cause = "common.meter"
        total = sum(self.counted.values())
        for account in self.accounts:
            part = self.part(self.active(account))
            if common >= 0:
                if account.area is None:
                    continue
                own = common * account.area / self.house.total_area * part
            elif self.counted[account.id] and total:
                # п. 47: given back by people, not below nothing of what the account used itself.
                own = -min(-common * self.counted[account.id] / total, self.own.get((account.id, resource), ZERO))
                cause = "common.credit"
            else:
                continue
            if not self.excluded(account, row.service_id):
                self.put(account, code, own, cause)
            if per_m3 is not None and not self.excluded(account, heat.service_id):
                self.put(account, f"{code}_heat", own * per_m3, cause)

    def _heating(self) -> None:
        row = self.services.get("heating")
        if row is None or not self.house.total_area:
            return
        volume = None
        if row.method.startswith("heat.odpu"):
            volume, _ = self._house_volume("heating")
        if volume is None:
            self._heating_by_norm(row)
            return
        if not volume:
            return
        house, own, flat = self.house, {}, {}
        metered_area = ZERO
        for account in self.accounts:
            meters = self._meters(account, "heating")
            found = [register(self.facts, self.law, meter, 0) for meter in meters]
            if found and all(item.basis != "norm" for item in found):
                flat[account.id] = sum((item.volume for item in found), ZERO)
                metered_area += account.area or ZERO
        cut = house.cut_off_area
        for account in self.accounts:
            if account.area is None or not account.heated:
                own[account.id] = ZERO
            elif account.id in flat:
                own[account.id] = flat[account.id]
            elif flat and metered_area:
                own[account.id] = account.area * sum(flat.values()) / metered_area
            else:
                own[account.id] = account.area * volume / (house.total_area - cut + house.heated_common_area)
        # Heat of a premise whose account is closed or has no area stays its own: neighbours do not pay it.
        if flat:
            bare = house.total_area - cut - metered_area
            used = sum(flat.values()) + (bare * sum(flat.values()) / metered_area if metered_area else ZERO)
        else:
            used = (house.total_area - cut) * volume / (house.total_area - cut + house.heated_common_area)
        rest = volume - used
        for account in self.accounts:
            if account.area is not None and not self.excluded(account, row.service_id):
                part = self.part(self.active(account))
                heat = max(own[account.id] + account.area * rest / house.total_area, ZERO)  # p.47: not below zero
                self.put(account, "heating", heat * part,
                         "heat.some_ipu" if flat else "heat.no_ipu")

    def _heating_by_norm(self, row) -> None:
        norm = self.law.norm(self.house, row.service_id, "individual", row.norm_category)
        if norm is None:
            return
        factor = Decimal(1)
        if row.method.endswith(".even"):
            factor = self.law.parameter("heating_months", self.house.city) / 12
        elif self.house.city not in self.law.heated:
            return
        for account in self.accounts:
            if account.area is not None and account.heated and not self.excluded(account, row.service_id):
                volume = account.area * norm.value * factor * self.part(self.active(account))
                self.put(account, "heating", volume, row.method, by_norm=True)


__all__ = ["KOPECK", "MICRO", "STEP", "Line", "MonthOfHouse", "kopecks"]
