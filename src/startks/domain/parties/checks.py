"""Control digits and forms of the numbers of persons and organisations: pure, for forms, imports and services alike.

Each takes what somebody wrote and returns it as it is kept, or raises :class:`ValueError` with a Russian sentence that says
what is wrong and what to do.
"""

from __future__ import annotations

import re

from stdnum.ru import inn as _inn
from stdnum.ru import ogrn as _ogrn

_SPACES = re.compile(r"[\s\u00a0-]+")
_WEIGHTS = (7, 1, 3)


def inn(text: str, *, person: bool | None = None) -> str:
    """ИНН: 10 digits of an organisation, 12 of a person (ФНС, Приказ ЕД-7-14/559@). ``person`` asks for one of the two."""
    digits = _digits(text, "ИНН")
    lengths = {None: (10, 12), True: (12,), False: (10,)}[person]
    if len(digits) not in lengths:
        wanted = " или ".join(str(length) for length in lengths)
        raise ValueError(f"В ИНН {wanted} цифр, а указано {len(digits)}: проверьте, не пропущена ли цифра.")
    if not _inn.is_valid(digits):
        raise ValueError(f"Контрольная цифра ИНН {digits} не сходится: сверьте номер со свидетельством.")
    return digits


def kpp(text: str) -> str:
    """КПП: 9 signs, four digits of the tax office, two signs of the reason, three digits. It has no control digit."""
    plain = _SPACES.sub("", text).upper()
    if not re.fullmatch(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", plain):
        raise ValueError("КПП состоит из 9 знаков, например 631501001: проверьте, не пропущен ли знак.")
    return plain


def ogrn(text: str) -> str:
    """ОГРН: 13 digits of an organisation, 15 (ОГРНИП) of an entrepreneur, with a control digit."""
    digits = _digits(text, "ОГРН")
    if len(digits) not in (13, 15):
        raise ValueError(f"В ОГРН 13 цифр (в ОГРНИП 15), а указано {len(digits)}: проверьте номер.")
    if not _ogrn.is_valid(digits):
        raise ValueError(f"Контрольная цифра ОГРН {digits} не сходится: сверьте номер с выпиской из реестра.")
    return digits


def bic(text: str) -> str:
    """БИК: 9 digits, the first two 04 or (since 2018, foreign and treasury codes) 00, 01 or 02."""
    digits = _digits(text, "БИК")
    if len(digits) != 9 or digits[:2] not in ("00", "01", "02", "04"):
        raise ValueError("БИК состоит из 9 цифр и начинается с 04 (у казначейства с 01): проверьте номер.")
    return digits


def settlement_account(text: str, bank: str) -> str:
    """Settlement account: 20 digits whose control digit agrees with the bank's БИК (Порядок ЦБ № 515 of 08.09.1997)."""
    digits = _account(text, "Расчётный счёт")
    # A bank's own branch is counted by the last three digits of its БИК; the Bank of Russia's by the fifth and sixth.
    ours = "0" + bank[4:6] if bank[6:] in ("000", "001", "002") else bank[6:]
    if not _agrees(ours + digits):
        raise ValueError(
            f"Расчётный счёт {digits} не подходит к БИК {bank}: контрольная цифра не сходится. Сверьте оба номера."
        )
    return digits


def correspondent_account(text: str, bank: str) -> str:
    """Correspondent account: 20 digits that begin with 301 and agree with the БИК; the treasury's begin with 40102."""
    digits = _account(text, "Корреспондентский счёт")
    if not digits.startswith(("301", "40102")):
        raise ValueError("Корреспондентский счёт начинается с 301 (казначейский с 40102): проверьте номер.")
    if digits[:3] == "301" and (digits[17:] != bank[6:] or not _agrees("0" + bank[4:6] + digits)):
        raise ValueError(
            f"Корреспондентский счёт {digits} не подходит к БИК {bank}: сверьте оба номера с карточкой банка."
        )
    return digits


def snils(text: str) -> str:
    """СНИЛС: 11 digits, kept as «112-233-445 95»; the sum is checked for numbers above 001-001-998."""
    digits = _digits(text, "СНИЛС")
    if len(digits) != 11:
        raise ValueError(f"В СНИЛС 11 цифр, а указано {len(digits)}: проверьте, не пропущена ли цифра.")
    if int(digits[:9]) > 1_001_998:
        total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(9, 0, -1), strict=True))
        if total % 101 % 100 != int(digits[9:]):
            raise ValueError("Контрольные цифры СНИЛС не сходятся: сверьте номер с документом.")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"


def phone(text: str) -> str:
    """Telephone: ten digits after +7 or 8, kept as «+7 846 123-45-67»; a short or foreign number stays as it was written."""
    plain = " ".join(text.split())
    digits = re.sub(r"[^0-9]", "", plain)
    if not 3 <= len(digits) <= 15 or not re.fullmatch(r"[0-9+()\-. ]+(?:доб\. ?[0-9]+)?", plain):
        raise ValueError("Телефон пишется цифрами, например +7 846 123-45-67.")
    if len(digits) == 11 and digits[0] in "78":
        return f"+7 {digits[1:4]} {digits[4:7]}-{digits[7:9]}-{digits[9:]}"
    return plain


def email(text: str) -> str:
    """E-mail: something, one @, a domain with a dot."""
    plain = text.strip()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}", plain) or len(plain) > 254:
        raise ValueError("Электронная почта пишется как имя@домен.ru: проверьте адрес.")
    return plain


def name(text: str) -> str:
    """Surname, name or patronymic: letters, hyphen, apostrophe, dot and space."""
    plain = " ".join(text.split())
    if not re.fullmatch(r"[^\W\d_]+(?:[-' .’]+[^\W\d_]+)*\.?", plain):
        raise ValueError("Имя пишется буквами, без цифр и знаков: исправьте написание.")
    return plain


def _digits(text: str, what: str) -> str:
    plain = _SPACES.sub("", text)
    if not (plain.isascii() and plain.isdigit()):
        raise ValueError(f"{what} состоит из одних цифр: уберите буквы и другие знаки.")
    return plain


def _account(text: str, what: str) -> str:
    digits = _digits(text, what)
    if len(digits) != 20:
        raise ValueError(f"{what} состоит из 20 цифр, а указано {len(digits)}: проверьте номер.")
    return digits


def _agrees(digits: str) -> bool:
    return sum(int(digit) * _WEIGHTS[at % 3] for at, digit in enumerate(digits)) % 10 == 0
