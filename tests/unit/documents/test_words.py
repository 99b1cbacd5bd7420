"""Words and numbers of documents."""

from datetime import date
from decimal import Decimal

import pytest

from startks.framework.documents import typography
from startks.framework.documents.words import counted, money_in_words, number_in_words, plural


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (27140, "двести семьдесят один рубль 40\u00a0копеек"),
        (0, "ноль рублей 00\u00a0копеек"),
        (101, "один рубль 01\u00a0копейка"),
        (202, "два рубля 02\u00a0копейки"),
        (1_112_11, "одна тысяча сто двенадцать рублей 11\u00a0копеек"),
        (2_000_000_00, "два миллиона рублей 00\u00a0копеек"),
        (-100_211, "минус одна тысяча два рубля 11\u00a0копеек"),
        (21_000_021_99, "двадцать один миллион двадцать один рубль 99\u00a0копеек"),
    ],
)
def test_sums_in_words(kopecks, text):
    assert money_in_words(kopecks) == text


@pytest.mark.parametrize(
    ("number", "feminine", "text"),
    [
        (0, False, "ноль"), (1, True, "одна"), (2, True, "две"), (12, True, "двенадцать"), (2_000_002, True, "два миллиона две"),
        (40, False, "сорок"), (90, False, "девяносто"), (901, False, "девятьсот один"), (-5, False, "минус пять"),
        (1_000_000_000, False, "один миллиард"), (5_000, False, "пять тысяч"), (2_000, False, "две тысячи"),
    ],
)  # fmt: skip
def test_numbers_in_words(number, feminine, text):
    assert number_in_words(number, feminine) == text


def test_too_large_a_number_is_refused():
    with pytest.raises(ValueError, match="out of the range"):
        number_in_words(10**15)


@pytest.mark.parametrize(
    ("number", "form"), [(1, "лицо"), (2, "лица"), (5, "лиц"), (11, "лиц"), (21, "лицо"), (0, "лиц"), (112, "лиц")]
)
def test_forms_after_a_number(number, form):
    assert plural(number, "лицо", "лица", "лиц") == form
    assert counted(number, "лицо", "лица", "лиц") == f"{number}\u00a0{form}"


def test_money():
    assert typography.money(123456) == "1\u00a0234,56"
    assert typography.money(-5) == "\u22120,05"
    assert typography.roubles(100) == "1,00\u00a0₽"
    assert typography.money_or_dash(0) == "—"
    assert typography.money_or_dash(1) == "0,01"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12.3400", "12,34"), ("0.0000005", "0,000001"), ("-0.0000001", "0"), ("1234.5", "1\u00a0234,5"), ("1E+3", "1\u00a0000"),
        ("0", "0"), ("-2.50", "\u22122,5"),
    ],
)  # fmt: skip
def test_decimals(value, text):
    assert typography.decimal_text(Decimal(value)) == text


def test_tariffs_have_two_decimals_at_least():
    assert [typography.tariff_text(Decimal(value)) for value in ("42.18", "5.1", "5.4375", "1E+3")] == [
        "42,18", "5,10", "5,4375", "1\u00a0000,00",
    ]  # fmt: skip


def test_nothing_is_an_empty_text():
    assert (typography.decimal_text(None), typography.tariff_text(None), typography.date_text(None)) == ("", "", "")


def test_dates_and_periods():
    assert typography.date_text(date(2026, 5, 1)) == "01.05.2026"
    assert typography.period_text(202605) == "май\u00a02026"
