"""Adapters: heating by norm, by the house meter, correction of the year."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ..numbers import rounded
from ..rules.pp354_heating import even_norm, mean_month
from ._ask import ask, rub


@adapter(
    "heating_by_norm", "norm_gcal_per_m2_month",
    "heating_months norm_round_digits area_m2 tariff_rub_per_gcal",
)
def by_norm(inputs):
    """Formulas 2 and 2(1)."""
    norm = Fraction(inputs["norm_gcal_per_m2_month"])
    applied = even_norm(norm, Fraction(inputs["heating_months"])) if "heating_months" in inputs else norm
    exact_norm = "norm_round_digits" not in inputs
    if not exact_norm:
        applied = rounded(applied, inputs["norm_round_digits"])
    result = {"norm_applied_gcal_per_m2_month": applied}
    if "area_m2" in inputs:
        values = {"area": inputs["area_m2"], "tariff": inputs["tariff_rub_per_gcal"]}
        if "heating_months" in inputs and exact_norm:
            line = ask("heating.norm_even", norm=norm, heating_months=inputs["heating_months"], **values)
        else:
            line = ask("heating.norm_season", norm=applied, **values)
        result["charge_rub"] = rub(line["charge"])
    return result


@adapter(
    "heating_odpu_no_ipu", "all_premises_area_m2 flats tariff_rub_per_gcal",
    "house_meter_gcal last_year_house_gcal common_area_m2 cut_off_area_m2", {"flats": ("id area_m2", "cut_off")},
)
def odpu_no_ipu(inputs):
    """House meter without flat meters, in the season or even."""
    house = {
        "all_area": inputs["all_premises_area_m2"], "off_area": inputs.get("cut_off_area_m2", 0),
        "common_area": inputs.get("common_area_m2", 0),
    }
    if "house_meter_gcal" in inputs:
        key, volume = "heating.odpu_no_ipu_season", {"house_volume": inputs["house_meter_gcal"]}
        house_gcal = Fraction(inputs["house_meter_gcal"])
    else:
        key, volume = "heating.odpu_no_ipu_even", {"last_year_volume": inputs["last_year_house_gcal"]}
        house_gcal = mean_month(Fraction(inputs["last_year_house_gcal"]))
    flats = []
    for flat in inputs["flats"]:
        values = {"area": flat["area_m2"], "connected": int(not flat.get("cut_off", False)), **volume, **house}
        line = ask(key, tariff=inputs["tariff_rub_per_gcal"], **values)
        parts = ask_parts(key, tariff=inputs["tariff_rub_per_gcal"], **values)
        flats.append(
            {
                "id": flat["id"], "own_gcal": parts["own_heat"], "common_share_gcal": parts["common_share"],
                "charge_rub": rub(line["charge"]),
            }
        )
    return {"house_gcal": house_gcal, "flats": flats}


def ask_parts(key, **values):
    """Intermediate results of a line by name, from its explanation."""
    from ..interpret import apply_trace
    from ..registry import rule_for
    from ._ask import CASE_DAY

    explanation = apply_trace(rule_for(key, CASE_DAY), {name: Fraction(value) for name, value in values.items()})
    return {step.name: step.value for step in explanation.steps}


@adapter(
    "heating_odpu_with_ipu", "house_meter_gcal all_premises_area_m2 metered_flats tariff_rub_per_gcal",
    "unmetered_flats", {"metered_flats": ("id area_m2 ipu_gcal", ""), "unmetered_flats": ("id area_m2", "")},
)
def odpu_with_ipu(inputs):
    """House meter and flat meters in a part or in all of the premises."""
    metered = inputs["metered_flats"]
    house = {
        "house_volume": inputs["house_meter_gcal"],
        "metered_volume": sum(Fraction(flat["ipu_gcal"]) for flat in metered),
        "metered_area": sum(Fraction(flat["area_m2"]) for flat in metered),
        "all_area": inputs["all_premises_area_m2"], "off_area": 0,
    }
    flats, tariff = [], inputs["tariff_rub_per_gcal"]
    for flat in metered:
        values = {"volume": flat["ipu_gcal"], "area": flat["area_m2"], "tariff": tariff, **house}
        line = ask("heating.odpu_some_ipu_metered_season", **values)
        flats.append({"id": flat["id"], "own_gcal": Fraction(flat["ipu_gcal"]), "charge_rub": rub(line["charge"])})
    for flat in inputs.get("unmetered_flats", []):
        values = {"connected": 1, "area": flat["area_m2"], "tariff": tariff, **house}
        line = ask("heating.odpu_some_ipu_unmetered_season", **values)
        parts = ask_parts("heating.odpu_some_ipu_unmetered_season", **values)
        flats.append({"id": flat["id"], "own_gcal": parts["own_heat"], "charge_rub": rub(line["charge"])})
    common = ask("heating.house_some_ipu", **house)["rest"]
    return {"common_gcal": common, "flats": flats}


@adapter(
    "heating_year_correction", "charged_in_year_rub", "months area_m2 all_premises_area_m2 actual_cost_share_rub",
    {"months": ("house_gcal tariff_rub_per_gcal", "")},
)
def year_correction(inputs):
    """Actual cost of the year less what was charged."""
    if "months" in inputs:
        cost = sum(Fraction(month["house_gcal"]) * Fraction(month["tariff_rub_per_gcal"]) for month in inputs["months"])
        answer = ask(
            "heating.actual_share", house_cost=cost, area=inputs["area_m2"], all_area=inputs["all_premises_area_m2"]
        )
        share = rub(answer["share"])
    else:
        share = Fraction(inputs["actual_cost_share_rub"])
    correction = ask("heating.year_correction", actual_share=share, charged=inputs["charged_in_year_rub"])["correction"]
    direction = "extra_charge" if correction > 0 else "removal" if correction < 0 else "none"
    return {"actual_cost_share_rub": share, "correction_rub": rub(correction), "direction": direction}
