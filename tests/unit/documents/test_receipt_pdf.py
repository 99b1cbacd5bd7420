"""Receipts read back by independent readers: text by pdfium, codes by zxing from the rendered pixels."""

from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
import zxingcpp

from startks.base.errors import ConfigurationError
from startks.framework.documents import fonts
from startks.framework.documents.payment_codes import (
    BarcodeError,
    barcode_digits,
    code128_modules,
    luhn_digit,
    payment_fields,
    qr_code,
    qr_payload,
)
from startks.framework.documents.qr import parse_payment_string
from startks.framework.documents.receipt import ReceiptKind
from startks.framework.documents.receipt_pdf import render_house, render_one
from startks.framework.documents.receipt_sheet import DEBT_TITLE, SECTION_TITLES
from startks.framework.documents.sample import sample_receipts
from startks.framework.documents.typography import money, roubles
from tests.factories import receipts as factory

AWKWARD = {
    "plain": factory.receipt,
    "long": factory.long_receipt,
    "bare": factory.bare_receipt,
    "overpaid": factory.overpaid_receipt,
    "long names": factory.long_names_receipt,
    "debt": factory.debt_receipt,
    "instalments": factory.instalment_receipt,
}


def pages_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", " ") for page in document]
    finally:
        document.close()


def text_of(receipt, **options):
    return " ".join(pages_of(render_one(receipt, **options)))


def plain(text):
    return text.replace("\u00a0", " ")


def codes_of(pdf, dpi=150, page=0):
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[page].render(scale=dpi / 72, grayscale=True).to_numpy()
        return zxingcpp.read_barcodes(np.ascontiguousarray(picture.reshape(picture.shape[:2])))
    finally:
        document.close()


@pytest.mark.parametrize("name", AWKWARD)
def test_every_receipt_has_five_sections_and_its_sum(name):
    receipt = AWKWARD[name]()
    text = text_of(receipt)
    for number, title in SECTION_TITLES.items():
        assert (DEBT_TITLE if number == 3 and receipt.kind is ReceiptKind.DEBT else title) in text
    assert f"Всего к оплате {plain(roubles(receipt.amount_due))}" in text
    assert receipt.account in text


@pytest.mark.parametrize("name", AWKWARD)
def test_the_code_on_paper_holds_the_payment(name):
    receipt = AWKWARD[name]()
    found = codes_of(render_one(receipt))
    assert len(found) == 1
    payload = qr_payload(receipt)
    parsed = parse_payment_string(payload)
    assert found[0].bytes.decode(parsed.encoding) == payload
    assert parsed.account == receipt.account
    assert parsed.sum_kopecks == (receipt.amount_due or None)
    assert parsed.period == receipt.period


def test_cyrillic_rouble_and_number_signs_are_text():
    text = text_of(factory.receipt())
    for sign in ("₽", "№", "«", "»", "Холодная вода", "Отопление", "м²", "ё"):
        assert sign in text


@pytest.mark.parametrize("name", ["plain", "long", "instalments"])
def test_each_line_is_printed_with_its_sum(name):
    receipt = AWKWARD[name]()
    text = text_of(receipt)
    for line in receipt.lines:
        assert line.service.split(",")[0].split(" по ")[0] in text
        assert plain(money(line.to_pay)) in text
    assert plain(money(receipt.accrued + receipt.penalty)) in text


def test_fifteen_lines_stay_on_one_page():
    for receipt in sample_receipts(12, seed=4):
        assert len(receipt.lines) == 15
        if not receipt.recalculations:
            assert len(pages_of(render_one(receipt))) == 1


def test_what_does_not_fit_goes_to_a_second_page_that_names_the_account():
    receipt = factory.long_receipt()
    pages = pages_of(render_one(receipt))
    assert len(pages) == 2
    assert receipt.account in pages[1] and "продолжение" in pages[1]
    assert len(receipt.lines) == 25


def test_sixty_lines_lose_nothing():
    text = text_of(factory.long_receipt(60))
    for number in range(1, 46):
        assert f"Дополнительная услуга № {number} " in text


def test_nothing_is_drawn_off_the_sheet():
    for build in AWKWARD.values():
        document = pypdfium2.PdfDocument(render_one(build()))
        for page in document:
            width, height = page.get_size()
            for drawn in page.get_objects():
                left, bottom, right, top = drawn.get_bounds()
                assert left >= -0.5 and bottom >= -0.5 and right <= width + 0.5 and top <= height + 0.5
        document.close()


def test_an_overpayment_asks_for_nothing():
    receipt = factory.overpaid_receipt()
    assert receipt.balance < 0 and receipt.amount_due == 0
    text = text_of(receipt)
    assert "Платить не нужно" in text
    assert plain(roubles(-receipt.balance)) in text
    assert "Sum" not in dict(payment_fields(receipt))


def test_a_debt_bill_lists_its_periods():
    receipt = factory.debt_receipt()
    text = text_of(receipt)
    assert "январь 2024 – февраль 2025" in text
    assert plain(money(sum(row.debt for row in receipt.debts))) in text
    assert receipt.amount_due == sum(row.to_pay for row in receipt.debts)


def test_long_debts_go_over_several_pages():
    pages = pages_of(render_one(factory.debt_receipt(120)))
    assert len(pages) >= 3
    assert "декабрь 2033" in " ".join(pages)


def test_a_house_is_one_file_with_a_bookmark_each():
    receipts = sample_receipts(5)
    pdf = render_house([*receipts, factory.debt_receipt()])
    document = pypdfium2.PdfDocument(pdf)
    titles = [bookmark.get_title() for bookmark in document.get_toc()]
    assert [title.split(" · ")[0] for title in titles] == [receipt.account for receipt in receipts] + [receipts[0].account]
    assert "Платёжные документы" in document.get_metadata_dict()["Title"]
    document.close()
    assert len(pdf) < 1.5 * len(render_one(receipts[0]))  # fonts once, not once a receipt


def test_an_empty_house_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="no receipts"):
        render_house([])


def test_signs_outside_the_alphabet_are_still_written():
    base = factory.receipt()
    text = text_of(replace(base, payer=replace(base.payer, name="Ђорђе Ўткин, Łódź")))
    assert "Ђорђе Ўткин" in text and "Łódź" in text


def test_a_payee_that_makes_no_code_is_said_so_and_printed_all_the_same():
    base = factory.receipt()
    broken = replace(base, payee=replace(base.payee, bic="12"))
    assert "QR-код не составлен" in text_of(broken)
    assert codes_of(render_one(broken)) == []
    assert qr_code(broken).symbol is None


def test_a_long_name_falls_back_to_one_byte_letters():
    base = factory.receipt()
    long = replace(base, payee=replace(base.payee, name="М" * 130))
    assert parse_payment_string(qr_payload(long)).encoding == "windows-1251"
    found = codes_of(render_one(long))
    assert found[0].bytes.decode("windows-1251") == qr_payload(long)


def test_the_linear_code_is_read_from_paper():
    receipt = factory.receipt()
    found = {result.format: result.text for result in codes_of(render_one(receipt, barcode=True), dpi=300)}
    digits = barcode_digits(receipt)
    assert digits in found.values()
    assert len(found) == 2
    assert digits == f"{receipt.account}0526{receipt.amount_due:07d}{luhn_digit(digits[:-1])}" and len(digits) == 22


def test_the_linear_code_names_what_it_cannot_hold():
    with pytest.raises(BarcodeError):
        barcode_digits(factory.receipt(account="А-17"))
    with pytest.raises(BarcodeError):
        barcode_digits(factory.receipt(opening=10**12))
    assert len(barcode_digits(factory.receipt(opening=10**8))) == 24
    assert "Счёт «А-17» не записать в штрихкод" in text_of(factory.receipt(account="А-17"), barcode=True)


def test_the_check_digit_is_luhn():
    assert luhn_digit("7992739871") == 3


def test_code128_starts_and_ends_dark():
    modules = code128_modules("1234")
    assert modules[0] and modules[-1]


def test_a_missing_font_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts.startks, "__file__", str(tmp_path / "src" / "startks" / "__init__.py"))
    with pytest.raises(ConfigurationError, match="через ./startks"):
        fonts.font_path(fonts.REGULAR)
