"""Adapters: benefits, compensation of capital repair, subsidy."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from ..cases import adapter
from ..rules.benefits import compensation_percent, largest
from ..rules.subsidy import granted_months
from ._ask import CASE_DAY, ask, rub


def _percent(inputs):
    return largest([Fraction(percent) for percent in inputs["discount_percents"]])


@adapter(
    "benefit_area_discount",
    "area_m2 members holders covers_family rate_rub_per_m2 social_norm_m2_per_person discount_percents",
)
def area_discount(inputs):
    """Discount by area."""
    percent = _percent(inputs)
    values = {
        "area": inputs["area_m2"], "members": inputs["members"], "rate": inputs["rate_rub_per_m2"],
        "social_norm": inputs["social_norm_m2_per_person"], "percent": percent,
    }
    if inputs["covers_family"]:
        answer = ask("benefit.area_family", **values)
    else:
        answer = ask("benefit.area_holder", holders=inputs["holders"], **values)
    return {
        "charge_rub": rub(answer["charge"]), "counted_area_m2": answer["counted_area"], "discount_percent": percent,
        "benefit_rub": rub(answer["benefit"]),
    }


@adapter(
    "benefit_utility_discount",
    "service unit volume members holders norm_per_person_month tariff_rub_per_unit discount_percents",
)
def utility_discount(inputs):
    """Discount on a utility."""
    percent = _percent(inputs)
    answer = ask(
        "benefit.utility", volume=inputs["volume"], members=inputs["members"], holders=inputs["holders"],
        norm=inputs["norm_per_person_month"], tariff=inputs["tariff_rub_per_unit"], percent=percent,
    )
    return {
        "holder_volume": answer["holder_volume"], "counted_volume": answer["counted_volume"],
        "discount_percent": percent, "benefit_rub": rub(answer["benefit"]),
    }


@adapter("capital_repair_compensation", "owner_age lone_not_working area_m2 area_standard_m2 rate_rub_per_m2")
def capital_repair(inputs):
    """Compensation by age."""
    percent = compensation_percent(inputs["owner_age"], inputs["lone_not_working"], CASE_DAY)
    answer = ask(
        "benefit.capital_repair", area=inputs["area_m2"], standard_area=inputs["area_standard_m2"],
        rate=inputs["rate_rub_per_m2"], percent=percent,
    )
    return {
        "charge_rub": rub(answer["charge"]), "compensation_percent": percent,
        "compensation_rub": rub(answer["compensation"]),
    }


@adapter(
    "subsidy", "members family_income_rub share_percent",
    "standard_rub_per_member family_minimum_rub minimum_by_member_rub actual_expense_rub k_cut_digits applied",
)
def subsidy(inputs):
    """Subsidy by p.23, with its months."""
    if "minimum_by_member_rub" in inputs:
        minimums = [Fraction(amount) for amount in inputs["minimum_by_member_rub"]]
    else:
        minimums = [Fraction(inputs["family_minimum_rub"])] if "family_minimum_rub" in inputs else []
    values = {
        "members": inputs["members"], "income": inputs["family_income_rub"], "share": inputs["share_percent"],
        "minimum_sum": sum(minimums, Fraction(0)), "minimum_count": len(minimums),
        "cut_step": 10 ** inputs["k_cut_digits"] if "k_cut_digits" in inputs else 0,
    }
    result = {}
    if "standard_rub_per_member" in inputs:
        standard = Fraction(inputs["standard_rub_per_member"])
        # Without a stated expense nothing limits the subsidy but the standard itself.
        expense = inputs.get("actual_expense_rub", standard * inputs["members"])
        answer = ask("subsidy.amount", standard=standard, actual_expense=expense, **values)
        result = {"by_formula_rub": rub(answer["by_formula"]), "subsidy_rub": rub(answer["subsidy"])}
    else:
        answer = ask("subsidy.own_payment", **values)
    if minimums:
        result["family_minimum_rub"] = rub(answer["family_minimum"])
    if "applied" in inputs:
        first, last = granted_months(date.fromisoformat(inputs["applied"]))
        result |= {"from_month": f"{first:%Y-%m}", "to_month": f"{last:%Y-%m}"}
    return result | {
        "income_per_member_rub": rub(answer["income_per_member"]), "k": answer["k"],
        "own_payment_rub": rub(answer["own_payment"]),
    }
