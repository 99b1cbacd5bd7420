"""Penalties for late payment (ЖК, статья 155, части 14 и 14.1) on principal only.

The amount is a rule over *rouble-days*: the debt of each day summed over the days that cost 1/300 and those that
cost 1/130. Which days these are says :mod:`startks.domain.calc.penalty_schedule`. Rounded once for each month's debt.
"""

from __future__ import annotations

from ..numbers import kopecks, maximum, minimum, named
from ..registry import Input, Output, rule
from ._inputs import HOUSING_CODE, HOUSING_CODE_SINCE, count_input, percent_input

_RATE = percent_input("rate", "ставка для пеней, % годовых", symbol="r")


def _rouble_days(name: str, title: str, symbol: str) -> Input:
    return Input(name, title, "₽·дн.", 2, "ledger", symbol, 10**12)


def _divisor(name: str, title: str) -> Input:
    return Input(name, title, "", 0, "law", "", 10**4)


@rule(
    id=1001, key="penalty.month_debt", title="Пени за долг месяца", act=HOUSING_CODE, paragraph="статья 155, часть 14",
    inputs=(
        _rouble_days("first_rouble_days", "рубле-дни по первой доле ставки", "Σ1"),
        _rouble_days("second_rouble_days", "рубле-дни по второй доле ставки", "Σ2"),
        _divisor("first_divisor", "первая доля ставки, 1/"), _divisor("second_divisor", "вторая доля ставки, 1/"), _RATE,
    ),
    outputs=(Output("penalty", "пени", "коп.", 0),), valid_from=HOUSING_CODE_SINCE,
)
def month_debt(first_rouble_days, second_rouble_days, first_divisor, second_divisor, rate):
    """``(sum1 / 300 + sum2 / 130) x rate / 100``."""
    weighted = named(
        first_rouble_days / first_divisor + second_rouble_days / second_divisor, "weighted", "рубле-дни с долями ставки",
        "₽·дн.",
    )
    return {"penalty": kopecks(weighted * rate / 100)}


@rule(
    id=1002, key="penalty.capital_repair", title="Пени по взносам на капитальный ремонт", act=HOUSING_CODE,
    paragraph="статья 155, часть 14.1",
    inputs=(
        _rouble_days("rouble_days", "рубле-дни просрочки", "Σ"), _divisor("divisor", "доля ставки, 1/"), _RATE,
    ),
    outputs=(Output("penalty", "пени", "коп.", 0),), valid_from=HOUSING_CODE_SINCE,
)
def capital_repair(rouble_days, divisor, rate):
    """One fraction from the 31st day on."""
    return {"penalty": kopecks(rouble_days / divisor * rate / 100)}


@rule(
    id=1003, key="penalty.days", title="Дни просрочки по долям ставки", act=HOUSING_CODE,
    paragraph="статья 155, часть 14",
    inputs=(
        count_input("overdue_days", "дней просрочки", "дн.", "calendar", "n"),
        count_input("free_days", "дней без пеней", "дн.", "law"),
        count_input("first_part_last_day", "последний день первой доли", "дн.", "law"),
    ),
    outputs=(Output("first_days", "дней по первой доле", "дн.", 0), Output("second_days", "дней по второй доле", "дн.", 0)),
    valid_from=HOUSING_CODE_SINCE,
)
def days(overdue_days, free_days, first_part_last_day):
    """Days at the first fraction, days at the second."""
    return {
        "first_days": maximum(minimum(overdue_days, first_part_last_day) - free_days, 0),
        "second_days": maximum(overdue_days - first_part_last_day, 0),
    }


@rule(
    id=1004, key="penalty.rate", title="Ставка для пеней", act="ПП РФ от 26.03.2022 № 474", paragraph="пункт 1",
    inputs=(percent_input("key_rate", "ключевая ставка"), percent_input("cap", "предел ставки")),
    outputs=(Output("rate", "ставка для пеней", "%", 6),), valid_from=HOUSING_CODE_SINCE,
)
def capped_rate(key_rate, cap):
    """The smaller of the key rate and the cap."""
    return {"rate": minimum(key_rate, cap)}
