"""Inputs that many rules share, so that one thing has one name, one title and one scale everywhere.

Scales: tariffs, norms, volumes, coefficients and percents 1e-6; areas 1e-2 m²; money kopecks; counts and days whole.
"""

from __future__ import annotations

from datetime import date

from ..registry import Input

PP354 = "ПП РФ от 06.05.2011 № 354"
PP491 = "ПП РФ от 13.08.2006 № 491"
HOUSING_CODE = "Жилищный кодекс РФ"
PP354_SINCE = date(2012, 9, 1)
HOUSING_CODE_SINCE = date(2005, 3, 1)
WASTE_SINCE = date(2019, 1, 1)
HEATING_SINCE = date(2019, 1, 1)

UNITS = {
    "cold_water": "м³", "hot_water": "м³", "hot_water_heat": "Гкал", "sewerage": "м³", "electricity": "кВт·ч",
    "electricity_day": "кВт·ч", "electricity_night": "кВт·ч", "gas": "м³", "heating": "Гкал", "waste": "м³",
    "maintenance": "м²", "capital_repair": "м²", "rent": "м²",
}

HOUSE_VOLUME_LIMIT = 10**7
FLAT_VOLUME_LIMIT = 10**6
TARIFF_LIMIT = 10**5
AREA_LIMIT = 10**5
HOUSE_AREA_LIMIT = 10**6
PEOPLE_LIMIT = 10**5
NORM_LIMIT = 10**4


def volume_input(unit: str, name: str = "volume", title: str = "объём по счётчику", symbol: str = "V") -> Input:
    """Volume of one premise, 1e-6 of the unit."""
    return Input(name, title, unit, 6, "reading", symbol, FLAT_VOLUME_LIMIT)


def house_input(unit: str, name: str, title: str, symbol: str, signed: bool = False) -> Input:
    """Volume of the whole house, 1e-6 of the unit."""
    return Input(name, title, unit, 6, "house", symbol, HOUSE_VOLUME_LIMIT, signed)


def tariff_input(unit: str, name: str = "tariff", title: str = "тариф", symbol: str = "T", limit: int = TARIFF_LIMIT) -> Input:
    """Price of a unit, 1e-6 roubles."""
    return Input(name, title, f"₽/{unit}", 6, "tariff", symbol, limit)


def norm_input(unit: str, title: str = "норматив потребления", name: str = "norm", symbol: str = "N", limit: int = NORM_LIMIT) -> Input:
    """Norm, 1e-6 of ``unit``."""
    return Input(name, title, unit, 6, "norm", symbol, limit)


def area_input(
    name: str = "area", title: str = "площадь помещения", symbol: str = "S", limit: int = AREA_LIMIT
) -> Input:
    """Area, 1e-2 m²."""
    return Input(name, title, "м²", 2, "register", symbol, limit)


def money_input(name: str, title: str, symbol: str = "", signed: bool = False, limit: int = 10**10) -> Input:
    """A sum: natural value roubles, column kopecks."""
    return Input(name, title, "₽", 2, "ledger", symbol, limit, signed)


def percent_input(name: str, title: str, source: str = "law", symbol: str = "") -> Input:
    """Percent, 1e-6."""
    return Input(name, title, "%", 6, source, symbol, 10**4)


def count_input(
    name: str, title: str, unit: str, source: str = "register", symbol: str = "", limit: int = PEOPLE_LIMIT
) -> Input:
    """A whole count: people, days, months, hours."""
    return Input(name, title, unit, 0, source, symbol, limit)


PERSON_DAYS = count_input("person_days", "человеко-дни проживания за месяц", "чел.·дн.", symbol="n·d")
MONTH_DAYS = count_input("month_days", "дней в месяце", "дн.", "calendar", "D", 31)
DAYS_CHARGED = count_input("days_charged", "дней начисления в месяце", "дн.", symbol="d", limit=31)
COEFFICIENT = Input("coefficient", "повышающий коэффициент", "", 6, "law", "K", 100)
AREA = area_input()
ALL_AREA = area_input("all_area", "площадь всех помещений дома", "Sоб", HOUSE_AREA_LIMIT)
COMMON_AREA = area_input("common_area", "площадь общего имущества", "Sои", AREA_LIMIT)
