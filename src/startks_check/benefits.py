"""Benefits of the month (домен 4.1): who of an account has what right on which day, within which limit, in which form."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

ZERO = Fraction(0)
WATERS = ("cold_water", "hot_water")
VOLUME_OF = {"hot_water_heat": ("hot_water",), "electricity_day": ("electricity_day", "electricity_night"),
             "electricity_night": ("electricity_day", "electricity_night")}
NORM_OF = {"hot_water_heat": ("hot_water",), "electricity_day": ("electricity",), "electricity_night": ("electricity",),
           "sewerage": WATERS}


class Benefits:
    """Discounts of one house in one month. ``month``: :class:`startks_check.house.MonthOfHouse`; ``reduced``: its reductions."""

    def __init__(self, month, reduced: dict) -> None:
        self.month, self.facts, self.law, self.house, self.reduced = month, month.facts, month.law, month.house, reduced

    def compute(self) -> dict:
        """(account, service, supplier) → kopecks of discount."""
        found: dict = {}
        for account in self.month.accounts:
            rights = self.facts.rights.get(account.id, [])
            if rights and account.premise_kind != "nonresidential":
                self._account(account, rights, found)
        return found

    def _account(self, account, rights: list, found: dict) -> None:
        lives = self._lives(account)
        living = {person: set().union(*spans) for person, spans in lives.items()}
        owed = self.law.parameter("benefit.court_debt_stops", self.house.city, "1") if self.facts.court.get(account.id) else 0
        for code, connection in self.month.services.items():
            key = account.id, connection.service_id, connection.supplier_id
            line = self.month.lines.get(key)
            if line is None:
                continue
            base = line.charge - line.excess
            if key in self.reduced:
                base = max(base + self.reduced[key], 0)
            if not base:
                continue
            days = self._best(account, rights, living, connection.service_id, owed)
            within = {}
            amount = 0
            for (percent, _, _, bound, form), count in days.items():
                if form != "discount":
                    continue
                if bound not in within:
                    within[bound] = self._within(account, code, line, bound)
                people = self.month.counted[account.id]
                if within[bound] is None or not people:
                    continue
                amount += _kopecks(Fraction(base) * within[bound] * count / people * Fraction(percent) / 100)
            if amount:
                found[key] = found.get(key, 0) + amount

    def _lives(self, account) -> dict:
        active = self.month.active(account)
        lives = defaultdict(list)
        for row in self.facts.residence.get(account.id, []):
            lives[row.person_id].append(self.month._span(row.since, row.until) & active)
        return lives

    def _term(self, account, category: int, service: int):
        own = [row for row in self.facts_terms(category, service) if row.municipality_id == self.house.city]
        rows = own or [row for row in self.facts_terms(category, service) if row.municipality_id is None]
        tenant = self._is_tenant(account)
        rows = [row for row in rows if row.tenure is None or (row.tenure == "tenant") == tenant]
        return rows[0] if rows else None

    def facts_terms(self, category: int, service: int) -> list:
        """What a category is due for a service."""
        return self.law.terms.get((category, service), [])

    def _is_tenant(self, account) -> bool:
        last = max(self.month.active(account))
        return any(
            row.tenure == "tenant" and (row.since or dt.date.min) <= last < (row.until or dt.date.max)
            for row in self.facts.holders.get(account.id, [])
        )

    def _best(self, account, rights: list, living: dict, service: int, owed) -> dict:
        """(percent, holder, category, bound, form) → person-days: on each day each person takes the largest percent."""
        best: dict = {}
        for right in rights:
            term = self._term(account, right.category_id, service)
            if term is None or (owed and (owed >= 2 or term.form == "compensation")):
                continue
            days = self.month._span(right.since, right.until) & living.get(right.person_id, set())
            for day in days:
                people = [right.person_id]
                if term.covers == "family":
                    people = [person for person, there in living.items() if day in there]
                for person in people:
                    rank = (-term.percent, right.person_id, right.category_id)
                    known = best.get((person, day))
                    if known is None or rank < known[0]:
                        best[person, day] = rank, term
        counted: dict = defaultdict(int)
        for (percent, holder, category), term in best.values():
            counted[-percent, holder, category, term.bound, term.form] += 1
        return counted

    def _within(self, account, code: str, line, bound: str) -> Fraction | None:
        """The part of a charge that lies within the social norm of area or the norm of consumption."""
        if bound == "none":
            return Fraction(1)
        people, days = self.month.counted[account.id], len(self.month.active(account))
        if bound == "area":
            standard = self._standard(account)
            if standard is None or not account.area or not days:
                return None
            return min(Fraction(standard) * people / days / Fraction(account.area), Fraction(1))
        norm = ZERO
        for name in NORM_OF.get(code, (code,)):
            row = self.month.services.get(name)
            if row is None or self.month.excluded(account, row.service_id):
                continue
            found = self.law.norm(
                self.house, row.service_id, "individual", self.month.category(account, row, "norm_category"), account.rooms,
                self.month._household(account),
            )
            if found is not None:
                norm += Fraction(found.value)
        if not norm:
            return None
        volume = ZERO
        for name in VOLUME_OF.get(code, (code,)):
            row = self.month.services.get(name)
            other = self.month.lines.get((account.id, row.service_id, row.supplier_id)) if row is not None else None
            if other is not None:
                volume += Fraction(other.volume)
        limit = norm * people / self.month.days
        return limit / volume if volume > limit else Fraction(1)

    def _standard(self, account) -> Decimal | None:
        last = max(self.month.active(account))
        people = sum(
            (row.since or dt.date.min) <= last < (row.until or dt.date.max)
            for row in self.facts.residence.get(account.id, [])
        )
        for number in range(max(people, 1), 0, -1):
            for where in (self.house.city, None):
                if (f"area_standard.{number}", where) in self.law.parameters:
                    return self.law.parameters[f"area_standard.{number}", where]
        return None


def _kopecks(value: Fraction) -> int:
    sign = -1 if value < 0 else 1
    exact = abs(value)
    return sign * int((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP))
