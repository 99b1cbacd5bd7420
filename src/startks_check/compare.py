"""Lays the second calculator's lines beside table ``statement`` and counts what differs, by cause."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import psycopg

from startks_check.benefits import Benefits
from startks_check.facts import Facts, Law, earlier
from startks_check.house import Line, MonthOfHouse
from startks_check.money import debts, left_of_months, pay
from startks_check.penalties import penalty
from startks_check.reductions import Reductions

DAY = dt.timedelta(days=1)
FIRST = 3
"""Examples kept for each cause."""
HOUSES = 20
NO_HOUSE_ABOVE = 2_147_483_647
# A volume may differ by the millionth that its last division leaves; money may not differ at all.
FIELDS = ("volume", "tariff", "charge", "excess", "opening", "recalculation", "benefit", "penalty", "paid", "closing", "debts")


@dataclass
class Result:
    """What was compared: numbers of lines, of lines that differ, by (service, field, cause) with first examples."""

    lines: int = 0
    differing: int = 0
    causes: Counter = field(default_factory=Counter)
    examples: dict = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0

    def add(self, other: Result) -> None:
        """Take in what another part of the town gave."""
        self.lines += other.lines
        self.differing += other.differing
        self.causes.update(other.causes)
        for key, rows in other.examples.items():
            self.examples[key] = (self.examples[key] + rows)[:FIRST]


def compare(dsn: str, period: int, processes: int = 1) -> Result:
    """Compare a calculated month YYYYMM of the whole data base; ``dsn`` is a libpq connection string or URL."""
    started = time.perf_counter()
    with psycopg.connect(dsn) as connection:
        houses = [row[0] for row in connection.execute("SELECT id FROM house ORDER BY id")]
    parts = [(dsn, period, houses[at], houses[min(at + HOUSES, len(houses)) - 1]) for at in range(0, len(houses), HOUSES)]
    result = Result()
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            for part in pool.map(_part, parts):
                result.add(part)
    else:
        for part in parts:
            result.add(_part(part))
    result.seconds = time.perf_counter() - started
    return result


def charges(dsn: str, period: int) -> dict[tuple[int, int, int], int]:
    """Kopecks of the lines (account, service, supplier) of a month by the facts as they are known today, less reductions."""
    found: dict = {}
    law, facts = _read(dsn, period, 0, NO_HOUSE_ABOVE)
    for house in facts.houses:
        month = MonthOfHouse(facts, law, house)
        lines = month.compute()
        reduced = Reductions(month).compute()
        found.update({key: line.charge + reduced.get(key, 0) for key, line in lines.items()})
    return found


def _read(dsn: str, period: int, first: int, last: int) -> tuple[Law, Facts]:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET default_transaction_read_only = on")
        law = Law(connection, period)
        return law, Facts(connection, law, first, last)


def _part(job: tuple[str, int, int, int]) -> Result:
    law, facts = _read(*job)
    result = Result()
    for house in facts.houses:
        month = MonthOfHouse(facts, law, house)
        lines = month.compute()
        reduced = Reductions(month).compute()
        _house(facts, law, house, lines, reduced, Benefits(month, reduced).compute(), result)
    return result


def _house(facts: Facts, law: Law, house, lines: dict, reduced: dict, granted: dict, result: Result) -> None:
    theirs = {key: row for key, row in facts.statement.items() if row.house_id == house.id}
    keys: dict = defaultdict(set)
    for key in [*lines, *theirs]:
        keys[key[0]].add(key)
    accounts = {row.id for row in facts.accounts.get(house.id, [])}
    for key in facts.opening:
        if key[0] in accounts or key in theirs:
            keys[key[0]].add(key)
    advance = law.id_of["advance"]
    for account, own in keys.items():
        owed = {
            key: debts(facts.opening.get(key, 0), [(row.origin, row.amount) for row in facts.debts.get(key, [])])
            for key in own if key[1] != advance
        }
        held = [key for key in own if key[1] == advance]
        kept = sum(facts.opening.get(key, 0) for key in held)
        # An advance was there before the month began.
        money = [(law.start - DAY, -kept)] + [(row.paid_on, row.amount) for row in facts.payments.get(account, [])]
        parts, left = pay(money, owed, lambda key: (law.services[key[1]].position, key[2]))
        if left + kept and not held:
            result.examples["advance", "аванс", "без строки"].append((next(iter(own)), {"paid": (left + kept, None)}, None))
            result.causes["advance", "аванс", "без строки"] += 1
            result.differing += 1
        for key in sorted(own):
            money_of = Money(left + kept) if key in held else _money(law, house.city, key, owed[key], parts)
            money_of.posted = facts.posted.get(key, 0) + reduced.get(key, 0)
            money_of.benefit = granted.get(key, 0) + facts.corrected.get(key, 0)
            _line(key, lines.get(key) or Line(0, 0, 0, 0, "balance"), facts, law, money_of, theirs.get(key), result)


@dataclass
class Money:
    """What a line pays and owes for old months, kopecks."""

    paid: int
    penalty: int = 0
    owed: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)
    posted: int = 0
    benefit: int = 0


def _money(law: Law, city: int, key, owed: dict, parts: dict) -> Money:
    mine = {origin: parts.get((key, origin), []) for origin in owed}
    is_repair = law.services[key[1]].code == "capital_repair"
    cost = sum(
        penalty(law, city, is_repair, origin, amount, mine[origin]) for origin, amount in owed.items() if origin
    )
    paid = {origin: sum(part for _, part in days) for origin, days in mine.items()}
    return Money(sum(paid.values()), cost, owed, paid)


def _line(key, ours: Line, facts: Facts, law: Law, money: Money, theirs, result: Result) -> None:
    opening = facts.opening.get(key, 0)
    closing = opening + ours.charge + money.posted + money.penalty - money.benefit - money.paid
    wanted = {
        "volume": int(ours.volume * 1_000_000), "tariff": int(ours.tariff * 1_000_000), "charge": ours.charge,
        "excess": ours.excess, "opening": opening, "recalculation": money.posted, "benefit": money.benefit,
        "penalty": money.penalty, "paid": money.paid,
        "closing": closing,
        "debts": left_of_months(money.owed, money.parts, money.penalty, closing, earlier(law.period)),
    }
    if theirs is None:
        if not any(wanted[name] for name in FIELDS if name not in ("volume", "tariff")):
            return
        found = dict.fromkeys(FIELDS, None)
    else:
        found = {name: getattr(theirs, name) for name in FIELDS if name != "debts"}
        found["debts"] = {row.origin: row.amount for row in facts.left.get(key, [])}
    result.lines += 1
    # A line that charges nothing may or may not print a price.
    idle = not (ours.charge or ours.volume) and theirs is not None and not (theirs.charge or theirs.volume)
    wrong = [
        name for name in FIELDS
        if not _same(name, wanted[name], found[name]) and not (name == "tariff" and idle)
    ]
    if not wrong:
        return
    result.differing += 1
    what = "нет строки" if theirs is None else "/".join(wrong)
    cause = law.services[key[1]].code, what, ours.cause
    result.causes[cause] += 1
    if len(result.examples[cause]) < FIRST:
        names = wrong if theirs is not None else ["charge", "paid"]
        result.examples[cause].append(
            (key, {name: (wanted[name], found[name]) for name in names}, theirs.rule_id if theirs else None)
        )


def _same(name: str, ours, theirs) -> bool:
    if name == "volume" and theirs is not None:
        return abs(ours - theirs) <= 1
    return ours == theirs
