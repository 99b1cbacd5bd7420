"""The demonstration's users in the office."""

import pytest
from webtest import TestApp


@pytest.fixture(scope="module")
def users(wsgi_app):
    """Let everybody of the demonstration sign in; his password is his login and the year."""

    def enter(login):
        browser = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        answer = form.submit("submit")
        assert answer.status_int == 303, answer.text
        return browser

    return enter
