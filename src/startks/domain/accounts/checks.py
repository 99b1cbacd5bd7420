"""Forms of account numbers and the arithmetic of shares: pure, for forms, imports and services alike.

Each raises :class:`ValueError` with a Russian sentence that says what is wrong and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction


def account_number(text: str) -> str:
    """Number of a personal account: 5 to 20 digits."""
    plain = "".join(text.split())
    if not re.fullmatch(r"[0-9]{5,20}", plain):
        raise ValueError("Номер лицевого счёта состоит из 5–20 цифр: уберите буквы и знаки.")
    return plain


def gis_account(text: str) -> str:
    """ЕЛС of ГИС ЖКХ: 2 digits of the region, 2 Russian capitals, 6 digits (ЖК РФ art. 155; form of Приказ 43/пр)."""
    plain = "".join(text.split()).upper()
    if not re.fullmatch(r"[0-9]{2}[А-ЯЁ]{2}[0-9]{6}", plain):
        raise ValueError("ЕЛС пишется как 63КР104207: две цифры, две русские буквы, шесть цифр.")
    return plain


def gis_service(text: str, account: str | None) -> str:
    """Identifier of services of ГИС ЖКХ: the ЕЛС, a dash and two digits."""
    plain = "".join(text.split()).upper()
    if not re.fullmatch(r"[0-9]{2}[А-ЯЁ]{2}[0-9]{6}-[0-9]{2}", plain):
        raise ValueError("Идентификатор ЖКУ пишется как 63КР104207-01: ЕЛС, дефис и две цифры.")
    if account and not plain.startswith(account):
        raise ValueError(f"Идентификатор ЖКУ {plain} начинается не с ЕЛС {account}: проверьте оба номера.")
    return plain


def share(text: str) -> Fraction:
    """Share in a right: «1», «1/2», «0,5», «33,3 %» → an exact fraction in (0, 1]."""
    plain = "".join(text.split()).replace(",", ".")
    try:
        value = Fraction(plain[:-1]) / 100 if plain.endswith("%") else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise ValueError("Доля пишется дробью, например 1/2, или 1 для единственного владельца.") from None
    if not 0 < value <= 1:
        raise ValueError("Доля больше нуля и не больше единицы: исправьте числитель или знаменатель.")
    if value.denominator > 1_000_000:
        raise ValueError("Знаменатель доли не больше 1 000 000: напишите долю простой дробью.")
    return value


def say_share(value: Fraction) -> str:
    """«1/2»; «1» for the whole."""
    return str(value)


def sum_of_shares(shares: Iterable[Fraction]) -> Fraction:
    """Sum of shares in one right. Raises where it is over one whole."""
    listed = list(shares)
    total = sum(listed, Fraction(0))
    if total > 1:
        said = " + ".join(map(str, listed))
        raise ValueError(f"Сумма долей {said} = {total}, это больше целого: уменьшите одну из долей.")
    return total
