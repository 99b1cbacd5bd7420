"""The payment string of ГОСТ Р 56042-2014 that stands in the QR code of every receipt.

``ST`` + version ``0001`` + encoding digit + separator, then ``Key=Value`` pairs joined by the separator. Five
fields come first and are required: Name, PersonalAcc, BankName, BIC, CorrespAcc. ``Sum`` is given in roubles and
written as whole kopecks. Reading is lenient, because real bills are: other letter case of keys, empty values,
unknown keys, a trailing separator, blanks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from startks.base.errors import StartksError
from startks.framework.documents.gis_ids import BadGisId, parse_gis_id

VERSION = "ST0001"
#: Digit of the service block to the Python codec (ГОСТ Р 56042-2014, table of encodings).
ENCODINGS = {"1": "windows-1251", "2": "utf-8", "3": "koi8-r"}
_DIGITS = {codec: digit for digit, codec in ENCODINGS.items()}

REQUIRED = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
#: Service block and required fields together, in bytes.
REQUIRED_BLOCK_BYTES = 300
#: The standard leaves the separator free; the order of preference is ours.
SEPARATORS = "|#;:^_~{}!$%&()*+,/@"
#: Longest value in characters.
LIMITS = {
    "Name": 160, "PersonalAcc": 20, "BankName": 45, "BIC": 9, "CorrespAcc": 20, "Sum": 18, "Purpose": 210,
    "PayeeINN": 12, "PayerINN": 12, "DrawerStatus": 2, "KPP": 9, "CBC": 20, "OKTMO": 11, "PaytReason": 2,
    "TaxPeriod": 10, "DocNo": 15, "DocDate": 10, "TaxPaytKind": 2,
}  # fmt: skip
_FREE_KEYS = (
    "LastName", "FirstName", "MiddleName", "PayerAddress", "PersonalAccount", "DocIdx", "PensAcc", "Contract",
    "PersAcc", "Flat", "Phone", "PayerIdType", "PayerIdNum", "ChildFio", "BirthDate", "PaymTerm", "PaymPeriod",
    "Category", "ServiceName", "CounterId", "CounterVal", "QuittId", "QuittDate", "InstNum", "ClassNum", "SpecFio",
    "AddAmount", "RuleId", "ExecId", "RegType", "UIN", "TechCode",
)  # fmt: skip
_KNOWN = frozenset(key.lower() for key in (*LIMITS, *_FREE_KEYS))
_BIC = re.compile(r"[0-9]{9}")


class PaymentStringError(StartksError):
    """The string cannot be written or read; ``code`` names the reason for programs, ``message`` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class ParsedPayment:
    """A payment string taken apart; ``fields`` keep the spelling and the order met."""

    encoding: str
    separator: str
    fields: tuple[tuple[str, str], ...]

    @cached_property
    def _by_key(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in self.fields:
            if value:
                found.setdefault(key.lower(), value)
        return found

    def get(self, key: str) -> str | None:
        """First non-empty value of ``key`` (any letter case), or None."""
        return self._by_key.get(key.lower())

    @property
    def name(self) -> str | None:
        return self.get("Name")

    @property
    def account(self) -> str | None:
        """Number of the personal account of the payer."""
        return self.get("PersAcc")

    @property
    def sum_kopecks(self) -> int | None:
        text = self.get("Sum")
        return int(text) if text and text.isascii() and text.isdigit() else None

    @property
    def sum_rub(self) -> str | None:
        """The sum as roubles with two decimals, ``"2994.41"``."""
        kopecks = self.sum_kopecks
        return None if kopecks is None else f"{kopecks // 100}.{kopecks % 100:02d}"

    @property
    def period(self) -> int | None:
        """PaymPeriod as YYYYMM; MMYY, MMYYYY and MM.YYYY are met in real bills."""
        match = re.fullmatch(r"(0[1-9]|1[0-2])\.?([0-9]{4}|[0-9]{2})", self.get("PaymPeriod") or "", re.ASCII)
        if match is None:
            return None
        year = int(match[2])
        return (year if year > 99 else 2000 + year) * 100 + int(match[1])

    @property
    def payee_inn(self) -> str | None:
        return self.get("PayeeINN")

    @property
    def tech_code(self) -> str | None:
        return self.get("TechCode")

    @property
    def payment_document_id(self) -> str | None:
        """UIN where it is an identifier of ГИС ЖКХ (housing bills put it there), else None."""
        uin = self.get("UIN")
        if uin is None:
            return None
        try:
            parse_gis_id(uin)
        except BadGisId:  # UIN of a budget payment is a number of 20 or 25 digits: not ours, not an error
            return None
        return uin

    @property
    def unknown_keys(self) -> list[str]:
        return [key for key, _ in self.fields if key.lower() not in _KNOWN]

    @property
    def empty_keys(self) -> list[str]:
        return [key for key, value in self.fields if not value]


def kopecks_text(roubles: str | Decimal) -> str:
    """Roubles with at most two decimals to the text of whole kopecks the standard asks for."""
    try:
        kopecks = Decimal(roubles) * 100
    except InvalidOperation:
        kopecks = Decimal("NaN")
    if not kopecks.is_finite() or kopecks < 0 or kopecks != int(kopecks):
        raise PaymentStringError(
            "bad_sum", f"Сумма «{roubles}» не годится для QR-кода: нужны неотрицательные рубли с копейками, например 271.40."
        )
    return str(int(kopecks))


def build_payment_string(fields: Sequence[tuple[str, str]], encoding: str = "utf-8") -> str:
    """The text before encoding: required fields first, the others in the order given.

    ``Sum`` is roubles (``"271.40"``). Raises :class:`PaymentStringError` with the code of the first failed check
    (``required_field_missing``, ``bic_not_9_digits``, ``field_too_long``, ``no_free_separator``, ``bad_encoding``,
    ``required_block_too_long``, and ``bad_sum``).
    """
    digit = _DIGITS.get(encoding)
    if digit is None:
        raise PaymentStringError(
            "bad_encoding", f"Кодировка «{encoding}» не предусмотрена ГОСТ Р 56042-2014; выберите {', '.join(_DIGITS)}."
        )
    given = dict(reversed(fields))
    for key in REQUIRED:
        if not given.get(key):
            raise PaymentStringError(
                "required_field_missing", f"Для QR-кода нет обязательного поля {key}; заполните реквизиты получателя."
            )
    if not _BIC.fullmatch(given["BIC"]):
        raise PaymentStringError("bic_not_9_digits", f"БИК «{given['BIC']}» должен состоять из девяти цифр; исправьте его.")
    pairs = [(key, given[key]) for key in REQUIRED]
    pairs += [(key, kopecks_text(value) if key == "Sum" else value) for key, value in fields if key not in REQUIRED]
    for key, value in pairs:
        if len(value) > LIMITS.get(key, 10_000):
            raise PaymentStringError(
                "field_too_long", f"Поле {key} длиннее {LIMITS[key]} знаков, так QR-код не составить; сократите его."
            )
    values = "".join([value for _, value in pairs])
    separator = next((sign for sign in SEPARATORS if sign not in values), None)
    if separator is None:
        raise PaymentStringError(
            "no_free_separator",
            f"В реквизитах встречаются все знаки {SEPARATORS}, разделителя не осталось; уберите один из знаков.",
        )
    parts = [f"{key}={value}" for key, value in pairs]
    required_block = f"{VERSION}{digit}{separator}" + separator.join(parts[: len(REQUIRED)])
    if len(_encode(required_block, encoding)) > REQUIRED_BLOCK_BYTES:
        raise PaymentStringError(
            "required_block_too_long",
            f"Обязательные реквизиты не укладываются в {REQUIRED_BLOCK_BYTES} байт; "
            "сократите наименование или выберите кодировку windows-1251.",
        )
    return separator.join([required_block, *parts[len(REQUIRED) :]])


def payload_bytes(payload: str) -> bytes:
    """Encode a payment string as its own service block says. Raises ``bad_encoding``, ``not_a_payment_string``."""
    digit = payload[len(VERSION) : len(VERSION) + 1]
    if not payload.startswith(VERSION) or digit not in ENCODINGS:
        raise _not_a_payment_string()
    return _encode(payload, ENCODINGS[digit])


def parse_payment_string(payload: str) -> ParsedPayment:
    """Take a decoded payment string apart. Raises ``not_a_payment_string``."""
    text = payload.strip()
    digit, separator = text[6:7], text[7:8]
    if not text.startswith(VERSION) or digit not in ENCODINGS or not separator or separator.isalnum() or separator == "=":
        raise _not_a_payment_string()
    pairs = (piece.partition("=") for piece in text[8:].split(separator) if "=" in piece)
    fields = tuple((key.strip(), value.strip()) for key, _, value in pairs if key.strip())
    if not fields:
        raise _not_a_payment_string()
    return ParsedPayment(ENCODINGS[digit], separator, fields)


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise PaymentStringError(
            "bad_encoding", f"Знака «{text[error.start]}» нет в кодировке {encoding}; уберите его или выберите utf-8."
        ) from None


def _not_a_payment_string() -> PaymentStringError:
    return PaymentStringError(
        "not_a_payment_string", "Это не платёжная строка ГОСТ Р 56042-2014 (ST00012|Name=…); отсканируйте код с квитанции."
    )
