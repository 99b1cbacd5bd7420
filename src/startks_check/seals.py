"""Interference with a flat's meter: whose days are charged by ten norms (ПП РФ 354 п. 81(11))."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

NORMS = Decimal(10)
"""how many norms a day of interference costs"""


def interfered(month, account, resource: str, meters: list) -> set[dt.date]:
    """The account's days of the month under an act; ``month``: :class:`startks_check.house.MonthOfHouse`.

    Empty where the product charges no act: in shops and rooms of communal flats, by zones, without a norm. An act counts
    in months without a usable meter too: it is taken off after the check, or its average is over.
    """
    service = month.services[resource]
    days: set = set()
    for act in month.facts.seals.get((account.id, service.service_id), []):
        days |= month._span(act.since, act.until) & month.active(account)
    if not days or account.premise_kind == "nonresidential" or account.parent_id is not None:
        return set()
    if any(meter.zones > 1 for meter in meters) or month._norm(account, resource) is None:
        return set()
    return days


def act_people(month, account, days: set) -> int:
    """Person-days on ``days``: of residents, of owners where nobody was registered in the month (п. 56)."""
    lives: dict = {}
    for row in month.facts.residence.get(account.id, []):
        lives.setdefault(row.person_id, set()).update(month._span(row.since, row.until) & days)
    if month.people[account.id]:
        return sum(len(own) for own in lives.values())
    owners = [row for row in month.facts.holders.get(account.id, []) if row.person_id and row.tenure == "owner"]
    return sum(len(month._span(row.since, row.until) & days) for row in owners)
