"""Control digits of account numbers, tax numbers, СНИЛС and bank accounts.

Everything the seed invents passes the checks a real form makes, and cannot be anybody's: tax inspection 99 and the
СНИЛС numbers from 900-000-000 on are not issued, the dialling code 000 does not exist.
"""

from __future__ import annotations

import numpy as np

INN_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
KEY_WEIGHTS = (7, 1, 3)


def luhn_digits(numbers: np.ndarray) -> np.ndarray:
    """Return the Luhn check digit of each whole number (ISO/IEC 7812-1, annex B)."""
    rest = np.asarray(numbers, dtype=np.int64).copy()
    total = np.zeros_like(rest)
    double = True
    while (rest > 0).any():
        digit = rest % 10 * (2 if double else 1)
        total += digit // 10 + digit % 10
        rest //= 10
        double = not double
    return (10 - total % 10) % 10


def account_numbers(district: np.ndarray, serial: np.ndarray) -> np.ndarray:
    """Return ten-digit account numbers as whole numbers: district (10 … 99), serial (seven digits), Luhn digit."""
    body = np.asarray(district, dtype=np.int64) * 10_000_000 + serial
    return body * 10 + luhn_digits(body)


def account_number_is_valid(number: str) -> bool:
    """Whether the last digit of an account number fits the digits before it."""
    return number.isdecimal() and len(number) > 1 and int(luhn_digits(np.array([int(number[:-1])]))[0]) == int(number[-1])


def inn(body: str) -> str:
    """Return the ten-digit ИНН of an organisation from its first nine digits."""
    total = sum(weight * int(digit) for weight, digit in zip(INN_WEIGHTS, body, strict=True))
    return body + str(total % 11 % 10)


def ogrn(body: str) -> str:
    """Return the thirteen-digit ОГРН from its first twelve digits."""
    if len(body) != 12:
        raise ValueError("an ОГРН has twelve digits before the control digit")
    return body + str(int(body) % 11 % 10)


def snils(numbers: np.ndarray) -> np.ndarray:
    """Return the control numbers (0 … 99) of nine-digit СНИЛС numbers."""
    rest = np.asarray(numbers, dtype=np.int64).copy()
    total = np.zeros_like(rest)
    for weight in range(1, 10):
        total += rest % 10 * weight
        rest //= 10
    return total % 101 % 100


def correspondent_account(bic: str) -> str:
    """Return the account of a bank at the Bank of Russia: 30101810 + key + … + the last three digits of the БИК."""
    return _with_key("0" + bic[4:6], f"30101810{0:09d}{bic[6:9]}")


def settlement_account(bic: str, balance: str, number: int) -> str:
    """Return a rouble account (``balance`` is the five-digit balance account) with its key at the ninth place."""
    return _with_key(bic[6:9], f"{balance}8100{number:011d}")


def bank_account_is_valid(bic: str, account: str, *, correspondent: bool = False) -> bool:
    """Whether the control key of a twenty-digit bank account fits the БИК."""
    prefix = "0" + bic[4:6] if correspondent else bic[6:9]
    return len(account) == 20 and _key_sum(prefix + account) == 0


def _with_key(prefix: str, account: str) -> str:
    """Put the control key at the ninth place of a twenty-digit account whose ninth digit is 0."""
    if len(account) != 20 or account[8] != "0":
        raise ValueError("a bank account has twenty digits, the ninth is the key")
    key = _key_sum(prefix + account) * 3 % 10
    return account[:8] + str(key) + account[9:]


def _key_sum(digits: str) -> int:
    return sum(int(digit) * KEY_WEIGHTS[place % 3] % 10 for place, digit in enumerate(digits)) % 10
