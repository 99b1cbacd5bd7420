"""Benefits (льготы): discounts within the social norms (181-ФЗ ст. 17, 5-ФЗ, законы субъектов), capital repair.

Of several discounts for one thing the largest is taken, never their sum; no benefit on the raising-coefficient
excess and on penalties (the caller leaves them out of the volume and the charge).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import Any

from ..numbers import kopecks, maximum, minimum, named
from ..parameters import value
from ..registry import Output, rule
from ._inputs import (
    AREA,
    area_input,
    count_input,
    norm_input,
    percent_input,
    tariff_input,
    volume_input,
)

FEDERAL = "Федеральный закон от 24.11.1995 № 181-ФЗ"
_SINCE = date(2005, 3, 1)
_MEMBERS = count_input("members", "членов семьи", "чел.", symbol="m")
_HOLDERS = count_input("holders", "льготников", "чел.", symbol="h")
_PERCENT = percent_input("percent", "размер скидки", symbol="p")
_RATE = tariff_input("м²", "rate", "размер платы за квадратный метр", "R")
_SOCIAL = norm_input("м²/чел.", "социальная норма площади", "social_norm", "Nс")
_BENEFIT = Output("benefit", "льгота", "коп.", 0)
_CHARGE = Output("charge", "начислено", "коп.", 0)
_COUNTED_AREA = Output("counted_area", "площадь, на которую даётся льгота", "м²", 6)
_COMMON = {"act": FEDERAL, "paragraph": "статья 17", "valid_from": _SINCE}


def largest(percents: Iterable[Any]) -> Any:
    """The largest of several discounts."""
    return reduce(maximum, percents)


def _area_benefit(area, counted, rate, percent):
    counted = named(counted, "counted_area", "площадь, на которую даётся льгота", "м²")
    return {
        "charge": kopecks(area * rate), "counted_area": counted, "benefit": kopecks(counted * rate * percent / 100)
    }


@rule(
    id=1301, key="benefit.area_holder", title="Льгота по площади: доля льготника",
    inputs=(AREA, _MEMBERS, _HOLDERS, _RATE, _SOCIAL, _PERCENT), outputs=(_CHARGE, _COUNTED_AREA, _BENEFIT), **_COMMON,
)
def area_holder(area, members, holders, rate, social_norm, percent):
    """``holders x min(area / members, norm)``."""
    return _area_benefit(area, holders * minimum(area / members, social_norm), rate, percent)


@rule(
    id=1302, key="benefit.area_family", title="Льгота по площади: на семью",
    inputs=(AREA, _MEMBERS, _RATE, _SOCIAL, _PERCENT), outputs=(_CHARGE, _COUNTED_AREA, _BENEFIT), **_COMMON,
)
def area_family(area, members, rate, social_norm, percent):
    """``min(area, norm x members)``."""
    return _area_benefit(area, minimum(area, social_norm * members), rate, percent)


@rule(
    id=1303, key="benefit.utility", title="Льгота на коммунальную услугу: доля льготника в пределах норматива",
    inputs=(
        volume_input("ед.", title="объём"), _MEMBERS, _HOLDERS, norm_input("ед./чел."), tariff_input("ед."), _PERCENT,
    ),
    outputs=(
        Output("holder_volume", "объём льготника", "ед.", 6), Output("counted_volume", "учтённый объём", "ед.", 6),
        _BENEFIT,
    ),
    **_COMMON,
)
def utility(volume, members, holders, norm, tariff, percent):
    """Holder's part of the volume, not above the norm."""
    own = named(volume * holders / members, "holder_volume", "объём льготника")
    counted = named(minimum(own, norm * holders), "counted_volume", "учтённый объём")
    return {"holder_volume": own, "counted_volume": counted, "benefit": kopecks(counted * tariff * percent / 100)}


@rule(
    id=1304, key="benefit.capital_repair", title="Компенсация взноса на капитальный ремонт",
    act="Жилищный кодекс РФ", paragraph="статья 169, часть 2.1", valid_from=date(2016, 1, 1),
    inputs=(
        AREA, area_input("standard_area", "региональный стандарт площади", "Sст"),
        tariff_input("м²", "rate", "минимальный взнос", "R"), _PERCENT,
    ),
    outputs=(_CHARGE, Output("compensation", "компенсация", "коп.", 0)),
)
def capital_repair(area, standard_area, rate, percent):
    """Within the regional standard of area."""
    counted = named(minimum(area, standard_area), "counted_area", "площадь в пределах стандарта", "м²")
    return {"charge": kopecks(area * rate), "compensation": kopecks(counted * rate * percent / 100)}


def compensation_percent(age: int, lone_not_working: bool, day: date) -> Fraction:
    """Percent of the capital repair contribution given back to an owner of ``age`` full years."""
    name = "capital_repair.compensation_"
    if not lone_not_working or age < value(f"{name}younger_age", day):
        return Fraction(0)
    return value(f"{name}older_percent" if age >= value(f"{name}older_age", day) else f"{name}younger_percent", day)
