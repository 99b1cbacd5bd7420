"""Slugs and titles of places."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startks.domain.territory.models import SLUG_RULE
from startks.domain.territory.slugs import slugify, unique_slug
from startks.domain.territory.titles import address_line, house_title, premise_title, street_title

STORED = re.compile(SLUG_RULE.partition("'")[2].rstrip("'"))


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("ул. Ерошевского, 3", "eroshevskogo-3"),
        ("улица Гагарина 5А", "gagarina-5a"),
        ("проспект Ленина, 1", "prospekt-lenina-1"),
        ("Самарский район", "samarskiy-rayon"),
        ("кв. 12", "12"),
        ("ул. Щорса, д. 7/9", "shchorsa-7-9"),
        ("Съезд «Ёлка»", "sezd-elka"),
        ("дом", "dom"),
        ("office", "office-1"),
    ],
)
def test_slugify(title, slug):
    assert slugify(title) == slug


def test_nothing_to_make_a_slug_of():
    with pytest.raises(ValueError, match="no slug"):
        slugify("ъь !")


@given(st.text(alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюяАЯ abcXYZ0123456789.,-/№+@«»", min_size=1, max_size=120))
def test_a_slug_is_what_the_tables_accept(title):
    try:
        slug = slugify(title)
    except ValueError:
        return
    assert STORED.fullmatch(slug)
    assert not slug.startswith(("+", "@"))


def test_unique_among_brothers():
    taken = {"gagarina-5", "gagarina-5-2"}
    assert unique_slug("ул. Гагарина, 5", taken) == "gagarina-5-3"
    assert unique_slug("ул. Мира, 5", taken) == "mira-5"


def test_titles():
    assert street_title("улица Гагарина") == "ул. Гагарина"
    assert street_title("Проспект Ленина") == "пр-кт Ленина"
    assert street_title("2-й проезд") == "2-й проезд"
    assert house_title("улица Гагарина", "5А") == "ул. Гагарина, д. 5А"
    assert premise_title("flat", "12") == "кв. 12"
    assert premise_title("room", "3") == "ком. 3"
    assert premise_title("nonresidential", "Н1") == "Н1"
    assert address_line("улица Гагарина", "5", "flat", "12") == "ул. Гагарина, д. 5, кв. 12"
