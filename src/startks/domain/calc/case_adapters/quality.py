"""Adapters: quality and breaks, temporary absence."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from ..cases import adapter
from ..parameters import value
from ..rules.pp354_absence import absent_months, entitled, recalculated_service
from ..rules.pp354_quality import allowed_hours
from ._ask import CASE_DAY, ask, rub


def figure(name):
    """A parameter of the law on the day of the cases."""
    return value(name, CASE_DAY)


@adapter("quality_break", "service charge_rub break_hours", "feeds dead_end_main")
def quality_break(inputs):
    """Break of a service."""
    service = inputs["service"]
    allowed = allowed_hours(service, CASE_DAY, inputs.get("feeds", 1), inputs.get("dead_end_main", False))
    values = {"charge_rub": inputs["charge_rub"], "hours": inputs["break_hours"], "allowed_hours": allowed}
    if service == "waste":
        answer = ask("quality.waste_break", percent_per_day=figure("quality.waste_percent_per_day"), **values)
    else:
        answer = ask("quality.break", percent_per_hour=figure("quality.percent_per_hour"), **values)
    return {
        "allowed_hours": int(allowed), "excess_hours": int(answer["excess_hours"]), "percent": answer["percent"],
        "reduction_rub": rub(answer["reduction"]),
    }


@adapter(
    "quality_break_by_norm",
    "service unit persons norm_per_person_month tariff_rub_per_unit days_in_month break_hours planned",
)
def quality_break_by_norm(inputs):
    """Break for payers by norm; a planned repair takes no percent."""
    hours = inputs["break_hours"]
    answer = ask(
        "quality.not_supplied", persons=inputs["persons"], norm=inputs["norm_per_person_month"],
        tariff=inputs["tariff_rub_per_unit"], month_days=inputs["days_in_month"], hours=hours,
        allowed_hours=hours if inputs["planned"] else allowed_hours(inputs["service"], CASE_DAY),
        percent_per_hour=figure("quality.percent_per_hour"),
    )
    return {
        "charge_rub": rub(answer["charge"]), "not_supplied_rub": rub(answer["not_supplied"]),
        "percent": answer["percent"], "percent_reduction_rub": rub(answer["reduction"]),
    }


@adapter("quality_hot_water_temperature", "charge_rub measured_c hours time")
def hot_water_temperature(inputs):
    """Hot water colder than the norm."""
    answer = ask(
        "quality.hot_water_temperature", charge_rub=inputs["charge_rub"], measured=inputs["measured_c"],
        normal=figure("quality.hot_water_temperature"), allowed=figure(f"quality.hot_water_deviation.{inputs['time']}"),
        step=figure("quality.hot_water_step"), hours=inputs["hours"],
        percent_per_step=figure("quality.hot_water_percent"),
    )
    return {
        "beyond_c": int(answer["beyond"]), "steps_of_3c": int(answer["steps"]), "percent": answer["percent"],
        "reduction_rub": rub(answer["reduction"]),
    }


@adapter("quality_hot_water_below_40", "volume_m3 hot_water_tariff_rub_per_m3 cold_water_tariff_rub_per_m3")
def hot_water_below_40(inputs):
    """Hours below 40 degrees."""
    answer = ask(
        "quality.hot_water_as_cold", volume=inputs["volume_m3"], hot_tariff=inputs["hot_water_tariff_rub_per_m3"],
        cold_tariff=inputs["cold_water_tariff_rub_per_m3"],
    )
    return {"reduction_rub": rub(answer["reduction"])}


@adapter("quality_room_temperature", "charge_rub norm_c intervals", "", {"intervals": ("time measured_c hours", "")})
def room_temperature(inputs):
    """Air of the room colder than the norm."""
    parts = [
        ask(
            "quality.degree_hours", measured=interval["measured_c"], normal=inputs["norm_c"],
            allowed=figure(f"quality.room_deviation.{interval['time']}"), hours=interval["hours"],
        )["degree_hours"]
        for interval in inputs["intervals"]
    ]
    total = sum(parts, Fraction(0))
    answer = ask(
        "quality.room_temperature", charge_rub=inputs["charge_rub"], degree_hours=total,
        percent_per_degree=figure("quality.room_percent"),
    )
    return {"degree_hours": int(total), "percent": answer["percent"], "reduction_rub": rub(answer["reduction"])}


@adapter("quality_pressure", "service charge_rub days_in_month hours_up_to_25_percent days_over_25_percent")
def pressure(inputs):
    """Pressure off by up to 25 % and by more."""
    answer = ask(
        "quality.pressure", charge_rub=inputs["charge_rub"], hours=inputs["hours_up_to_25_percent"],
        percent_per_hour=figure("quality.pressure_percent"), days_over=inputs["days_over_25_percent"],
        month_days=inputs["days_in_month"],
    )
    return {
        "reduction_up_to_25_rub": rub(answer["reduction_hours"]),
        "reduction_over_25_rub": rub(answer["reduction_days"]),
    }


@adapter(
    "absence_recalculation",
    "service unit left returned absent_persons norm_per_person_month tariff_rub_per_unit meter_feasible",
    "meter_out_of_order",
)
def absence(inputs):
    """Recalculation by month; nothing where there is no right to it."""
    months = absent_months(date.fromisoformat(inputs["left"]), date.fromisoformat(inputs["returned"]))
    full_days = sum(month.full_days for month in months)
    right = entitled(
        inputs["service"], full_days, inputs["meter_feasible"], inputs.get("meter_out_of_order", False), CASE_DAY
    )
    rows = []
    for month in months:
        line = ask(
            "absence.recalculation", persons=inputs["absent_persons"] if right else 0,
            norm=inputs["norm_per_person_month"], tariff=inputs["tariff_rub_per_unit"], full_days=month.full_days,
            month_days=month.days,
        )
        rows.append(
            {
                "month": f"{month.first:%Y-%m}", "full_days": month.full_days,
                "recalculation_rub": rub(line["charge"]),
            }
        )
    return {"full_days": full_days, "entitled": right, "months": rows}


@adapter("absence_services", "services")
def absence_services(inputs):
    """Which services are ever recalculated."""
    answers = {service: recalculated_service(service, CASE_DAY) for service in inputs["services"]}
    return {
        "recalculated": [service for service in inputs["services"] if answers[service]],
        "not_recalculated": [service for service in inputs["services"] if not answers[service]],
    }
