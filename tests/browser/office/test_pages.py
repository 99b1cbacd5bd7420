"""The office on a telephone and on a wide screen: axe, no sideways scroll, keyboard."""

import re

import pytest

WIDTHS = (360, 1440)
ROOT_PAGES = ("", "/@@houses", "/@@accounts", "/@@search?q=а", "/+month", "/+jobs", "/+reference", "/+reference/@@tariffs",
              "/+reference/@@calendar", "/+organisations", "/+reports",
              "/@@lists?list=accounts&title=Счета&path=/office/@@accounts", "/+law?other=01.12.2025",
              "/+month?period=202510", "/+month/@@gate?period=202510", "/+month/@@group?period=202510&cause=33",
              "/+month/@@findings?period=202510&name=errors", "/+month/@@history",
              "/+month/@@whatif?period=202510")  # fmt: skip
HOUSE_TABS = ("", "/@@premises", "/@@services", "/@@meters", "/@@month", "/@@history")
ACCOUNT_TABS = ("", "/@@bill", "/@@meters", "/@@payments", "/@@services", "/@@history")


def sign_in(page, login):
    page.goto("/@@sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", f"{login}-2026")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()


def look(page, axe, address, found):
    page.goto(address)
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append((address, f"{wide} px too wide"))
    found += [(address, finding) for finding in axe()]


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible_and_fit(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "accountant")
    page.goto("/office/@@accounts")
    account = re.search(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', page.content()).group(1)
    house = account.rsplit("/", 2)[0]
    found = []
    for address in (
        *(f"/office{part}" for part in ROOT_PAGES),
        *(house + tab for tab in HOUSE_TABS),
        *(account + tab for tab in ACCOUNT_TABS),
    ):
        look(page, axe, address, found)
    assert found == []


def test_slash_leads_to_the_search_and_the_skip_link_comes_first(page):
    sign_in(page, "operator")
    page.goto("/office")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "st-skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
