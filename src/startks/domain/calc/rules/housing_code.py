"""Housing services by area: maintenance, capital repair, rent (ЖК, статьи 154–158, 169).

A part of the month is charged by days; where two payers share a month the second pays the month less the first,
so that the parts always add up.
"""

from __future__ import annotations

from ..numbers import kopecks, named
from ..registry import LineResult, rule
from ._inputs import (
    AREA,
    DAYS_CHARGED,
    HOUSING_CODE,
    HOUSING_CODE_SINCE,
    MONTH_DAYS,
    count_input,
    tariff_input,
)

_SERVICES = {
    "maintenance": (601, "Содержание жилого помещения", "статьи 154, 156, 158"),
    "capital_repair": (602, "Взнос на капитальный ремонт", "статьи 154, 156, 169"),
    "rent": (603, "Плата за наём", "статьи 154, 156"),
}
_RATE = tariff_input("м²", "rate", "размер платы за квадратный метр", "R")


def month_part(area, rate, days, month_days):
    """``S x R x days / days of the month`` in kopecks."""
    return kopecks(area * rate * days / month_days)


def by_area(area, rate, days_charged, month_days):
    """Area x rate, by days where the month is not full; the volume is the area so weighted."""
    volume = named(area * days_charged / month_days, "charged_area", "площадь с учётом дней", "м²")
    return LineResult(volume, kopecks(volume * rate))


def rest_of_month(area, rate, days_before, month_days):
    """The second payer's part: the whole month less the rounded part of the first."""
    volume = area - area * days_before / month_days
    whole = month_part(area, rate, month_days, month_days)
    return LineResult(volume, whole - month_part(area, rate, days_before, month_days))


for _service, (_id, _title, _paragraph) in _SERVICES.items():
    rule(
        id=_id, key=f"{_service}.area", service=_service, unit="м²", title=f"{_title}: по площади", act=HOUSING_CODE,
        paragraph=_paragraph, inputs=(AREA, _RATE, DAYS_CHARGED, MONTH_DAYS), valid_from=HOUSING_CODE_SINCE,
    )(by_area)
    rule(
        id=_id + 10, key=f"{_service}.rest_of_month", service=_service, unit="м²",
        title=f"{_title}: остаток месяца после смены плательщика", act=HOUSING_CODE, paragraph=_paragraph,
        inputs=(
            AREA, _RATE, count_input("days_before", "дней у прежнего плательщика", "дн.", symbol="d"), MONTH_DAYS,
        ),
        valid_from=HOUSING_CODE_SINCE,
    )(rest_of_month)
