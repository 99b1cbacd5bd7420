"""Lines by area and waste of one account; ``month``: :class:`startks_check.house.MonthOfHouse`."""

from __future__ import annotations

from startks_check.meters import micro
from startks_check.money import kopecks


def by_area(month, account) -> None:
    """Maintenance for all, rent for tenants, capital repair for owners (ЖК ст. 154)."""
    if account.area is None:
        return
    active = month.active(account)
    rented = set()
    for row in month.facts.holders.get(account.id, []):
        if row.tenure == "tenant":
            rented |= month._span(row.since, row.until) & active
    for code in ("maintenance", "rent", "capital_repair"):
        row = month.services.get(code)
        if row is None or month.excluded(account, row.service_id):
            continue
        days = {"area": active, "tenant_area": active & rented, "owner_area": active - rented}[row.method]
        month.put(account, code, account.area * month.part(days), row.method)
        first = _paid_before(month, account)
        if first is not None and len(days) == len(active):
            _rest_of_month(month, account, first, row)


def _paid_before(month, account):
    """The account of the same premise that was there from the month's start until this one began; None without one."""
    if account.opened_on <= month.law.start or len(month.active(account)) != (month.law.end - account.opened_on).days:
        return None
    for other in month.accounts:
        if (other.id != account.id and other.premise_id == account.premise_id and other.closed_on == account.opened_on
                and other.opened_on <= month.law.start):
            return other
    return None


def _rest_of_month(month, account, first, row) -> None:
    """Two payers of a month pay the month: the second the whole less what the first paid."""
    theirs = month.lines.get((first.id, row.service_id, row.supplier_id))
    key = account.id, row.service_id, row.supplier_id
    line = month.lines.get(key)
    if theirs is None or line is None or first.area is None or theirs.volume != micro(first.area * month.part(month.active(first))):
        return
    days = len(month.active(first))
    whole = kopecks(account.area * line.tariff)
    line.charge = whole - kopecks(account.area * line.tariff * days / month.days)
    line.volume = micro(account.area - account.area * days / month.days)


def waste(month, account) -> None:
    """By people, area or containers (п. 148(30) and on)."""
    row = month.services.get("waste")
    if row is None or month.excluded(account, row.service_id):
        return
    if row.method == "waste_containers":
        people = sum(month.counted.values())
        for site in month.facts.containers.get(month.house.id, []):
            if people:
                volume = site.container_volume * site.emptied * month.counted[account.id] / people
                month.put(account, "waste", volume, row.method)
        return
    norm = month.law.norm(month.house, row.service_id, "individual", month.category(account, row, "norm_category"))
    if norm is None:
        return
    base = month.persons(account)
    if row.method == "waste_area":
        if account.area is None:
            return
        base = account.area * month.part(month.active(account))
    yearly = 12 if norm.unit.endswith("/year") else 1
    month.put(account, "waste", base * norm.value / yearly, row.method)
