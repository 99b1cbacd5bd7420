"""When a bill is due (ЖК, статья 155, части 1 и 2; ГК, статья 193). Days of the month are dated parameters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from .parameters import value


@dataclass(frozen=True)
class DueDates:
    """Days of one bill: last day to hand it over, nominal and real last day to pay, what follows."""

    document_not_later_than: date
    nominal_day_to_pay: date
    last_day_to_pay: date
    first_overdue_day: date
    first_penalty_day: date


def due_dates(billing_month: date, non_working_days: Collection[date] = (), move_day_off: bool = True) -> DueDates:
    """Due days of the bill for ``billing_month`` (any day of it).

    The law in force in the month after counts. ``move_day_off``: a day off moves to the next working day (CC
    art.193; a setting, because some do not apply it). ``non_working_days``: the production calendar around it.
    """
    after = (billing_month.replace(day=1) + timedelta(days=32)).replace(day=1)
    nominal = after.replace(day=int(value("due.payment_day", after)))
    last = nominal
    while move_day_off and last in non_working_days:
        last += timedelta(days=1)
    free = int(value("penalty.free_days", last))
    return DueDates(
        after.replace(day=int(value("due.document_day", after))), nominal, last, last + timedelta(days=1),
        last + timedelta(days=free + 1),
    )
