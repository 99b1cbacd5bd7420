"""Bytes, amounts, periods and account numbers as banks write them."""

from __future__ import annotations

import codecs
import re
from datetime import date
from decimal import Decimal

from .errors import ExchangeError

#: Word of the file's header, in lower case, to the Python codec (``Windows`` and ``DOS`` are words of 1C).
CODECS = {
    "windows": "windows-1251", "dos": "cp866", "windows-1251": "windows-1251", "cp866": "cp866", "koi8-r": "koi8-r",
    "utf-8": "utf-8",
}
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?")
_PERIOD = re.compile(r"(0[1-9]|1[0-2])\.?([0-9]{4}|[0-9]{2})")


def decode(content: bytes, declared_encoding: str) -> tuple[str, str]:
    """Codec used and text of a file.

    A UTF-8 byte order mark wins over the declared encoding and is dropped. Raises ExchangeError
    ``unknown_encoding`` and ``bad_encoding`` (bytes that do not fit): an encoding is never guessed.
    """
    if content.startswith(codecs.BOM_UTF8):
        codec, content = "utf-8", content[len(codecs.BOM_UTF8) :]
    else:
        try:
            codec = CODECS[declared_encoding.strip().lower()]
        except KeyError:
            raise ExchangeError(
                "unknown_encoding",
                f"Кодировка «{declared_encoding}» неизвестна. Допустимы: Windows, DOS, windows-1251, cp866, koi8-r, utf-8.",
            ) from None
    try:
        return codec, content.decode(codec)
    except UnicodeDecodeError:
        raise ExchangeError(
            "bad_encoding", f"Файл не читается в кодировке {codec}. Запросите файл заново или укажите другую кодировку."
        ) from None


def amount_kopecks(text: str) -> int | None:
    """A positive sum in kopecks; comma or point, blanks allowed. None for anything else, zero included."""
    kopecks = unsigned_kopecks(text)
    return kopecks or None


def unsigned_kopecks(text: str) -> int | None:
    """As :func:`amount_kopecks`, with zero allowed."""
    compact = "".join(text.split())
    if not _AMOUNT.fullmatch(compact):
        return None
    return int(Decimal(compact.replace(",", ".")) * 100)


def signed_kopecks(text: str) -> int | None:
    """A balance in kopecks, a minus allowed; None for rubbish."""
    compact = "".join(text.split())
    kopecks = unsigned_kopecks(compact.removeprefix("-"))
    return -kopecks if kopecks is not None and compact.startswith("-") else kopecks


def period_of(text: str) -> str | None:
    """``MMYY``, ``MMYYYY`` or ``MM.YYYY`` as ``YYYY-MM``; None for anything else."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    year = match[2] if len(match[2]) == 4 else "20" + match[2]
    return f"{year}-{match[1]}"


def day_of(text: str, separator: str) -> date | None:
    """``DD?MM?YYYY`` with the separator given; None if it is no day."""
    match = re.fullmatch(rf"([0-9]{{2}}){re.escape(separator)}([0-9]{{2}}){re.escape(separator)}([0-9]{{4}})", text.strip())
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:  # 31.02: the caller refuses it as it refuses any other text
        return None


def account_in_purpose(purpose: str, account: str) -> bool:
    """Whether the account number stands in the text of a payment as a whole token.

    No letter, digit, ``_`` or ``-`` may touch it on either side.
    """
    return re.search(rf"(?<![\w-]){re.escape(account)}(?![\w-])", purpose) is not None


def debt_registry_file_name(inn: str, account: str, number: int, month: date) -> str:
    """Name of the debt registry sent to the bank: ``INN_account_NNN_MMYY.txt``."""
    return f"{inn}_{account}_{number:03d}_{month:%m%y}.txt"
