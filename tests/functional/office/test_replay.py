"""A change of the past in the office: what is marked, the order to recalculate, what the resident's bill says."""

import contextlib
import datetime as dt
import re
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.base.db.session import make_engine
from startks.domain.facts import services as facts
from startks.domain.territory.models import PremiseArea
from startks.framework.jobs.runner import run_next

REPLAY = "/office/+month/@@replay"


@pytest.fixture(scope="module")
def place(town_copy):
    """The application over a copy of the town of its own, whose months but the newest are closed."""
    with town_copy("replay") as (application, url):
        engine = make_engine(url)
        yield application, engine
        engine.dispose()


def enter(place, login):
    """Sign somebody of the demonstration in."""
    browser = TestApp(place[0], extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
    form = browser.get("/@@sign-in").forms["sign-in"]
    form["login"], form["password"] = login, f"{login}-2026"
    assert form.submit("submit").status_int == 303
    return browser


def work(place):
    """Do what workers would do; nothing is left waiting."""

    @contextlib.contextmanager
    def transaction():
        with Session(place[1], expire_on_commit=False) as session, session.begin():
            yield session

    while run_next(transaction):
        pass


def test_an_accountant_recalculates_and_the_bill_says_why(place, town):
    closed, current = town.periods[-2:]
    accountant = enter(place, "accountant")
    assert "пересчитывать нечего" in accountant.get(f"{REPLAY}?period={current}")

    with Session(place[1]) as session, session.begin():
        account = session.execute(
            text("""SELECT a.id, a.number, a.premise_id, p.total_area FROM account a
                      JOIN premise_area p ON p.premise_id = a.premise_id
                     WHERE a.kind = 'residential' AND a.closed_on IS NULL ORDER BY a.id LIMIT 1""")
        ).one()
        facts.change(
            session, PremiseArea, {"premise_id": account.premise_id}, {"total_area": account.total_area + Decimal(3)},
            valid_from=dt.date(closed // 100, closed % 100, 1), reason="Обмер БТИ", document="Справка 12", by=None,
            correct=True,
        )

    page = accountant.get(f"{REPLAY}?period={current}")
    assert "Обмер БТИ" not in page
    form = next(form for form in page.forms.values() if "replay-start" in form.action)
    assert form.submit().status_int == 303
    work(place)
    page = accountant.get(f"{REPLAY}?period={current}")
    assert "Обмер БТИ, Справка 12" in page
    assert account.number in page

    month = accountant.get(f"/office/+month?period={current}")
    start = next(form for form in month.forms.values() if form.action.endswith("/start") or "@@start" in form.action)
    assert start.submit().status_int == 303
    work(place)
    bill = accountant.get(re.search(rf'href="([^"]*/{account.number})/@@bill', page.text).group(1) + f"/@@bill?period={current}")
    told = accountant.get(re.search(r'href="([^"]*explain\?[^"]*service=maintenance[^"]*)"', bill.text)
                          .group(1).replace("&amp;", "&"))
    assert "Обмер БТИ, Справка 12" in told
    assert "Перерасчёт за прошлые месяцы" in told


def test_a_reader_without_the_right_sees_no_button_and_may_not_order(place):
    browser = enter(place, "auditor")
    page = browser.get(REPLAY, expect_errors=True)
    if page.status_int == 200:
        assert "replay-start" not in page
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/office").text)
    browser.post("/office/+month/@@replay-start", {"csrf_token": token.group(1) if token else ""}, status=(400, 403, 404))
