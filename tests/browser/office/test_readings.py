"""A house's readings without a mouse: Enter, arrows, Tab and Space; each line saved as it is left; axe finds nothing."""

import re

import pytest

from tests.browser.office.test_pages import look, sign_in


def houses(page):
    """Addresses of houses whose flats have meters."""
    page.goto("/office/@@accounts")
    return list(dict.fromkeys(re.findall(r'href="(/office/[^"/]+/[^"/]+)/[^"/]+/\d+"', page.content())))


def open_entry(page):
    for house in houses(page):
        page.goto(house + "/@@readings")
        if page.locator("[data-entry][data-previous]").count() >= 4:
            return house
    raise AssertionError("no house with meters in the town")


def typed(page, place, more):
    """What to type into a field so that ``more`` units were used."""
    field = page.locator("[data-entry][data-previous]").nth(place)
    return f"{int(field.get_attribute('data-previous')) / 1_000_000 + more:.3f}".replace(".", ",")


def test_a_house_is_entered_by_keyboard_alone(page):
    sign_in(page, "operator")
    house = open_entry(page)
    fields = page.locator("[data-entry][data-previous]")
    first = fields.nth(0).get_attribute("id")
    keys = [fields.nth(place).get_attribute("data-entry") for place in range(4)]
    values = [typed(page, place, 2) for place in range(4)]
    below = typed(page, 1, -1)
    # the way to the first field is by Tab from the button above the table
    page.locator("form.desk-form button").focus()
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == first:
            break
    assert page.evaluate("document.activeElement.id") == first

    with page.expect_response(lambda answer: "readings-row" in answer.url):
        page.keyboard.press("Control+A")
        page.keyboard.type(values[0])
        assert re.match(r"2[\s\u00a0]", page.locator(f"#row-{keys[0]} output").inner_text())  # at once, before it is sent
        page.keyboard.press("Enter")
    page.wait_for_selector(f"#row-{keys[0]}.entry__row--saved")

    # below the previous one: said while typing and by the server, inline; the focus went on
    target = f"value-{keys[1]}"
    while page.evaluate("document.activeElement.id") != target:
        page.keyboard.press("ArrowDown")
    with page.expect_response(lambda answer: "readings-row" in answer.url):
        page.keyboard.press("Control+A")
        page.keyboard.type(below)
        assert "меньше предыдущего" in page.locator(f"#row-{keys[1]} output").inner_text()
        page.keyboard.press("Enter")
    page.wait_for_selector(f"#row-{keys[1]}.entry__row--refused")
    assert "меньше предыдущего" in page.locator(f"#state-{keys[1]}").inner_text()
    assert page.evaluate("document.activeElement.id") not in ("", target)

    # back by the arrow, corrected
    while page.evaluate("document.activeElement.id") != target:
        page.keyboard.press("ArrowUp")
    with page.expect_response(lambda answer: "readings-row" in answer.url):
        page.keyboard.press("Control+A")
        page.keyboard.type(values[1])
        page.keyboard.press("Enter")
    page.wait_for_selector(f"#row-{keys[1]}.entry__row--saved")

    # what is typed elsewhere and not sent yet survives the saving of a line
    page.goto(house + "/@@readings")
    assert page.locator(f"#value-{keys[1]}").input_value().replace("\u00a0", "").startswith(values[1].split(",")[0])
    assert page.locator("[data-entry-filled]").inner_text() != "0"


def test_a_doubtful_reading_is_confirmed_by_space(page):
    sign_in(page, "operator")
    open_entry(page)
    fields = page.locator("[data-entry][data-previous]")
    flats = [
        place for place in range(4, fields.count())  # those before were used by the test above; the house's own are never odd
        if int(fields.nth(place).get_attribute("data-most")) * 3 < int(fields.nth(place).get_attribute("data-span"))
    ]  # fmt: skip
    field = fields.nth(flats[0])
    key = field.get_attribute("data-entry")
    most = int(field.get_attribute("data-most")) / 1_000_000
    span = int(field.get_attribute("data-span")) / 1_000_000
    value = typed(page, flats[0], most + 1)
    assert float(value.replace(",", ".")) < span
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(value)
    assert "лишняя цифра" in page.locator(f"#row-{key} output").inner_text()
    with page.expect_response(lambda answer: "readings-row" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_selector(f"#row-{key}.entry__row--warning")
    page.locator(f"#value-{key}").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == f"confirm-{key}"
    with page.expect_response(lambda answer: "readings-row" in answer.url):
        page.keyboard.press("Space")
    page.wait_for_selector(f"#row-{key}.entry__row--saved")


def test_escape_takes_back_what_was_typed(page):
    sign_in(page, "operator")
    open_entry(page)
    field = page.locator("[data-entry]").nth(3)
    before = field.input_value()
    field.focus()
    page.keyboard.type("5")
    page.keyboard.press("Escape")
    assert field.input_value() == before


@pytest.mark.parametrize("width", [360, 1440])
def test_the_pages_of_metering_are_accessible_and_fit(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "operator")
    house = open_entry(page)
    found = []
    look(page, axe, house + "/@@readings", found)
    page.goto(house + "/@@readings")
    account = re.search(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', page.goto(house + "/@@accounts").text()).group(1)
    card = re.search(r'href="([^"]+/\+meters/\d+)"', page.goto(account + "/@@meters").text()).group(1)
    for address in (
        card, *(f"{card}/@@{work}" for work in ("reading", "verify", "seal", "replace", "remove", "correct")),
        account + "/@@meter-new", account + "/@@readings", "/office/+metering", "/office/+reading-files",
        "/office/+reading-files/@@upload",
    ):  # fmt: skip
        look(page, axe, address, found)
    assert found == []
