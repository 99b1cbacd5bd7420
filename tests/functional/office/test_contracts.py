"""Contracts in the office: opened by a wizard, changed from a date, shown with their tariffs; who may not is kept out."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session


@pytest.fixture(scope="module")
def rows(wsgi_app):
    """Run a statement on the application's own data base."""

    def run(statement, **values):
        with Session(wsgi_app.registry["startks.engine"]) as session:
            return session.execute(text(statement), values).all()

    return run




@pytest.fixture(scope="module")
def supplier(rows):
    """The supplier of water."""
    return rows("SELECT id FROM organisation WHERE role = 'water' ORDER BY id LIMIT 1")[0].id


def walk(browser, address, **steps):
    """Fill a wizard's steps one after another and return its last page."""
    page = browser.get(address)
    for name, values in steps.items():
        form = page.forms[name]
        for field, value in values.items():
            form[field] = value
        page = form.submit("next", expect_errors=True)
        if page.status_int != 303:
            return page
        page = page.follow()
    return page


def test_a_clerk_opens_a_contract_and_changes_its_commission(users, supplier, rows):
    browser = users("operator")
    water = rows("SELECT id FROM service WHERE code = 'cold_water'")[0].id
    page = walk(
        browser, f"/office/+organisations/{supplier}/@@new-contract",
        contract={"kind": "agency", "number": "77-А", "signed_on": "20.12.2025", "valid_from": "01.01.2026"},
        services={f"service_{water}": True},
        terms={"commission": "1,8"},
        ground={"reason": "новый договор", "document": "Договор 77-А"},
    )  # fmt: skip
    assert "77-А" in page.text and "1,8" in page.text
    assert rows("SELECT 1 FROM contract WHERE number = '77-А'") == []
    card = page.forms["save"].submit("save").follow()
    assert "Холодное водоснабжение" in card.text and "новый договор" in card.text
    address = card.request.path
    page = walk(
        browser, address + "/@@terms", terms={"commission": "2,25"},
        ground={"since": "01.07.2027", "reason": "дополнительное соглашение"},
    )  # fmt: skip
    card = page.forms["save"].submit("save").follow()
    assert "2,25" in card.text and "1,8" in card.text and "дополнительное соглашение" in card.text
    page = walk(browser, address + "/@@end-contract", ground={"since": "01.01.2028", "reason": "истёк"})
    card = page.forms["save"].submit("save").follow()
    assert "01.01.2028" in card.text
    assert rows("SELECT upper(valid) AS d FROM contract WHERE number = '77-А'")[0].d.year == 2028


@pytest.mark.parametrize(
    ("step", "values", "word"),
    [
        ("contract", {"kind": "agency", "number": "", "signed_on": "20.12.2025", "valid_from": "01.01.2026"}, "Заполните"),
        ("contract", {"kind": "agency", "number": "1", "signed_on": "30.02.2026", "valid_from": "01.01.2026"}, "ДД.ММ.ГГГГ"),
    ],
)
def test_a_bad_step_stays_with_what_was_typed(users, supplier, step, values, word):
    page = walk(users("operator"), f"/office/+organisations/{supplier}/@@new-contract", **{step: values})
    assert page.status_int == 422 and word in page.text
    assert page.forms[step]["signed_on"].value == values["signed_on"]


def test_a_contract_of_houses_is_not_ended_and_its_card_names_them(users, rows):
    (used,) = rows("SELECT contract_id AS id, min(c.organisation_id) AS owner FROM house_service JOIN contract c"
                   " ON c.id = contract_id GROUP BY 1 ORDER BY 1 LIMIT 1")  # fmt: skip
    browser = users("operator")
    card = f"/office/+organisations/{used.owner}/{used.id}"
    assert '<th scope="col" class="num">Дома</th>' in browser.get(card).text
    page = walk(browser, card + "/@@end-contract", ground={"since": "01.01.2027", "reason": "расторгнут"})
    assert "услуги получают дома" in page.text and 'name="save"' not in page.text


def test_who_may_not_write_sees_no_button(users, supplier, rows):
    made = rows("SELECT id FROM contract WHERE organisation_id = :o ORDER BY id LIMIT 1", o=supplier)[0].id
    browser = users("auditor")
    page = browser.get(f"/office/+organisations/{supplier}/{made}")
    assert "@@terms" not in page.text
    browser.get(f"/office/+organisations/{supplier}/{made}/@@terms", status=403)
    browser.get(f"/office/+organisations/{supplier}/@@new-contract", status=403)
    browser.get(f"/office/+organisations/{supplier}/999999", status=404)
