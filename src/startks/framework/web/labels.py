"""Words for the codes of the data base that both faces say alike; what only one of them says stands in its own labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyramid.request import Request

from startks.framework.i18n import _

SECTIONS = {
    "housing": _("Housing services"),
    "utilities": _("Utilities"),
    "common": _("Common needs of the house"),
    "capital_repair": _("Capital repair"),
    "advance": _("Advance"),
}

LABELS: dict[str, Mapping[str, Any]] = {
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
        "rub": "₽",
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
        "other": _("Other"),
    },
    "section": SECTIONS,
    "service.section": SECTIONS,
}


def sayer(labels: Mapping[str, Mapping[str, Any]]) -> Callable[[Request], Callable[[str, object], str]]:
    """Return a request method: ``say(kind, code)`` by these labels, in the reader's language.

    A code that nobody named is shown as it stands: a new one of a partner's module must not break a page.
    """

    def for_request(request: Request) -> Callable[[str, object], str]:
        translate = request.localizer.translate

        def say(kind: str, code: object) -> str:
            if code is None:
                return ""
            word = labels[kind].get(str(code))
            return translate(word) if word is not None else str(code)

        return say

    return for_request
