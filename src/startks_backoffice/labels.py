"""Words for the codes of the data base, as clerks say them.

Templates of the office, also those of modules, call ``say("house.kind", row.kind)``; a code that nobody named is shown
as it stands, for a new one of a partner's module must not break a page.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.request import Request

from startks.framework.i18n import _

LABELS: dict[str, dict[str, str]] = {
    "house.type": {
        "apartment_building": _("Building"),
        "private_house": _("Building"),
        "dormitory": _("Building"),
    },
    "house.kind": {
        "apartment_building": _("Apartment building"),
        "private_house": _("Private house"),
        "dormitory": _("Dormitory"),
    },
    "premise.kind": {
        "flat": _("Flat"),
        "room": _("Room"),
        "nonresidential": _("Non-residential premise"),
    },
    "account.kind": {
        "residential": _("Residential"),
        "nonresidential": _("Non-residential"),
    },
    "holder.tenure": {"owner": _("owner"), "tenant": _("tenant")},
    "residence.kind": {"permanent": _("permanent"), "temporary": _("temporary")},
    "residence.relation": {
        "holder": _("holder"),
        "spouse": _("spouse"),
        "child": _("child"),
        "parent": _("parent"),
        "other": _("other relative"),
    },
    "characteristic": {
        "amenities": _("Category of amenities"),
        "water_supply": _("Category of water supply"),
        "hot_water_system": _("Hot water system"),
        "hot_water": _("Hot water"),
        "sewerage": _("Sewerage"),
        "stove": _("Stoves"),
        "gas_stove": _("Gas stove"),
        "heating": _("Heating"),
        "lift": _("Lift"),
        "lifts": _("Lifts"),
        "rubbish_chute": _("Rubbish chute"),
        "floors": _("Storeys"),
        "storeys": _("Storeys"),
        "bath": _("Bath"),
    },
    "service.section": {
        "housing": _("Housing services"),
        "utilities": _("Utilities"),
        "common": _("Common needs of the house"),
        "capital_repair": _("Capital repair"),
        "advance": _("Advance"),
    },
    "unit": {
        "m3": _("m³"),
        "kwh": _("kWh"),
        "gcal": _("Gcal"),
        "m2": _("m²"),
        "person": _("person"),
        "rub": "₽",
    },
    "method": {
        "individual": _("flat meter, else average, else norm"),
        "zones": _("day and night by meter"),
        "area": _("by area"),
        "owner_area": _("by area, owners"),
        "tenant_area": _("by area, tenants"),
        "persons": _("by residents"),
        "waste_area": _("waste by area"),
        "waste_persons": _("waste by residents"),
        "sum_of_water": _("sum of cold and hot water"),
        "heat_of_water": _("heat in hot water"),
        "heat.odpu": _("house heat meter"),
        "heat.norm": _("heating by norm"),
        "heat.odpu.season": _("house heat meter, in the season"),
        "heat.norm.season": _("heating by norm, in the season"),
        "heat.norm.even": _("heating by norm, all year"),
        "common.meter": _("by house meter"),
        "common.norm": _("by norm of common needs"),
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
        "common": _("common needs"),
        "heat_per_m3": _("heat for a cubic metre of water"),
    },
    "organisation.role": {
        "manager": _("Managing company"),
        "water": _("Water supply"),
        "heat": _("Heat supply"),
        "electricity": _("Electricity"),
        "gas": _("Gas"),
        "waste": _("Waste operator"),
        "capital_repair": _("Capital repair fund"),
        "municipality": _("Municipality"),
        "settlement_centre": _("Settlement centre"),
        "other": _("Other"),
    },
    "contract.kind": {
        "supply": _("Supply"),
        "management": _("Management"),
        "agency": _("Agency"),
    },
    "calendar.kind": {
        "holiday": _("Holiday"),
        "weekend": _("Day off"),
        "working_saturday": _("Working Saturday"),
        "short": _("Shortened day"),
    },
    "period.state": {"open": _("open"), "rehearsed": _("rehearsed"), "closed": _("closed")},
    "run.state": {
        "running": _("running"),
        "done": _("finished"),
        "failed": _("failed"),
        "stopped": _("stopped"),
    },
    "job.state": {
        "waiting": _("waiting"),
        "running": _("running"),
        "done": _("finished"),
        "failed": _("failed"),
        "stopped": _("stopped"),
    },
    "severity": {"error": _("error"), "warning": _("warning")},
    "payment.channel": {
        "bank": _("bank"),
        "cash": _("cash desk"),
        "terminal": _("terminal"),
        "internet": _("internet"),
        "post": _("post"),
    },
    "reading.source": {
        "consumer": _("resident"),
        "operator": _("operator"),
        "automatic": _("automatic"),
        "act": _("act of control"),
        "initial": _("first reading"),
    },
    "fact.kind": {
        "area": _("Areas"),
        "characteristic": _("Characteristic"),
        "manager": _("Management"),
        "service": _("Service"),
        "holder": _("Holder"),
        "residence": _("Resident"),
        "exclusion": _("Service not provided"),
        "infeasibility": _("Meter cannot be installed"),
    },
    "error.code": {
        "no_tariff": _("No tariff"),
        "no_norm": _("No norm"),
        "no_area": _("No area"),
        "no_residents": _("Nobody is registered"),
        "house_below_flats": _("House meter shows less than the flats"),
        "verification_lapsed": _("Verification of the meter is overdue"),
        "reading_below_previous": _("A reading is lower than the one before"),
        "estimates_above_reading": _("Estimates were above the reading"),
        "nonresidential_without_meter": _("A non-residential premise without a reading"),
        "no_house_area": _("No area of the house"),
        "no_house_meter": _("No house meter"),
        "not_computable": _("The line cannot be computed"),
        "no_house_reading": _("No reading of the house meter"),
        "no_reading": _("No reading"),
        "reading_falls": _("A reading is lower than the one before"),
        "meter_overdue": _("Verification of the meter is overdue"),
    },
}

TONES = {
    "open": "blue",
    "rehearsed": "yellow",
    "closed": "green",
    "waiting": "azure",
    "running": "blue",
    "done": "green",
    "failed": "red",
    "stopped": "yellow",
    "error": "red",
    "warning": "yellow",
}
"""Colour of a state's badge; the word beside it carries the meaning."""


def sayer(request: Request) -> Callable[[str, object], str]:
    """Return ``say(kind, code)`` in the reader's language."""
    translate = request.localizer.translate

    def say(kind: str, code: object) -> str:
        if code is None:
            return ""
        word = LABELS[kind].get(str(code))
        return translate(word) if word is not None else str(code)

    return say
