"""Adapters: average consumption and the settlement by a true reading."""

from __future__ import annotations

from fractions import Fraction

from ..cases import adapter
from ..errors import CalculationError
from ..rules.pp354_regimes import basis_without_reading, months_for_average
from ._ask import ask, month_start, rub
from .meter_norm import by_norm_with_coefficient, consumption


@adapter(
    "average_consumption", "service unit cause billing_month period_number tariff_rub_per_unit",
    "last_volumes persons norm_per_person_month",
)
def average_consumption(inputs):
    """Average for the periods of p.59, then norm."""
    day, service = month_start(inputs["billing_month"]), inputs["service"]
    basis = basis_without_reading(service, inputs["cause"], inputs["period_number"], day)
    if basis.basis == "average":
        volumes = [Fraction(volume) for volume in inputs["last_volumes"]]
        if months_for_average(len(volumes), day) is None:
            raise CalculationError("too_few_months", "Для среднего не хватает месяцев работы счётчика.")
        line = ask(
            f"{service}.average", day, volume_sum=sum(volumes), months=len(volumes),
            tariff=inputs["tariff_rub_per_unit"],
        )
    else:
        line = by_norm_with_coefficient(
            service, basis.coefficient, inputs["persons"], inputs["norm_per_person_month"],
            inputs["tariff_rub_per_unit"], day,
        )
    return {
        "basis": basis.basis, "coefficient": basis.coefficient, "volume": line["volume"],
        "charge_rub": rub(line["charge"]),
    }


@adapter("true_up", "unit previous_reading current_reading estimated_volumes tariff_rub_per_unit")
def true_up(inputs):
    """A true reading settles the estimated months."""
    actual = consumption(inputs["previous_reading"], inputs["current_reading"])
    charged = sum((Fraction(volume) for volume in inputs["estimated_volumes"]), Fraction(0))
    service = {"kwh": "electricity", "gcal": "heating"}.get(inputs["unit"], "cold_water")
    line = ask(
        f"{service}.true_up", actual_volume=actual, estimated_volume=charged, tariff=inputs["tariff_rub_per_unit"]
    )
    return {
        "actual_volume": actual, "already_charged_volume": charged, "delta_volume": line["volume"],
        "delta_rub": rub(line["charge"]),
    }
