"""Adapters: hot water in two components and made in the house."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ._ask import ask, rub


@adapter(
    "hot_water_two_component", "volume_m3 water_component_rub_per_m3",
    "heat_norm_gcal_per_m3 heat_component_rub_per_gcal heat_surcharge_rub_per_gcal heat_component_rub_per_m3",
)
def two_component(inputs):
    """Water line and heat line, each rounded by itself."""
    volume = inputs["volume_m3"]
    water = ask("hot_water.meter", volume=volume, tariff=inputs["water_component_rub_per_m3"])
    result = {"water_part_rub": rub(water["charge"])}
    if "heat_component_rub_per_m3" in inputs:
        heat = ask("hot_water_heat.per_m3", volume=volume, tariff=inputs["heat_component_rub_per_m3"])
    else:
        heat = ask(
            "hot_water_heat.surcharged", volume=volume, heat_norm=inputs["heat_norm_gcal_per_m3"],
            tariff=inputs["heat_component_rub_per_gcal"], surcharge=inputs.get("heat_surcharge_rub_per_gcal", 0),
        )
        result["heat_volume_gcal"] = heat["volume"]
    result["heat_part_rub"] = rub(heat["charge"])
    result["charge_rub"] = rub(water["charge"] + heat["charge"])
    return result


@adapter(
    "hot_water_made_in_house", "volume_m3 house_hot_water_m3 cold_water_tariff_rub_per_m3 resources", "",
    {"resources": ("resource unit volume tariff_rub_per_unit", "")},
)
def made_in_house(inputs):
    """Formula 20: a line for the water and one for each resource."""
    water = ask("hot_water.meter", volume=inputs["volume_m3"], tariff=inputs["cold_water_tariff_rub_per_m3"])
    parts = []
    for resource in inputs["resources"]:
        line = ask(
            "hot_water.made_in_house", resource_volume=resource["volume"], volume=inputs["volume_m3"],
            house_hot_volume=inputs["house_hot_water_m3"], tariff=resource["tariff_rub_per_unit"],
        )
        parts.append({"resource": resource["resource"], "charge_rub": rub(line["charge"])})
    total = rub(water["charge"]) + sum((part["charge_rub"] for part in parts), Fraction(0))
    return {"water_part_rub": rub(water["charge"]), "resource_parts": parts, "charge_rub": total}
