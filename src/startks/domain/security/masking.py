"""Masked personal data: what a screen shows until somebody asks to see it, which is an event of its own."""

from __future__ import annotations


def mask_name(full_name: str | None) -> str:
    """«Иванов Иван Иванович» → «И*** И. И.»; an empty name stays empty."""
    words = (full_name or "").split()
    if not words:
        return ""
    return " ".join([f"{words[0][0]}***", *(f"{word[0]}." for word in words[1:])])


def mask_phone(phone: str | None) -> str:
    """«+7 917 123-45-12» → «+7 *** ***-**-12»; a number of fewer than seven digits is hidden whole."""
    digits = [sign for sign in phone or "" if sign.isdigit()]
    if not digits:
        return ""
    if len(digits) < 7:
        return "***"
    head = "+7 " if len(digits) == 11 and digits[0] in "78" else ""
    return f"{head}*** ***-**-{''.join(digits[-2:])}"


def mask_email(email: str | None) -> str:
    """«ivanov@example.ru» → «i***@example.ru»."""
    name, at, host = (email or "").partition("@")
    return f"{name[:1]}***@{host}" if at and name else ("***" if email else "")


def mask_snils(snils: str | None) -> str:
    """«112-233-445 95» → «***-***-*** 95»."""
    digits = [sign for sign in snils or "" if sign.isdigit()]
    return f"***-***-*** {''.join(digits[-2:])}" if digits else ""


def mask_birth_date(birth_date: object | None) -> str:
    """Any date → «**.**.****»: the year alone would tell the age."""
    return "**.**.****" if birth_date else ""


def mask_account(number: str | None) -> str:
    """«6300012345» → «******2345»; for outsiders only, a clerk needs the number."""
    return "*" * max(len(number or "") - 4, 0) + (number or "")[-4:]
