"""Adapters: due dates and penalties."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from ..cases import adapter
from ..due_dates import due_dates
from ..penalty_schedule import (
    Debt,
    Pause,
    Payment,
    charge_penalties,
    overdue_days,
    penalty_rate,
    plain_penalty,
    split_days,
)
from ._ask import CASE_DAY, month_start, rub


def kopecks_of(text) -> int:
    """A sum of the case in kopecks; it must be whole."""
    amount = Fraction(text) * 100
    if amount.denominator != 1:
        raise ValueError(f"{text} is no whole number of kopecks")
    return int(amount)


@adapter("due_dates", "billing_month non_working_days")
def due(inputs):
    """Days of one bill."""
    found = due_dates(
        month_start(inputs["billing_month"]), {date.fromisoformat(day) for day in inputs["non_working_days"]}
    )
    return {name: getattr(found, name).isoformat() for name in found.__dataclass_fields__}


@adapter(
    "penalty_schedule", "debt_kind debts calculated_to rate_percent", "payments moratoria",
    {"debts": ("month last_day_to_pay debt_rub", ""), "payments": ("date amount_rub", ""), "moratoria": ("from to", "")},
)
def schedule(inputs):
    """Debts by month with payments and moratoria."""
    results = charge_penalties(
        [
            Debt(debt["month"], date.fromisoformat(debt["last_day_to_pay"]), kopecks_of(debt["debt_rub"]))
            for debt in inputs["debts"]
        ],
        date.fromisoformat(inputs["calculated_to"]), Fraction(inputs["rate_percent"]), inputs["debt_kind"],
        [
            Payment(date.fromisoformat(payment["date"]), kopecks_of(payment["amount_rub"]))
            for payment in inputs.get("payments", [])
        ],
        [
            Pause(date.fromisoformat(pause["from"]), date.fromisoformat(pause["to"]))
            for pause in inputs.get("moratoria", [])
        ],
    )
    return {
        "debts": [
            {
                "month": result.debt.month, "penalty_rub": rub(result.penalty), "debt_left_rub": rub(result.left),
                "charged_days": result.charged_days,
            }
            for result in results
        ],
        "penalty_rub": rub(sum(result.penalty for result in results)),
    }


@adapter("penalty_by_overdue_days", "", "overdue_days last_day_to_pay calculated_to debt_rub rate_percent")
def by_overdue_days(inputs):
    """One unchanged debt."""
    result = {}
    if "overdue_days" in inputs:
        days = inputs["overdue_days"]
    else:
        last = date.fromisoformat(inputs["last_day_to_pay"])
        days = overdue_days(last, date.fromisoformat(inputs["calculated_to"]))
        result["first_overdue_day"] = date.fromordinal(last.toordinal() + 1).isoformat()
    first, second = split_days(days, CASE_DAY)
    result |= {"overdue_days": days, "days_at_1_300": first, "days_at_1_130": second}
    if "debt_rub" in inputs:
        penalty = plain_penalty(Fraction(inputs["debt_rub"]), days, Fraction(inputs["rate_percent"]), CASE_DAY)
        result["penalty_rub"] = rub(penalty)
    return result


@adapter("penalty_rate_on_day", "date")
def rate_on_day(inputs):
    """Key rate and rate for penalties."""
    found = penalty_rate(date.fromisoformat(inputs["date"]))
    return {"key_rate_percent": found.key_rate, "rate_percent": found.rate}
