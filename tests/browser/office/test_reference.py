"""Reference books, contracts and their wizards on a telephone and on a wide screen: axe, no sideways scroll."""

import re

import pytest

from tests.browser.office.test_pages import look, sign_in


@pytest.mark.parametrize("width", [360, 1440])
def test_the_books_of_a_level_are_accessible_and_fit(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "admin")
    town = re.search(r'href="/office/\+reference/([a-z][a-z0-9-]+)"', page.goto("/office/+reference").text().replace("/region", "")).group(1)
    here = f"/office/+reference/{town}"
    value = re.search(r'href="([^"]+@@value\?book=tariffs[^"]+)"', page.goto(here + "/@@tariffs").text()).group(1)
    company = re.search(r'href="(/office/\+organisations/\d+)"', page.goto("/office/+organisations").text()).group(1)
    contract = re.search(rf'href="({re.escape(company)}/\d+)"', page.goto(company).text())
    found = []
    for address in (
        "/office/+reference", here, here + "/@@tariffs", value.replace("&amp;", "&"), here + "/@@new-tariff",
        here + "/@@new-norm", here + "/@@new-act", here + "/@@import?book=tariffs", here + "/@@heating-season",
        "/office/+reference/region/@@calendar-day", company, company + "/@@new-contract",
        *((contract.group(1), contract.group(1) + "/@@terms") if contract else ()),
    ):  # fmt: skip
        look(page, axe, address, found)
    assert found == []


def test_a_wizard_goes_by_keyboard_and_keeps_what_was_typed(page):
    sign_in(page, "admin")
    page.goto("/office/+reference/region/@@new-parameter")
    page.locator("#what-code").focus()
    page.keyboard.press("ArrowDown")
    code = page.locator("#what-code").input_value()
    assert code
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#value-value")
    page.locator("#value-value").focus()
    page.keyboard.type("1,5")
    page.keyboard.press("Tab")
    page.keyboard.type("30.02.2030")
    page.keyboard.press("Enter")
    page.wait_for_selector("#value .alert-danger")
    assert page.locator("#value-value").input_value() == "1,5"
    assert page.evaluate("document.activeElement.classList.contains('alert')")
