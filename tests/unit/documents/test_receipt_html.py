"""The HTML twin: complete, accessible, safe."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from startks.framework.documents.receipt_html import receipt_html
from startks.framework.documents.typography import money, roubles
from tests.factories import receipts as factory

BUILDERS = [
    factory.receipt, factory.long_receipt, factory.bare_receipt, factory.overpaid_receipt, factory.long_names_receipt,
    factory.debt_receipt, factory.instalment_receipt,
]  # fmt: skip


def soup_of(receipt, **options):
    return BeautifulSoup(receipt_html(receipt, **options), "html.parser")


@pytest.mark.parametrize("build", BUILDERS)
def test_five_sections_tables_with_captions_and_headings(build):
    receipt = build()
    soup = soup_of(receipt)
    assert len(soup.find_all("section")) == 5
    for table in soup.find_all("table"):
        assert table.caption.get_text(strip=True)
        width = len(table.thead.find_all("th", scope="col"))
        for row in table.tbody.find_all("tr"):
            assert row.find("th", scope="row")
            assert sum(int(cell.get("colspan", 1)) for cell in row.find_all(["th", "td"])) == width
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for tag in soup.find_all(attrs={"aria-labelledby": True}):
        assert set(tag["aria-labelledby"].split()) <= set(ids)


@pytest.mark.parametrize("build", BUILDERS)
def test_nothing_a_strict_policy_forbids(build):
    html = receipt_html(build())
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", html)


def test_every_line_is_there():
    receipt = factory.long_receipt()
    text = soup_of(receipt).get_text(" ")
    for line in receipt.lines:
        assert line.service in text
        assert money(line.to_pay) in text
    assert money(receipt.accrued + receipt.penalty) in text


def test_foreign_texts_are_escaped():
    evil = "<script>alert(1)</script>\"'&"
    base = factory.receipt()
    receipt = replace(
        base,
        account="1<b>",
        payer=replace(base.payer, name=evil, address=evil, tenure=evil),
        provider=replace(base.provider, name=evil, site=evil),
        payee=replace(base.payee, name=evil, bank=evil[:40]),
        lines=(replace(base.lines[0], service=evil, supplier=evil, unit=evil),),
        readings=tuple(replace(reading, service=evil, note=evil, serial=evil) for reading in base.readings),
        notice=evil,
    )
    html = receipt_html(receipt)
    assert "<script" not in html and "1<b>" not in html
    assert evil in BeautifulSoup(html, "html.parser").get_text()


def test_an_overpayment_is_said():
    receipt = factory.overpaid_receipt()
    text = soup_of(receipt).get_text(" ")
    assert "Платить не нужно" in text and roubles(-receipt.balance) in text


def test_the_code_can_be_left_out_and_its_absence_is_explained():
    assert soup_of(factory.receipt()).find("svg").title.get_text().startswith("QR-код для оплаты")
    assert soup_of(factory.receipt(), with_code=False).find("svg") is None
    base = factory.receipt()
    assert "QR-код не составлен" in soup_of(replace(base, payee=replace(base.payee, bic="1"))).get_text()
