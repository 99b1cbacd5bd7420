"""The bill as a signed document: every line with its rule, the exact inputs, the steps and the sums.

It lies in the PDF of the payment document, so that anybody recomputes it by ``startks check-bill`` without the data base.
Where facts were changed after the month was calculated, the line carries no calculation and says so: what is attached is
what was charged, never something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from startks.base.errors import StartksError
from startks.base.signatures import seal
from startks.domain.calc.bill_check import COLUMNS, FORMAT, VERSION
from startks.domain.calc.interpret import apply_trace
from startks.framework.documents.attachments import Attachment
from startks.modules.billing.benefit_words import Discount, discounts_of_bills
from startks.modules.billing.bill import Bill, BillLine
from startks.modules.billing.calculation.regimes import Group
from startks.modules.billing.explain import UNITS, HouseTrace, unit_of, values_of
from startks.modules.billing.sources import describe
from startks.modules.billing.taken_off import LineTakenOff, taken_off_bills

ROUNDING = "до копейки по правилам арифметики, один раз на строку"
CHANGED = "исходные данные изменены после расчёта месяца; разницу внесёт перерасчёт"
GONE = "по сегодняшним данным строка не начисляется; разницу внесёт перерасчёт"


def attachments_of(
    connection: Connection, trace: HouseTrace, bills: Iterable[Bill], key: Ed25519PrivateKey
) -> list[Attachment]:
    """A signed file for each bill of the house of ``trace``, all of the same month."""
    bills = list(bills)
    accounts = [bill.account_id for bill in bills]
    off, given = taken_off_bills(connection, trace, accounts), discounts_of_bills(connection, trace, accounts)
    return [
        Attachment(
            f"bill-{bill.number}-{bill.period}.json", seal(document(connection, trace, bill, off, given), key),
            f"Расчёт лицевого счёта {bill.number} с подписью",
        )
        for bill in bills
    ]


def document(
    connection: Connection, trace: HouseTrace, bill: Bill, off: dict[tuple[int, int], LineTakenOff] | None = None,
    given: dict[tuple[int, int, int], list[Discount]] | None = None,
) -> dict[str, Any]:
    """The bill as plain data (:mod:`startks.domain.calc.bill_check` reads it). ``off``: what acts and absences took off,
    ``given``: discounts of benefits."""
    if off is None:
        off = taken_off_bills(connection, trace, [bill.account_id])
    if given is None:
        given = discounts_of_bills(connection, trace, [bill.account_id])
    return {
        "format": FORMAT, "version": VERSION, "account": bill.number, "unified_account": bill.gis_account or "",
        "address": bill.address, "period": bill.period,
        "calculated_at": bill.calculated_at.isoformat() if bill.calculated_at else "",
        "provider": bill.provider.name, "provider_inn": bill.provider.inn, "money": "копейки",
        "lines": [
            _line(connection, trace, bill, line, off.get((bill.account_id, line.service_id)),
                  given.get((bill.account_id, line.service_id, line.supplier_id), ()))
            for line in bill.lines
        ],
        "totals": {column: bill.total(column) for column in COLUMNS}, "to_pay": max(bill.to_pay, 0),
    }


def _line(
    connection: Connection, trace: HouseTrace, bill: Bill, line: BillLine, off: LineTakenOff | None,
    given: Iterable[Discount],
) -> dict[str, Any]:
    found = trace.lines.get((bill.account_id, line.service_id, line.supplier_id), ())
    try:
        parts = [_part(connection, trace, bill, line, group, row) for group, row in found]
    except StartksError:  # a fact that the rule needs is gone today
        parts = []
    note = "" if parts or not line.charge else GONE
    if sum(part["charge"] for part in parts) != line.charge or sum(part["excess"] for part in parts) != line.excess:
        parts, note = [], note or CHANGED
    return {
        "service": line.service_code, "title": line.title, "supplier": line.supplier,
        "unit": UNITS.get(line.unit, line.unit), "volume": _exact(Fraction(line.volume_micro, 10**6)),
        "tariff": _exact(Fraction(line.tariff_micro, 10**6)), **{column: getattr(line, column) for column in COLUMNS},
        "parts": parts, "note": note, "taken_off": _taken_off(line, off),
        "benefits": [_benefit(line, item, bill.period) for item in given],
    }


def _benefit(line: BillLine, given: Discount, period: int) -> dict[str, Any]:
    """A discount with its rule and numbers; not whose it is: a bill lies in a letter box."""
    if given.told is None:
        note = CHANGED if given.for_period == period else ""
        return {"amount": given.amount, "for_period": given.for_period, "note": note}
    return {
        "amount": given.amount, "for_period": given.for_period, "note": "", "rule": given.told.rule_key,
        "rule_id": given.told.rule_id, "rule_version": given.told.version, "title": given.told.title,
        "inputs": [
            {"name": item.name, "title": item.title, "unit": unit_of(item, line.unit), "value": _exact(item.value)}
            for item in given.told.inputs
        ],
    }


def _taken_off(line: BillLine, off: LineTakenOff | None) -> list[dict[str, Any]]:
    """What acts and absences took off the line; nothing where today's facts give another sum."""
    if off is None or not off.matches:
        return []
    return [
        {
            "rule": part.told.rule_key, "rule_id": part.told.rule_id, "rule_version": part.told.version, "title": part.title,
            "act": part.act, "paragraph": part.paragraph, "grounds": list(part.grounds), "amount": part.amount,
            "inputs": [
                {"name": item.name, "title": item.title, "unit": unit_of(item, line.unit), "value": _exact(item.value)}
                for item in part.told.inputs
            ],
        }
        for part in off.parts if part.supplier_id == line.supplier_id
    ]


def _part(
    connection: Connection, trace: HouseTrace, bill: Bill, line: BillLine, group: Group, row: dict
) -> dict[str, Any]:
    sources = describe(connection, trace, group, row, bill.account_id)
    found = apply_trace(group.rule, values_of(group, row), sources)
    return {
        "rule": found.rule_key, "rule_id": found.rule_id, "rule_version": found.version, "title": found.title,
        "act": found.act, "paragraph": found.paragraph, "label": found.label,
        "inputs": [
            {"name": item.name, "title": item.title, "unit": unit_of(item, line.unit), "value": _exact(item.value),
             "source": item.source}
            for item in found.inputs
        ],
        "steps": [
            {"title": step.title, "unit": unit_of(step, line.unit), "value": _exact(step.value), "formula": step.expression,
             "numbers": step.expression_with_numbers, "conditions": list(step.conditions)}
            for step in found.steps
        ],
        "rounding": ROUNDING, "charge": int(found.results["charge"]), "excess": int(found.results["excess"]),
    }


def _exact(value: Fraction) -> str:
    """An exact number as text: ``"5237/1000"`` or ``"31"``."""
    return str(value)
