"""The table-driven symbols, read by an independent reader."""

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from startks.framework.documents.qr_matrix import QrTooLong, encode, version_for


def read(symbol):
    picture = np.kron(np.pad(~symbol.matrix(), 4, constant_values=True), np.ones((4, 4), bool)).astype(np.uint8) * 255
    return zxingcpp.read_barcodes(picture)


@pytest.mark.parametrize("length", [1, 14, 15, 26, 27, 62, 122, 180, 213, 331, 362, 412, 666])
@pytest.mark.parametrize("mask", [0, 3, 7])
def test_a_reader_gets_the_bytes_back(length, mask):
    payload = bytes(33 + n * 7 % 90 for n in range(length))
    found = read(encode(payload, mask))
    assert [result.bytes for result in found] == [payload]
    assert found[0].ec_level == "M"


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.integers(0, 7))
def test_any_bytes_any_mask(payload, mask):
    assert [result.bytes for result in read(encode(payload, mask))] == [payload]


def test_versions_follow_the_capacity_of_level_m():
    assert [version_for(n) for n in (14, 15, 26, 180, 181, 213, 214, 331, 332, 2331)] == [1, 2, 2, 9, 10, 10, 11, 13, 14, 40]


def test_too_long_a_payload_is_refused():
    with pytest.raises(QrTooLong):
        encode(b"x" * 2332)


def test_the_best_mask_is_chosen_where_none_is_given():
    symbol = encode("ST00012|Name=ТСЖ «Дом»".encode())
    assert 0 <= symbol.mask < 8
    assert [result.bytes.decode() for result in read(symbol)] == ["ST00012|Name=ТСЖ «Дом»"]
