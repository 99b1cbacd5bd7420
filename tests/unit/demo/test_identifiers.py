"""Control digits, checked by python-stdnum and by published numbers."""

import numpy as np
import pytest
from stdnum import luhn
from stdnum.ru import inn as stdnum_inn
from stdnum.ru import ogrn as stdnum_ogrn

from startks.demo import identifiers


def test_account_numbers_pass_the_luhn_check_and_one_wrong_digit_does_not():
    numbers = identifiers.account_numbers(np.array([10, 18, 99]), np.array([1, 350_000, 9_999_999]))
    for number in map(str, numbers):
        assert len(number) == 10
        assert luhn.is_valid(number)
        assert identifiers.account_number_is_valid(number)
        for place in range(10):
            wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
            assert not identifiers.account_number_is_valid(wrong)


@pytest.mark.parametrize("number", ["", "7", "12a4", "12 4"])
def test_what_is_no_number_is_not_valid(number):
    assert not identifiers.account_number_is_valid(number)


def test_tax_numbers():
    assert identifiers.inn("770708389") == "7707083893"  # Сбербанк
    assert stdnum_inn.is_valid(identifiers.inn("639900001"))
    assert identifiers.ogrn("102770013219") == "1027700132195"
    assert stdnum_ogrn.is_valid(identifiers.ogrn("120639900001"))
    with pytest.raises(ValueError, match="twelve"):
        identifiers.ogrn("1")


def test_snils():
    # the example of the Pension Fund's instruction: 112-233-445 95
    assert identifiers.snils(np.array([112_233_445])).tolist() == [95]
    # sums of 101, 100 and 99
    assert identifiers.snils(np.array([87_654_303, 87_654_302, 87_654_301])).tolist() == [0, 0, 99]


def test_bank_accounts():
    bic = "044525225"
    assert identifiers.correspondent_account(bic) == "30101810400000000225"  # Сбербанк
    assert identifiers.bank_account_is_valid(bic, "30101810400000000225", correspondent=True)
    account = identifiers.settlement_account("043699901", "40702", 17)
    assert account[:8] == "40702810"
    assert identifiers.bank_account_is_valid("043699901", account)
    assert not identifiers.bank_account_is_valid("043699902", account)
    assert not identifiers.bank_account_is_valid("043699901", account[:-1])
    with pytest.raises(ValueError, match="ninth"):
        identifiers._with_key("901", "40702810100000000017")
