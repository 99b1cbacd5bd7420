"""The office as its people use it, over the small calculated town: WebTest, no scripts."""

import re

import pytest
from sqlalchemy import text


def _account(browser):
    return re.findall(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', browser.get("/office/@@accounts").text)[0]


def _form(page, action):
    return next(form for form in page.forms.values() if form.action.endswith(action))


def test_personal_data_are_masked_until_shown(users):
    browser = users("operator")
    path = _account(browser)
    page = browser.get(path)
    assert "***" in page.text
    shown = _form(page, "@@show").submit()
    people = shown.text.partition('id="people"')[2].partition("</main>")[0]
    assert people and "***" not in people
    assert "no-store" in shown.headers["Cache-Control"]


def test_a_purpose_nobody_knows_is_refused(users):
    browser = users("operator")
    form = _form(browser.get(_account(browser)), "@@show")
    form["purpose"].force_value("curiosity")
    form.submit(status=422)


def test_a_cashier_does_not_see_what_he_may_not(users):
    browser = users("cashier")
    page = browser.get(_account(browser))
    assert "@@show" not in page.text
    assert "+jobs" not in page.text
    browser.get("/office/+jobs", status=403)


def test_the_bill_explains_its_lines_as_a_part_and_as_a_page(users):
    browser = users("operator")
    bill = browser.get(_account(browser) + "/@@bill")
    address = re.search(r'hx-get="([^"]*@@explain[^"]*)"', bill.text).group(1).replace("&amp;", "&")
    part = browser.get(address, headers={"HX-Request": "true"})
    assert "<h1" not in part.text and "Откуда сумма" in part.text
    assert "<h1" in browser.get(address).text


def test_search_leads_to_the_card_of_a_meter(users, town):
    with town.session() as session:
        serial = session.execute(text("SELECT serial FROM meter WHERE account_id IS NOT NULL ORDER BY id LIMIT 1")).scalar_one()
    browser = users("operator")
    page = browser.get("/office/@@search", {"q": serial})
    address = re.search(r'href="([^"]*/\+meters/\d+)"', page.text.replace("%2B", "+")).group(1)
    assert f"№ {serial}" in browser.get(address).text


def test_search_finds_by_number_and_says_when_there_is_nothing(users):
    browser = users("operator")
    number = _account(browser).rsplit("/", 1)[1]
    assert number in browser.get("/office/@@search", {"q": number}).text
    assert number not in browser.get("/office/@@search", {"q": "такой улицы нет"}).text


@pytest.mark.parametrize("tab", ["", "/@@premises", "/@@accounts", "/@@services", "/@@meters", "/@@month", "/@@history"])
def test_every_tab_of_the_house_card_opens(users, tab):
    browser = users("accountant")
    house = _account(browser).rsplit("/", 2)[0]
    page = browser.get(house + tab)
    assert page.status_int == 200 and 'aria-current="page"' in page.text


@pytest.mark.parametrize("book", ["services", "tariffs", "norms", "parameters", "acts", "rules", "calendar"])
def test_every_reference_book_opens(users, book):
    assert users("operator").get(f"/office/+reference/@@{book}").status_int == 200


def test_a_clerk_of_a_district_lists_his_district_alone(users, town):
    with town.session() as session:
        districts = session.execute(text("SELECT count(DISTINCT district_id) FROM house")).scalar_one()
    everywhere = set(re.findall(r'href="/office/([a-z-]+)/', users("operator").get("/office/@@houses").text))
    own = set(re.findall(r'href="/office/([a-z-]+)/', users("operator2").get("/office/@@houses").text))
    assert len(own) <= 1 and (districts == 1 or own < everywhere)
