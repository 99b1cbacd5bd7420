"""Passwords: argon2id, and what a new one must be (ASVS 5.0 chapter 6: length and a list of common ones, no composition)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from startks.base.errors import StartksError

MIN_LENGTH = 8
MAX_LENGTH = 200

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 20 ms here, so that signing in cannot be used to
# exhaust a small server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

COMMON = frozenset(
    [
        "12345678", "123456789", "1234567890", "12345679", "11111111", "00000000", "87654321", "password",
        "password1", "passw0rd", "qwertyui", "qwertyuiop", "qwerty123", "qwerty12", "qwerty1234", "1q2w3e4r",
        "1q2w3e4r5t", "1qaz2wsx", "iloveyou", "sunshine", "princess", "football", "baseball", "superman",
        "trustno1", "welcome1", "letmein1", "abc12345", "abcd1234", "asdfghjk", "asdf1234", "zxcvbnm1",
        "q1w2e3r4", "aa123456", "a1234567", "admin123", "administrator", "йцукенгш", "йцукен123", "пароль123",
        "паролька", "привет123", "любовь123", "наташа123", "samara123", "самара123", "gfhjkm123",
    ]
)  # fmt: skip


class WeakPassword(StartksError):
    """The new password is refused; the sentence says what to change."""


def hash_password(password: str) -> str:
    """Return the argon2id hash in PHC form."""
    return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Check in the same time whether or not there is a stored hash, so that the clock does not tell who exists."""
    try:
        _HASHER.verify(stored or _nobody(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """True where the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def check_new_password(password: str, login: str = "") -> None:
    """Raise :class:`WeakPassword` unless the password is 8 to 200 characters long, not common and not the login."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword(f"Пароль короче {MIN_LENGTH} символов. Придумайте длиннее: несколько слов подряд подойдут.")
    if len(password) > MAX_LENGTH:
        raise WeakPassword(f"Пароль длиннее {MAX_LENGTH} символов. Сократите его.")
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 4:
        raise WeakPassword("Такой пароль подбирают первым. Придумайте другой.")
    if login and plain == login.casefold():
        raise WeakPassword("Пароль совпадает с логином. Придумайте другой.")


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
