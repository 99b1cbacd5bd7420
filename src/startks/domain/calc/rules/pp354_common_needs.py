"""Common needs of the house: ОДН and resources for the common property (ПП 354, пункты 44–48; ПП 491, пункт 29).

House rules (``common.house*``) run over a frame of houses, line rules over a frame of lines that carries the
house's results. A negative remainder is given back by persons, heat by area, and never beyond the own volume.
"""

from __future__ import annotations

from ..numbers import kopecks, maximum, minimum, named
from ..registry import Input, LineResult, Output, rule
from ._inputs import (
    ALL_AREA,
    AREA,
    COMMON_AREA,
    PP354,
    PP354_SINCE,
    PP491,
    count_input,
    house_input,
    money_input,
    norm_input,
    tariff_input,
    volume_input,
)
from .pp354_hot_water import HEAT_NORM, heat_of

_HOUSE = (
    house_input("ед.", "house_volume", "объём по общедомовому счётчику", "Vд"),
    # A true reading after months without one may take back more than the month used (п. 61).
    house_input("ед.", "nonresidential_volume", "нежилые помещения", "Vнеж", signed=True),
    house_input("ед.", "metered_volume", "квартиры по счётчикам", "Vсч", signed=True),
    house_input("ед.", "norm_volume", "квартиры по нормативам", "Vнорм"),
    house_input("ед.", "for_hot_volume", "израсходовано на горячую воду и отопление дома", "Vгв"),
)
_COMMON_NORM = norm_input("ед./м²", "норматив на общедомовые нужды", "norm", "Nодн", limit=100)
_OUTPUTS = (
    Output("common", "общедомовой объём по счётчику", "ед.", 6),
    Output("billed", "распределяемый объём", "ед.", 6),
    Output("returned", "отрицательный остаток к возврату", "ед.", 6),
)
_BILLED = house_input("ед.", "common_volume", "распределяемый общедомовой объём", "Vодн")
_NEGATIVE = house_input("ед.", "common_volume", "общедомовой объём (отрицательный)", "Vодн", signed=True)
_T = tariff_input("ед.")
_COMMON = {"act": PP354, "valid_from": PP354_SINCE}


def common_volume(house_volume, nonresidential_volume, metered_volume, norm_volume, for_hot_volume):
    """What the house meter shows above everybody's own consumption."""
    return named(
        house_volume - nonresidential_volume - metered_volume - norm_volume - for_hot_volume, "common",
        "общедомовой объём по счётчику",
    )


@rule(
    id=301, key="common.house", title="Общедомовой объём: по общедомовому счётчику",
    paragraph="пункты 44, 46, 47, приложение 2, формулы 11, 12", label="11, 12", inputs=_HOUSE, outputs=_OUTPUTS,
    **_COMMON,
)
def house(house_volume, nonresidential_volume, metered_volume, norm_volume, for_hot_volume):
    """Positive remainder is shared out, a negative one given back (p.47), zero means no charge (p.46)."""
    common = common_volume(house_volume, nonresidential_volume, metered_volume, norm_volume, for_hot_volume)
    return {"common": common, "billed": maximum(common, 0), "returned": minimum(common, 0)}


@rule(
    id=302, key="common.house_capped", title="Общедомовой объём: по счётчику, не выше норматива",
    paragraph="пункт 44, приложение 2, формулы 11, 12", label="11, 12", inputs=(*_HOUSE, _COMMON_NORM, COMMON_AREA),
    outputs=(*_OUTPUTS, Output("cap", "предел по нормативу", "ед.", 6)), **_COMMON,
)
def house_capped(
    house_volume, nonresidential_volume, metered_volume, norm_volume, for_hot_volume, norm, common_area
):
    """A supplier as provider bills no more than norm x common area, unless the meeting decided otherwise."""
    common = common_volume(house_volume, nonresidential_volume, metered_volume, norm_volume, for_hot_volume)
    cap = named(norm * common_area, "cap", "предел по нормативу")
    billed = minimum(maximum(common, 0), cap)
    return {"common": common, "billed": billed, "returned": minimum(common, 0), "cap": cap}


@rule(
    id=303, key="common.house_norm", title="Общедомовой объём: по нормативу",
    paragraph="пункт 48, приложение 2, формула 15", label="15", inputs=(_COMMON_NORM, COMMON_AREA),
    outputs=(Output("billed", "общедомовой объём по нормативу", "ед.", 6),), **_COMMON,
)
def house_norm(norm, common_area):
    """House volume where there is no house meter: norm x common area."""
    return {"billed": norm * common_area}


@rule(
    id=311, key="common.share", title="Общедомовые нужды: доля по площади",
    paragraph="приложение 2, формулы 10–13", label="10", inputs=(_BILLED, AREA, ALL_AREA, _T), **_COMMON,
)
def share(common_volume, area, all_area, tariff):
    """``V_i = V_common x S_i / S_all``; empty flats and non-residential premises pay too."""
    volume = named(common_volume * area / all_area, "share_volume", "доля помещения")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=312, key="common.share_heat", unit="Гкал", title="Общедомовые нужды горячей воды: тепло, доля по площади",
    paragraph="приложение 2, формулы 10–13", label="10",
    inputs=(_BILLED, AREA, ALL_AREA, HEAT_NORM, tariff_input("Гкал")), **_COMMON,
)
def share_heat(common_volume, area, all_area, heat_norm, tariff):
    """Heat component of the hot water for common needs."""
    heat = heat_of(named(common_volume * area / all_area, "share_volume", "доля помещения"), heat_norm)
    return LineResult(heat, kopecks(heat * tariff))


def norm_share(norm, common_area, area, all_area):
    """``N x S_common x S_i / S_all``."""
    return named(norm * common_area * area / all_area, "share_volume", "доля помещения")


@rule(
    id=313, key="common.norm", title="Общедомовые нужды: по нормативу",
    paragraph="пункт 48, приложение 2, формула 15", label="15",
    inputs=(_COMMON_NORM, COMMON_AREA, AREA, ALL_AREA, _T), **_COMMON,
)
def by_norm(norm, common_area, area, all_area, tariff):
    """Formula 15, no house meter."""
    volume = norm_share(norm, common_area, area, all_area)
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=314, key="common.norm_heat", unit="Гкал", title="Общедомовые нужды горячей воды: тепло по нормативу",
    paragraph="пункт 48, приложение 2, формула 15", label="15",
    inputs=(_COMMON_NORM, COMMON_AREA, AREA, ALL_AREA, HEAT_NORM, tariff_input("Гкал")), **_COMMON,
)
def by_norm_heat(norm, common_area, area, all_area, heat_norm, tariff):
    """Heat component of hot water for common needs by norm."""
    heat = heat_of(norm_share(norm, common_area, area, all_area), heat_norm)
    return LineResult(heat, kopecks(heat * tariff))


@rule(
    id=315, key="common.norm_sewerage", unit="м³", title="Общедомовые нужды водоотведения: сумма нормативов воды",
    paragraph="пункт 48, приложение 2, формула 15", label="15",
    inputs=(
        norm_input("м³/м²", "норматив холодной воды на общедомовые нужды", "cold_norm", "Nхв"),
        norm_input("м³/м²", "норматив горячей воды на общедомовые нужды", "hot_norm", "Nгв"), COMMON_AREA, AREA,
        ALL_AREA, _T,
    ),
    **_COMMON,
)
def by_norm_sewerage(cold_norm, hot_norm, common_area, area, all_area, tariff):
    """Sewerage of common needs: the cold and the hot norm together."""
    norm = named(cold_norm + hot_norm, "norm_applied", "норматив водоотведения", "м³/м²")
    volume = norm_share(norm, common_area, area, all_area)
    return LineResult(volume, kopecks(volume * tariff))


def credit_of(common_volume, part, own_volume):
    """Share of a negative remainder, cut at the own volume; a positive remainder gives nothing back."""
    credit = maximum(minimum(common_volume, 0) * part, 0 - own_volume)
    return named(credit, "credit_volume", "возвращаемый объём")


_PERSONS = (
    _NEGATIVE,
    count_input("person_days", "жители помещения (чел. или чел.·дни)", "чел.", symbol="n"),
    count_input("house_person_days", "жители дома (чел. или чел.·дни)", "чел.", "house", "Σn"),
)
_AREAS = (_NEGATIVE, AREA, ALL_AREA)
_OWN = volume_input("ед.", "own_volume", "собственный объём", "Vi")


@rule(
    id=321, key="common.credit_persons", title="Отрицательный остаток дома: возврат по числу жителей",
    paragraph="пункт 47", inputs=(*_PERSONS, _OWN, _T), **_COMMON,
)
def credit_persons(common_volume, person_days, house_person_days, own_volume, tariff):
    """A line of its own: volume and charge not above zero."""
    credit = credit_of(common_volume, person_days / house_person_days, own_volume)
    return LineResult(credit, kopecks(credit * tariff))


@rule(
    id=322, key="common.credit_area", title="Отрицательный остаток дома: возврат по площади (тепло)",
    paragraph="пункт 47", inputs=(*_AREAS, _OWN, _T), **_COMMON,
)
def credit_area(common_volume, area, all_area, own_volume, tariff):
    """Heat given back by area, as a line of its own."""
    credit = credit_of(common_volume, area / all_area, own_volume)
    return LineResult(credit, kopecks(credit * tariff))


@rule(
    id=323, key="common.own_less_credit_persons", title="Собственный объём за вычетом возврата по числу жителей",
    paragraph="пункт 47", inputs=(*_PERSONS, _OWN, _T), **_COMMON,
)
def own_less_credit_persons(common_volume, person_days, house_person_days, own_volume, tariff):
    """The individual line itself, reduced: ``(own + credit) x T``."""
    volume = own_volume + credit_of(common_volume, person_days / house_person_days, own_volume)
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=324, key="common.own_less_credit_area", title="Собственный объём за вычетом возврата по площади (тепло)",
    paragraph="пункт 47", inputs=(*_AREAS, _OWN, _T), **_COMMON,
)
def own_less_credit_area(common_volume, area, all_area, own_volume, tariff):
    """The individual heat line, reduced by area."""
    volume = own_volume + credit_of(common_volume, area / all_area, own_volume)
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=331, key="common.year_correction", title="КР на СОИ: годовая корректировка по счётчику", act=PP491,
    paragraph="пункт 29(2)", valid_from=PP354_SINCE,
    inputs=(
        house_input("ед.", "meter_volume_year", "объём по счётчику за год", "Vгод"),
        house_input("ед.", "norm_volume_month", "объём по нормативу за месяц", "Vн"),
        count_input("months", "месяцев начислено", "мес.", symbol="m"), AREA, ALL_AREA, _T,
    ),
)
def year_correction(meter_volume_year, norm_volume_month, months, area, all_area, tariff):
    """The year by the meter less what was charged by norm, shared by area."""
    delta = named(meter_volume_year - norm_volume_month * months, "delta_common", "разница за год")
    volume = named(delta * area / all_area, "share_volume", "доля помещения")
    return LineResult(volume, kopecks(volume * tariff))



@rule(
    id=332, key="common.actual_share", title="КР на СОИ: доля помещения в фактическом расходе дома за год", act=PP491,
    paragraph="пункт 29(2)", valid_from=PP354_SINCE,
    inputs=(
        Input("house_cost", "стоимость ресурса на общее имущество за год по счётчику", "₽", 12, "house", "ΣVодн·T", 10**12, True),
        AREA, ALL_AREA,
    ),
    outputs=(Output("share", "доля фактической стоимости", "коп.", 0),),
)
def actual_share(house_cost, area, all_area):
    """``sum(V_month x T_month) x S / S_all``; months in which the flats used more than the house meter showed take away."""
    return {"share": kopecks(house_cost * area / all_area)}


@rule(
    id=333, key="common.year_difference", title="КР на СОИ: корректировка за год", act=PP491, paragraph="пункт 29(2)",
    valid_from=PP354_SINCE,
    inputs=(
        money_input("actual_share", "доля фактической стоимости", "Ф", signed=True),
        money_input("charged", "начислено за год", "Н", signed=True),
    ),
    outputs=(Output("correction", "корректировка", "коп.", 0),),
)
def year_difference(actual_share, charged):
    """Plus is an extra charge, minus a removal."""
    return {"correction": kopecks(actual_share - charged)}


@rule(
    id=325, key="common.credit_persons_heat", unit="Гкал",
    title="Отрицательный остаток горячей воды: возврат тепла по числу жителей", paragraph="пункт 47",
    inputs=(*_PERSONS, _OWN, HEAT_NORM, tariff_input("Гкал")), **_COMMON,
)
def credit_persons_heat(common_volume, person_days, house_person_days, own_volume, heat_norm, tariff):
    """Heat component of the hot water given back."""
    heat = heat_of(credit_of(common_volume, person_days / house_person_days, own_volume), heat_norm)
    return LineResult(heat, kopecks(heat * tariff))
