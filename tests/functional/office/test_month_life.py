"""The month's life as its people live it: the accountant rehearses, the chief accountant answers for it and closes."""

import contextlib
import re

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.base.db.session import make_engine
from startks.framework.jobs.runner import run_next

PERIOD, TYPED = 202510, "10.2025"
MONTH = f"/office/+month?period={PERIOD}"


@pytest.fixture(scope="module")
def place(town_copy):
    """The application over a copy of the town of its own, since months closed here stay closed."""
    with town_copy("life") as (application, url):
        engine = make_engine(url)
        yield application, engine
        engine.dispose()


@pytest.fixture(scope="module")
def enter(place):
    """Sign somebody of the demonstration in."""

    def open_as(login):
        browser = TestApp(place[0], extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
        return browser

    return open_as


@pytest.fixture(scope="module")
def work(place):
    """Do what workers would do; nothing is left waiting."""

    @contextlib.contextmanager
    def transaction():
        with Session(place[1], expire_on_commit=False) as session, session.begin():
            yield session

    def until_idle():
        while run_next(transaction):
            pass

    return until_idle


@pytest.fixture(scope="module")
def rows(place):
    """Run a statement and return its rows."""

    def run(statement, **values):
        with place[1].begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    return run


def form_to(page, action):
    return next(form for form in page.forms.values() if action in form.action)


def test_the_whole_life_of_a_month(enter, work, rows):
    accountant, chief = enter("accountant"), enter("chief")

    form_to(accountant.get(MONTH), "@@start").submit().follow()
    work()  # the calculation, and the rehearsal that it orders
    assert rows("SELECT state FROM period WHERE id = :p", p=PERIOD) == [("rehearsed",)]

    page = accountant.get(MONTH)
    links = re.findall(r'href="([^"]*@@group[^"]*)"', page.text)
    assert links and "@@close" not in page.text
    group = accountant.get(links[0].replace("&amp;", "&"))
    assert re.search(r'href="/office/[^"]*/@@bill\?period=202510"', group.text)
    accountant.get(re.search(r'href="(/office/[^"]*/@@bill[^"]*)"', group.text).group(1))
    accountant.get(f"/office/+month/@@close?period={PERIOD}", status=403)
    accountant.get(f"/office/+month/@@sign?period={PERIOD}&name=errors", status=403)

    close = f"/office/+month/@@close?period={PERIOD}"
    red = rows("SELECT name, severity FROM gate_check WHERE period = :p AND count > 0", p=PERIOD)
    assert red and {severity for _, severity in red} == {"signed"}
    assert "@@close" not in chief.get(MONTH).text and "form-month" not in chief.get(close).text  # shut
    for name, _severity in red:
        chief.get(f"/office/+month/@@findings?period={PERIOD}&name={name}")
        address = f"/office/+month/@@sign?period={PERIOD}&name={name}"
        form = chief.get(address).forms["form"]
        form["reason"] = "нет"
        assert "Напишите причину" in form.submit("submit", status=422).text
        form["reason"] = "Площади уточняются, письмо 12 от 03.11.2025"
        form.submit("submit", status=303)
    assert "письмо 12" in chief.get(f"/office/+month/@@gate?period={PERIOD}").text

    assert "@@close" in chief.get(MONTH).text
    form = chief.get(close).forms["form"]
    form["month"] = "11.2025"
    assert TYPED in form.submit("submit", status=422).text
    form["month"] = TYPED
    form.submit("submit", status=303)
    work()
    [closed] = rows("SELECT state, encode(hash, 'hex') AS hash, closed_by FROM period WHERE id = :p", p=PERIOD)
    assert closed.state == "closed" and closed.closed_by
    assert closed.hash in chief.get("/office/+month/@@history").text
    assert rows("SELECT reason FROM gate_signature WHERE period = :p LIMIT 1", p=PERIOD)[0].reason.startswith("Площади")
    done = {row.action for row in rows("SELECT action FROM audit_event WHERE subject_kind = 'period'")}
    assert {"period:gate:sign", "period:month:close"} <= done

    page = accountant.get(MONTH)
    assert "@@start" not in page.text and "@@rehearse" not in page.text
    chief.get(close)  # says that it is closed already
    assert "form-month" not in chief.get(close).text


def test_what_if_answers_and_leaves_the_month_alone(enter, work, rows):
    accountant = enter("accountant")
    before = rows("SELECT md5(string_agg(z::text, '|' ORDER BY z::text)) FROM statement z")
    form = accountant.get(f"/office/+month/@@whatif?period={PERIOD}").forms["form"]
    form["service"], form["number"] = "maintenance", "10"
    answer = form.submit("submit", status=303)
    work()
    page = accountant.get(answer.location)
    assert "Содержание" in page.text and "+" in page.text
    assert rows("SELECT md5(string_agg(z::text, '|' ORDER BY z::text)) FROM statement z") == before
    form["number"] = "-200"
    assert "процентах" in form.submit("submit", status=422).text


@pytest.mark.parametrize("view", ["@@group?cause=7", "@@group?cause=x", "@@findings?name=none", "@@whatif-answer?job=999999"])
def test_addresses_that_name_nothing_are_not_found(enter, view):
    enter("chief").get(f"/office/+month/{view}", status=404)


def test_a_clerk_sees_the_month_but_starts_nothing(enter):
    operator = enter("operator")
    page = operator.get(MONTH)
    assert "@@start" not in page.text and "@@whatif" not in page.text
    operator.get(f"/office/+month/@@gate?period={PERIOD}")
    operator.get("/office/+month/@@whatif", status=403)
