"""Average consumption instead of a reading (ПП 354, пункты 59–60) and the settlement after a true reading."""

from __future__ import annotations

from ..numbers import kopecks, named
from ..registry import LineResult, Output, rule
from ._inputs import (
    PP354,
    PP354_SINCE,
    UNITS,
    count_input,
    house_input,
    tariff_input,
    volume_input,
)

_TITLES = {
    "cold_water": "Холодная вода", "hot_water": "Горячая вода", "sewerage": "Водоотведение",
    "electricity": "Электроэнергия", "electricity_day": "Электроэнергия, день",
    "electricity_night": "Электроэнергия, ночь", "gas": "Газ", "heating": "Отопление",
}
_AVERAGE = {
    "cold_water": 161, "hot_water": 162, "sewerage": 163, "electricity": 164, "electricity_day": 165,
    "electricity_night": 166, "gas": 167, "heating": 168,
}
_TRUE_UP = {service: number + 20 for service, number in _AVERAGE.items()}

MONTHS = count_input("months", "месяцев в расчёте среднего", "мес.", symbol="m", limit=120)


def mean_volume(volume_sum, months):
    """Monthly mean of the volumes that count: ``sum / months``, exact."""
    return named(volume_sum / months, "average_volume", "среднемесячный объём")


def by_average(volume_sum, months, tariff):
    """``P = (sum of the last months / their number) x T``."""
    volume = mean_volume(volume_sum, months)
    return LineResult(volume, kopecks(volume * tariff))


def true_up(actual_volume, estimated_volume, tariff):
    """What a true reading settles: the true volume less all that was charged by estimates since the last one."""
    delta = named(actual_volume - estimated_volume, "delta_volume", "разница объёмов")
    return LineResult(delta, kopecks(delta * tariff))


for _service, _id in _AVERAGE.items():
    _unit = UNITS[_service]
    rule(
        id=_id, key=f"{_service}.average", service=_service, unit=_unit,
        title=f"{_TITLES[_service]}: по среднемесячному объёму", act=PP354, paragraph="пункты 59, 60", label="1",
        inputs=(
            volume_input(_unit, "volume_sum", "сумма объёмов за месяцы расчёта", "ΣV"), MONTHS, tariff_input(_unit),
        ),
        valid_from=PP354_SINCE,
    )(by_average)
    rule(
        id=_TRUE_UP[_service], key=f"{_service}.true_up", service=_service, unit=_unit,
        title=f"{_TITLES[_service]}: перерасчёт по фактическому показанию", act=PP354, paragraph="пункт 61",
        inputs=(
            volume_input(_unit, "actual_volume", "фактический объём с последнего показания", "Vф"),
            volume_input(_unit, "estimated_volume", "начислено расчётно за эти месяцы", "Vр"), tariff_input(_unit),
        ),
        valid_from=PP354_SINCE,
    )(true_up)


@rule(
    id=169, key="common.average", title="Общий объём дома: по среднемесячному (общедомовой счётчик неисправен)",
    act=PP354, paragraph="пункт 59(1)", inputs=(house_input("ед.", "volume_sum", "сумма объёмов дома", "ΣV"), MONTHS),
    outputs=(Output("volume", "объём дома", "ед.", 6),), valid_from=PP354_SINCE,
)
def house_average(volume_sum, months):
    """House volume of a month while the house meter is out of order."""
    return {"volume": mean_volume(volume_sum, months)}
