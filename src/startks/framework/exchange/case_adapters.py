"""Worked examples of the exchange formats: kind -> keys of its inputs and the question put to the real code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .bank_registry import DEFAULT_COLUMNS, load_registries, parse_registry
from .statement_1c import parse_statement
from .texts import account_in_purpose, amount_kopecks, debt_registry_file_name, decode

Inputs = dict[str, Any]


def _rub(kopecks: int) -> Decimal:
    return Decimal(kopecks) / 100


def registry_parse(inputs: Inputs) -> dict[str, Any]:
    """A registry of a bank."""
    found = parse_registry(inputs["text"], inputs.get("columns", DEFAULT_COLUMNS))
    return {
        "count": len(found.lines), "paid_rub": _rub(found.paid), "transferred_rub": _rub(found.transferred),
        "commission_rub": _rub(found.commission), "payment_order": found.payment_order,
        "lines": [
            {
                "date": line.day and line.day.isoformat(), "operation": line.operation, "account": line.account,
                "period": line.period, "paid_rub": _rub(line.paid),
            }
            for line in found.lines
        ],
    }


def registry_load(inputs: Inputs) -> dict[str, Any]:
    """Several files one after another."""
    found = load_registries([parse_registry(text) for text in inputs["files"]], set(inputs["known_accounts"]))
    return {
        "payments_created": len(found.credited) + len(found.unclassified), "duplicates_skipped": len(found.skipped),
        "unclassified_count": len(found.unclassified),
        "unclassified_rub": _rub(sum(line.paid for line in found.unclassified)),
        "credited_rub": _rub(sum(line.paid for line in found.credited)),
    }


def statement_1c_parse(inputs: Inputs) -> dict[str, Any]:
    """A statement of 1C."""
    found = parse_statement(inputs["text"])
    result: dict[str, Any] = {
        "documents": [
            {
                "number": document.number, "date": document.day and document.day.isoformat(),
                "amount_rub": _rub(document.amount), "direction": document.direction, "purpose": document.purpose,
            }
            for document in found.documents
        ]
    }
    if found.turnover is not None:
        result |= {
            "opening_rub": _rub(found.turnover.opening), "income_rub": _rub(found.turnover.income),
            "expense_rub": _rub(found.turnover.expense), "closing_rub": _rub(found.turnover.closing),
        }
    return result


def file_decode(inputs: Inputs) -> dict[str, Any]:
    """Bytes of a file to text."""
    codec, text = decode(bytes.fromhex(inputs["bytes_hex"]), inputs["declared_encoding"])
    return {"codec": codec, "text": text}


def amount_text(inputs: Inputs) -> dict[str, Any]:
    """Sums as banks write them."""
    return {"amounts_kopecks": [amount_kopecks(text) for text in inputs["texts"]]}


def purpose_match(inputs: Inputs) -> dict[str, Any]:
    """Account numbers in the text of a payment."""
    return {"match": [account_in_purpose(pair["purpose"], pair["account"]) for pair in inputs["pairs"]]}


def file_name(inputs: Inputs) -> dict[str, Any]:
    """Name of the debt registry."""
    month = date.fromisoformat(inputs["month"] + "-01")
    return {"file_name": debt_registry_file_name(inputs["inn"], inputs["account"], inputs["number"], month)}


#: kind: (required keys, optional keys, keys of lists of objects, question).
ADAPTERS = {
    "registry_parse": ("text", "columns", {}, registry_parse),
    "registry_load": ("files known_accounts", "", {}, registry_load),
    "statement_1c_parse": ("text", "", {}, statement_1c_parse),
    "file_decode": ("bytes_hex declared_encoding", "", {}, file_decode),
    "amount_text": ("texts", "", {}, amount_text),
    "purpose_match": ("pairs", "", {"pairs": ("purpose account", "")}, purpose_match),
    "debt_registry_file_name": ("inn account number month", "", {}, file_name),
}
