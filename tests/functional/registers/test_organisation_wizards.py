"""Organisations with control digits, settlement accounts from a date."""

import pytest

from tests.functional.registers.walking import go, save, saved

REASON = {"reason": "Письмо банка", "document": "Письмо 5"}
BANK = {"bank_name": "ПАО Сбербанк", "bic": "044525225", "settlement_account": "40702810038000000001",
        "correspondent_account": "30101810400000000225"}  # fmt: skip


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


def fitting(bic, number):
    """The number with the control digit that fits."""
    from startks.domain.parties.checks import settlement_account

    for digit in "0123456789":
        try:
            return settlement_account(number[:8] + digit + number[9:], bic)
        except ValueError:
            continue
    raise AssertionError


def test_an_organisation_with_wrong_digits_is_refused_field_by_field(operator):
    page = go(operator.get("/office/+organisations/@@new-organisation"), name="ООО «Тепло»", short_name="Тепло",
              role="heat", inn="7707083894", kpp="77360100", ogrn="1027700132196")  # fmt: skip
    assert page.status_int == 422
    links = [link["href"] for link in page.html.select(".alert-danger a")]
    assert links == ["#names-inn", "#names-kpp", "#names-ogrn"]


def test_an_organisation_and_its_settlement_account(operator, rows):
    page = go(operator.get("/office/+organisations/@@new-organisation"), name="ООО «Тепло»", short_name="Тепло",
              role="heat", inn="7707083893", kpp="773601001", ogrn="1027700132195")  # fmt: skip
    page = go(page, phone="8 846 2001234", email="t@example.ru")
    card = saved(page)
    path = card.request.path
    assert "+7 846 200-12-34" in card.text
    again = go(operator.get("/office/+organisations/@@new-organisation"), name="Второе", short_name="Второе", role="heat",
               inn="7707083893", kpp="773601001")  # fmt: skip
    assert again.status_int == 422 and "Тепло" in again.html.select_one("#error-names-inn").text

    page = go(operator.get(f"{path}/@@bank-details"), **{**BANK, "settlement_account": "40702810138000000001"})
    if page.status_int != 422:  # that digit happened to fit
        page = go(operator.get(f"{path}/@@bank-details"), **{**BANK, "settlement_account": "40702810238000000001"})
    assert "не подходит к БИК" in page.html.select_one("#error-bank-settlement_account").text
    first = fitting(BANK["bic"], BANK["settlement_account"])
    saved(go(go(page, **{**BANK, "settlement_account": first}), since="01.01.2026", **REASON))
    second = fitting(BANK["bic"], "40702810038000000777")
    page = go(go(operator.get(f"{path}/@@bank-details"), settlement_account=second), since="01.01.2026", **REASON)
    assert "Факты противоречат друг другу" in page.text and first in page.text and second in page.text
    assert "save" not in page.forms["save"].fields
    page = go(go(operator.get(f"{path}/@@bank-details"), settlement_account=second), since="01.03.2026", **REASON)
    saved(page)
    dated = rows("SELECT valid::text AS days, settlement_account FROM bank_details WHERE bic = '044525225' ORDER BY valid")
    assert [(row.days, row.settlement_account) for row in dated] == [
        ("[2026-01-01,2026-03-01)", first), ("[2026-03-01,)", second),
    ]  # fmt: skip
    assert "Письмо банка" in operator.get(path).text


def test_nothing_changed_is_said(operator, rows):
    (row,) = rows("SELECT id FROM organisation WHERE short_name = 'Тепло'") or [None]
    page = operator.get(f"/office/+organisations/{row.id}/@@edit-organisation")
    page = go(go(go(page)), **REASON)
    assert "Ничего не изменилось" in page.text
    answer = save(page, "back")
    assert answer.status_int == 303


def test_a_cashier_reads_only(signed_in):
    signed_in("cashier").get("/office/+organisations/@@new-organisation", status=403)
