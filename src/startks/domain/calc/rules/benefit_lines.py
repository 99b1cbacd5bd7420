"""Benefits (льготы) as parts of bill lines: holder's part of the charge, within the norms, by days.

The base is the line's charge without the excess of a raising coefficient; penalties bear no benefit. A part of the month is
taken by person-days: those of the people who have the benefit over those of all who live there. Cents are rounded once a
right and line.
"""

from __future__ import annotations

from datetime import date

from ..numbers import choose, kopecks, maximum, minimum, named, rounded
from ..registry import Output, rule
from ._inputs import (
    AREA,
    MONTH_DAYS,
    count_input,
    money_input,
    norm_input,
    percent_input,
    tariff_input,
    volume_input,
)

ACT = "Жилищный кодекс РФ"
PARAGRAPH = "статьи 159, 160; закон, который даёт льготу, назван в строке"
_SINCE = date(2005, 3, 1)
_MOST = 10_000_000
"""Roubles of a household's line: more is implausible."""
_BASE = money_input("base", "начислено без повышающего коэффициента", "P", signed=True, limit=_MOST)
# One household: three hundred people. Wider bounds would not fit the exact arithmetic of 127 bits.
_PEOPLE_DAYS = count_input("person_days", "человеко-дни проживания за месяц", "чел.·дн.", symbol="n·d", limit=10_000)
_DAYS = count_input("benefit_days", "человеко-дни тех, кому дана льгота", "чел.·дн.", symbol="l", limit=10_000)
_PERCENT = percent_input("percent", "размер льготы", symbol="p")
_ACCOUNT_DAYS = count_input("days_charged", "дней начисления в месяце", "дн.", symbol="d", limit=31)
_SOCIAL = norm_input("м²/чел.", "социальная норма площади на человека", "social_norm", "Nс", limit=1000)
_OUTPUTS = (Output("benefit", "льгота", "коп.", 0),)
_COMMON = {"act": ACT, "paragraph": PARAGRAPH, "valid_from": _SINCE, "outputs": _OUTPUTS}


def _benefit(base, within, benefit_days, person_days, percent):
    within = named(within, "within", "доля начисления в пределах норматива")
    part = named(benefit_days / person_days, "part", "доля тех, кому дана льгота")
    return {"benefit": kopecks(base * within * part * percent / 100)}


def _limited(amount, limit):
    """``min(1, limit / amount)``; a nought or negative amount is not limited."""
    return choose(amount > limit, limit / choose(amount > limit, amount, 1), 1)


@rule(
    id=1311, key="benefit.line_whole", title="Льгота на строку счёта",
    inputs=(_BASE, _PEOPLE_DAYS, _DAYS, _PERCENT), **_COMMON,
)
def whole(base, person_days, benefit_days, percent):
    """``P x l / n x p``: no limit by a norm."""
    return _benefit(base, 1, benefit_days, person_days, percent)


@rule(
    id=1312, key="benefit.line_area", title="Льгота на строку счёта в пределах социальной нормы площади",
    inputs=(_BASE, AREA, _SOCIAL, _PEOPLE_DAYS, _ACCOUNT_DAYS, _DAYS, _PERCENT), **_COMMON,
)
def by_area(base, area, social_norm, person_days, days_charged, benefit_days, percent):
    """``P x min(1, Nc x n / S) x l / n x p``, n people by days of the account."""
    limit = named(social_norm * person_days / days_charged, "limit", "социальная норма семьи", "м²")
    return _benefit(base, _limited(area, limit), benefit_days, person_days, percent)


@rule(
    id=1314, key="benefit.line_repair", title="Льгота на взнос на капитальный ремонт: не выше минимального взноса",
    inputs=(
        _BASE, tariff_input("м²", "rate", "взнос на квадратный метр", "R", limit=1_000),
        tariff_input("м²", "least_rate", "минимальный взнос, установленный субъектом", "Rмин", limit=1_000), AREA, _SOCIAL, _PEOPLE_DAYS,
        _ACCOUNT_DAYS, _DAYS, _PERCENT,
    ),
    **{**_COMMON, "paragraph": "статья 169, часть 2.1; Федеральный закон № 181-ФЗ, статья 17, часть 14"},
)
def repair(base, rate, least_rate, area, social_norm, person_days, days_charged, benefit_days, percent):
    """``[P x min(1, Rmin / R)] x min(1, Nc x n / S) x l / n x p``: what owners decided above the minimum bears no benefit.

    The part within the minimum is a sum of money of its own, to the kopeck.
    """
    least = named(_limited(rate, least_rate), "least", "доля минимального взноса")
    limit = named(social_norm * person_days / days_charged, "limit", "социальная норма семьи", "м²")
    # A part is never more than the whole; said so, the proof of 127 bits need not take it for as much as base times rate.
    part = maximum(minimum(rounded(base * least, 2), _MOST), 0 - _MOST)
    within = named(part, "base_within", "начислено в пределах минимального взноса", "₽")
    return _benefit(within, _limited(area, limit), benefit_days, person_days, percent)


@rule(
    id=1313, key="benefit.line_norm", title="Льгота на строку счёта в пределах норматива потребления",
    inputs=(
        _BASE, volume_input("ед.", "own_volume", "объём ресурса за месяц", "V"), norm_input("ед./чел."), _PEOPLE_DAYS,
        MONTH_DAYS, _DAYS, _PERCENT,
    ),
    **_COMMON,
)
def by_norm(base, own_volume, norm, person_days, month_days, benefit_days, percent):
    """``P x min(1, N x n / V) x l / n x p``."""
    limit = named(norm * person_days / month_days, "limit", "норматив на всех проживающих", "ед.")
    return _benefit(base, _limited(own_volume, limit), benefit_days, person_days, percent)
