"""Heating (ПП 354, пункты 42(1), 43, приложение 2, пункты 2–3).

Regimes: by norm, by the house meter without flat meters, with some, with all; each in the heating season or even
over twelve months. Line rules take the house's aggregates as inputs, because a heat per square metre rounded on
the way would lose kopecks. Meaning: every premise pays its own heat and its share, by area, of the rest of the
house (common rooms); a premise lawfully cut from the system has no own heat and pays only the share.
The number of a formula is a label: numbers moved between editions of the rules.
"""

from __future__ import annotations

from ..numbers import kopecks, maximum, named
from ..registry import Input, LineResult, Output, rule
from ._inputs import (
    ALL_AREA,
    AREA,
    HEATING_SINCE,
    HOUSE_AREA_LIMIT,
    PP354,
    area_input,
    count_input,
    house_input,
    money_input,
    norm_input,
    tariff_input,
    volume_input,
)

_NORM = norm_input("Гкал/м²", "норматив отопления", limit=10)
_T = tariff_input("Гкал", title="тариф на тепловую энергию")
_MONTHS = count_input("heating_months", "месяцев отопительного периода", "мес.", "norm", "m", 12)
_CONNECTED = Input("connected", "подключено к отоплению (1 да, 0 нет)", "", 0, "register", "c", 1)
_V_HOUSE = house_input("Гкал", "house_volume", "тепло на отопление дома по счётчику", "Vд")
_V_YEAR = house_input("Гкал", "last_year_volume", "тепло на отопление дома за прошлый год", "Vгод")
_S_OFF = area_input("off_area", "площадь отключённых от отопления помещений", "Sинд", HOUSE_AREA_LIMIT)
_S_COMMON = area_input("common_area", "отапливаемая площадь общего имущества", "Sои")
_S_METERED = area_input("metered_area", "площадь помещений со счётчиками тепла", "ΣSсч", HOUSE_AREA_LIMIT)
_V_METERED = house_input("Гкал", "metered_volume", "сумма по счётчикам тепла помещений", "ΣVсч")
_V_ALL_OWN = house_input("Гкал", "individual_volume", "собственное тепло всех помещений", "ΣVi")
_V_OWN = volume_input("Гкал", title="тепло по счётчику помещения", symbol="Vi")
_NO_IPU = (ALL_AREA, _S_OFF, _S_COMMON, _T)
_SOME = (_V_METERED, _S_METERED, ALL_AREA, _S_OFF, _T)
_COMMON = {"service": "heating", "unit": "Гкал", "act": PP354, "valid_from": HEATING_SINCE}


def even_norm(norm, heating_months):
    """Norm for payment spread over the year: ``N x heating months / 12``."""
    return named(norm * heating_months / 12, "even_norm", "норматив при равномерной оплате", "Гкал/м²")


def mean_month(last_year_volume):
    """A twelfth of the last year's heat of the house."""
    return named(last_year_volume / 12, "mean_volume", "среднемесячное тепло дома за прошлый год", "Гкал")


@rule(
    id=401, key="heating.norm_season", title="Отопление по нормативу, в отопительный период",
    paragraph="приложение 2, формула 2", label="2", inputs=(AREA, _NORM, _T), **_COMMON,
)
def norm_season(area, norm, tariff):
    """``S x N x T`` in the months of heating."""
    volume = named(area * norm, "volume_by_norm", "тепло по нормативу", "Гкал")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=402, key="heating.norm_even", title="Отопление по нормативу, равномерно в течение года",
    paragraph="приложение 2, формула 2(1)", label="2(1)", inputs=(AREA, _NORM, _MONTHS, _T), **_COMMON,
)
def norm_even(area, norm, heating_months, tariff):
    """``S x N x m / 12 x T`` in every month."""
    volume = named(area * even_norm(norm, heating_months), "volume_by_norm", "тепло по нормативу", "Гкал")
    return LineResult(volume, kopecks(volume * tariff))


def _without_meters(area, connected, house_volume, all_area, off_area, common_area):
    """Own heat and share of the rest for a premise of a house without flat meters."""
    heated = named(all_area - off_area, "heated_area", "площадь помещений с отоплением", "м²")
    per_metre = house_volume / (heated + common_area)
    own = named(connected * area * per_metre, "own_heat", "собственное тепло помещения", "Гкал")
    rest = named(house_volume - heated * per_metre, "house_rest", "тепло на общее имущество дома", "Гкал")
    share = named(area / all_area * rest, "common_share", "доля тепла на общее имущество", "Гкал")
    return own, share


@rule(
    id=411, key="heating.odpu_no_ipu_season", title="Отопление по общедомовому счётчику, без счётчиков в квартирах",
    paragraph="пункт 42(1), приложение 2, формула 3", label="3",
    inputs=(AREA, _CONNECTED, _V_HOUSE, *_NO_IPU), **_COMMON,
)
def no_ipu_season(area, connected, house_volume, all_area, off_area, common_area, tariff):
    """Own heat by area including common rooms, plus the share of the rest."""
    own, share = _without_meters(area, connected, house_volume, all_area, off_area, common_area)
    return LineResult(own + share, kopecks((own + share) * tariff))


@rule(
    id=412, key="heating.odpu_no_ipu_even",
    title="Отопление равномерно: среднемесячное тепло прошлого года, без счётчиков в квартирах",
    paragraph="пункт 42(1), приложение 2, формула 3(1)", label="3(1)",
    inputs=(AREA, _CONNECTED, _V_YEAR, *_NO_IPU), **_COMMON,
)
def no_ipu_even(area, connected, last_year_volume, all_area, off_area, common_area, tariff):
    """As in the season, with the last year's monthly mean for the house volume."""
    own, share = _without_meters(area, connected, mean_month(last_year_volume), all_area, off_area, common_area)
    return LineResult(own + share, kopecks((own + share) * tariff))


def _rest_with_meters(house_volume, metered_volume, metered_area, all_area, off_area):
    """Heat per metre of metered premises, and what the house used above all premises (may be negative)."""
    per_metre = metered_volume / metered_area
    unmetered = (all_area - off_area - metered_area) * per_metre
    rest = named(
        house_volume - metered_volume - unmetered, "house_rest", "тепло на общее имущество дома", "Гкал"
    )
    return per_metre, rest


def _not_below_zero(heat, tariff):
    """Heat of a premise after its share of a negative rest: p.47 takes back no more than the premise used."""
    heat = named(maximum(heat, 0), "heat", "тепло помещения, не меньше нуля (п. 47)", "Гкал")
    return LineResult(heat, kopecks(heat * tariff))


def _metered_line(volume, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff):
    _, rest = _rest_with_meters(house_volume, metered_volume, metered_area, all_area, off_area)
    share = named(area / all_area * rest, "common_share", "доля тепла на общее имущество", "Гкал")
    return _not_below_zero(volume + share, tariff)


def _unmetered_line(connected, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff):
    per_metre, rest = _rest_with_meters(house_volume, metered_volume, metered_area, all_area, off_area)
    own = named(connected * area * per_metre, "own_heat", "собственное тепло помещения", "Гкал")
    share = named(area / all_area * rest, "common_share", "доля тепла на общее имущество", "Гкал")
    return _not_below_zero(own + share, tariff)


@rule(
    id=421, key="heating.odpu_some_ipu_metered_season",
    title="Отопление по общедомовому счётчику: помещение со счётчиком, счётчики не у всех",
    paragraph="пункт 42(1), приложение 2, формула 3(1)", label="3(1)",
    inputs=(_V_OWN, AREA, _V_HOUSE, *_SOME), **_COMMON,
)
def some_ipu_metered(volume, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff):
    """Own meter plus the share of the rest; a negative rest is given back by area, not below zero (p.47)."""
    return _metered_line(volume, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff)


@rule(
    id=422, key="heating.odpu_some_ipu_unmetered_season",
    title="Отопление по общедомовому счётчику: помещение без счётчика, счётчики не у всех",
    paragraph="пункт 42(1), приложение 2, формула 3(1)", label="3(1)",
    inputs=(_CONNECTED, AREA, _V_HOUSE, *_SOME), **_COMMON,
)
def some_ipu_unmetered(connected, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff):
    """Own heat by the mean of the metered premises per square metre, plus the share of the rest."""
    return _unmetered_line(connected, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff)


@rule(
    id=423, key="heating.odpu_some_ipu_metered_even",
    title="Отопление равномерно: помещение со счётчиком, счётчики не у всех",
    paragraph="пункт 42(1), приложение 2, формула 3(2)", label="3(2)",
    inputs=(_V_OWN, AREA, _V_YEAR, *_SOME), **_COMMON,
)
def some_ipu_metered_even(volume, area, last_year_volume, metered_volume, metered_area, all_area, off_area, tariff):
    """As in the season with monthly means of the last year; the metered volumes are means too."""
    house_volume = mean_month(last_year_volume)
    return _metered_line(volume, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff)


@rule(
    id=424, key="heating.odpu_some_ipu_unmetered_even",
    title="Отопление равномерно: помещение без счётчика, счётчики не у всех",
    paragraph="пункт 42(1), приложение 2, формула 3(2)", label="3(2)",
    inputs=(_CONNECTED, AREA, _V_YEAR, *_SOME), **_COMMON,
)
def some_ipu_unmetered_even(
    connected, area, last_year_volume, metered_volume, metered_area, all_area, off_area, tariff
):
    """Premise without a meter, monthly means of the last year."""
    house_volume = mean_month(last_year_volume)
    return _unmetered_line(connected, area, house_volume, metered_volume, metered_area, all_area, off_area, tariff)


@rule(
    id=431, key="heating.odpu_all_ipu_season",
    title="Отопление по общедомовому счётчику, счётчики во всех помещениях",
    paragraph="пункт 42(1), приложение 2, формула 3(3)", label="3(3)",
    inputs=(_V_OWN, AREA, _V_HOUSE, _V_ALL_OWN, ALL_AREA, _T), **_COMMON,
)
def all_ipu_season(volume, area, house_volume, individual_volume, all_area, tariff):
    """``(V_i + S_i x (V_house - sum V) / S_all) x T``; a negative rest is given back by area (p.47)."""
    rest = named(house_volume - individual_volume, "house_rest", "тепло на общее имущество дома", "Гкал")
    share = named(area / all_area * rest, "common_share", "доля тепла на общее имущество", "Гкал")
    return _not_below_zero(volume + share, tariff)


@rule(
    id=432, key="heating.odpu_all_ipu_even", title="Отопление равномерно, счётчики во всех помещениях",
    paragraph="пункт 42(1), приложение 2, формула 3(3)", label="3(3)",
    inputs=(_V_OWN, AREA, _V_YEAR, _V_ALL_OWN, ALL_AREA, _T), **_COMMON,
)
def all_ipu_even(volume, area, last_year_volume, individual_volume, all_area, tariff):
    """Monthly means of the last year for the premise, for all premises and for the house."""
    rest = named(mean_month(last_year_volume) - individual_volume, "house_rest", "тепло на общее имущество", "Гкал")
    share = named(area / all_area * rest, "common_share", "доля тепла на общее имущество", "Гкал")
    return _not_below_zero(volume + share, tariff)


_HOUSE_OUTPUTS = (
    Output("own_all", "собственное тепло всех помещений", "Гкал", 6),
    Output("rest", "тепло на общее имущество дома", "Гкал", 6),
)


@rule(
    id=441, key="heating.house_no_ipu", title="Отопление дома: собственное тепло помещений и остаток",
    act=PP354, paragraph="пункт 42(1), приложение 2, формула 3", label="3", valid_from=HEATING_SINCE,
    service="heating", inputs=(_V_HOUSE, ALL_AREA, _S_OFF, _S_COMMON), outputs=_HOUSE_OUTPUTS,
)
def house_no_ipu(house_volume, all_area, off_area, common_area):
    """House balance of heat without flat meters; own heat and rest add up to the house meter."""
    heated = all_area - off_area
    own = heated * house_volume / (heated + common_area)
    return {"own_all": own, "rest": house_volume - own}


@rule(
    id=442, key="heating.house_some_ipu", title="Отопление дома со счётчиками в части помещений: остаток",
    act=PP354, paragraph="пункт 42(1), приложение 2, формула 3(1)", label="3(1)", valid_from=HEATING_SINCE,
    service="heating", inputs=(_V_HOUSE, _V_METERED, _S_METERED, ALL_AREA, _S_OFF), outputs=_HOUSE_OUTPUTS,
)
def house_some_ipu(house_volume, metered_volume, metered_area, all_area, off_area):
    """House balance of heat with some flat meters; the rest may be negative."""
    _, rest = _rest_with_meters(house_volume, metered_volume, metered_area, all_area, off_area)
    return {"own_all": house_volume - rest, "rest": rest}


@rule(
    id=451, key="heating.actual_share", title="Отопление: доля помещения в фактической стоимости за год",
    act=PP354, paragraph="пункт 42(1), приложение 2, формула 3(4)", label="3(4)", valid_from=HEATING_SINCE,
    service="heating",
    inputs=(
        Input("house_cost", "стоимость тепла дома за год по счётчику", "₽", 12, "house", "ΣVд·T", 10**12),
        AREA, ALL_AREA,
    ),
    outputs=(Output("share", "доля фактической стоимости", "коп.", 0),),
)
def actual_share(house_cost, area, all_area):
    """``sum(V_month x T_month) x S / S_all``; the column of the cost holds 1e-12 roubles in Int128."""
    return {"share": kopecks(house_cost * area / all_area)}


@rule(
    id=452, key="heating.year_correction", title="Отопление: корректировка за год при равномерной оплате",
    act=PP354, paragraph="пункт 42(1), приложение 2, формула 3(4)", label="3(4)", valid_from=HEATING_SINCE,
    service="heating",
    inputs=(
        money_input("actual_share", "доля фактической стоимости", "Ф"), money_input("charged", "начислено за год", "Н"),
    ),
    outputs=(Output("correction", "корректировка", "коп.", 0),),
)
def year_correction(actual_share, charged):
    """Plus is an extra charge, minus a removal; posted in the first quarter of the next year."""
    return {"correction": kopecks(actual_share - charged)}
