"""Adapters: distribution of payments, supplier settlement, terms."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from ..cases import adapter
from ..deadlines import (
    appeal,
    court_order,
    emergency,
    limitation,
    may_warn,
    quality_check,
    restored_by,
)
from ..rules.payments import Line, distribute, share_by_lines
from ._ask import CASE_DAY, ask, rub
from .penalty import kopecks_of


def _parts(parts):
    return [{"service": service, "paid_rub": rub(amount)} for service, amount in parts.items()]


@adapter("payment_split_by_lines", "payment_rub lines", "", {"lines": ("service charge_rub", "")})
def split_by_lines(inputs):
    """p.118."""
    lines = [Line(line["service"], kopecks_of(line["charge_rub"])) for line in inputs["lines"]]
    shared = share_by_lines(kopecks_of(inputs["payment_rub"]), lines)
    return {"lines": _parts(shared.parts), "advance_rub": rub(shared.rest)}


@adapter(
    "payment_by_debts", "payment_rub debts penalty_rub", "stated_month next_charge_rub",
    {"debts": ("month lines", ""), "debts.lines": ("service debt_rub", "")},
)
def by_debts(inputs):
    """Stated month, oldest month, penalty, advance."""
    debts = [
        (debt["month"], [Line(line["service"], kopecks_of(line["debt_rub"])) for line in debt["lines"]])
        for debt in inputs["debts"]
    ]
    found = distribute(
        kopecks_of(inputs["payment_rub"]), debts, kopecks_of(inputs["penalty_rub"]), inputs.get("stated_month")
    )
    result = {
        "months": [{"month": month, "lines": _parts(parts)} for month, parts in found.months.items()],
        "principal_paid_rub": rub(found.principal), "penalty_paid_rub": rub(found.penalty),
        "advance_rub": rub(found.advance),
    }
    if "next_charge_rub" in inputs:
        answer = ask("advance.next_bill", next_charge=inputs["next_charge_rub"], advance=rub(found.advance))
        result["to_pay_next_rub"] = rub(answer["to_pay"])
    return result


@adapter(
    "supplier_settlement", "paid_by_consumers_rub",
    "bank_commission_percent bank_commission_rub agent_fee_rub opening_due_rub transferred_rub",
)
def supplier_settlement(inputs):
    """Balance with a supplier."""
    values = {
        "paid": inputs["paid_by_consumers_rub"], "agent_fee": inputs.get("agent_fee_rub", 0),
        "opening": inputs.get("opening_due_rub", 0), "transferred": inputs.get("transferred_rub", 0),
    }
    if "bank_commission_percent" in inputs:
        answer = ask("supplier.settlement_percent", commission_percent=inputs["bank_commission_percent"], **values)
    else:
        answer = ask("supplier.settlement_sum", commission_sum=inputs["bank_commission_rub"], **values)
    return {
        "bank_commission_rub": rub(answer["commission"]), "to_transfer_rub": rub(answer["to_transfer"]),
        "credited_to_consumers_rub": Fraction(inputs["paid_by_consumers_rub"]),
        "closing_due_rub": rub(answer["closing"]),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


@adapter("deadline_emergency", "event registered")
def deadline_emergency(inputs):
    """Emergency service."""
    found = emergency(inputs["event"], datetime.fromisoformat(inputs["registered"]))
    return {"localise_by": _time(found.localise_by), "clear_by": _time(found.clear_by)}


@adapter("deadline_quality_check", "message", "agreed")
def deadline_quality_check(inputs):
    """Check of the quality."""
    agreed = datetime.fromisoformat(inputs["agreed"]) if "agreed" in inputs else None
    return {"check_by": _time(quality_check(datetime.fromisoformat(inputs["message"]), agreed))}


@adapter("deadline_appeal", "received registered")
def deadline_appeal(inputs):
    """Appeal to a body of power."""
    found = appeal(date.fromisoformat(inputs["received"]), date.fromisoformat(inputs["registered"]))
    return {name: getattr(found, name).isoformat() for name in found.__dataclass_fields__}


@adapter("deadline_limitation", "", "warning_delivered paid")
def deadline_limitation(inputs):
    """Limitation of a debtor and restoring."""
    result = {}
    if "warning_delivered" in inputs:
        found = limitation(date.fromisoformat(inputs["warning_delivered"]))
        result = {name: getattr(found, name).isoformat() for name in found.__dataclass_fields__}
    if "paid" in inputs:
        result["restore_by"] = restored_by(date.fromisoformat(inputs["paid"])).isoformat()
    return result


@adapter("debt_thresholds", "debt_rub monthly_by_norm_rub")
def debt_thresholds(inputs):
    """When a debtor may be warned and sued."""
    debt = Fraction(inputs["debt_rub"])
    return {
        "may_warn": may_warn(debt, Fraction(inputs["monthly_by_norm_rub"]), CASE_DAY),
        "court_order": court_order(debt, CASE_DAY),
    }
