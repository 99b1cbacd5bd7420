"""Which regime applies: raising coefficient and average consumption (ПП 354, пункты 42, 59, 60).

Decisions, not amounts: they choose the key of a rule and its coefficient for one account, service and month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from ..errors import CalculationError
from ..parameters import value

#: Causes of p.59: no reading given; meter failed or lost; verification lapsed; no access for a check.
CAUSES = ("no_reading", "meter_failed", "verification_lapsed", "no_access")


@dataclass(frozen=True)
class Basis:
    """How a month is charged: ``average`` or ``norm``, and with which coefficient."""

    basis: str
    coefficient: Fraction


def raising_coefficient(service: str, day: date) -> Fraction:
    """Raising coefficient of a service on a day; CalculationError ``no_coefficient`` for a service without one."""
    try:
        return value(f"raising_coefficient.{service}", day)
    except KeyError:
        raise CalculationError(
            "no_coefficient", f"Для услуги «{service}» закон не знает повышающего коэффициента."
        ) from None


def norm_coefficient(service: str, day: date, meter_feasible: bool, meter_present: bool) -> Fraction:
    """K of formula 4(1): above one only where a meter must and can be installed and is not there."""
    if meter_feasible and not meter_present:
        return raising_coefficient(service, day)
    return Fraction(1)


def basis_without_reading(service: str, cause: str, period_number: int, day: date) -> Basis:
    """Basis of the ``period_number``-th billing period in a row (from 1) without a true reading.

    Average for as many periods as p.59 allows, then norm: without a coefficient if only the reading is missing,
    with it for the other causes. Raises CalculationError ``unknown_cause``.
    """
    if cause not in CAUSES:
        raise CalculationError("unknown_cause", f"Неизвестная причина отсутствия показаний: «{cause}».")
    if period_number <= value("average.max_periods", day):
        return Basis("average", Fraction(1))
    return Basis("norm", Fraction(1) if cause == "no_reading" else raising_coefficient(service, day))


def months_for_average(available: int, day: date) -> int | None:
    """How many of ``available`` last months make the average: at least six, else all if three or more.

    None where there are too few months: then the norm applies.
    """
    if available >= value("average.min_months", day):
        return available
    return available if available >= value("average.min_months_short", day) else None
