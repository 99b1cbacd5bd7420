"""Adapters: waste, housing services, communal flats, electricity tariffs, splits."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ..rules.electricity import zone_of_hour
from ..splitting import split
from ._ask import CASE_DAY, ask, rub


@adapter(
    "waste_by_year_norm", "tariff_rub_per_m3",
    "persons owners norm_m3_per_person_year area_m2 norm_m3_per_m2_year",
)
def waste_by_year_norm(inputs):
    """Formulas 9(1) and 9(2)."""
    if "area_m2" in inputs:
        line = ask(
            "waste.area", area=inputs["area_m2"], norm=inputs["norm_m3_per_m2_year"], tariff=inputs["tariff_rub_per_m3"]
        )
    else:
        people = ask("residents.counted", persons=inputs["persons"], owners=inputs.get("owners", 0))["counted"]
        line = ask(
            "waste.persons", person_days=people, month_days=1, norm=inputs["norm_m3_per_person_year"],
            tariff=inputs["tariff_rub_per_m3"],
        )
    return {"charge_rub": rub(line["charge"])}


@adapter("waste_by_containers", "container_volume_m3 emptied_times persons_on_site persons tariff_rub_per_m3")
def waste_by_containers(inputs):
    """Formula 9(3)."""
    line = ask(
        "waste.containers", container_volume=inputs["container_volume_m3"], emptied_times=inputs["emptied_times"],
        persons=inputs["persons"], site_persons=inputs["persons_on_site"], tariff=inputs["tariff_rub_per_m3"],
    )
    site = Fraction(inputs["container_volume_m3"]) * inputs["emptied_times"]
    return {"site_volume_m3": site, "charge_rub": rub(line["charge"])}


@adapter("housing_by_area", "service area_m2 rate_rub_per_m2")
def housing_by_area(inputs):
    """Area x rate for a full month."""
    line = ask(
        f"{inputs['service']}.area", area=inputs["area_m2"], rate=inputs["rate_rub_per_m2"], days_charged=1,
        month_days=1,
    )
    return {"charge_rub": rub(line["charge"])}


@adapter("owner_change_in_month", "area_m2 rate_rub_per_m2 days_in_month new_owner_from_day")
def owner_change(inputs):
    """First payer by days, the second the rest of the month."""
    values = {
        "area": inputs["area_m2"], "rate": inputs["rate_rub_per_m2"], "month_days": inputs["days_in_month"],
    }
    before = inputs["new_owner_from_day"] - 1
    total = ask("maintenance.area", days_charged=inputs["days_in_month"], **values)["charge"]
    old = ask("maintenance.area", days_charged=before, **values)["charge"]
    new = ask("maintenance.rest_of_month", days_before=before, **values)["charge"]
    return {"total_rub": rub(total), "old_owner_rub": rub(old), "new_owner_rub": rub(new)}


@adapter(
    "communal_room_share", "share_by unit flat_volume tariff_rub_per_unit",
    "room_persons flat_persons room_living_area_m2 flat_living_area_m2",
)
def communal_room_share(inputs):
    """Formulas 7 and 8."""
    values = {"flat_volume": inputs["flat_volume"], "tariff": inputs["tariff_rub_per_unit"]}
    if inputs["share_by"] == "persons":
        line = ask(
            "communal.persons", room_persons=inputs["room_persons"], flat_persons=inputs["flat_persons"], **values
        )
    else:
        line = ask(
            "communal.living_area", room_area=inputs["room_living_area_m2"],
            flat_area=inputs["flat_living_area_m2"], **values,
        )
    return {"volume": line["volume"], "charge_rub": rub(line["charge"])}


@adapter(
    "communal_electricity_room_meters",
    "flat_volume_kwh all_room_volumes_kwh room_volume_kwh room_persons flat_persons tariff_rub_per_kwh",
)
def communal_room_meters(inputs):
    """Formula 9."""
    rooms = sum((Fraction(volume) for volume in inputs["all_room_volumes_kwh"]), Fraction(0))
    line = ask(
        "communal.electricity_meters", flat_volume=inputs["flat_volume_kwh"], all_rooms_volume=rooms,
        room_volume=inputs["room_volume_kwh"], room_persons=inputs["room_persons"],
        flat_persons=inputs["flat_persons"], tariff=inputs["tariff_rub_per_kwh"],
    )
    shared = Fraction(inputs["flat_volume_kwh"]) - rooms
    return {"shared_kwh": shared, "volume_kwh": line["volume"], "charge_rub": rub(line["charge"])}


@adapter(
    "electricity_bands", "base_band_limits_kwh_month", "limit_coefficient volume_kwh tariffs_rub_per_kwh"
)
def electricity_bands(inputs):
    """Every part of the volume at the price of its band."""
    coefficient = inputs.get("limit_coefficient", 1)
    limits = [
        ask("electricity.band_limit", base_limit=limit, limit_coefficient=coefficient)["limit"]
        for limit in inputs["base_band_limits_kwh_month"]
    ]
    if "volume_kwh" not in inputs:
        return {"band_limits_kwh_month": limits}
    lower, lines = [Fraction(0), *limits], []
    for number, tariff in enumerate(inputs["tariffs_rub_per_kwh"]):
        values = {"volume": inputs["volume_kwh"], "lower": lower[number], "tariff": tariff}
        if number < len(limits):
            lines.append(ask("electricity.band", upper=limits[number], **values))
        else:
            lines.append(ask("electricity.last_band", **values))
    return {
        "band_limits_kwh_month": limits, "volume_by_band_kwh": [line["volume"] for line in lines],
        "charge_rub": rub(sum(line["charge"] for line in lines)),
    }


@adapter("electricity_zones", "zones", "", {"zones": ("zone volume_kwh tariff_rub_per_kwh", "")})
def electricity_zones(inputs):
    """Each zone is a line."""
    charges = [
        rub(ask("electricity.meter", volume=zone["volume_kwh"], tariff=zone["tariff_rub_per_kwh"])["charge"])
        for zone in inputs["zones"]
    ]
    return {"line_charges_rub": charges, "charge_rub": sum(charges, Fraction(0))}


@adapter("electricity_zone_of_hour", "zones_count hours")
def electricity_zone_of_hour(inputs):
    """Zone of each hour."""
    return {"zones": [zone_of_hour(inputs["zones_count"], hour, CASE_DAY) for hour in inputs["hours"]]}


@adapter("split_by_weights", "total_rub weights")
def split_by_weights(inputs):
    """Largest remainder."""
    return {"parts_rub": [rub(part) for part in split(int(Fraction(inputs["total_rub"]) * 100), inputs["weights"])]}
