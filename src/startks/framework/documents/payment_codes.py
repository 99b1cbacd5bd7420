"""What the codes of a receipt hold: the QR payload by ГОСТ Р 56042-2014 and the digits of the linear code."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import zxingcpp

from startks.base.errors import StartksError
from startks.framework.documents.qr import PaymentStringError, build_payment_string, payload_bytes
from startks.framework.documents.qr_matrix import QrTooLong, Symbol, encode, version_for
from startks.framework.documents.receipt import Receipt

#: Payment of housing and utilities (ГОСТ Р 56042-2014, technical code of the payment).
TECH_CODE = "02"
ENCODINGS = ("utf-8", "windows-1251")


class BarcodeError(StartksError):
    """The account or the sum cannot be written in the digits of the linear code."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """The payload and its symbol; or, where the requisites cannot be written, the reason to print instead."""

    payload: str = ""
    symbol: Symbol | None = None
    problem: str = ""


def payment_fields(receipt: Receipt) -> list[tuple[str, str]]:
    """Fields in the order of the standard. A zero sum is left out: banking programs refuse ``Sum=0``."""
    payee, period = receipt.payee, receipt.period
    month = f"{period % 100:02d}{period // 100 % 100:02d}"
    fields = [
        ("Name", payee.name),
        ("PersonalAcc", payee.account),
        ("BankName", payee.bank),
        ("BIC", payee.bic),
        ("CorrespAcc", payee.correspondent_account),
        ("PayeeINN", payee.inn),
        ("KPP", payee.kpp),
        ("PersAcc", receipt.account),
        ("PaymPeriod", month),
        ("Sum", f"{receipt.amount_due // 100}.{receipt.amount_due % 100:02d}" if receipt.amount_due else ""),
        ("Purpose", f"ЖКУ, л/с {receipt.account}, {month[:2]}.{period // 100}"),
        ("PayerAddress", receipt.payer.address),
        ("UIN", receipt.document_id),
        ("TechCode", TECH_CODE),
    ]
    return [(key, value) for key, value in fields if value]


def qr_payload(receipt: Receipt) -> str:
    """The payment string in UTF-8, or in windows-1251 where only that keeps the required fields in 300 bytes.

    Raises :class:`.qr.PaymentStringError`.
    """
    fields = payment_fields(receipt)
    try:
        return build_payment_string(fields, ENCODINGS[0])
    except PaymentStringError as error:
        if error.code != "required_block_too_long":
            raise
    return build_payment_string(fields, ENCODINGS[1])


def qr_code(receipt: Receipt) -> QrCode:
    """The symbol to print; a payee whose requisites do not fit gets the reason, not a broken house of receipts."""
    try:
        payload = qr_payload(receipt)
        content = payload_bytes(payload)
        return QrCode(payload, encode(content, _mask(version_for(len(content)), content[:64])))
    except (PaymentStringError, QrTooLong) as error:
        return QrCode(problem=error.message)


@lru_cache(1024)
def _mask(version: int, head: bytes) -> int:
    """Mask for all symbols of a payee: the best one of a sample that starts as they do."""
    return encode(head.ljust(_sample_length(version), b"0"), None).mask


def _sample_length(version: int) -> int:
    length = 64
    while version_for(length) < version:
        length += 8
    return length


def barcode_digits(receipt: Receipt) -> str:
    """22 digits: account 10, month MMYY, sum 7 (kopecks), check digit by Luhn; from 100 000 ₽ on the sum takes 9.

    The layout is the common one; banks fix theirs by contract. Raises :class:`BarcodeError`.
    """
    if not (receipt.account.isascii() and receipt.account.isdigit()) or len(receipt.account) > 10:
        raise BarcodeError(f"Счёт «{receipt.account}» не записать в штрихкод: нужны не более десяти цифр.")
    if receipt.amount_due > 999_999_999:
        raise BarcodeError("Сумма больше 9 999 999,99 ₽ не помещается в штрихкод; платите по QR-коду.")
    width = 7 if receipt.amount_due <= 9_999_999 else 9
    month = f"{receipt.period % 100:02d}{receipt.period // 100 % 100:02d}"
    digits = f"{receipt.account:0>10}{month}{receipt.amount_due:0{width}d}"
    return digits + str(luhn_digit(digits))


def luhn_digit(digits: str) -> int:
    """Check digit of the Luhn algorithm (ISO/IEC 7812-1) to stand after ``digits``."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def code128_modules(digits: str) -> list[bool]:
    """Modules of a Code 128 symbol, True = dark, without quiet zones."""
    symbol = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    dark = np.flatnonzero(np.array(symbol.to_image(scale=1, add_quiet_zones=False))[0] == 0)
    modules = np.zeros(dark[-1] - dark[0] + 1, bool)
    modules[dark - dark[0]] = True
    return modules.tolist()
