"""Acts and absences on a telephone and on a desk, looked at by axe; on the office's pages and on the resident's."""

import os

import pytest

from tests.browser.office.test_wizards import faults, house_of, sign_in


def look(page, name):
    """Keep a picture where a folder for pictures is named."""
    folder = os.environ.get("ACTS_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def send(page, button="next"):
    with page.expect_navigation(wait_until="load"):
        page.click(f"button[name={button}]")


@pytest.mark.parametrize("width", (360, 1440))
def test_tabs_wizards_and_the_explanation_of_what_was_taken_off(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "operator")
    house, account = house_of(page)
    found = []
    for address, name in ((house, "house"), (account, "account"), (house.rsplit("/", 1)[0], "district")):
        page.goto(f"{address}/@@quality")
        found += faults(page, axe)
        look(page, f"{name}-{width}")
    page.goto(f"{account}/@@bill")
    lines = page.locator("a[href*='explain']").evaluate_all("links => links.map(link => link.href)")
    page.goto(next((line for line in lines if "heating" in line), lines[0]))
    found += faults(page, axe)
    look(page, f"explain-{width}")
    page.goto(f"{house}/@@new-act")
    page.select_option("select[name=service]", "hot_water")
    page.check("input[name=kind][value=temperature]")
    found += faults(page, axe)
    look(page, f"what-{width}")
    send(page)
    page.fill("input[name=since_day]", "05.10.2026")
    page.fill("input[name=since_time]", "8:00")
    page.fill("input[name=until_day]", "05.10.2026")
    page.fill("input[name=until_time]", "7:00")
    page.fill("input[name=measured]", "50")
    send(page)
    assert "раньше, чем начинается" in page.content()
    found += faults(page, axe)
    look(page, f"when-{width}")
    page.fill("input[name=until_time]", "18:00")
    send(page)
    page.fill("input[name=number]", "7")
    page.fill("input[name=reason]", "Жалоба жителя")
    page.fill("input[name=drawn_on]", "05.10.2026")
    send(page)
    assert "Проверить и сохранить" in page.content()
    found += faults(page, axe)
    look(page, f"review-{width}")
    page.goto(f"{account}/@@absence")
    found += faults(page, axe)
    look(page, f"absence-{width}")
    assert found == []
