"""What a house shares: common needs and heating (ПП РФ 354 п. 42(1), 44–48, приложение 2)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from startks_check.meters import micro, register

ZERO = Decimal(0)
NINE = Decimal("1e-9")
MICRO = Decimal(1_000_000)


class Shared:
    """Adds the shared lines to a :class:`startks_check.house.MonthOfHouse`."""

    def __init__(self, month) -> None:
        self.month, self.facts, self.law, self.house = month, month.facts, month.law, month.house
        self.accounts, self.services = month.accounts, month.services
        self.put, self.part, self.active, self.excluded = month.put, month.part, month.active, month.excluded

    def compute(self) -> None:
        """All of them."""
        for code in ("soi_cold_water", "soi_hot_water", "soi_electricity", "soi_sewerage"):
            self._common(code)
        self._heating()

    def _house_volume(self, resource: str) -> Decimal | None:
        """Volume of the house meters by reading or average; None without meters and where only a norm is left."""
        meters = self.facts.meters.get((self.house.id, None, self.law.id_of[resource]), [])
        found = [register(self.facts, self.law, meter, 0) for meter in meters]
        if not found or any(item.basis == "norm" for item in found):
            return None
        # What goes on into other formulas is the volume of the books, to the millionth.
        total = sum((micro(item.volume) for item in found), ZERO)
        return total if total >= 0 else None

    def _rooms_of(self, account) -> list:
        """The accounts of the rooms of the same communal flat; empty for a flat."""
        if account.parent_id is None:
            return []
        return [other for other in self.accounts if other.parent_id == account.parent_id]

    # -- common needs -----------------------------------------------------------------------------------------------

    def _common(self, code: str) -> None:
        """House needs: by norm (formula 15) or what the house meter leaves (formulas 11, 12), by area."""
        row = self.services.get(code)
        if row is None or not self.house.total_area:
            return
        month, resource = self.month, code.removeprefix("soi_")
        volume = self._house_volume(resource) if row.method.startswith("common.meter") else None
        heat = self.services.get(f"{code}_heat")
        per_m3 = None
        if heat is not None:
            norm = self.law.norm(self.house, heat.service_id, "heat_per_m3", heat.norm_category)
            per_m3 = norm.value if norm else None
        norm = self.law.norm(self.house, row.service_id, "common", row.norm_category)
        if volume is None:
            if norm is None:
                return
            common, cause = norm.value * self.house.common_area, "common.norm"
        else:
            common = volume - sum((micro(value) for (_, what), value in month.own.items() if what == resource), ZERO)
            if row.method == "common.meter_capped" and norm is not None:  # п. 44
                common = min(common, norm.value * self.house.common_area)
            cause = "common.meter"
        total = sum(month.counted.values())
        for account in self.accounts:
            if common >= 0:
                own = self._share(account, common)
                if own is None:
                    continue
            elif month.counted[account.id] and total:
                # п. 47: given back by people, not below nothing of what the account used itself.
                own = -min(-common * month.counted[account.id] / total, month.own.get((account.id, resource), ZERO))
                cause = "common.credit"
            else:
                continue
            if not self.excluded(account, row.service_id):
                self.put(account, code, own, cause)
            if per_m3 is not None and not self.excluded(account, heat.service_id):
                self.put(account, f"{code}_heat", own * per_m3, cause)

    def _share(self, account, common: Decimal) -> Decimal | None:
        """A premise's share by area, for its days; a room's of its flat's share by people."""
        rooms = self._rooms_of(account)
        if not rooms:
            if account.area is None:
                return None
            return common * account.area / self.house.total_area * self.part(self.active(account))
        people = sum(self.month.counted[room.id] for room in rooms)
        if account.flat_area is None or not people:
            return None
        flat = (common * account.flat_area / self.house.total_area).quantize(NINE, ROUND_HALF_UP)
        return flat * self.month.counted[account.id] / people

    # -- heating ----------------------------------------------------------------------------------------------------

    def _area(self, account) -> Decimal | None:
        """Area that heat is counted by: a room's part of its flat by living areas (formula 8)."""
        rooms = self._rooms_of(account)
        if not rooms:
            return account.area
        living = {room.premise_id: room.living_area for room in rooms}
        if account.flat_area is None or None in living.values() or not sum(living.values()):
            return None
        return account.flat_area * account.living_area / sum(living.values())

    def _heating(self) -> None:
        row = self.services.get("heating")
        if row is None or not self.house.total_area:
            return
        volume, flat = None, {}
        if row.method == "heat.odpu.even":
            for known in self.facts.house_heat.get(self.house.id, []):
                volume = Decimal(known.volume) / MICRO / 12
            if volume is not None:
                for account in self.accounts:
                    for known in self.facts.flat_heat.get(account.id, []):
                        flat[account.id] = micro(Decimal(known.volume) / MICRO / 12)
        elif row.method.startswith("heat.odpu"):
            volume = self._house_volume("heating")
            flat = {account.id: own for account in self.accounts if (own := self.month._usable(account, "heating")) is not None}
        if volume is None:
            self._heating_by_norm(row)
        elif volume:
            self._by_house_meter(row, volume, flat)

    def _by_house_meter(self, row, volume: Decimal, flat: dict) -> None:
        house, own = self.house, {}
        areas = {account.id: self._area(account) for account in self.accounts}
        metered_area = sum((areas[number] or ZERO for number in flat), ZERO)
        cut = house.cut_off_area
        for account in self.accounts:
            area = areas[account.id]
            if area is None or not account.heated:
                own[account.id] = ZERO
            elif account.id in flat:
                own[account.id] = flat[account.id]
            elif flat and metered_area:
                own[account.id] = area * sum(flat.values()) / metered_area
            else:
                own[account.id] = area * volume / (house.total_area - cut + house.heated_common_area)
        # Heat of a premise whose account is closed or has no area stays its own: neighbours do not pay it.
        if flat:
            bare = house.total_area - cut - metered_area
            used = sum(flat.values()) + (bare * sum(flat.values()) / metered_area if metered_area else ZERO)
        else:
            used = (house.total_area - cut) * volume / (house.total_area - cut + house.heated_common_area)
        rest = volume - used
        for account in self.accounts:
            area = areas[account.id]
            if area is not None and not self.excluded(account, row.service_id):
                heat = max(own[account.id] + area * rest / house.total_area, ZERO)  # p.47: not below zero
                self.put(account, "heating", heat * self.part(self.active(account)),
                         "heat.some_ipu" if flat else "heat.no_ipu")

    def _heating_by_norm(self, row) -> None:
        factor = Decimal(1)
        if row.method.endswith(".even"):
            factor = self.law.parameter("heating_months", self.house.city) / 12
        elif self.house.city not in self.law.heated:
            return
        for account in self.accounts:
            category = self.month.category(account, row, "norm_category")
            norm = self.law.norm(self.house, row.service_id, "individual", category)
            area = self._area(account)
            if norm is not None and area is not None and account.heated and not self.excluded(account, row.service_id):
                volume = area * norm.value * factor * self.part(self.active(account))
                self.put(account, "heating", volume, row.method, by_norm=True)
