"""Adapters: charge by meter and by norm, bills of several meters."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ..rules.bill import refuse_below_previous
from ..rules.pp354_regimes import norm_coefficient
from ._ask import ask, month_start, rub

_METER = {"gas_cooking": "gas.meter", "gas_heating": "gas.meter", "waste": "waste.volume",
          "hot_water_heat": "hot_water_heat.volume"}
_NORM = {"gas_cooking": "gas.norm", "gas_heating": "gas.norm", "waste": "waste.month_norm",
         "hot_water_heat": "hot_water_heat.person_norm"}


def meter_key(service: str) -> str:
    """Rule for a measured volume of a service."""
    return _METER.get(service, f"{service}.meter")


def norm_key(service: str) -> str:
    """Rule for a monthly norm per person of a service."""
    return _NORM.get(service, f"{service}.norm")


def consumption(previous, current, rollover=False, digits=0):
    """Volume between two readings by the engine; a refused reading raises."""
    capacity = 10**digits if rollover else 0
    volume = ask("reading.difference", previous=previous, current=current, capacity=capacity)["volume"]
    refuse_below_previous(volume)
    return volume


@adapter(
    "charge_by_meter", "service unit tariff_rub_per_unit",
    "volume previous_reading current_reading rollover_confirmed dial_digits vat_percent_inside",
)
def charge_by_meter(inputs):
    """Formula 1, with readings, roll-over and VAT inside."""
    if "volume" in inputs:
        volume = inputs["volume"]
    else:
        volume = consumption(
            inputs["previous_reading"], inputs["current_reading"], inputs.get("rollover_confirmed", False),
            inputs.get("dial_digits", 0),
        )
    line = ask(meter_key(inputs["service"]), volume=volume, tariff=inputs["tariff_rub_per_unit"])
    result = {"volume": line["volume"], "charge_rub": rub(line["charge"])}
    if "vat_percent_inside" in inputs:
        vat = ask("vat.inside", charge_rub=rub(line["charge"]), vat_percent=inputs["vat_percent_inside"])
        result["vat_rub"] = rub(vat["vat"])
    return result


@adapter(
    "bill_from_readings", "meters", "sewerage_tariff_rub_per_unit",
    {"meters": ("id service unit previous_reading current_reading tariff_rub_per_unit", "")},
)
def bill_from_readings(inputs):
    """A line for each meter, sewerage as the sum of the water."""
    lines, volumes = [], {"cold_water": Fraction(0), "hot_water": Fraction(0)}
    for meter in inputs["meters"]:
        volume = consumption(meter["previous_reading"], meter["current_reading"])
        line = ask(meter_key(meter["service"]), volume=volume, tariff=meter["tariff_rub_per_unit"])
        if meter["service"] in volumes:
            volumes[meter["service"]] += volume
        lines.append({"id": meter["id"], "volume": line["volume"], "charge_rub": rub(line["charge"])})
    if "sewerage_tariff_rub_per_unit" in inputs:
        line = ask(
            "sewerage.sum", cold_volume=volumes["cold_water"], hot_volume=volumes["hot_water"],
            tariff=inputs["sewerage_tariff_rub_per_unit"],
        )
        lines.append({"id": "sewerage", "volume": line["volume"], "charge_rub": rub(line["charge"])})
    return {"lines": lines, "total_rub": sum((line["charge_rub"] for line in lines), Fraction(0))}


@adapter(
    "charge_by_norm", "service unit persons norm_per_person_month tariff_rub_per_unit", "residents_share_percent"
)
def charge_by_norm(inputs):
    """Formula 4; a full month, so person-days over days are the persons."""
    values = {
        "person_days": inputs["persons"], "month_days": 1, "norm": inputs["norm_per_person_month"],
        "tariff": inputs["tariff_rub_per_unit"],
    }
    line = ask(norm_key(inputs["service"]), **values)
    result = {"volume": line["volume"], "charge_rub": rub(line["charge"])}
    if "residents_share_percent" in inputs:
        share = ask("residents.share", share_percent=inputs["residents_share_percent"], **values)
        result["residents_charge_rub"] = rub(share["charge"])
    return result


def by_norm_with_coefficient(service, coefficient, persons, norm, tariff, day):
    """The norm line with K; services without a raised rule have K = 1 and the plain one."""
    values = {"person_days": persons, "month_days": 1, "norm": norm, "tariff": tariff}
    if coefficient == 1:
        return ask(norm_key(service), day, **values)
    return ask(f"{service}.norm_raised", day, coefficient=coefficient, **values)


@adapter(
    "charge_by_norm_raised",
    "service unit billing_month persons norm_per_person_month tariff_rub_per_unit meter_feasible meter_present",
)
def charge_by_norm_raised(inputs):
    """Formula 4(1) with the coefficient of the month."""
    day = month_start(inputs["billing_month"])
    service = inputs["service"].removesuffix("_cooking")
    coefficient = norm_coefficient(service, day, inputs["meter_feasible"], inputs["meter_present"])
    line = by_norm_with_coefficient(
        service, coefficient, inputs["persons"], inputs["norm_per_person_month"], inputs["tariff_rub_per_unit"], day
    )
    return {
        "volume": line["volume"], "coefficient": coefficient, "charge_rub": rub(line["charge"]),
        "excess_rub": rub(line["excess"]),
    }


@adapter(
    "gas_by_norm",
    "persons norm_cooking_m3_per_person_month norm_water_heating_m3_per_person_month norm_heating_m3_per_m2_month "
    "heated_area_m2 tariff_rub_per_m3",
)
def gas_by_norm(inputs):
    """Formula 5."""
    line = ask(
        "gas.norm_by_use", person_days=inputs["persons"], month_days=1,
        norm_cooking=inputs["norm_cooking_m3_per_person_month"],
        norm_water=inputs["norm_water_heating_m3_per_person_month"], area=inputs["heated_area_m2"],
        norm_heating=inputs["norm_heating_m3_per_m2_month"], tariff=inputs["tariff_rub_per_m3"],
    )
    return {"volume_m3": line["volume"], "charge_rub": rub(line["charge"])}


@adapter(
    "bill_lines", "lines penalty_rub", "", {"lines": ("service volume tariff_rub_per_unit recalculation_rub", "")}
)
def bill_lines(inputs):
    """Lines with recalculations, the sum of services, the bill with the penalty."""
    lines = []
    for given in inputs["lines"]:
        line = ask(
            "bill.line", volume=given["volume"], tariff=given["tariff_rub_per_unit"],
            recalculation=given["recalculation_rub"],
        )
        lines.append(
            {"service": given["service"], "charge_rub": rub(line["charge"]), "to_pay_rub": rub(line["to_pay"])}
        )
    services = sum((line["to_pay_rub"] for line in lines), Fraction(0))
    return {"lines": lines, "services_rub": services, "total_rub": services + Fraction(inputs["penalty_rub"])}
