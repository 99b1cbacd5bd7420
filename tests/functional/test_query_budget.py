"""How many statements a page may cost in all. The account's page is the hot one: its bar is 8, place and identity are one each.

Counted over every engine of the process, on the second visit: the frame is kept after the first.
"""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp

from startks.domain.security.sessions import open_session


@pytest.fixture(scope="module")
def addresses(wsgi_app):
    """A resident's account and its house, by the paths of both faces."""
    with wsgi_app.registry["startks.engine"].connect() as connection:
        row = connection.execute(text("""
            SELECT d.slug AS district, h.slug AS house, p.slug AS premise, a.number
              FROM user_account u JOIN account_binding b ON b.user_id = u.id JOIN account a ON a.id = b.account_id
              JOIN premise p ON p.id = a.premise_id JOIN house h ON h.id = p.house_id JOIN district d ON d.id = h.district_id
             WHERE u.login = 'resident1' ORDER BY a.id LIMIT 1""")).one()
    house = f"/{row.district}/{row.house}"
    return {"district": f"/{row.district}", "house": house, "account": f"{house}/{row.premise}/{row.number}"}


@pytest.fixture
def reader(wsgi_app):
    """Open a browser with a session of the user."""

    def open_as(login):
        browser = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        if login is not None:
            with Session(wsgi_app.registry["startks.engine"]) as session, session.begin():
                user = session.scalar(text("SELECT id FROM user_account WHERE login = :login"), {"login": login})
                browser.set_cookie("startks", open_session(session, user, "127.0.0.1", "budget"))
        return browser

    return open_as


def cost(browser, path, query_log):
    """Statements of a warm page."""
    browser.get(path, status=200)
    with query_log() as statements:
        browser.get(path, status=200)
    return statements


@pytest.mark.parametrize("login", ["resident1", "operator"])
def test_the_account_page(addresses, reader, query_log, login):
    statements = cost(reader(login), addresses["account"], query_log)
    assert len(statements) <= 8, statements
    assert len(statements) == 1, "place, reader, bill and meters come in one round trip"
    assert "FROM district d" in statements[0] and "d.slug" in statements[0]
    assert sum("user_session" in statement for statement in statements) == 1, "who asks is asked once"
    assert sum("FROM statement" in statement for statement in statements) == 1, "the bill is one statement"


def test_what_was_read_ahead_is_what_is_asked_for(addresses, reader):
    """The page of the last month is the same with the month in its address, which is not read ahead."""
    browser = reader("resident1")
    page = browser.get(addresses["account"])
    period = re.search(r'<option value="(\d{6})" selected', page.text)[1]
    assert browser.get(f"{addresses['account']}?period={period}").text == page.text


def test_reading_ahead_opens_nothing(addresses, reader):
    """Whoever may not see the account sees nothing of what was read with its place."""
    for login in (None, "resident2"):
        browser = reader(login)
        answer = browser.get(addresses["account"], status="*")
        assert answer.status_int in (303, 404) and "receipt.pdf" not in answer.text


@pytest.mark.parametrize(
    ("login", "path", "budget"),
    [
        (None, "/", 0),  # the public figures are kept for a minute
        (None, "{house}", 8),
        (None, "{district}", 4),
        ("operator", "/office", 10),
        ("operator", "/office/@@houses", 8),
        ("operator", "/office/@@accounts", 8),
        ("operator", "/office{house}", 14),
        ("operator", "/office{account}", 14),
        ("operator", "/office{account}/@@bill", 8),
    ],
)
def test_other_pages(addresses, reader, query_log, login, path, budget):
    statements = cost(reader(login), path.format(**addresses), query_log)
    assert len(statements) <= budget, "\n".join(" ".join(statement.split())[:120] for statement in statements)


def test_the_short_way_tells_what_the_ordinary_way_tells(wsgi_app, addresses):
    """Prepared statements on the autocommit connection and SQLAlchemy's way give the same rows and the same errors."""
    from sqlalchemy.exc import DBAPIError

    from startks.base.db.hot import Hot
    from startks.modules.billing.bill import load_bill

    bad = Hot("SELECT to_json(1 / CAST(:zero AS int))")
    number = addresses["account"].rpartition("/")[2]
    with wsgi_app.registry["startks.reader"].connect() as short, wsgi_app.registry["startks.engine"].connect() as long:
        account = long.scalar(text("SELECT id FROM account WHERE number = :number"), {"number": number})
        bill = load_bill(short, account)
        assert bill is not None and bill.lines and bill == load_bill(long, account)
        for connection in (short, long):
            with pytest.raises(DBAPIError) as refused:
                bad.one(connection, zero=0)
            assert refused.value.orig.sqlstate == "22012"
        assert bad.one(short, zero=1) == 1, "the connection works on"


def test_two_statements_are_one_round_trip(wsgi_app, query_log):
    """Each keeps its own answer, also where the other has no row, and parameters of one name are one."""
    from startks.base.db.hot import Hot

    up = Hot("SELECT to_json(CAST(:given AS int) + 1)")
    down = Hot("SELECT to_json(n) FROM less WHERE n > 0", within="WITH less AS (SELECT CAST(:given AS int) - 1 AS n)")
    pair, other_way, three = up.beside(down), down.beside(up), up.beside(up.beside(down), up)
    with wsgi_app.registry["startks.reader"].connect() as short, wsgi_app.registry["startks.engine"].connect() as long:
        for connection in (short, long):
            with query_log() as statements:
                assert pair.one(connection, given=7) == [8, 6]
            assert len(statements) == 1
            assert pair.one(connection, given=1) == [2, None]
            assert other_way.one(connection, given=7) == [6, 8]
            assert three.one(connection, given=1) == [2, [2, None], 2]
    with pytest.raises(ValueError, match="WITH"):
        down.beside(down)


def test_a_connection_that_the_server_closed_is_not_given_out(wsgi_app):
    reader, writer = wsgi_app.registry["startks.reader"], wsgi_app.registry["startks.engine"]
    with reader.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with writer.begin() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with reader.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != pid
