"""Russian by default; the switch leads to English and back, and stays chosen."""


def test_russian_by_default_english_by_the_switch_and_back(visitor):
    """The reader's choice is kept by the browser, not by the address."""
    browser = visitor("127.0.0.77")
    page = browser.get("/@@sign-in")
    assert '<html lang="ru"' in page.text
    assert "Войти" in page.text and "Sign in" not in page.text

    browser.get("/@@language?to=en")
    english = browser.get("/@@sign-in")
    assert '<html lang="en"' in english.text
    assert "Sign in" in english.text and "Войти" not in english.text

    browser.get("/@@language?to=ru")
    assert "Войти" in browser.get("/@@sign-in").text


def test_an_unknown_language_changes_nothing(visitor):
    """Whatever stands in the address, the reader stays with Russian."""
    browser = visitor("127.0.0.78")
    browser.get("/@@language?to=tlh", expect_errors=True)
    assert "Войти" in browser.get("/@@sign-in").text


def test_the_office_speaks_russian_too(signed_in):
    """The second face takes its words from the same catalogue."""
    page = signed_in("operator", "127.0.0.79").get("/office")
    assert "Рабочий стол" in page.text
    assert "Desktop" not in page.text
