"""A wizard on a telephone, by keyboard alone, looked at by axe on every step."""

import re

import pytest


def sign_in(page, login):
    page.goto("/@@sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", f"{login}-2026")
    with page.expect_navigation(wait_until="load"):
        page.press("input[name=password]", "Enter")


def faults(page, axe):
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return ([f"{page.url}: {wide} px too wide"] if wide > 0 else []) + [f"{page.url}: {finding}" for finding in axe()]


def press(page):
    """Press Enter where it sends a form, and wait for the page that comes."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def tab_to(page, selector, most=80):
    """Press Tab until the element has the focus, as who has no mouse does."""
    for _step in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by the keyboard")


def house_of(page):
    page.goto("/office/@@accounts")
    account = re.search(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', page.content()).group(1)
    return account.rsplit("/", 2)[0], account


@pytest.mark.parametrize("width", (360, 1440))
def test_a_new_house_by_keyboard_alone(page, axe, width):
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, "operator")
    found = []
    page.goto("/office/@@new-house")
    tab_to(page, "input[name=kind]")
    page.keyboard.press("Tab")
    tab_to(page, "select[name=district_id]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "input[name=street]")
    page.keyboard.type("улица Клавиатурная")
    press(page)  # Enter goes on; the house number is missing
    found += faults(page, axe)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link of the summary
    assert page.evaluate("document.activeElement.name") == "number"
    page.keyboard.type(str(width))
    press(page)
    assert "step=numbers" in page.url
    found += faults(page, axe)
    tab_to(page, "input[name=inventory_number]")
    page.keyboard.type("77")
    page.reload()  # nothing was sent yet: the step is empty, the first one is kept
    tab_to(page, "button[name=back]")
    press(page)
    assert page.input_value("input[name=street]") == "улица Клавиатурная"
    tab_to(page, "button[name=next]")
    press(page)
    tab_to(page, "button[name=next]")
    press(page)
    assert "step=characteristics" in page.url
    found += faults(page, axe)
    tab_to(page, "button[name=next]", most=120)
    press(page)
    found += faults(page, axe)
    for name, value in (("total_area", "1000"), ("residential_area", "900"), ("common_area", "120,5")):
        tab_to(page, f"input[name={name}]")
        page.keyboard.type(value)
    tab_to(page, "button[name=next]")
    press(page)
    assert "step=review" in page.url
    found += faults(page, axe)
    tab_to(page, "button[name=save]")
    press(page)
    assert page.locator("h1").inner_text() == f"ул. Клавиатурная, д. {width}"
    assert found == []


def test_cards_with_their_menus_and_first_steps_are_accessible_on_a_telephone(page, axe):
    page.set_viewport_size({"width": 360, "height": 800})
    sign_in(page, "operator")
    house, account = house_of(page)
    flat = account.rpartition("/")[0]
    found = []
    for address in (house, flat, account, "/office/+organisations"):
        page.goto(address)
        page.locator(".desk-act > summary").press("Enter")
        found += faults(page, axe)
    for address in (
        f"{house}/@@edit-house", f"{house}/@@characteristic", f"{house}/@@areas", f"{house}/@@new-entrance",
        f"{house}/@@new-premise", f"{flat}/@@areas", f"{flat}/@@open-account", f"{account}/@@transfer",
        f"{account}/@@close-account", f"{account}/@@register", f"{account}/@@add-holder", f"{house}/@@history",
        f"{account}/@@archive-account", "/office/+organisations/@@new-organisation",
    ):  # fmt: skip
        page.goto(address)
        found += faults(page, axe)
    assert found == []
