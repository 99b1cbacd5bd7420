"""Journeys through both faces and through errors; afterwards no name, phone, e-mail or account number is in the logs."""

from __future__ import annotations

import logging
import re

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from webtest import TestApp

from startks.framework.operations.logs import JsonFormatter, PlainFormatter


class Kept(logging.Handler):
    """Everything that is logged, down to debugging, as both formatters write it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self._formatters = (JsonFormatter(), PlainFormatter())
        self.lines = []

    def emit(self, record):
        self.lines += [formatter.format(record) for formatter in self._formatters]


@pytest.fixture
def kept():
    handler, root, level = Kept(), logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="module")
def canaries(town):
    """{value: kind} of everything personal that the town was seeded with."""
    with town.session() as session:
        found = session.execute(text("""
            SELECT last_name AS value, 'surname' AS kind FROM person WHERE length(last_name) > 4
            UNION SELECT phone, 'phone' FROM person WHERE phone IS NOT NULL
            UNION SELECT email, 'e-mail' FROM person WHERE email IS NOT NULL
            UNION SELECT number, 'account' FROM account""")).all()
    values = {row.value: row.kind for row in found}
    assert {"surname", "account"} <= set(values.values()) and len(values) > 150
    return values


def leaks(lines, canaries):
    """Name what was found in the lines: words whole, numbers anywhere, phones by their digits too."""
    text_of_all = "\n".join(lines)
    words = set(re.findall(r"[А-ЯЁа-яё-]+", text_of_all))
    digits = re.sub(r"[\s()+\-]", "", text_of_all)
    found = []
    for value, kind in canaries.items():
        there = value in words if kind == "surname" else value in text_of_all
        if there or (kind == "phone" and re.sub(r"\D", "", value)[-10:] in digits):
            found.append((kind, value))
    return found


def browser_of(app, login=None):
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
    if login is not None:
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
    return browser


def journey(app, town):
    """Walk where personal data are: card, search, cabinet, wrong addresses, refused forms; return the pages seen."""
    with town.session() as session:
        person = session.execute(text("""
            SELECT a.number, p.last_name, p.first_name, p.phone, a.id
              FROM account a JOIN account_holder h ON h.account_id = a.id JOIN person p ON p.id = h.person_id
             WHERE length(p.last_name) > 4 ORDER BY p.phone IS NULL, a.id LIMIT 1""")).one()
    pages = []
    clerk = browser_of(app, "operator")
    card = re.findall(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', clerk.get("/office/@@accounts").text)[0]
    for path in (card, f"{card}/@@bill", f"{card}/@@meters", f"{card}/@@payments", card.rsplit("/", 1)[0]):
        pages.append(clerk.get(path))
    show = next(form for form in clerk.get(card).forms.values() if form.action.endswith("@@show"))
    pages.append(show.submit())
    for words in (person.number, person.last_name, person.phone or "+7 927 1234567", f"{person.last_name} {person.first_name}"):
        pages.append(clerk.get("/office/@@search", {"q": words}))
    pages.append(clerk.get(f"/office/no-district/no-house/{person.number}", expect_errors=True))
    pages.append(clerk.post(card, {"last_name": person.last_name, "phone": person.phone or ""}, expect_errors=True))
    resident = browser_of(app, "resident1")
    pages.append(resident.get("/@@cabinet", expect_errors=True))
    stranger = browser_of(app)
    form = stranger.get("/@@sign-in").forms["sign-in"]
    form["login"], form["password"] = person.last_name, person.number
    pages.append(form.submit("submit", expect_errors=True))
    pages.append(stranger.get(card.removeprefix("/office"), expect_errors=True))
    return pages


def test_journeys_leave_no_personal_data_in_the_logs(wsgi_app, town, kept, canaries):
    pages = journey(wsgi_app, town)
    assert any(page.status_int == 200 for page in pages) and any(page.status_int >= 400 for page in pages)
    assert sum('"startks.access"' in line for line in kept) >= len(pages)
    assert leaks(kept, canaries) == []


def test_a_search_in_the_logs_would_find_them(canaries):
    surname = next(value for value, kind in canaries.items() if kind == "surname")
    account = next(value for value, kind in canaries.items() if kind == "account")
    assert set(leaks([f"жилец {surname}, счёт {account}"], canaries)) >= {("surname", surname), ("account", account)}


def test_an_error_in_the_middle_tells_no_row(wsgi_app, town, kept, canaries):
    """The data base quotes the row it refuses; the log names the constraint alone."""
    with town.session() as session:
        number = session.scalar(text("SELECT number FROM account ORDER BY id LIMIT 1"))
        try:
            session.execute(text(
                "INSERT INTO account (number, house_id, premise_id, opened_on)"
                " SELECT number, house_id, premise_id, opened_on FROM account WHERE number = :number"
            ), {"number": number})
        except IntegrityError as error:
            logging.getLogger("startks.test").error("refused account %s", number, exc_info=error)
        session.rollback()
    assert leaks(kept, canaries) == []
    assert any('"error"' in line and "SQLSTATE 23" in line for line in kept)
