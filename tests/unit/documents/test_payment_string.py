"""The payment string: what is written is read back, and everything wrong is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from startks.framework.documents.gis_ids import BadGisId, parse_gis_id
from startks.framework.documents.qr import (
    ENCODINGS,
    SEPARATORS,
    PaymentStringError,
    build_payment_string,
    kopecks_text,
    parse_payment_string,
    payload_bytes,
)

REQUIRED = [
    ("Name", "МУП РКЦ"),
    ("PersonalAcc", "40702810500000000001"),
    ("BankName", "ПАО БАНК"),
    ("BIC", "044525225"),
    ("CorrespAcc", "30101810400000000225"),
]
VALUES = st.text("абвяЁёABz019 .-=«»№|#;:^_", min_size=1, max_size=40).map(str.strip).filter(bool)


def with_field(key, value):
    return [(name, value if name == key else given) for name, given in REQUIRED]


@given(st.lists(st.tuples(st.sampled_from(["PersAcc", "PayerAddress", "UIN", "Flat", "Fine"]), VALUES), max_size=5))
def test_building_and_reading_are_inverse(extra):
    parsed = parse_payment_string(build_payment_string(REQUIRED + extra))
    assert list(parsed.fields) == REQUIRED + extra
    assert parsed.encoding == "utf-8"
    assert parsed.separator in SEPARATORS


@given(st.integers(0, 10**15))
def test_a_sum_travels_as_whole_kopecks(kopecks):
    payload = build_payment_string([*REQUIRED, ("Sum", f"{kopecks // 100}.{kopecks % 100:02d}")])
    assert f"Sum={kopecks}" in payload
    assert parse_payment_string(payload).sum_kopecks == kopecks


@pytest.mark.parametrize("encoding", ENCODINGS.values())
def test_bytes_follow_the_service_block(encoding):
    payload = build_payment_string(REQUIRED, encoding)
    assert payload_bytes(payload).decode(encoding) == payload


@pytest.mark.parametrize(
    ("fields", "encoding", "code"),
    [
        (REQUIRED[:-1], "utf-8", "required_field_missing"),
        (with_field("Name", ""), "utf-8", "required_field_missing"),
        (with_field("BIC", "04452522"), "utf-8", "bic_not_9_digits"),
        (with_field("BIC", "٠٤٤٥٢٥٢٢٥"), "utf-8", "bic_not_9_digits"),
        (with_field("Name", "М" * 161), "utf-8", "field_too_long"),
        ([*REQUIRED, ("Purpose", SEPARATORS)], "utf-8", "no_free_separator"),
        (with_field("Name", "€"), "koi8-r", "bad_encoding"),
        (REQUIRED, "cp866", "bad_encoding"),
        (with_field("Name", "М" * 160), "utf-8", "required_block_too_long"),
        ([*REQUIRED, ("Sum", "1.005")], "utf-8", "bad_sum"),
        ([*REQUIRED, ("Sum", "-1")], "utf-8", "bad_sum"),
        ([*REQUIRED, ("Sum", "сто")], "utf-8", "bad_sum"),
        ([*REQUIRED, ("Sum", "NaN")], "utf-8", "bad_sum"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(fields, encoding, code):
    with pytest.raises(PaymentStringError) as caught:
        build_payment_string(fields, encoding)
    assert caught.value.code == code
    assert caught.value.message.endswith((".", "|Name=…)"))


@pytest.mark.parametrize(
    "text", ["", "ST00012", "ST00012|", "ST00014|Name=x", "ST00022|Name=x", "ST00012NName=x", "ST00012=a=b", "x"]
)
def test_what_is_no_payment_string_is_refused(text):
    with pytest.raises(PaymentStringError) as caught:
        parse_payment_string(text)
    assert caught.value.code == "not_a_payment_string"


def test_bytes_of_a_foreign_text_are_refused():
    with pytest.raises(PaymentStringError) as caught:
        payload_bytes("persAcc=12")
    assert caught.value.code == "not_a_payment_string"


def test_a_field_outside_the_encoding_is_refused_when_written_out():
    payload = build_payment_string([*REQUIRED, ("PayerAddress", "€")], "koi8-r")
    with pytest.raises(PaymentStringError) as caught:
        payload_bytes(payload)
    assert caught.value.code == "bad_encoding"


@pytest.mark.parametrize(
    ("text", "period"), [("0326", 202603), ("032026", 202603), ("03.2026", 202603), ("1326", None), ("2026-03", None), ("", None)]
)
def test_periods_of_real_bills(text, period):
    assert parse_payment_string(f"ST00012|PersAcc=1|PaymPeriod={text}").period == period


def test_reading_is_lenient():
    parsed = parse_payment_string(" ST00012|name= ТСЖ |persAcc=7|Purpose=|Fine=0|trash|=x|UIN=123|Sum=5| ")
    assert (parsed.name, parsed.account, parsed.sum_rub) == ("ТСЖ", "7", "0.05")
    assert parsed.empty_keys == ["Purpose"]
    assert parsed.unknown_keys == ["Fine"]
    assert parsed.payment_document_id is None
    assert parsed.payee_inn is None and parsed.tech_code is None


def test_a_sum_that_is_no_number_is_absent():
    assert parse_payment_string("ST00012|PersAcc=1|Sum=1,5").sum_rub is None


def test_roubles_to_kopecks():
    assert kopecks_text("271.40") == "27140"


def test_identifiers_of_the_state_system():
    assert parse_gis_id("63КР104207").service_id is None
    assert parse_gis_id("63КР104207-02").id_type == "service"
    document = parse_gis_id("63КР104207-02-1122")
    assert (document.service_id, document.document_part) == ("63КР104207-02", "1122")


@pytest.mark.parametrize(
    "text", ["", "63kp104207", "63KP104207", "63КР10420", "63КР104207-2", "63КР104207-02-112", "63КР104207\n"]
)
def test_other_texts_are_no_identifiers(text):
    with pytest.raises(BadGisId):
        parse_gis_id(text)
