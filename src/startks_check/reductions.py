"""What acts of breaks and poor quality and temporary absences take off an account's lines (ПП РФ 354, разделы VIII, IX, прил. 1).

Time is counted in whole minutes of the month, one by one. Conventions of the product, where the law is silent: hours are whole
hours of the month's sum, the nearest act of the tree owns the minutes that several speak of, absences come before acts, and
what is taken off a line never exceeds its charge.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

DAY = dt.timedelta(days=1)
PER_HOUR = {"break": Fraction(15, 10_000), "degree": Fraction(15, 10_000), "step": Fraction(1, 1000), "pressure": Fraction(1, 1000)}
WASTE_A_DAY = Fraction(33, 1000)
ALLOWED_HOURS = {"cold_water": 8, "hot_water": 8, "sewerage": 8, "electricity": 24, "gas": 4, "heating": 24, "waste": 72}
BOUNDS = {"cold_water": ("0.03", "0.6"), "hot_water": ("0.03", "0.45"), "gas": ("0.0012", "0.003")}
"""MPa between which a pressure is as it should be (прил. 1 п. 3, 7, 13)."""
LINES_OF = {
    "hot_water": ("hot_water", "hot_water_heat"), "electricity": ("electricity", "electricity_day", "electricity_night"),
}
ORDER = {"absence": 0, "break": 1101, "waste": 1102, "degree": 1107, "pressure": 1108, "norm": 1109, "step": 1111,
         "cold": 1112, "cold_heat": 1113, "days": 1114}
"""In which order the rows of a line are cut to what is left of its charge."""


def kopecks(value: Fraction) -> int:
    """Half up."""
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


class Reductions:
    """Reductions of the accounts of one house in one month; ``month`` is the :class:`startks_check.house.MonthOfHouse`."""

    def __init__(self, month) -> None:
        self.month, self.facts, self.law, self.house = month, month.facts, month.law, month.house
        self.start = dt.datetime.combine(self.law.start, dt.time())
        self.month_hours = month.days * 24

    def compute(self) -> dict:
        """(account, service, supplier) → kopecks taken off, as a negative number."""
        found: dict = {}
        for account in self.month.accounts:
            rows = defaultdict(list)
            self._absence(account, rows)
            self._acts(account, rows)
            for code, listed in rows.items():
                connection = self.month.services.get(code)
                if connection is None:
                    continue
                key = account.id, connection.service_id, connection.supplier_id
                line = self.month.lines.get(key)
                if line is None or line.charge <= 0:
                    continue
                left = line.charge
                for _, _, amount in sorted(listed):
                    left -= min(max(amount, 0), left)
                if left != line.charge:
                    found[key] = left - line.charge
        return found

    # -- acts -------------------------------------------------------------------------------------------------------

    def _nodes(self, account) -> dict:
        """What nodes of the tree the account is under: kind → ids, nearest first."""
        return {
            "premise_id": {account.premise_id, account.parent_id}, "entrance_id": {account.entrance_id},
            "house_id": {self.house.id}, "district_id": {self.house.district_id},
        }

    def _acts(self, account, rows) -> None:
        acts = defaultdict(list)
        for rank, (column, ids) in enumerate(self._nodes(account).items()):
            for act in self.facts.acts:
                if getattr(act, column) is not None and getattr(act, column) in ids:
                    acts[act.service_id].append((rank, act.since, act.id, act))
        for service, listed in acts.items():
            code = self.law.services[service].code
            own = self._own_minutes(account, sorted(listed, key=lambda row: row[:3]))
            self._breaks(account, code, own["break"], rows)
            for kind in ("temperature", "pressure", "voltage", "composition"):
                if own[kind]:
                    getattr(self, f"_{kind}")(account, code, own[kind], rows)

    def _own_minutes(self, account, listed: list) -> dict:
        """Kind → [(act, minutes that are its own)]; breaks and planned repairs are one kind and come first."""
        active = self.month.active(account)
        first = (min(active) - self.law.start).days * 1440
        last = ((max(active) - self.law.start).days + 1) * 1440
        own, taken = defaultdict(list), defaultdict(set)
        is_break = {"break": True, "repair": True}
        for breaks in (True, False):
            for _, _, _, act in listed:
                if is_break.get(act.kind, False) != breaks:
                    continue
                begin = max(self._minute(act.since), first)
                end = min(self._minute(act.until) if act.until else last, last)
                kind = "break" if breaks else act.kind
                minutes = set(range(begin, end)) - taken[kind]
                if not breaks and kind != "composition":
                    minutes -= taken["break"]
                if minutes:
                    taken[kind] |= minutes
                    own[kind].append((act, minutes))
        return own

    def _minute(self, moment: dt.datetime) -> int:
        return math.floor((moment - self.start).total_seconds() / 60)

    def _lines(self, account, code: str):
        """Lines of the account that a service's act speaks of: (code, line)."""
        for name in LINES_OF.get(code, (code,)):
            connection = self.month.services.get(name)
            if connection is not None:
                line = self.month.lines.get((account.id, connection.service_id, connection.supplier_id))
                if line is not None and line.charge > 0:
                    yield name, line

    def _breaks(self, account, code: str, own: list, rows) -> None:
        groups = defaultdict(list)
        for act, minutes in own:
            groups[act.kind, act.dead_end, act.feeds].append((act, minutes))
        for (kind, dead_end, feeds), acts in groups.items():
            hours = sum(len(minutes) for _, minutes in acts) // 60
            allowed = 24 if dead_end else ALLOWED_HOURS.get(code, 0)
            if code == "electricity":
                allowed = 2 if feeds == 2 else 24
            over = 0 if kind == "repair" else max(hours - allowed, 0)
            causes = ",".join(str(act.id) for act, _ in sorted(acts, key=lambda pair: pair[0].id))
            for name, line in self._lines(account, code):
                if code == "waste":
                    if kind != "repair":
                        rows[name].append((ORDER["waste"], causes, kopecks(line.charge * (over // 24) * WASTE_A_DAY)))
                    continue
                rest = line.charge
                if line.normed:
                    base = line.normed_charge
                    rest -= line.normed_charge + line.normed_excess
                    missing = base * min(Fraction(hours, self.month_hours), Fraction(1))
                    cut = min(missing + (line.normed_charge + line.normed_excess) * over * PER_HOUR["break"],
                              line.normed_charge + line.normed_excess)
                    rows[name].append((ORDER["norm"], causes, kopecks(Fraction(cut))))
                if rest > 0 and kind != "repair":
                    rows[name].append((ORDER["break"], causes, kopecks(rest * over * PER_HOUR["break"])))

    @staticmethod
    def _night_and_day(minutes: set) -> tuple[int, int]:
        night = sum(1 for minute in minutes if minute % 1440 < 300)
        return night // 60, (len(minutes) - night) // 60

    def _temperature(self, account, code: str, own: list, rows) -> None:
        causes = ",".join(str(act.id) for act, _ in sorted(own, key=lambda pair: pair[0].id))
        if code == "heating":
            degree_hours = 0
            for act, minutes in own:
                night, day = self._night_and_day(minutes)
                for hours, allowed in ((night, 3), (day, 0)):
                    degree_hours += max(math.floor(act.planned - allowed - act.measured), 0) * hours
            for name, line in self._lines(account, code):
                rows[name].append((ORDER["degree"], causes, kopecks(line.charge * degree_hours * PER_HOUR["degree"])))
            return
        step_hours, cold_minutes, cold, warm = 0, 0, [], []
        for act, minutes in own:
            if act.measured < 40:
                cold_minutes += len(minutes)
                cold.append(act.id)
                continue
            warm.append(act.id)
            night, day = self._night_and_day(minutes)
            for hours, allowed in ((night, 5), (day, 3)):
                step_hours += max(math.floor((60 - allowed - act.measured) / 3), 0) * hours
        hours = cold_minutes // 60
        part = min(Fraction(hours, self.month_hours), Fraction(1))
        for name, line in self._lines(account, code):
            rows[name].append((ORDER["step"], ",".join(map(str, sorted(warm))), kopecks(line.charge * step_hours * PER_HOUR["step"])))
            told = ",".join(map(str, sorted(cold)))
            if name == "hot_water_heat":
                rows[name].append((ORDER["cold_heat"], told, kopecks(line.charge * part)))
                continue
            water = self.month.services.get("cold_water")
            price = self.law.tariff(self.house, water) if water is not None else None
            if price is not None:
                dearer = max(Fraction(line.tariff) - Fraction(price), Fraction(0))
                rows[name].append((ORDER["cold"], told, kopecks(Fraction(line.volume) * part * dearer * 100)))

    def _pressure(self, account, code: str, own: list, rows) -> None:
        slight, bad_days = 0, set()
        for act, minutes in own:
            if self._deviation(code, act) > Fraction(25, 100):
                bad_days |= {minute // 1440 for minute in minutes}
            else:
                slight += len(minutes)
        causes = ",".join(str(act.id) for act, _ in sorted(own, key=lambda pair: pair[0].id))
        for name, line in self._lines(account, code):
            days = kopecks(Fraction(line.charge * len(bad_days), self.month.days))
            if code == "heating":
                rows[name].append((ORDER["days"], causes, days))
            else:
                rows[name].append((ORDER["pressure"], causes, kopecks(line.charge * (slight // 60) * PER_HOUR["pressure"]) + days))

    @staticmethod
    def _deviation(code: str, act) -> Fraction:
        measured = Fraction(act.measured)
        if act.planned is not None:
            return abs(measured - Fraction(act.planned)) / Fraction(act.planned)
        if code not in BOUNDS:
            return Fraction(0)
        low, high = map(Fraction, BOUNDS[code])
        if measured < low:
            return (low - measured) / low
        return max(measured - high, Fraction(0)) / high

    def _voltage(self, account, code: str, own: list, rows) -> None:
        hours = sum(len(minutes) for _, minutes in own) // 60
        causes = ",".join(str(act.id) for act, _ in sorted(own, key=lambda pair: pair[0].id))
        for name, line in self._lines(account, code):
            rows[name].append((ORDER["break"], causes, kopecks(line.charge * hours * PER_HOUR["break"])))

    def _composition(self, account, code: str, own: list, rows) -> None:
        days = {minute // 1440 for _, minutes in own for minute in minutes}
        causes = ",".join(str(act.id) for act, _ in sorted(own, key=lambda pair: pair[0].id))
        for name, line in self._lines(account, code):
            rows[name].append((ORDER["days"], causes, kopecks(Fraction(line.charge * len(days), self.month.days))))

    # -- absence ----------------------------------------------------------------------------------------------------

    def _absence(self, account, rows) -> None:
        absent, causes = self._absent_days(account)
        if not absent:
            return
        entitled: dict = {}
        for code in ("cold_water", "hot_water", "electricity", "gas"):
            connection = self.month.services.get(code)
            line = next((line for name, line in self._lines(account, code) if name == code), None)
            if connection is None or line is None or not line.normed or line.raised:
                continue
            if self.month._meters(account, code):
                continue
            infeasible = self.facts.infeasible.get((account.id, connection.service_id))
            if code != "gas" and not infeasible:
                continue
            entitled[code] = line
            cut = Fraction(absent, self.month.days) * Fraction(line.norm) * Fraction(line.tariff) * 100
            rows[code].append((ORDER["absence"], causes, kopecks(cut)))
        for name, line in self._lines(account, "hot_water"):
            if name == "hot_water_heat" and "hot_water" in entitled:
                cut = Fraction(absent, self.month.days) * Fraction(line.norm) * Fraction(line.heat_norm) * Fraction(line.tariff) * 100
                rows[name].append((ORDER["absence"], causes, kopecks(cut)))
        for name, line in self._lines(account, "sewerage"):
            waters = sum((Fraction(entitled[code].norm) for code in ("cold_water", "hot_water") if code in entitled), Fraction(0))
            cut = Fraction(absent, self.month.days) * waters * Fraction(line.tariff) * 100
            rows[name].append((ORDER["absence"], causes, kopecks(cut)))
        for name, line in self._lines(account, "waste"):
            counted = self.month.counted[account.id]
            if counted:
                rows[name].append((ORDER["absence"], causes, kopecks(line.charge * min(Fraction(absent, counted), Fraction(1)))))

    def _absent_days(self, account) -> tuple[int, str]:
        """Person-days away, and the applications: more than five full days in a row each (п. 86, 91)."""
        lives: dict = defaultdict(set)
        known = self.facts.residence.get(account.id, [])
        active = self.month.active(account)
        for row in known:
            lives[row.person_id] |= self.month._span(row.since, row.until) & active
        total, causes = 0, []
        for row in self.facts.absences.get(account.id, []):
            back = row.returned_on or _six_months(row.left_on)
            if (back - row.left_on).days - 1 <= 5:
                continue
            away = self.month._span(row.left_on + DAY, back) & active
            days = away & lives[row.person_id] if known else away
            if days:
                total += len(days)
                causes.append(row.id)
        return min(total, self.month.counted[account.id]), ",".join(map(str, sorted(causes)))


def _six_months(day: dt.date) -> dt.date:
    month = day.month + 6
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    for number in range(day.day, 0, -1):
        try:
            return dt.date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


__all__ = ["Reductions"]
