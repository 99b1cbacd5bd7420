"""Receipts for tests: the seeded sample house, and the awkward ones a real month always has."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from startks.framework.documents.receipt import (
    Basis,
    DebtPeriod,
    Instalment,
    Line,
    LineGroup,
    Reading,
    Recalculation,
    Receipt,
    ReceiptKind,
)  # fmt: skip
from startks.framework.documents.sample import sample_receipts

LONG_NAME = ("Муниципальное унитарное предприятие городского округа Самара «Единый расчётно-кассовый центр жилищно-"
             "коммунального хозяйства и благоустройства Октябрьского внутригородского района»")[:160]  # fmt: skip


def receipt(seed: int = 1, flat: int = 1, **changes: object) -> Receipt:
    """One receipt of the sample house with fields replaced."""
    return replace(sample_receipts(flat, seed)[-1], **changes)


def long_receipt(lines: int = 25) -> Receipt:
    """``lines`` bill lines, two suppliers for some services, every column in use."""
    base = receipt(seed=3)
    extra = [
        Line(
            group=LineGroup.OTHER if number % 2 else LineGroup.UTILITIES,
            service=f"Дополнительная услуга № {number} по решению общего собрания собственников",
            unit="шт.",
            individual_volume=Decimal(number) / 7,
            common_volume=Decimal("0.000001"),
            basis=Basis.AVERAGE,
            tariff=Decimal("1234.5678"),
            charge=123_456 * number,
            coefficient=Decimal("1.5"),
            excess=61_728 * number,
            recalculation=-1_000_000 * number,
            benefit=555,
            supplier="МУП «Водоканал»" if number % 3 == 0 else "",
        )
        for number in range(1, lines - len(base.lines) + 1)
    ]
    grounds = tuple(Recalculation(f"Услуга № {number}", "Акт от 12.05.2026 № 7. " * 3, -100 * number) for number in range(1, 5))
    return replace(base, lines=base.lines + tuple(extra), recalculations=grounds)


def bare_receipt() -> Receipt:
    """No meters, no lines, no identifiers, nothing to pay."""
    return receipt(
        readings=(), lines=(), reference=(), recalculations=(), opening=0, paid=0, last_payment=None, penalty=0,
        unified_account="", service_id="", document_id="",
    )  # fmt: skip


def overpaid_receipt() -> Receipt:
    """A closing balance below zero."""
    return receipt(opening=-5_000_000, paid=100_000, penalty=0)


def long_names_receipt() -> Receipt:
    """160 characters in every name."""
    base = receipt()
    address = "Самарская область, муниципальный район Красноярский, посёлок городского типа Новосемейкино, " * 2
    return replace(
        base,
        payer=replace(base.payer, name="Константинопольская-Преображенская " * 4 + "Анна", address=address[:160]),
        provider=replace(base.provider, name=LONG_NAME, address=address[:160]),
        payee=replace(base.payee, name=LONG_NAME[:80]),
        lines=tuple(replace(line, service=LONG_NAME) if number % 5 == 0 else line for number, line in enumerate(base.lines)),
        readings=tuple(replace(reading, service=LONG_NAME[:90]) for reading in base.readings),
    )


def debt_receipt(periods: int = 14) -> Receipt:
    """The debt bill."""
    months = [(202400 + 100 * (number // 12)) + number % 12 + 1 for number in range(periods)]
    rows = tuple(DebtPeriod(month, 350_000 + 1_017 * number, 120_000, 3_145 * number) for number, month in enumerate(months))
    return receipt(kind=ReceiptKind.DEBT, debts=rows, lines=(), readings=(), reference=(), recalculations=())


def instalment_receipt() -> Receipt:
    """A heating correction paid in twelve parts, a raised norm, a missing reading."""
    base = receipt(seed=5)
    return replace(
        base,
        instalments=(Instalment("Отопление, корректировка за 2025 год", 81_240, 162_480, Decimal("8.25"), 1_117),),
        readings=(
            *base.readings,
            Reading(
                "Холодная вода, кухня", "00112233", "м³", Decimal("12.1"), None, None, date(2026, 4, 23), None, date(2026, 1, 1)
            ),
        ),
        notice="С 1 июля изменяются тарифы: сведения размещены на сайте и в офисе управляющей компании.",
    )
