"""A bill recomputed from the numbers it carries: each line by its rule, then the sums. No data base, no files.

The bill is the plain data of a signed attachment (``FORMAT``, ``VERSION``): money in whole kopecks, other numbers as texts
of exact fractions (``"5237/1000"``). Whoever made it says which rule was used; this module applies that very rule by the
plain interpreter and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import CalculationError
from .interpret import apply_reference
from .registry import Rule, rule_by_id

FORMAT = "startks-bill"
VERSION = 1
COLUMNS = ("opening", "charge", "excess", "recalculation", "benefit", "penalty", "paid", "closing")
"""Money columns of a line and of the totals, kopecks."""


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One line: ``charge`` as the bill says and ``computed`` by the rules (None where they give nothing), kopecks."""

    service: str
    title: str
    charge: int
    computed: int | None
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class CheckedBill:
    """The whole bill: lines in order and what is wrong with the sums, as Russian sentences."""

    lines: tuple[CheckedLine, ...]
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults and all(line.holds for line in self.lines)


def check(bill: Mapping[str, Any]) -> CheckedBill:
    """Recompute a bill. Raises CalculationError ``unknown_format`` for another kind of document or an incomplete one."""
    if bill.get("format") != FORMAT or bill.get("version") != VERSION:
        raise CalculationError(
            "unknown_format",
            f"Вложение записано в виде «{bill.get('format')}» {bill.get('version')}, эта программа читает «{FORMAT}» {VERSION}: "
            "обновите программу.",
        )
    try:
        lines = tuple(_line(line) for line in bill["lines"])
        faults = _sums(bill["lines"], bill["totals"], bill["to_pay"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalculationError("unknown_format", f"Во вложении не хватает величины или она не читается: {error}.") from error
    return CheckedBill(lines, faults)


def closing_of(row: Mapping[str, int]) -> int:
    """What is owed at the end of the month by the other columns, kopecks (charge includes excess)."""
    return row["opening"] + row["charge"] + row["recalculation"] + row["penalty"] - row["benefit"] - row["paid"]


def _line(line: Mapping[str, Any]) -> CheckedLine:
    faults: list[str] = []
    computed: int | None = 0
    excess = 0
    for part in line["parts"]:
        try:
            results = apply_reference(_rule(part), {item["name"]: item["value"] for item in part["inputs"]})
        except CalculationError as fault:
            faults.append(fault.message)
            computed = None
            break
        computed += int(results["charge"])
        excess += int(results["excess"])
        if int(results["charge"]) != part["charge"]:
            faults.append(f"расчёт «{part['title']}» даёт другую сумму, чем в нём записано")
    if line["charge"] and not line["parts"]:
        faults.append(line["note"] or "к строке не приложен расчёт")
        computed = None
    if computed is not None and computed != line["charge"]:
        faults.append("начислено не то, что выходит по правилам")
    elif computed is not None and excess != line["excess"]:
        faults.append("сумма превышения не та, что выходит по правилам")
    faults += _taken_off(line)
    faults += _benefits(line)
    if closing_of(line) != line["closing"]:
        faults.append("долг на конец не сходится с остальными суммами строки")
    return CheckedLine(line["service"], line["title"], line["charge"], computed, tuple(faults))


def _taken_off(line: Mapping[str, Any]) -> list[str]:
    """What is wrong with what acts and absences took off: each by its rule, in order, never more than is left of the charge."""
    faults, left = [], line["charge"]
    for part in line.get("taken_off", ()):
        try:
            results = apply_reference(_rule(part), {item["name"]: item["value"] for item in part["inputs"]})
        except CalculationError as fault:
            faults.append(fault.message)
            continue
        whole = sum(int(value) for name, value in results.items() if name.startswith("reduction"))
        if part["amount"] != -min(whole, left):
            faults.append(f"снижение «{part['title']}» даёт другую сумму, чем в нём записано")
        left += part["amount"]
    return faults


def _benefits(line: Mapping[str, Any]) -> list[str]:
    """What is wrong with the discounts: each by its rule; together they are the line's benefit.

    A correction of an earlier month carries no calculation: its month had a bill of its own.
    """
    given = line.get("benefits")
    if given is None:  # a bill made before benefits were attached
        return []
    faults = []
    for part in given:
        if "rule" not in part:
            faults += [f"льгота: {part['note']}"] if part["note"] else []
            continue
        try:
            results = apply_reference(_rule(part), {item["name"]: item["value"] for item in part["inputs"]})
        except CalculationError as fault:
            faults.append(fault.message)
            continue
        if int(results["benefit"]) != part["amount"]:
            faults.append(f"льгота «{part['title']}» даёт другую сумму, чем в ней записано")
    if sum(part["amount"] for part in given) != line["benefit"]:
        faults.append("льгота строки не равна сумме приложенных")
    return faults


def _rule(part: Mapping[str, Any]) -> Rule:
    """The rule a part names. Raises CalculationError ``no_rule`` where this edition of the law is not known here."""
    try:
        found = rule_by_id(part["rule_id"])
    except KeyError:
        found = None
    if found is None or (found.key, found.version) != (part["rule"], part["rule_version"]):
        raise CalculationError(
            "no_rule", f"правило «{part['rule']}», редакция {part['rule_version']}, этой версии программы не известно"
        )
    return found


def _sums(lines: list[Mapping[str, Any]], totals: Mapping[str, int], to_pay: int) -> tuple[str, ...]:
    faults = [
        f"итог «{column}» не равен сумме строк" for column in COLUMNS
        if sum(line[column] for line in lines) != totals[column]
    ]
    if max(totals["closing"], 0) != to_pay:
        faults.append("сумма к оплате не равна долгу на конец месяца")
    return tuple(faults)
