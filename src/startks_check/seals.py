"""Interference with a flat's meter: whose days are charged by ten norms (ПП РФ 354 п. 81(11))."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

NORMS = Decimal(10)
"""how many norms a day of interference costs"""


def interfered(month, account, resource: str, meters: list) -> set[dt.date]:
    """The account's days of the month under an act; ``month``: :class:`startks_check.house.MonthOfHouse`.

    Empty where the product charges no act: in shops, by zones, without a norm. Rooms that share a flat's meter do not come
    here, others are charged as flats. An act counts in months without a usable meter too: it is taken off after the check.
    """
    days = set().union(*_acts(month, account, resource))
    if not days or account.premise_kind == "nonresidential":
        return set()
    if any(meter.zones > 1 for meter in meters) or month._norm(account, resource) is None:
        return set()
    return days


def residents(month, account, days: set) -> int:
    """Person-days of the month that lie on ``days``: of owners where nobody is registered all the month (п. 56)."""
    return _lived(month, account, days) if month.people[account.id] else _owned(month, account, days)


def act_people(month, account, resource: str) -> int:
    """Person-days of the acts in the month: of residents, of owners where nobody is registered on the days of an act."""
    return sum(_lived(month, account, days) or _owned(month, account, days) for days in _acts(month, account, resource))


def _acts(month, account, resource: str) -> list[set[dt.date]]:
    found = month.facts.seals.get((account.id, month.services[resource].service_id), [])
    return [month._span(act.since, act.until) & month.active(account) for act in found]


def _lived(month, account, days: set) -> int:
    lives: dict = {}
    for row in month.facts.residence.get(account.id, []):
        lives.setdefault(row.person_id, set()).update(month._span(row.since, row.until) & days)
    return sum(len(own) for own in lives.values())


def _owned(month, account, days: set) -> int:
    owners = [row for row in month.facts.holders.get(account.id, []) if row.person_id and row.tenure == "owner"]
    return sum(len(month._span(row.since, row.until) & days) for row in owners)
