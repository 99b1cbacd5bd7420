"""Housing subsidy (ЖК, статья 159; ПП РФ от 14.12.2005 № 761, пункты 23, 25)."""

from __future__ import annotations

from datetime import date, timedelta

from ..numbers import choose, cut, maximum, minimum, named, rounded
from ..parameters import value
from ..registry import Input, Output, rule
from ._inputs import count_input, money_input, percent_input

ACT = "ПП РФ от 14.12.2005 № 761"
_SINCE = date(2006, 1, 1)
_MEMBERS = count_input("members", "членов семьи", "чел.", symbol="n")
_INCOME = money_input("income", "среднемесячный доход семьи", "Д")
_SHARE = percent_input("share", "максимально допустимая доля расходов", symbol="МДД")
_MINIMUM = Input(
    "minimum_sum", "сумма прожиточных минимумов членов семьи (0: без поправки)", "₽", 2, "law", "ΣПМ", 10**8
)
_COUNT = count_input("minimum_count", "на сколько человек дана сумма минимумов", "чел.", symbol="k")
_STEP = Input(
    "cut_step", "точность поправочного коэффициента, 10 в степени знаков (0: точно)", "", 0, "law", "", 10**6
)
_OWN = (
    Output("income_per_member", "доход на человека", "коп.", 0),
    Output("family_minimum", "прожиточный минимум семьи", "коп.", 0), Output("k", "поправочный коэффициент", "", 6),
    Output("own_payment", "собственная доля расходов", "коп.", 0),
)
_INPUTS = (_MEMBERS, _INCOME, _SHARE, _MINIMUM, _COUNT, _STEP)
_STANDARD = Input("standard", "стандарт стоимости на человека", "₽", 2, "law", "ССЖКУ", 10**7)


def _own(members, income, share, minimum_sum, minimum_count, cut_step):
    """Own payment unrounded, and what is shown on the way."""
    per_member = named(income / members, "income_per_member", "доход на человека", "₽")
    family_minimum = named(minimum_sum / maximum(minimum_count, 1), "family_minimum", "прожиточный минимум семьи", "₽")
    divisor = choose(family_minimum > 0, family_minimum, 1)
    exact = choose(family_minimum > 0, minimum(per_member / divisor, 1), 1)
    step = maximum(cut_step, 1)
    k = named(choose(cut_step > 0, cut(exact * step) / step, exact), "k", "поправочный коэффициент")
    own = named(share / 100 * income * k, "own_payment", "собственная доля расходов", "₽")
    shown = {
        "income_per_member": 100 * rounded(per_member, 2), "family_minimum": 100 * rounded(family_minimum, 2), "k": k,
        "own_payment": 100 * rounded(own, 2),
    }
    return own, shown


@rule(
    id=1401, key="subsidy.own_payment", title="Субсидия: собственная доля расходов", act=ACT, paragraph="пункт 23",
    inputs=_INPUTS, outputs=_OWN, valid_from=_SINCE,
)
def own_payment(members, income, share, minimum_sum, minimum_count, cut_step):
    """``share / 100 x income x K``, K = (income per head) / minimum below the minimum, else 1."""
    return _own(members, income, share, minimum_sum, minimum_count, cut_step)[1]


@rule(
    id=1402, key="subsidy.amount", title="Субсидия на оплату жилья и коммунальных услуг", act=ACT,
    paragraph="пункты 23, 25",
    inputs=(*_INPUTS, _STANDARD, money_input("actual_expense", "фактические расходы за месяц", "Ф")),
    outputs=(*_OWN, Output("by_formula", "по формуле", "коп.", 0), Output("subsidy", "субсидия", "коп.", 0)),
    valid_from=_SINCE,
)
def amount(members, income, share, minimum_sum, minimum_count, cut_step, standard, actual_expense):
    """Standard less the own payment; not below zero, not above the actual expense."""
    own, shown = _own(members, income, share, minimum_sum, minimum_count, cut_step)
    by_formula = named(standard * members - own, "by_formula", "по формуле", "₽")
    granted = minimum(maximum(by_formula, 0), actual_expense)
    return shown | {"by_formula": 100 * rounded(by_formula, 2), "subsidy": 100 * rounded(granted, 2)}


def granted_months(applied: date) -> tuple[date, date]:
    """First and last month (their first days) of a subsidy asked for on a day."""
    first = applied.replace(day=1)
    if applied.day > value("subsidy.last_day_of_month", applied):
        first = _next(first)
    last = first
    for _ in range(int(value("subsidy.months", applied)) - 1):
        last = _next(last)
    return first, last


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
