"""The site opens in a real browser, without a script error and without a finding of axe."""


def test_the_first_page(page, axe):
    answer = page.goto("/")
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == "ru"
    assert page.locator("h1").count() == 1
    assert axe() == []


def test_a_clerk_signs_in_and_sees_his_desktop(page, axe):
    page.goto("/office")
    page.fill("input[name=login]", "operator")
    page.fill("input[name=password]", "operator-2026")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    assert "/office" in page.url
    assert page.locator("input[name=password]").count() == 0
    assert axe() == []
