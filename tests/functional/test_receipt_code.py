"""The code printed on the payment document opens a cabinet; no other one does."""

import re

import pypdfium2
import pytest
from webtest import TestApp


@pytest.fixture
def browser(wsgi_app, town):
    """A new browser, at an address of its own so that the brake of other tests does not stop it."""
    return lambda ip: TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": ip})


def _registered(visitor, login, account, secret):
    form = visitor.get("/@@register").forms["register"]
    for name, value in {
        "login": login, "full_name": "Гостев Пётр Ильич", "password": "a long new password", "repeat": "a long new password",
        "account": account, "secret": secret,
    }.items():  # fmt: skip
        form[name] = value
    form["agreed"] = True
    return form.submit("submit", expect_errors=True)


def test_the_code_of_the_bill_binds_the_account_and_a_wrong_one_does_not(browser):
    resident = browser("127.0.0.31")
    form = resident.get("/@@sign-in").forms["sign-in"]
    form["login"], form["password"] = "resident1", "resident1-2026"
    page = form.submit("submit")
    while page.status_int in (302, 303):  # one with a single account lands on it
        page = page.follow()
    links = re.search(r'href="(?:http://localhost)?(/[^"@]+/(\d{8,}))(?:/@@[^"]*)?"', page.text)
    path, number = links.groups()
    twin = resident.get(f"{path}/@@receipt")
    text = twin.html.get_text(" ", strip=True)
    code = re.search(r"Код для личного кабинета (\d{8})\b", text)[1]
    with pypdfium2.PdfDocument(resident.get(f"{path}/@@receipt.pdf").body) as document:
        printed = document[0].get_textpage().get_text_range()
    assert f"код для личного кабинета {code}" in re.sub(r"\s", " ", printed)

    stranger = browser("127.0.0.32")
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert _registered(stranger, "guest-wrong", number, wrong).status_int == 422
    answer = _registered(stranger, "guest-right", number, code)
    assert answer.status_int == 303
    assert number in answer.follow().text
