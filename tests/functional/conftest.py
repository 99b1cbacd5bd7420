"""A whole application over a small settlement of its own, which the tests of this folder may write to."""

import types

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.app import configure
from startks.base.db.session import make_engine
from startks.domain.ledger.models import Statement
from startks.domain.periods.models import Period
from tests.factories.settlement import PASSWORD, settle

DUE = 123_456
"""Kopecks on the last bill of the first three accounts."""


class Visitor(TestApp):
    """A browser: its own cookies, forms filled by name."""

    def sign_in(self, login, password=PASSWORD, **fields):
        """Send the sign-in form; return the answer as it is."""
        form = self.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, password
        for name, value in fields.items():
            form[name] = value
        return form.submit("submit", expect_errors=True)

    def post_form(self, path, **fields):
        """POST with the CSRF token of this browser."""
        token = self.get("/@@register").forms["register"]["csrf_token"].value
        return self.post(path, {"csrf_token": token, **fields}, expect_errors=True)


@pytest.fixture(scope="session")
def settlement(clone_database, engine):
    """The application and the ids of what it holds."""
    engine.dispose()
    with clone_database("entry") as url:
        own = make_engine(url)
        with Session(own) as session:
            place = settle(session)
            session.execute(insert(Period).values(id=202610, calculated_at=text("now()")))
            session.execute(text("CREATE TABLE statement_202610 PARTITION OF statement FOR VALUES IN (202610)"))
            for account in place.accounts[:3]:
                session.execute(
                    insert(Statement).values(
                        period=202610, account_id=account, service_id=1, supplier_id=1, house_id=place.houses[0],
                        rule_id=0, volume=0, tariff=0, opening=0, charge=DUE, excess=0, recalculation=0, benefit=0,
                        penalty=0, paid=0, closing=DUE,
                    )
                )  # fmt: skip
            session.commit()
        config = configure(
            {
                "startks.database_url": url,
                "startks.modules": "billing metering",
                "startks.secure_cookies": "false",
                "startks.sign_in_attempts": "3",
            }
        )
        yield types.SimpleNamespace(
            place=place, config=config, app=config.make_wsgi_app(), engine=own, registry=config.registry
        )
        own.dispose()
        config.registry["startks.engine"].dispose()


@pytest.fixture
def place(settlement):
    """Ids of the settlement."""
    return settlement.place


@pytest.fixture
def visitor(settlement):
    """Open a new browser at an address of its own, so that brakes of one test do not stop another."""
    return lambda ip="127.0.0.1": Visitor(settlement.app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": ip})


@pytest.fixture
def signed_in(visitor):
    """Open a browser that is signed in as the user of this login."""

    def open_as(login, ip="127.0.0.1"):
        browser = visitor(ip)
        assert browser.sign_in(login).status_int == 303
        return browser

    return open_as


@pytest.fixture
def rows(settlement):
    """Run a statement on the application's data base and return its rows."""

    def run(statement, **values):
        with settlement.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    return run
