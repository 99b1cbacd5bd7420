"""Electricity of the population: volume bands (диапазоны) and zones of the day.

Each zone is a line of its own (``electricity_day.meter``, ``electricity_night.meter``); each band is a line too,
every part of the volume at its own price.
"""

from __future__ import annotations

from datetime import date

from ..errors import CalculationError
from ..numbers import kopecks, maximum, minimum, named
from ..parameters import parameter
from ..registry import Input, LineResult, Output, rule
from ._inputs import tariff_input, volume_input

PP1178 = "ПП РФ от 29.12.2011 № 1178"
_SINCE = date(2012, 9, 1)
_V = volume_input("кВт·ч")
_T = tariff_input("кВт·ч")


def _limit(name: str, title: str, symbol: str) -> Input:
    return Input(name, title, "кВт·ч", 6, "tariff", symbol, 10**6)


_LOWER, _UPPER = _limit("lower", "нижняя граница диапазона", "L"), _limit("upper", "верхняя граница диапазона", "U")
_K = Input("limit_coefficient", "коэффициент к границам", "", 6, "tariff", "k", 100)
_COMMON = {
    "service": "electricity", "unit": "кВт·ч", "act": PP1178, "paragraph": "Основы ценообразования, диапазоны объёмов",
    "valid_from": _SINCE,
}


@rule(
    id=801, key="electricity.band_limit", title="Электроэнергия: граница диапазона с коэффициентом",
    inputs=(_limit("base_limit", "граница диапазона", "U0"), _K),
    outputs=(Output("limit", "применённая граница", "кВт·ч", 6),), **_COMMON,
)
def band_limit(base_limit, limit_coefficient):
    """Limit of a band; electric heating without gas raises it."""
    return {"limit": base_limit * limit_coefficient}


@rule(
    id=802, key="electricity.band", title="Электроэнергия: часть объёма в диапазоне",
    inputs=(_V, _LOWER, _UPPER, _T), **_COMMON,
)
def band(volume, lower, upper, tariff):
    """The part of the volume between two limits at the price of the band."""
    part = named(maximum(minimum(volume, upper) - lower, 0), "band_volume", "объём в диапазоне", "кВт·ч")
    return LineResult(part, kopecks(part * tariff))


@rule(
    id=803, key="electricity.last_band", title="Электроэнергия: часть объёма выше последней границы",
    inputs=(_V, _LOWER, _T), **_COMMON,
)
def last_band(volume, lower, tariff):
    """All that lies above the last limit."""
    part = named(maximum(volume - lower, 0), "band_volume", "объём в диапазоне", "кВт·ч")
    return LineResult(part, kopecks(part * tariff))


def zone_of_hour(zones_count: int, hour: int, day: date) -> str:
    """Zone of the hour ``hour``:00–``hour``:59 for a meter of ``zones_count`` zones.

    Raises CalculationError ``unknown_zones`` for another number of zones or hour.
    """
    hours = {2: "electricity.zones_two", 3: "electricity.zones_three"}.get(zones_count)
    if hours is None or not 0 <= hour < 24:
        raise CalculationError("unknown_zones", f"Нет зон суток для {zones_count} зон и часа {hour}.")
    return parameter(hours, day).raw[hour]
