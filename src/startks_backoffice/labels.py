"""Words for the codes of the data base, as clerks say them.

Templates of the office, also those of modules, call ``say("house.kind", row.kind)``; a code that nobody named is shown
as it stands, for a new one of a partner's module must not break a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from startks.framework.i18n import _
from startks.framework.web import labels as shared

LABELS: dict[str, Mapping[str, Any]] = {
    **shared.LABELS,
    "house.type": {
        "apartment_building": _("Building"),
        "private_house": _("Building"),
        "dormitory": _("Building"),
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
    "act.kind": {
        "break": _("Break of the supply"),
        "repair": _("Planned repair with a break"),
        "temperature": _("Temperature of hot water or of the rooms"),
        "pressure": _("Pressure"),
        "composition": _("Composition of water or gas"),
        "voltage": _("Voltage and frequency"),
    },
    "act.node": {
        "district": _("district"), "house": _("house"), "entrance": _("entrance"), "premise": _("premise"),
    },
    "absence.decision": {"granted": _("recalculate"), "refused": _("refuse")},
    "benefit.form": {"discount": _("discount on the bill"), "compensation": _("paid apart")},
    "subsidy.state": {
        "applied": _("waits for a decision"), "granted": _("granted"), "refused": _("refused"), "stopped": _("stopped"),
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
    "method": {
        "individual": _("flat meter, else average, else norm"),
        "zones": _("day and night by meter"),
        "area": _("by area"),
        "owner_area": _("by area, owners"),
        "tenant_area": _("by area, tenants"),
        "persons": _("by residents"),
        "waste_area": _("waste by area"),
        "waste_persons": _("waste by residents"),
        "waste_containers": _("waste by emptied containers"),
        "bands": _("above the limit of the band"),
        "bands.heating": _("above the limit of the band, electric heating"),
        "bands.social": _("above the social norm"),
        "hot.made_in_house": _("heat or fuel for hot water made in the house"),
        "common.meter_capped": _("by house meter, at most the norm"),
        "sum_of_water": _("sum of cold and hot water"),
        "heat_of_water": _("heat in hot water"),
        "heat.odpu": _("house heat meter"),
        "heat.norm": _("heating by norm"),
        "heat.odpu.season": _("house heat meter, in the season"),
        "heat.odpu.even": _("house heat meter, all year"),
        "heat.norm.season": _("heating by norm, in the season"),
        "heat.norm.even": _("heating by norm, all year"),
        "common.meter": _("by house meter"),
        "common.norm": _("by norm of common needs"),
        "common.norm_settled": _("by norm of common needs, the year settled by the meter"),
    },
    "regime.fact": {
        "heat": _("heat of the last year, Gcal"),
        "containers": _("containers of the waste site, m³ × emptied in a month"),
        "category": _("category of its own"),
        "volume": _("volume by the supplier's act, a month"),
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
        "house_meter_below_flats": _("The house meter shows less than its flats"),
        "not_computable": _("The line cannot be computed"),
        "no_house_reading": _("No reading of the house meter"),
        "no_reading": _("No reading"),
        "areas_differ": _("The house's area is not the sum of its premises"),
        "too_many_residents": _("More residents than the flat holds"),
        "silent_meter": _("A meter without readings for years"),
        "method_unfit": _("A way of computing that does not fit the service"),
        "reading_falls": _("A reading is lower than the one before"),
        "meter_overdue": _("Verification of the meter is overdue"),
        "benefit_without_person": _("A benefit of somebody who does not live there"),
        "no_benefit_norm": _("No norm for a benefit"),
        "no_living_area": _("No living area of a room"),
        "no_resource_volume": _("No reading of what heats the water"),
        "no_containers": _("No containers of the month"),
        "rooms_without_meter": _("Not every room has a meter"),
        "flat_meter_below_rooms": _("The flat's meter shows less than its rooms"),
        "no_band_limit": _("No limit of the electricity bands"),
        "no_heat_year": _("No heat of the year before"),
        "no_cold_tariff": _("No tariff of cold water to compare with"),
        "broken_seal_not_charged": _("An act of interference that no line can charge"),
        "broken_seal_of_shop": _("An act of interference at a shop"),
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


sayer = shared.sayer(LABELS)
"""Request method: ``say(kind, code)`` in the reader's language."""
