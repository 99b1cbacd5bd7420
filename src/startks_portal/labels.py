"""Words for the codes of the data base, as residents say them; a code that nobody named is shown as it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from pyramid.request import Request

from startks.framework.i18n import _

LABELS: dict[str, dict[str, str]] = {
    "house.kind": {
        "apartment_building": _("Apartment building"),
        "private_house": _("Private house"),
        "dormitory": _("Dormitory"),
    },
    "characteristic": {
        "amenities": _("Amenities"),
        "water_supply": _("Water supply"),
        "hot_water_system": _("Hot water system"),
        "hot_water": _("Hot water"),
        "sewerage": _("Sewerage"),
        "stove": _("Stoves"),
        "gas_stove": _("Gas stoves"),
        "heating": _("Heating"),
        "lift": _("Lift"),
        "lifts": _("Lifts"),
        "rubbish_chute": _("Rubbish chute"),
        "floors": _("Storeys"),
        "storeys": _("Storeys"),
        "bath": _("Bath"),
        "walls": _("Walls"),
    },
    "unit": {
        "m3": _("m³"),
        "kwh": _("kWh"),
        "gcal": _("Gcal"),
        "m2": _("m²"),
        "person": _("person"),
    },
    "norm.unit": {
        "m3/person/month": _("m³ a person a month"),
        "m3/m2/month": _("m³ a m² a month"),
        "kwh/person/month": _("kWh a person a month"),
        "kwh/m2/month": _("kWh a m² a month"),
        "gcal/m2/month": _("Gcal a m² a month"),
        "gcal/m3": _("Gcal a m³"),
        "m3/m2/year": _("m³ a m² a year"),
        "kg/person/year": _("kg a person a year"),
        "m3/person/year": _("m³ a person a year"),
        "m3/month": _("m³ a month"),
        "m3/m2": _("m³ a m² a month"),
    },
    "norm.purpose": {
        "individual": _("in the flat"),
        "common": _("common needs of the house"),
        "heat_per_m3": _("heat for a cubic metre of water"),
    },
    "organisation.role": {
        "manager": _("Managing company"),
        "water": _("Water supply and sewerage"),
        "heat": _("Heat supply"),
        "electricity": _("Electricity"),
        "gas": _("Gas"),
        "waste": _("Waste operator"),
        "capital_repair": _("Capital repair fund"),
        "municipality": _("Municipality"),
        "settlement_centre": _("Settlement centre"),
    },
    "section": {
        "housing": _("Housing services"),
        "utilities": _("Utilities"),
        "common": _("Common needs of the house"),
        "capital_repair": _("Capital repair"),
        "advance": _("Advance"),
    },
}

SERVICE_ICONS = {
    "cold_water": "droplet",
    "hot_water": "droplet-filled",
    "hot_water_heat": "temperature-plus",
    "sewerage": "bucket-droplet",
    "electricity": "bolt",
    "electricity_day": "sun",
    "electricity_night": "moon",
    "gas": "flame",
    "heating": "temperature",
    "waste": "trash",
    "maintenance": "tools",
    "capital_repair": "building-community",
    "rent": "key",
}
"""Sign of a service; services of the house's common needs have the building's."""


def sayer(request: Request) -> Callable[[str, object], str]:
    """Return ``say(kind, code)`` in the reader's language."""
    translate = request.localizer.translate

    def say(kind: str, code: object) -> str:
        if code is None:
            return ""
        word = LABELS[kind].get(str(code))
        return translate(word) if word is not None else str(code)

    return say


def last_day(until: dt.date) -> dt.date:
    """Last day on which a fact holds, from the half-open end of its range."""
    return until - dt.timedelta(days=1)


def page_numbers(page: int, pages: int) -> list[int | None]:
    """Pages to offer: the first, the last and those around the shown one; None is a gap."""
    shown = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - (numbers[-1] or 0) > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers
