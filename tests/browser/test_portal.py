"""The public portal and the cabinet on a telephone and on a wide screen: axe, no sideways scroll, keyboard, scripts off."""

import pytest

WIDTHS = (360, 1440)
PUBLIC = (
    "/", "/@@districts", "/@@tariffs", "/@@norms", "/@@organisations", "/@@glossary", "/@@about", "/@@accessibility",
    "/@@search?q=ав", "/@@sign-in",
)  # fmt: skip


def sideways(page):
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def sign_in(page, login="resident1"):
    page.goto("/@@sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", f"{login}-2026")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()


def open_bill(page):
    """Open the first own account and return its path."""
    sign_in(page)
    page.goto("/@@accounts")
    page.locator("main .st-card a").first.click()
    page.wait_for_selector(".st-pay")
    return page.evaluate("location.pathname")


@pytest.mark.parametrize("width", WIDTHS)
def test_public_pages(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    for address in PUBLIC:
        answer = page.goto(address)
        assert answer.status == 200, address
        assert page.locator("h1").count() == 1, address
        assert sideways(page) <= 0, address
        assert axe() == [], address


@pytest.mark.parametrize("width", WIDTHS)
def test_district_and_house(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/@@search?q=Ерошевского 3")
    page.wait_for_selector(".st-facts")  # a single find is opened at once
    page.locator(".st-crumbs a").nth(1).click()
    page.wait_for_selector(".st-rows")
    assert sideways(page) <= 0
    assert axe() == []
    page.locator(".st-rows a").first.click()
    page.wait_for_selector(".st-facts")
    assert sideways(page) <= 0
    assert axe() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bill_and_where_a_sum_comes_from(page, axe, width):
    page.set_viewport_size({"width": width, "height": 900})
    path = open_bill(page)
    assert "₽" in page.locator(".st-pay .st-sum").inner_text()
    assert sideways(page) <= 0
    assert axe() == []
    why = page.locator(".st-line__why").first
    why.click()
    page.wait_for_selector(".st-why .st-explain")
    assert why.get_attribute("aria-expanded") == "true"
    assert page.locator(".st-why .st-formula li").count() > 0
    assert sideways(page) <= 0
    assert axe() == []
    why.click()
    page.wait_for_selector(".st-why .st-explain", state="detached")
    assert why.get_attribute("aria-expanded") == "false"
    page.goto(why.get_attribute("href"))
    assert page.locator(".st-explain").count() == 1, path
    assert axe() == []


def test_the_look_is_applied_at_once_and_kept(page, axe):
    page.goto("/")
    page.locator("details.st-look > summary").click()
    page.locator("form[data-look] input[value=dark]").check(force=True)
    page.locator("form[data-look] input[value=huge]").check(force=True)
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto("/@@tariffs")
    html = page.locator("html")
    assert html.get_attribute("data-bs-theme") == "dark"
    assert "look-huge" in html.get_attribute("class")
    assert axe() == []


@pytest.mark.parametrize("look", ["dark", "high", "dark.high", "huge.wide"])
def test_every_look_can_be_read(page, axe, site, look):
    page.set_viewport_size({"width": 360, "height": 900})
    page.context.add_cookies([{"name": "startks_look", "value": look, "url": site}])
    for address in ("/", "/@@tariffs", "/@@glossary"):
        page.goto(address)
        assert sideways(page) <= 0, address
        assert axe() == [], address
    open_bill(page)
    assert sideways(page) <= 0
    assert axe() == []


def test_the_keyboard_reaches_the_content_and_a_house(page):
    page.goto("/@@districts")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "st-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    field = page.locator("header input[name=q]")
    field.focus()
    field.press_sequentially("еро", delay=20)
    page.wait_for_selector("header .st-hits a")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.st-hits') !== null")
    page.keyboard.press("Escape")
    assert page.locator("header .st-hits a").count() == 0


def test_without_scripts(browser, site):
    context = browser.new_context(base_url=site, locale="ru-RU", java_script_enabled=False)
    page = context.new_page()
    open_path = "/@@sign-in"
    page.goto(open_path)
    page.fill("input[name=login]", "resident1")
    page.fill("input[name=password]", "resident1-2026")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    page.goto("/@@accounts")
    page.locator("main .st-card a").first.click()
    page.locator(".st-line__why").first.click()
    page.wait_for_load_state()
    assert page.locator(".st-formula li").count() > 0
    page.goto("/@@look?theme=dark&size=large")
    page.goto("/")
    assert page.locator("html[data-bs-theme=dark].look-large").count() == 1
    context.close()
