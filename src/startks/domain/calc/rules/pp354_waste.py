"""Removal of household waste, ТКО (ПП 354, раздел XV(1), приложение 2, формулы 9(1)–9(3)).

Norms are yearly; a month is a twelfth. There is no raising coefficient and there are no common needs.
"""

from __future__ import annotations

from ..numbers import choose, kopecks, named
from ..registry import Input, LineResult, Output, rule
from ._inputs import (
    AREA,
    MONTH_DAYS,
    PERSON_DAYS,
    PP354,
    WASTE_SINCE,
    count_input,
    norm_input,
    tariff_input,
)

_T = tariff_input("м³", title="тариф регионального оператора")
_COMMON = {"service": "waste", "unit": "м³", "act": PP354, "valid_from": WASTE_SINCE}


@rule(
    id=501, key="waste.persons", title="Обращение с ТКО: по числу жителей",
    paragraph="пункт 148(34), приложение 2, формула 9(1)", label="9(1)",
    inputs=(PERSON_DAYS, MONTH_DAYS, norm_input("м³/чел. в год", "годовой норматив накопления"), _T), **_COMMON,
)
def by_persons(person_days, month_days, norm, tariff):
    """``n x N_year / 12 x T``."""
    volume = named(person_days / month_days * norm / 12, "volume_by_norm", "объём за месяц", "м³")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=502, key="waste.area", title="Обращение с ТКО: по площади",
    paragraph="пункт 148(34), приложение 2, формула 9(2)", label="9(2)",
    inputs=(AREA, norm_input("м³/м² в год", "годовой норматив накопления"), _T), **_COMMON,
)
def by_area(area, norm, tariff):
    """``S x N_year / 12 x T``."""
    volume = named(area * norm / 12, "volume_by_norm", "объём за месяц", "м³")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=503, key="waste.month_norm", title="Обращение с ТКО: по месячному нормативу на человека",
    paragraph="приложение 2, формула 9(1)", label="9(1)",
    inputs=(PERSON_DAYS, MONTH_DAYS, norm_input("м³/чел.", "месячный норматив накопления"), _T), **_COMMON,
)
def by_month_norm(person_days, month_days, norm, tariff):
    """``n x N_month x T`` where the region sets the norm by the month."""
    volume = named(person_days / month_days * norm, "volume_by_norm", "объём за месяц", "м³")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=504, key="waste.containers", title="Обращение с ТКО: по контейнерам при раздельном накоплении",
    paragraph="приложение 2, формула 9(3)", label="9(3)",
    inputs=(
        Input("container_volume", "объём контейнера", "м³", 6, "register", "Vк", 10**4),
        count_input("emptied_times", "вывезено контейнеров за месяц", "раз", symbol="k"),
        count_input("persons", "жители помещения (чел. или чел.·дни)", "чел.", symbol="n"),
        count_input("site_persons", "жители, пользующиеся площадкой (чел. или чел.·дни)", "чел.", symbol="Σn"), _T,
    ),
    **_COMMON,
)
def by_containers(container_volume, emptied_times, persons, site_persons, tariff):
    """Volume of the site shared by people."""
    site = named(container_volume * emptied_times, "site_volume", "объём площадки за месяц", "м³")
    volume = named(site * persons / site_persons, "share_volume", "доля помещения", "м³")
    return LineResult(volume, kopecks(volume * tariff))


@rule(
    id=505, key="residents.counted", title="Число плательщиков: жители, а если никто не живёт, собственники",
    act=PP354, paragraph="пункт 56(2), пункт 148(36)", valid_from=WASTE_SINCE,
    inputs=(count_input("persons", "жители", "чел.", symbol="n"), count_input("owners", "собственники", "чел.")),
    outputs=(Output("counted", "учитывается человек", "чел.", 0),),
)
def counted_residents(persons, owners):
    """Residents; where there are none, the number of owners."""
    return {"counted": choose(persons > 0, persons, owners)}
