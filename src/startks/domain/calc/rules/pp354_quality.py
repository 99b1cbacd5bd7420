"""Breaks and poor quality (ПП 354, раздел IX, приложение 1).

The percent is of the month's charge for the service; hours are summed over the month above what is allowed. The
reduction is never more than the charge. Allowed hours and percents are dated parameters: the functions at the end
look them up for a service.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from ..errors import CalculationError
from ..numbers import cut, kopecks, maximum, minimum, named
from ..parameters import value
from ..registry import Input, Output, rule
from ._inputs import (
    MONTH_DAYS,
    PP354,
    PP354_SINCE,
    count_input,
    money_input,
    norm_input,
    percent_input,
    tariff_input,
    volume_input,
)

_CHARGE = money_input("charge_rub", "начислено за месяц", "P")
_PERCENT_OUT = Output("percent", "снижение", "%", 6)
_REDUCTION = Output("reduction", "уменьшение платы", "коп.", 0)
_HOURS = count_input("hours", "часов за месяц", "ч", "act", "h")
_ALLOWED = count_input("allowed_hours", "допустимо часов", "ч", "law", "hд")
_COMMON = {"act": PP354, "valid_from": PP354_SINCE}


def _temperature(name: str, title: str, source: str = "law") -> Input:
    return Input(name, title, "°C", 3, source, "", 200, signed=True)


def _reduced(charge_rub, percent):
    """Part of the charge by percent, not more than the charge."""
    return kopecks(minimum(charge_rub * percent / 100, charge_rub))


@rule(
    id=1101, key="quality.break", title="Перерыв сверх допустимого", paragraph="пункт 98, приложение 1",
    inputs=(_CHARGE, _HOURS, _ALLOWED, percent_input("percent_per_hour", "снижение за час")),
    outputs=(Output("excess_hours", "часов сверх допустимого", "ч", 0), _PERCENT_OUT, _REDUCTION), **_COMMON,
)
def service_break(charge_rub, hours, allowed_hours, percent_per_hour):
    """``(hours - allowed) x percent`` of the charge."""
    excess = named(maximum(hours - allowed_hours, 0), "excess_hours", "часов сверх допустимого", "ч")
    percent = named(excess * percent_per_hour, "percent", "снижение", "%")
    return {"excess_hours": excess, "percent": percent, "reduction": _reduced(charge_rub, percent)}


@rule(
    id=1102, key="quality.waste_break", title="Невывоз отходов сверх допустимого",
    paragraph="пункт 148(45), приложение 1, пункт 17",
    inputs=(_CHARGE, _HOURS, _ALLOWED, percent_input("percent_per_day", "снижение за 24 часа")),
    outputs=(Output("excess_hours", "часов сверх допустимого", "ч", 0), _PERCENT_OUT, _REDUCTION), **_COMMON,
)
def waste_break(charge_rub, hours, allowed_hours, percent_per_day):
    """Percent for each full 24 hours over."""
    excess = named(maximum(hours - allowed_hours, 0), "excess_hours", "часов сверх допустимого", "ч")
    percent = named(cut(excess / 24) * percent_per_day, "percent", "снижение", "%")
    return {"excess_hours": excess, "percent": percent, "reduction": _reduced(charge_rub, percent)}


@rule(
    id=1103, key="quality.not_supplied", title="Перерыв при начислении по нормативу",
    paragraph="пункты 98–100",
    inputs=(
        count_input("persons", "жители", "чел.", symbol="n"), norm_input("ед./чел."), tariff_input("ед."), MONTH_DAYS,
        _HOURS, _ALLOWED, percent_input("percent_per_hour", "снижение за час"),
    ),
    outputs=(
        Output("charge", "начислено по нормативу", "коп.", 0), Output("not_supplied", "не поставлено", "коп.", 0),
        _PERCENT_OUT, _REDUCTION,
    ),
    **_COMMON,
)
def not_supplied(persons, norm, tariff, month_days, hours, allowed_hours, percent_per_hour):
    """Volume not supplied by hours of the month, and apart from it the percent of the full charge."""
    charge = named(persons * norm * tariff, "full_charge", "плата по нормативу за месяц", "₽")
    missing = charge * minimum(hours / (24 * month_days), 1)
    percent = named(maximum(hours - allowed_hours, 0) * percent_per_hour, "percent", "снижение", "%")
    return {
        "charge": kopecks(charge), "not_supplied": kopecks(missing), "percent": percent,
        "reduction": _reduced(charge, percent),
    }


@rule(
    id=1104, key="quality.hot_water_temperature", title="Горячая вода холоднее нормы",
    paragraph="приложение 1, пункт 5",
    inputs=(
        _CHARGE, _temperature("measured", "измеренная температура", "act"), _temperature("normal", "температура по норме"),
        _temperature("allowed", "допустимое отклонение"), _temperature("step", "шаг отклонения"), _HOURS,
        percent_input("percent_per_step", "снижение за шаг и час"),
    ),
    outputs=(
        Output("beyond", "сверх допустимого", "°C", 3), Output("steps", "полных шагов", "", 0), _PERCENT_OUT, _REDUCTION,
    ),
    **_COMMON,
)
def hot_water_temperature(charge_rub, measured, normal, allowed, step, hours, percent_per_step):
    """Full steps beyond the allowed deviation x hours x percent."""
    beyond = named(maximum(normal - allowed - measured, 0), "beyond", "сверх допустимого", "°C")
    steps = named(cut(beyond / step), "steps", "полных шагов")
    percent = named(steps * hours * percent_per_step, "percent", "снижение", "%")
    return {"beyond": beyond, "steps": steps, "percent": percent, "reduction": _reduced(charge_rub, percent)}


@rule(
    id=1105, key="quality.hot_water_as_cold", title="Горячая вода ниже 40 °C оплачивается как холодная",
    paragraph="приложение 1, пункт 5",
    inputs=(
        volume_input("м³", title="объём в эти часы"), tariff_input("м³", "hot_tariff", "тариф горячей воды", "Tг"),
        tariff_input("м³", "cold_tariff", "тариф холодной воды", "Tх"),
    ),
    outputs=(_REDUCTION,), **_COMMON,
)
def hot_water_as_cold(volume, hot_tariff, cold_tariff):
    """Volume of the hours below 40 degrees x the difference of the tariffs, not below zero."""
    return {"reduction": kopecks(volume * maximum(hot_tariff - cold_tariff, 0))}


@rule(
    id=1106, key="quality.degree_hours", title="Градусо-часы недогрева", paragraph="приложение 1, пункт 15",
    inputs=(
        _temperature("measured", "измеренная температура воздуха", "act"), _temperature("normal", "температура по норме"),
        _temperature("allowed", "допустимое снижение"), _HOURS,
    ),
    outputs=(Output("degree_hours", "градусо-часы", "°C·ч", 0),), **_COMMON,
)
def degree_hours(measured, normal, allowed, hours):
    """Missing whole degrees x hours."""
    return {"degree_hours": cut(maximum(normal - allowed - measured, 0)) * hours}


@rule(
    id=1107, key="quality.room_temperature", title="Воздух в комнате холоднее нормы",
    paragraph="приложение 1, пункт 15",
    inputs=(
        _CHARGE, count_input("degree_hours", "градусо-часы недогрева", "°C·ч", "act", "Σ", 10**6),
        percent_input("percent_per_degree", "снижение за градус и час"),
    ),
    outputs=(_PERCENT_OUT, _REDUCTION), **_COMMON,
)
def room_temperature(charge_rub, degree_hours, percent_per_degree):
    """Percent for each degree-hour."""
    percent = named(degree_hours * percent_per_degree, "percent", "снижение", "%")
    return {"percent": percent, "reduction": _reduced(charge_rub, percent)}


@rule(
    id=1108, key="quality.pressure", title="Отклонение давления", paragraph="приложение 1, пункты 3, 7, 13",
    inputs=(
        _CHARGE, _HOURS, percent_input("percent_per_hour", "снижение за час"),
        count_input("days_over", "дней с отклонением больше 25 %", "дн.", "act", "d", 31), MONTH_DAYS,
    ),
    outputs=(
        Output("reduction_hours", "за отклонение до 25 %", "коп.", 0),
        Output("reduction_days", "за дни с отклонением больше 25 %", "коп.", 0),
    ),
    **_COMMON,
)
def pressure(charge_rub, hours, percent_per_hour, days_over, month_days):
    """Up to 25 %: percent an hour; over it nothing is paid for the days."""
    return {
        "reduction_hours": _reduced(charge_rub, hours * percent_per_hour),
        "reduction_days": kopecks(charge_rub * minimum(days_over / month_days, 1)),
    }


@rule(
    id=1109, key="quality.break_by_norm", title="Перерыв при начислении по нормативу: часть строки",
    paragraph="пункты 98–100, приложение 1",
    inputs=(
        _CHARGE, money_input("base_rub", "начислено без повышающего коэффициента", "Pн"),
        count_input("missing_hours", "часов без услуги за месяц", "ч", "act", "hн"), _HOURS, _ALLOWED,
        percent_input("percent_per_hour", "снижение за час"), MONTH_DAYS,
    ),
    outputs=(
        Output("excess_hours", "часов сверх допустимого", "ч", 0), _PERCENT_OUT,
        Output("not_supplied", "не поставлено", "коп.", 0), _REDUCTION,
    ),
    **_COMMON,
)
def break_by_norm(charge_rub, base_rub, missing_hours, hours, allowed_hours, percent_per_hour, month_days):
    """What was not supplied by hours of the month, and the percent of the whole charge; together not more than it.

    ``missing_hours`` count planned repairs too, ``hours`` do not.
    """
    excess = named(maximum(hours - allowed_hours, 0), "excess_hours", "часов сверх допустимого", "ч")
    percent = named(excess * percent_per_hour, "percent", "снижение", "%")
    missing = named(base_rub * minimum(missing_hours / (24 * month_days), 1), "not_supplied_rub", "не поставлено", "₽")
    return {
        "excess_hours": excess, "percent": percent, "not_supplied": kopecks(missing),
        "reduction": kopecks(minimum(missing + charge_rub * percent / 100, charge_rub)),
    }


@rule(
    id=1110, key="quality.step_hours", title="Часы недогрева горячей воды по шагам", paragraph="приложение 1, пункт 5",
    inputs=(
        _temperature("measured", "измеренная температура", "act"), _temperature("normal", "температура по норме"),
        _temperature("allowed", "допустимое отклонение"), _temperature("step", "шаг отклонения"), _HOURS,
    ),
    outputs=(Output("step_hours", "шаго-часы", "ч", 0),), **_COMMON,
)
def step_hours(measured, normal, allowed, step, hours):
    """Full steps beyond the allowed deviation x hours."""
    return {"step_hours": cut(maximum(normal - allowed - measured, 0) / step) * hours}


@rule(
    id=1111, key="quality.cold_hot_water", title="Горячая вода холоднее нормы: за месяц",
    paragraph="приложение 1, пункт 5",
    inputs=(
        _CHARGE, count_input("step_hours", "часы, умноженные на полные шаги отклонения", "ч", "act", "Σ", 10**6),
        percent_input("percent_per_step", "снижение за шаг и час"),
    ),
    outputs=(_PERCENT_OUT, _REDUCTION), **_COMMON,
)
def cold_hot_water(charge_rub, step_hours, percent_per_step):
    """Percent for each hour of each full step."""
    percent = named(step_hours * percent_per_step, "percent", "снижение", "%")
    return {"percent": percent, "reduction": _reduced(charge_rub, percent)}


@rule(
    id=1112, key="quality.hours_as_cold", title="Часы, когда горячая вода холоднее 40 °C: по цене холодной",
    paragraph="приложение 1, пункт 5",
    inputs=(
        volume_input("м³", title="объём горячей воды за месяц"), _HOURS, MONTH_DAYS,
        tariff_input("м³", "hot_tariff", "тариф горячей воды", "Tг"),
        tariff_input("м³", "cold_tariff", "тариф холодной воды", "Tх"),
    ),
    outputs=(_REDUCTION,), **_COMMON,
)
def hours_as_cold(volume, hours, month_days, hot_tariff, cold_tariff):
    """Volume of those hours of the month x the difference of the tariffs, not below zero."""
    part = named(volume * minimum(hours / (24 * month_days), 1), "part", "объём этих часов", "м³")
    return {"reduction": kopecks(part * maximum(hot_tariff - cold_tariff, 0))}


@rule(
    id=1113, key="quality.hours_unpaid", title="Часы, за которые плата не берётся", paragraph="приложение 1, пункт 5",
    inputs=(_CHARGE, _HOURS, MONTH_DAYS), outputs=(_REDUCTION,), **_COMMON,
)
def hours_unpaid(charge_rub, hours, month_days):
    """Part of the charge by hours of the month (heat of water colder than 40 degrees)."""
    return {"reduction": kopecks(charge_rub * minimum(hours / (24 * month_days), 1))}


@rule(
    id=1114, key="quality.days_unpaid", title="Дни, за которые плата не берётся",
    paragraph="приложение 1, пункты 2, 6, 12, 16",
    inputs=(_CHARGE, count_input("days", "дней с нарушением", "дн.", "act", "d", 31), MONTH_DAYS),
    outputs=(_REDUCTION,), **_COMMON,
)
def days_unpaid(charge_rub, days, month_days):
    """Part of the charge by days of the month: composition of water or gas, pressure of heating off by more than 25 %."""
    return {"reduction": kopecks(charge_rub * minimum(days / month_days, 1))}


def allowed_hours(service: str, day: date, feeds: int = 1, dead_end_main: bool = False) -> Fraction:
    """Hours of break the law allows in a month.

    ``feeds``: independent sources of electricity, 1 or 2; ``dead_end_main``: accident on a dead-end main of water
    or sewerage. Raises CalculationError ``no_allowed_hours`` for a service without such a figure.
    """
    if service == "electricity":
        return value(f"quality.allowed_hours.electricity_{'two_feeds' if feeds > 1 else 'one_feed'}", day)
    if dead_end_main and service in ("cold_water", "hot_water", "sewerage"):
        return value("quality.allowed_hours.dead_end_main", day)
    try:
        return value(f"quality.allowed_hours.{service}", day)
    except KeyError:
        raise CalculationError(
            "no_allowed_hours", f"Для услуги «{service}» закон не устанавливает допустимый перерыв."
        ) from None
