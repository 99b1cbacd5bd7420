"""Numbers, money, dates and months as Russians write and type them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startks.framework.web import formats
from startks.framework.web.formats import formats_for


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (0, "0,00 ₽"),
        (5, "0,05 ₽"),
        (123456, "1 234,56 ₽"),
        (-123456789, "−1 234 567,89 ₽"),
        (None, ""),
    ],
)
def test_money(kopecks, text):
    assert formats.money(kopecks) == text.replace(" ", "\u00a0")


def test_money_refuses_what_is_not_kopecks():
    with pytest.raises(TypeError):
        formats.money(12.5)
    with pytest.raises(TypeError):
        formats.number(0.1)


def test_numbers():
    assert formats.number(Decimal("12.500000")) == "12,5"
    assert formats.number(Decimal("1234567.25")) == "1\u00a0234\u00a0567,25"
    assert formats.number(Decimal("100")) == "100"
    assert formats.number(Decimal("1E+3")) == "1\u00a0000"
    assert formats.number(Decimal("2.345"), 2) == "2,35"
    assert formats.number(Decimal("-0.5"), 0) == "−1"
    assert formats.number(None) == ""
    assert formats.micro(3_140_000) == "3,14"
    assert formats.micro(None) == ""
    assert formats.price(Decimal("45.6")) == "45,60\u00a0₽"
    assert formats.price(Decimal("5.437500"), sign=False) == "5,4375"
    assert formats.price(None) == ""
    assert formats.percent(Decimal("12.5")) == "12,5\u00a0%"


def test_dates():
    assert formats.date(dt.date(2026, 5, 1)) == "01.05.2026"
    assert formats.date(None) == ""
    assert formats.long_date(dt.date(2026, 5, 1)) == "1\u00a0мая 2026\u00a0г."
    at = dt.datetime(2026, 5, 1, 21, 30, tzinfo=dt.UTC)
    assert formats.moment(at, ZoneInfo("Europe/Samara")) == "02.05.2026 01:30"
    assert formats.moment(None) == ""
    assert formats.period(202605) == "май 2026"
    assert formats.period(202605, "en") == "May 2026"
    assert formats.period(None) == ""


def test_formats_of_a_reader():
    fmt = formats_for("en", "samara")
    assert fmt.period(202612) == "December 2026"
    assert fmt.day_of(dt.datetime(2026, 5, 1, 21, 30, tzinfo=dt.UTC)) == "02.05.2026"
    assert fmt.money(100) == "1,00\u00a0₽"
    assert formats_for("en", "samara") is fmt


@pytest.mark.parametrize(
    ("count", "word"),
    [(0, "домов"), (1, "дом"), (2, "дома"), (5, "домов"), (11, "домов"), (12, "домов"), (21, "дом"), (104, "дома"), (111, "домов")],
)
def test_plural(count, word):
    assert formats.plural(count, "дом", "дома", "домов") == word
    assert formats.counted(count, "дом", "дома", "домов") == f"{count}\u00a0{word}"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_money_that_is_typed_as_it_was_shown_comes_back(kopecks):
    assert formats.parse_money(formats.money(kopecks)) == kopecks


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_a_number_that_is_typed_as_it_was_shown_comes_back(value):
    assert formats.parse_number(formats.number(value)) == value


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 12, 31)))
def test_a_date_that_is_typed_as_it_was_shown_comes_back(day):
    assert formats.parse_date(formats.date(day)) == day
    assert formats.parse_date(day.isoformat()) == day


@pytest.mark.parametrize("typed", ["", "abc", "1,2,3", "1.234", "١٢", "12,", "-", "1" * 17, "1e5", "0x10"])
def test_money_that_is_none(typed):
    with pytest.raises(ValueError, match=r"\.$"):
        formats.parse_money(typed)


@pytest.mark.parametrize("typed", ["", "31.02.2026", "1.1", "2026-13-01", "01.01.1800", "завтра"])
def test_dates_that_are_none(typed):
    with pytest.raises(ValueError, match="ДД.ММ.ГГГГ"):
        formats.parse_date(typed)


def test_months():
    for typed in ("05.2026", "5.2026", "2026-05", "май 2026", "Май 2026"):
        assert formats.parse_period(typed) == 202605
    for typed in ("", "13.2026", "мая 2026", "2026", "05.26"):
        with pytest.raises(ValueError, match="ММ.ГГГГ"):
            formats.parse_period(typed)


def test_the_end_of_a_range_is_shown_as_its_last_day():
    assert formats.last_day(dt.date(2026, 3, 1)) == "28.02.2026"
    assert formats.last_day(None) == ""
