"""The demonstration's users in the office."""

import contextlib

import pytest
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.framework.addons.exchange import attach_events
from startks.framework.jobs.runner import run_until_idle


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


@pytest.fixture
def work(wsgi_app):
    """Do the waiting jobs as a worker does; ``work.transaction()`` is a worker's session."""

    @contextlib.contextmanager
    def transaction():
        with Session(wsgi_app.registry["startks.engine"]) as session, session.begin():
            session.info["registry"] = wsgi_app.registry
            attach_events(session, wsgi_app.registry)
            yield session

    def run():
        run_until_idle(transaction)

    run.transaction = transaction
    return run
