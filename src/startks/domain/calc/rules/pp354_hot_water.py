"""Hot water in two components and hot water made in the house (ПП 354, пункт 42, пункт 54, приложение 2).

The water component is an ordinary line (``hot_water.meter``, ``hot_water.norm`` ... with the tariff of the water
component); the rules here are the heat component, always by the approved norm of heat q for warming a cubic
metre, whatever the real heat was. Each component is a bill line and is rounded by itself.
"""

from __future__ import annotations

from ..numbers import kopecks, named
from ..registry import LineResult, rule
from ._inputs import (
    COEFFICIENT,
    MONTH_DAYS,
    PERSON_DAYS,
    PP354,
    PP354_SINCE,
    house_input,
    norm_input,
    tariff_input,
    volume_input,
)
from .pp354_average import MONTHS, mean_volume
from .pp354_individual import BROKEN_SEAL_SINCE, SEAL_DAYS, by_meter, by_norm, norm_volume

HEAT_NORM = norm_input("Гкал/м³", "норматив тепла на подогрев воды", "heat_norm", "q", limit=1)
_HEAT = tariff_input("Гкал", title="тариф на тепловую энергию", symbol="Tт")
_WATER_NORM = norm_input("м³/чел.", "норматив горячей воды")
_COMMON = {"service": "hot_water_heat", "unit": "Гкал", "act": PP354, "valid_from": PP354_SINCE}


def heat_of(volume, heat_norm):
    """Heat in a volume of hot water: ``V x q``."""
    return named(volume * heat_norm, "heat", "тепло на подогрев", "Гкал")


@rule(
    id=201, key="hot_water_heat.meter", title="Тепло на горячую воду: по объёму счётчика",
    paragraph="пункт 42, приложение 2, формула 23", label="23",
    inputs=(volume_input("м³"), HEAT_NORM, _HEAT), **_COMMON,
)
def heat_by_meter(volume, heat_norm, tariff):
    """``V x q x T_heat``."""
    heat = heat_of(volume, heat_norm)
    return LineResult(heat, kopecks(heat * tariff))


@rule(
    id=202, key="hot_water_heat.norm", title="Тепло на горячую воду: по нормативу воды",
    paragraph="пункт 42, приложение 2, формула 24", label="24",
    inputs=(PERSON_DAYS, MONTH_DAYS, _WATER_NORM, HEAT_NORM, _HEAT), **_COMMON,
)
def heat_by_norm(person_days, month_days, norm, heat_norm, tariff):
    """``n x N x q x T_heat``."""
    heat = heat_of(norm_volume(person_days, month_days, norm, "м³"), heat_norm)
    return LineResult(heat, kopecks(heat * tariff))


def heat_by_norm_raised(person_days, month_days, norm, heat_norm, coefficient, tariff):
    """``n x N x q x K x T_heat``; the excess is the part due to K."""
    heat = heat_of(norm_volume(person_days, month_days, norm, "м³"), heat_norm)
    return LineResult(heat, kopecks(heat * coefficient * tariff), kopecks(heat * (coefficient - 1) * tariff))


rule(
    id=203, key="hot_water_heat.norm_raised", title="Тепло на горячую воду: по нормативу с повышающим коэффициентом",
    paragraph="пункт 42, приложение 2, формула 24(1)", label="24(1)",
    inputs=(PERSON_DAYS, MONTH_DAYS, _WATER_NORM, HEAT_NORM, COEFFICIENT, _HEAT), **_COMMON,
)(heat_by_norm_raised)

rule(
    id=208, key="hot_water_heat.broken_seal", title="Тепло на горячую воду: вмешательство в счётчик воды", paragraph="пункт 81(11)",
    label="24(1)", inputs=(SEAL_DAYS, MONTH_DAYS, _WATER_NORM, HEAT_NORM, COEFFICIENT, _HEAT),
    **{**_COMMON, "valid_from": BROKEN_SEAL_SINCE},
)(heat_by_norm_raised)


@rule(
    id=204, key="hot_water_heat.average", title="Тепло на горячую воду: по среднемесячному объёму",
    paragraph="пункты 42, 59", label="23",
    inputs=(volume_input("м³", "volume_sum", "сумма объёмов за месяцы расчёта", "ΣV"), MONTHS, HEAT_NORM, _HEAT),
    **_COMMON,
)
def heat_by_average(volume_sum, months, heat_norm, tariff):
    """Mean volume of the last months x q x T_heat."""
    heat = heat_of(mean_volume(volume_sum, months), heat_norm)
    return LineResult(heat, kopecks(heat * tariff))


@rule(
    id=205, key="hot_water_heat.surcharged", title="Тепло на горячую воду: тариф с инвестиционной надбавкой",
    paragraph="приложение 2, формула 23", label="23",
    inputs=(volume_input("м³"), HEAT_NORM, _HEAT, tariff_input("Гкал", "surcharge", "надбавка к тарифу", "Tн")),
    **_COMMON,
)
def heat_surcharged(volume, heat_norm, tariff, surcharge):
    """``V x q x (T_heat + surcharge)``."""
    heat = heat_of(volume, heat_norm)
    return LineResult(heat, kopecks(heat * (tariff + surcharge)))


rule(
    id=206, key="hot_water_heat.per_m3", service="hot_water_heat", unit="м³",
    title="Тепло на горячую воду: компонент в рублях за кубометр", act=PP354, paragraph="приложение 2, формула 23",
    label="23", inputs=(volume_input("м³"), tariff_input("м³")), valid_from=PP354_SINCE,
)(by_meter)

rule(
    id=207, key="hot_water_heat.person_norm", title="Тепло на горячую воду: норматив тепла на человека",
    paragraph="приложение 2, формула 4", label="4",
    inputs=(PERSON_DAYS, MONTH_DAYS, norm_input("Гкал/чел."), _HEAT), **_COMMON,
)(by_norm)


@rule(
    id=211, key="hot_water.made_in_house", service="hot_water", unit="м³",
    title="Горячая вода, приготовленная в доме: доля ресурса", act=PP354, paragraph="пункт 54, приложение 2, формула 20",
    label="20", valid_from=PP354_SINCE,
    inputs=(
        house_input("ед.", "resource_volume", "ресурс, израсходованный на подогрев", "Vрес"), volume_input("м³"),
        house_input("м³", "house_hot_volume", "горячая вода всего дома", "ΣV"),
        tariff_input("ед.", title="тариф на ресурс"),
    ),
)
def made_in_house(resource_volume, volume, house_hot_volume, tariff):
    """``V_resource x V_i / sum(V) x T``: a line for each resource; the volume is of the resource."""
    share = named(resource_volume * volume / house_hot_volume, "resource_share", "доля ресурса")
    return LineResult(share, kopecks(share * tariff))
