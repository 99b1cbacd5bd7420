"""Masking, passwords and the brake's arithmetic."""

import datetime as dt

import pytest

from startks.domain.security.masking import (
    mask_account,
    mask_birth_date,
    mask_email,
    mask_name,
    mask_phone,
    mask_snils,
)
from startks.domain.security.passwords import (
    WeakPassword,
    check_new_password,
    hash_password,
    needs_rehash,
    password_matches,
)
from startks.domain.security.registration import bill_code
from startks.domain.security.sign_in import SignInBraked, pause_minutes


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Иванов Иван Иванович", "И*** И. И."),
        ("Ли Анна", "Л*** А."),
        ("  Иванов  Иван ", "И*** И."),
        ("Цой", "Ц***"),
        ("", ""),
        (None, ""),
    ],
)
def test_names(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+7 917 123-45-12", "+7 *** ***-**-12"),
        ("89171234512", "+7 *** ***-**-12"),
        ("332-12-45", "*** ***-**-45"),
        ("112", "***"),
        ("", ""),
        (None, ""),
    ],
)
def test_phones(phone, masked):
    assert mask_phone(phone) == masked


def test_the_rest():
    assert mask_email("ivanov@example.ru") == "i***@example.ru"
    assert mask_email("broken") == "***"
    assert mask_email(None) == ""
    assert mask_snils("112-233-445 95") == "***-***-*** 95"
    assert mask_snils(None) == ""
    assert mask_birth_date(dt.date(1950, 5, 1)) == "**.**.****"
    assert mask_birth_date(None) == ""
    assert mask_account("6300012345") == "******2345"
    assert mask_account("") == ""


def test_a_hash_is_argon2id_and_salted():
    first, second = hash_password("одно и то же"), hash_password("одно и то же")
    assert first.startswith("$argon2id$")
    assert first != second
    assert password_matches(first, "одно и то же")
    assert not password_matches(first, "другое")
    assert not needs_rehash(first)


def test_nobody_has_a_password_but_it_is_checked_all_the_same():
    assert not password_matches(None, "nobody has this password")
    assert not password_matches("not a hash", "x")


@pytest.mark.parametrize("password", ["short", "12345678", "aaaaaaaaaa", "Password", "x" * 201, "пароль123"])
def test_weak_passwords(password):
    with pytest.raises(WeakPassword) as refusal:
        check_new_password(password, "someone")
    assert refusal.value.message.endswith(".")


def test_a_password_that_is_the_login():
    with pytest.raises(WeakPassword):
        check_new_password("ivanov-petr", "Ivanov-Petr")
    check_new_password("ivanov-petr", "somebody")


@pytest.mark.parametrize(
    ("mistakes", "minutes"), [(0, 0), (4, 0), (5, 15), (9, 15), (10, 30), (15, 60), (25, 240), (1000, 240)]
)
def test_the_pause_grows(mistakes, minutes):
    assert pause_minutes(mistakes, 5, 15) == minutes


def test_the_pause_is_said_in_minutes():
    assert "Подождите 2 мин." in SignInBraked(61).message
    assert "Подождите 1 мин." in SignInBraked(1).message


def test_a_bill_code_is_of_its_account_month_and_secret():
    code = bill_code(b"key", "6300000001", 202610)
    assert len(code) == 8
    assert code.isdigit()
    others = {bill_code(b"key", "6300000002", 202610), bill_code(b"key", "6300000001", 202609), bill_code(b"k", "6300000001", 202610)}
    assert code not in others
