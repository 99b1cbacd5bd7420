"""Control digits and forms: real numbers pass, one wrong digit never does, and each refusal says what to do."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from startks.domain.accounts import checks as accounts
from startks.domain.parties import checks as parties
from startks.domain.territory import checks as territory

# How fast a loaded machine draws examples says nothing about the checks.
settled = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
BIC = "044525225"
REAL = [
    (parties.inn, "7707083893"),
    (parties.inn, "500100732259"),
    (parties.ogrn, "1027700132195"),
    (parties.ogrn, "304500116000157"),
    (parties.snils, "112-233-445 95"),
    (lambda text: parties.correspondent_account(text, BIC), "30101810400000000225"),
]


@pytest.mark.parametrize(("check", "number"), REAL)
def test_a_real_number_passes_whatever_its_spaces(check, number):
    assert check(f"  {number[:3]} {number[3:]} ") == number


@pytest.mark.parametrize(("check", "number"), REAL)
def test_one_wrong_digit_is_always_found(check, number):
    for at, sign in enumerate(number):
        if not sign.isdigit():
            continue
        for other in "0123456789":
            wrong = number[:at] + other + number[at + 1 :]
            if other != sign:
                with pytest.raises(ValueError, match="."):
                    check(wrong)


@settled
@given(st.text("0123456789", min_size=8, max_size=8), st.text("0123456789", min_size=11, max_size=11))
def test_exactly_one_control_digit_of_a_settlement_account_fits(head, tail):
    fitting = []
    for digit in "0123456789":
        number = head + digit + tail
        try:
            fitting.append(parties.settlement_account(number, BIC))
        except ValueError:
            continue
    assert len(fitting) == 1


@pytest.mark.parametrize(
    ("check", "wrong", "words"),
    [
        (parties.inn, "77070838", "10 или 12"),
        (parties.inn, "77О7083893", "одних цифр"),
        (parties.kpp, "12345", "9 знаков"),
        (parties.bic, "994525225", "начинается с 04"),
        (parties.snils, "123", "11 цифр"),
        (parties.phone, "позвоните", "цифрами"),
        (parties.email, "почта", "имя@домен"),
        (parties.name, "Иванов2", "буквами"),
        (accounts.account_number, "12-34", "5–20 цифр"),
        (accounts.gis_account, "63KP104207", "63КР104207"),
        (territory.cadastral_number, "63:1:2", "63:01:0123456:789"),
        (territory.house_number, "дом 5", "с цифры"),
    ],
)
def test_a_refusal_says_how_it_is_written(check, wrong, words):
    with pytest.raises(ValueError, match=words):
        check(wrong)


@pytest.mark.parametrize("name", ["Иванов", "Римский-Корсаков", "О'Хара", "Мамед оглы", "Ё"])
def test_names_as_people_bear_them(name):
    assert parties.name(f" {name} ") == name


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1", Fraction(1)), ("1/2", Fraction(1, 2)), (" 2 / 6 ", Fraction(1, 3)), ("0,25", Fraction(1, 4)), ("50 %", Fraction(1, 2))],
)
def test_shares_as_people_write_them(typed, value):
    assert accounts.share(typed) == value


@pytest.mark.parametrize("typed", ["0", "-1/2", "3/2", "1/0", "половина", ""])
def test_shares_that_are_none(typed):
    with pytest.raises(ValueError, match="Доля"):
        accounts.share(typed)


@settled
@given(st.lists(st.fractions(min_value=Fraction(1, 100), max_value=1), min_size=1, max_size=6))
def test_the_sum_of_shares_is_exact(shares):
    total = sum(shares, Fraction(0))
    if total > 1:
        with pytest.raises(ValueError, match="больше целого"):
            accounts.sum_of_shares(shares)
    else:
        assert accounts.sum_of_shares(shares) == total


@settled
@given(st.dictionaries(st.sampled_from(["residential_area", "nonresidential_area", "common_area", "heated_common_area"]),
                       st.decimals(-10, 1000, places=2)))  # fmt: skip
def test_areas_that_pass_are_possible(areas):
    given_areas = {
        "total_area": 1000, "residential_area": 0, "nonresidential_area": 0, "common_area": 0, "heated_common_area": 0,
        "cut_off_area": 0, **areas,
    }  # fmt: skip
    assume(not territory.house_areas(given_areas))
    assert all(value >= 0 for value in given_areas.values())
    assert given_areas["residential_area"] + given_areas["nonresidential_area"] <= 1000
    assert given_areas["heated_common_area"] <= given_areas["common_area"]
