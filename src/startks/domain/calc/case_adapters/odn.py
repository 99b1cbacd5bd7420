"""Adapters: common needs of the house."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ._ask import ask, rub


@adapter(
    "odn_by_norm", "service unit norm_per_m2_common common_area_m2 all_premises_area_m2 area_m2",
    "hot_norm_per_m2_common tariff_rub_per_unit",
)
def by_norm(inputs):
    """Formula 15; sewerage by the sum of two norms."""
    values = {
        "common_area": inputs["common_area_m2"], "area": inputs["area_m2"], "all_area": inputs["all_premises_area_m2"],
        "tariff": inputs.get("tariff_rub_per_unit", 0),
    }
    norm = Fraction(inputs["norm_per_m2_common"])
    if "hot_norm_per_m2_common" in inputs:
        hot = Fraction(inputs["hot_norm_per_m2_common"])
        line, norm = ask("common.norm_sewerage", cold_norm=norm, hot_norm=hot, **values), norm + hot
    else:
        line = ask("common.norm", norm=norm, **values)
    result = {"norm_applied_per_m2_common": norm, "volume": line["volume"]}
    if "tariff_rub_per_unit" in inputs:
        result["charge_rub"] = rub(line["charge"])
    return result


@adapter(
    "odn_by_meter",
    "service unit house_volume nonresidential_volume metered_flats_volume norm_flats_volume area_m2 "
    "all_premises_area_m2 tariff_rub_per_unit",
    "for_hot_water_volume norm_per_m2_common common_area_m2 meeting_decided_full",
)
def by_meter(inputs):
    """Formulas 11 and 12, with the cap of p.44."""
    volumes = {
        "house_volume": inputs["house_volume"], "nonresidential_volume": inputs["nonresidential_volume"],
        "metered_volume": inputs["metered_flats_volume"], "norm_volume": inputs["norm_flats_volume"],
        "for_hot_volume": inputs.get("for_hot_water_volume", 0),
    }
    if "norm_per_m2_common" in inputs and not inputs.get("meeting_decided_full", False):
        house = ask(
            "common.house_capped", norm=inputs["norm_per_m2_common"], common_area=inputs["common_area_m2"], **volumes
        )
    else:
        house = ask("common.house", **volumes)
    line = ask(
        "common.share", common_volume=house["billed"], area=inputs["area_m2"],
        all_area=inputs["all_premises_area_m2"], tariff=inputs["tariff_rub_per_unit"],
    )
    return {
        "common_volume": house["common"], "billed_common_volume": house["billed"], "volume": line["volume"],
        "charge_rub": rub(line["charge"]),
    }


@adapter(
    "odn_negative", "service unit share_by house_volume individual_total_volume flat_volume tariff_rub_per_unit",
    "persons persons_in_house area_m2 all_premises_area_m2",
)
def negative(inputs):
    """p.47: the remainder below zero is given back."""
    common = ask(
        "common.house", house_volume=inputs["house_volume"], nonresidential_volume=0,
        metered_volume=inputs["individual_total_volume"], norm_volume=0, for_hot_volume=0,
    )["common"]
    values = {
        "common_volume": common, "own_volume": inputs["flat_volume"], "tariff": inputs["tariff_rub_per_unit"],
    }
    if inputs["share_by"] == "persons":
        by, part = "persons", {"person_days": inputs["persons"], "house_person_days": inputs["persons_in_house"]}
    else:
        by, part = "area", {"area": inputs["area_m2"], "all_area": inputs["all_premises_area_m2"]}
    credit = ask(f"common.credit_{by}", **values, **part)
    own = ask(f"common.own_less_credit_{by}", **values, **part)
    return {
        "common_volume": common, "credit_volume": credit["volume"], "billed_volume": own["volume"],
        "charge_rub": rub(own["charge"]),
    }


@adapter(
    "kr_soi_year_correction",
    "unit norm_common_volume_month months meter_common_volume_year area_m2 all_premises_area_m2 tariff_rub_per_unit",
)
def year_correction(inputs):
    """The year by the meter less what was charged by norm."""
    charged = Fraction(inputs["norm_common_volume_month"]) * inputs["months"]
    line = ask(
        "common.year_correction", meter_volume_year=inputs["meter_common_volume_year"],
        norm_volume_month=inputs["norm_common_volume_month"], months=inputs["months"], area=inputs["area_m2"],
        all_area=inputs["all_premises_area_m2"], tariff=inputs["tariff_rub_per_unit"],
    )
    delta = Fraction(inputs["meter_common_volume_year"]) - charged
    return {"charged_common_volume": charged, "delta_common_volume": delta, "delta_rub": rub(line["charge"])}
