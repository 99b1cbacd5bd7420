"""Temporary absence (ПП 354, раздел VIII, пункты 86–97; отходы: пункт 148(44)).

Full days stand strictly between the day of leaving and the day of return (p.91). Only services by norm without a
feasible meter, or with a meter out of order within p.59, and only for more than five full days in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ..numbers import kopecks, minimum, named
from ..parameters import parameter, value
from ..registry import LineResult, Output, rule
from ._inputs import (
    MONTH_DAYS,
    PP354,
    PP354_SINCE,
    count_input,
    money_input,
    norm_input,
    tariff_input,
)

_REDUCTION = Output("reduction", "уменьшение платы", "коп.", 0)


@rule(
    id=1201, key="absence.recalculation", title="Перерасчёт за временное отсутствие", act=PP354,
    paragraph="пункты 86–91, 148(44)", valid_from=PP354_SINCE,
    inputs=(
        count_input("persons", "отсутствовали человек", "чел.", symbol="n"), norm_input("ед./чел."), tariff_input("ед."),
        count_input("full_days", "полных дней отсутствия в месяце", "дн.", symbol="d", limit=31), MONTH_DAYS,
    ),
)
def recalculation(persons, norm, tariff, full_days, month_days):
    """``- n x N x T x full days / days of the month``."""
    volume = named(0 - persons * norm * full_days / month_days, "returned_volume", "снимаемый объём")
    return LineResult(volume, kopecks(volume * tariff))


_ABSENT_DAYS = count_input("absent_days", "человеко-дни отсутствия за месяц", "чел.·дн.", symbol="nd")


@rule(
    id=1202, key="absence.by_norm", title="Перерасчёт за временное отсутствие по дням", act=PP354,
    paragraph="пункты 86–91", valid_from=PP354_SINCE,
    inputs=(_ABSENT_DAYS, norm_input("ед./чел."), tariff_input("ед."), MONTH_DAYS),
    outputs=(_REDUCTION,),
)
def by_norm(absent_days, norm, tariff, month_days):
    """``N x T x absent person-days / days of the month``."""
    volume = named(absent_days / month_days * norm, "returned_volume", "снимаемый объём")
    return {"reduction": kopecks(volume * tariff)}


@rule(
    id=1203, key="absence.heat_of_water", title="Перерасчёт тепла горячей воды за временное отсутствие", act=PP354,
    paragraph="пункты 86–91", valid_from=PP354_SINCE,
    inputs=(
        _ABSENT_DAYS, norm_input("м³/чел.", "норматив горячей воды"),
        norm_input("Гкал/м³", "норматив тепла на подогрев", "heat_norm", "q"), tariff_input("Гкал"), MONTH_DAYS,
    ),
    outputs=(_REDUCTION,),
)
def heat_of_water(absent_days, norm, heat_norm, tariff, month_days):
    """``N x q x T x absent person-days / days of the month``."""
    volume = named(absent_days / month_days * norm * heat_norm, "returned_volume", "снимаемое тепло", "Гкал")
    return {"reduction": kopecks(volume * tariff)}


@rule(
    id=1204, key="absence.waste", title="Перерасчёт отходов за временное отсутствие", act=PP354,
    paragraph="пункт 148(44), приложение 4", valid_from=PP354_SINCE,
    inputs=(
        money_input("charge_rub", "начислено за месяц", "P"), _ABSENT_DAYS,
        count_input("person_days", "человеко-дни проживания за месяц", "чел.·дн.", symbol="n·d"),
    ),
    outputs=(_REDUCTION,),
)
def waste(charge_rub, absent_days, person_days):
    """The charge x absent person-days / person-days, whether it is counted by people or by area."""
    return {"reduction": kopecks(charge_rub * minimum(absent_days / person_days, 1))}


@dataclass(frozen=True)
class AbsentMonth:
    """Full days of absence that fall into one month (``first`` is its first day)."""

    first: date
    full_days: int

    @property
    def days(self) -> int:
        """Days of the month."""
        return ((self.first + timedelta(days=32)).replace(day=1) - self.first).days


def absent_months(left: date, returned: date) -> list[AbsentMonth]:
    """Months with full days of absence, in order."""
    months: dict[date, int] = {}
    day = left + timedelta(days=1)
    while day < returned:
        months[day.replace(day=1)] = months.get(day.replace(day=1), 0) + 1
        day += timedelta(days=1)
    return [AbsentMonth(first, days) for first, days in months.items()]


def recalculated_service(service: str, day: date) -> bool:
    """Whether a service may be recalculated for absence at all."""
    return service not in parameter("absence.never", day).raw


def entitled(service: str, full_days: int, meter_feasible: bool, meter_out_of_order: bool, day: date) -> bool:
    """Whether an absence of ``full_days`` in a row gives a recalculation of the service."""
    return (
        full_days > value("absence.min_days", day)
        and recalculated_service(service, day)
        and (not meter_feasible or meter_out_of_order)
    )
