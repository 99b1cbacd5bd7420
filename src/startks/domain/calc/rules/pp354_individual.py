"""Individual consumption: by flat meter, by norm, by norm with the raising coefficient (ПП 354, приложение 2).

Formulas 1, 4, 4(1), 5 and the sewerage of p.42. Part of a month is counted by person-days, so a resident who
came on the 11th of a 30-day month counts for twenty thirtieths; for a full month person_days / month_days is
the number of residents.
"""

from __future__ import annotations

from datetime import date

from ..numbers import kopecks, named
from ..registry import Input, LineResult, rule
from ._inputs import (
    AREA,
    COEFFICIENT,
    MONTH_DAYS,
    PERSON_DAYS,
    PP354,
    PP354_SINCE,
    UNITS,
    count_input,
    norm_input,
    tariff_input,
    volume_input,
)


def by_meter(volume, tariff):
    """Formula 1: ``P = V x T``."""
    return LineResult(volume, kopecks(volume * tariff))


def norm_volume(person_days, month_days, norm, unit=""):
    """Volume by norm for the person-days of the month: ``n x N``."""
    return named(person_days / month_days * norm, "volume_by_norm", "объём по нормативу", unit)


def by_norm(person_days, month_days, norm, tariff):
    """Formula 4: ``P = n x N x T``."""
    volume = norm_volume(person_days, month_days, norm)
    return LineResult(volume, kopecks(volume * tariff))


def by_norm_raised(person_days, month_days, norm, coefficient, tariff):
    """Formula 4(1): ``P = n x N x K x T``; the excess is the part due to K, the volume is without it."""
    volume = norm_volume(person_days, month_days, norm)
    return LineResult(
        volume, kopecks(volume * coefficient * tariff), kopecks(volume * (coefficient - 1) * tariff)
    )


_TITLES = {
    "cold_water": "Холодная вода", "hot_water": "Горячая вода", "sewerage": "Водоотведение",
    "electricity": "Электроэнергия", "electricity_day": "Электроэнергия, день",
    "electricity_night": "Электроэнергия, ночь", "gas": "Газ",
}
# Fixed numbers: statement rows keep them for ever.
_METERED = {
    "cold_water": 101, "hot_water": 102, "sewerage": 103, "electricity": 104, "electricity_day": 105,
    "electricity_night": 106, "gas": 107,
}
_BY_NORM = {"cold_water": 121, "hot_water": 122, "sewerage": 123, "electricity": 124, "gas": 127}
_RAISED = {"cold_water": 141, "hot_water": 142, "sewerage": 143, "electricity": 144}

for _service, _id in _METERED.items():
    rule(
        id=_id, key=f"{_service}.meter", service=_service, unit=UNITS[_service],
        title=f"{_TITLES[_service]}: по индивидуальному счётчику", act=PP354,
        paragraph="пункт 42, приложение 2, формула 1", label="1",
        inputs=(volume_input(UNITS[_service]), tariff_input(UNITS[_service])), valid_from=PP354_SINCE,
    )(by_meter)

for _service, _id in _BY_NORM.items():
    rule(
        id=_id, key=f"{_service}.norm", service=_service, unit=UNITS[_service],
        title=f"{_TITLES[_service]}: по нормативу на человека", act=PP354,
        paragraph="пункт 42, приложение 2, формула 4", label="4",
        inputs=(PERSON_DAYS, MONTH_DAYS, norm_input(f"{UNITS[_service]}/чел."), tariff_input(UNITS[_service])),
        valid_from=PP354_SINCE,
    )(by_norm)

for _service, _id in _RAISED.items():
    rule(
        id=_id, key=f"{_service}.norm_raised", service=_service, unit=UNITS[_service],
        title=f"{_TITLES[_service]}: по нормативу с повышающим коэффициентом", act=PP354,
        paragraph="пункт 42, приложение 2, формула 4(1)", label="4(1)",
        inputs=(
            PERSON_DAYS, MONTH_DAYS, norm_input(f"{UNITS[_service]}/чел."), COEFFICIENT, tariff_input(UNITS[_service]),
        ),
        valid_from=PP354_SINCE,
    )(by_norm_raised)

_BROKEN_SEAL = {"cold_water": 191, "hot_water": 192, "electricity": 194, "gas": 197}
BROKEN_SEAL_SINCE = date(2017, 1, 1)
"""ПП РФ от 26.12.2016 № 1498 put the norm with the coefficient in the place of the equipment's capacity."""
SEAL_DAYS = count_input("person_days", "человеко-дни вмешательства в счётчик за месяц", "чел.·дн.", symbol="n·d")

for _service, _id in _BROKEN_SEAL.items():
    rule(
        id=_id, key=f"{_service}.broken_seal", service=_service, unit=UNITS[_service],
        title=f"{_TITLES[_service]}: вмешательство в счётчик, норматив с коэффициентом", act=PP354,
        paragraph="пункт 81(11)", label="4(1)",
        inputs=(
            SEAL_DAYS, MONTH_DAYS, norm_input(f"{UNITS[_service]}/чел."), COEFFICIENT, tariff_input(UNITS[_service]),
        ),
        valid_from=BROKEN_SEAL_SINCE,
    )(by_norm_raised)

_BY_ACT = {"cold_water": (131, "ПП РФ от 29.07.2013 № 776"), "hot_water": (132, "ПП РФ от 29.07.2013 № 776"),
           "electricity": (134, "ПП РФ от 04.05.2012 № 442"), "gas": (137, "ПП РФ от 21.07.2008 № 549")}
for _service, (_id, _act) in _BY_ACT.items():
    rule(
        id=_id, key=f"{_service}.by_act", service=_service, unit=UNITS[_service],
        title=f"{_TITLES[_service]}: нежилое помещение, объём поставщика расчётным путём", act=PP354,
        paragraph=f"пункты 6, 43; {_act}", label="1",
        inputs=(
            volume_input(UNITS[_service], title="объём по акту поставщика"), tariff_input(UNITS[_service]),
        ),
        valid_from=PP354_SINCE,
    )(by_meter)


@rule(
    id=128, key="gas.norm_by_use", service="gas", unit="м³", title="Газ: по нормативам по видам использования",
    act=PP354, paragraph="приложение 2, формула 5", label="5", valid_from=PP354_SINCE,
    inputs=(
        PERSON_DAYS, MONTH_DAYS,
        norm_input("м³/чел.", "норматив на приготовление пищи", "norm_cooking", "Nпищ"),
        norm_input("м³/чел.", "норматив на подогрев воды", "norm_water", "Nвод"),
        AREA, norm_input("м³/м²", "норматив на отопление", "norm_heating", "Nот"), tariff_input("м³"),
    ),
)
def gas_by_use(person_days, month_days, norm_cooking, norm_water, area, norm_heating, tariff):
    """Formula 5: ``P = (n x Ncook + n x Nwater + S x Nheat) x T``; no raising coefficient."""
    people = person_days / month_days
    volume = named(
        people * (norm_cooking + norm_water) + area * norm_heating, "volume_by_norm", "объём по нормативам", "м³"
    )
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=111, key="sewerage.sum", service="sewerage", unit="м³",
    title="Водоотведение: сумма холодной и горячей воды", act=PP354, paragraph="пункт 42", label="1",
    inputs=(
        volume_input("м³", "cold_volume", "объём холодной воды", "Vхвс"),
        volume_input("м³", "hot_volume", "объём горячей воды", "Vгвс"), tariff_input("м³"),
    ),
    valid_from=PP354_SINCE,
)
def sewerage_sum(cold_volume, hot_volume, tariff):
    """Sewerage without its own meter: all the water that came in."""
    volume = named(cold_volume + hot_volume, "sewerage_volume", "объём сточных вод", "м³")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=151, key="residents.share", title="Доля, оплачиваемая гражданами (уровень оплаты)", act=PP354,
    paragraph="решение субъекта об уровне оплаты граждан", valid_from=PP354_SINCE,
    inputs=(
        PERSON_DAYS, MONTH_DAYS, norm_input("ед./чел."), tariff_input("ед."),
        Input("share_percent", "уровень оплаты граждан", "%", 6, "law", "p", 1000),
    ),
)
def residents_share(person_days, month_days, norm, tariff, share_percent):
    """Part of the charge by norm that residents pay; the unrounded charge is multiplied."""
    volume = norm_volume(person_days, month_days, norm)
    return LineResult(volume, kopecks(volume * tariff * share_percent / 100))
