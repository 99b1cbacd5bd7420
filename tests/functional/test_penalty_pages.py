"""«Откуда пени»: the table of days where the sum is explained and beside the payment document; what has no future, at work."""

import re

import pytest
from sqlalchemy import text
from webtest import TestApp

from startks.demo.town import OPEN_PERIOD
from startks.modules.billing.calculation import run
from startks.scripts.period import CONSUMPTION, SAVE


@pytest.fixture(scope="module")
def enter(wsgi_app):
    """Sign in a user of the demonstration; return the browser and the page he lands on."""

    def entered(login):
        browser = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.41"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        page = form.submit("submit")
        while page.status_int in (302, 303):
            page = page.follow()
        return browser, page

    return entered


@pytest.fixture(scope="module")
def indebted(wsgi_app, town, enter):
    """A resident's browser, the path of his account and the line that has owed since May; penalties are calculated."""
    browser, page = enter("resident1")
    path = re.search(r'href="(?:http://localhost)?(/[^"@]+/(\d{8,}))(?:/@@[^"]*)?"', page.text)
    engine, period = wsgi_app.registry["startks.engine"], town.periods[-1]
    with engine.begin() as connection:
        line = connection.execute(text("""
            SELECT z.*, s.code FROM statement z JOIN account a ON a.id = z.account_id JOIN service s ON s.id = z.service_id
             WHERE z.period = :period AND a.number = :number AND z.opening > 0 AND z.charge > 0 ORDER BY z.opening DESC LIMIT 1"""),
            {"period": period, "number": path[2]}).one()
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # a closed month gets an older debt
        values = {"a": line.account_id, "s": line.service_id, "o": line.supplier_id, "h": line.house_id, "of": period - 1}
        connection.execute(text("""
            INSERT INTO month_debt (period, account_id, service_id, supplier_id, origin, house_id, amount)
            VALUES (:of, :a, :s, :o, 202505, :h, :sum)"""), {**values, "sum": line.opening})
        # no trigger sees that row, so what the house handed over is taken away by hand
        connection.execute(text("DELETE FROM carry_pack WHERE period = :of AND house_id = :h"), values)
    with engine.begin() as connection:
        url = engine.url.render_as_string(hide_password=False)
        run.recalculate_house(connection, url, period, line.house_id, CONSUMPTION, SAVE)
        penalty = connection.scalar(text("""
            SELECT penalty FROM statement WHERE period = :p AND account_id = :a AND service_id = :s"""),
            {"p": period, "a": line.account_id, "s": line.service_id})
    assert penalty > 0
    return browser, path[1], line, penalty


def roubles(kopecks):
    return f"{kopecks / 100:,.2f}".replace(",", "\u00a0").replace(".", ",")


def test_the_cabinet_shows_the_days_behind_the_penalty(indebted):
    browser, path, line, penalty = indebted
    page = browser.get(f"{path}/@@explain", {"service": line.code, "period": line.period})
    table = page.html.find("div", {"aria-label": "Дни начисления пеней"}).table
    assert "Откуда пени" in page.text and roubles(penalty) in page.text
    head = table.find("th", {"scope": "rowgroup"}).text
    assert "май 2025" in head.lower() and "10.06.2025" in head and "9,5 %" in head and "статья 155" in head
    rows = [[cell.text.strip() for cell in row.find_all("td")] for row in table.tbody.find_all("tr")][1:]
    assert all(len(row) == 5 for row in rows) and rows[-1][3] == "1/130"
    exact = sum(float(row[4].replace("\u00a0", "").replace(",", ".")) for row in rows)
    assert abs(exact * 100 - penalty) < 1
    assert "были бы другими" not in page.text


def test_the_page_of_the_payment_document_shows_them_too(indebted):
    browser, path, line, penalty = indebted
    page = browser.get(f"{path}/@@receipt", {"period": line.period})
    assert "Откуда пени" in page.text and "1/130" in page.text


def test_the_office_shows_the_same_table(indebted, enter):
    _, path, line, penalty = indebted
    operator, _ = enter("operator")
    page = operator.get(f"/office{path}/@@explain", {"service": line.code, "period": line.period})
    assert "Откуда пени" in page.text and "1/130" in page.text and roubles(penalty) in page.text


def test_a_line_without_penalties_shows_no_table(indebted):
    browser, path, line, _ = indebted
    other = next(code for code in ("maintenance", "electricity", "sewerage") if code != line.code)
    assert "Откуда пени" not in browser.get(f"{path}/@@explain", {"service": other, "period": line.period})


@pytest.fixture
def ending(wsgi_app):
    """A figure of the town whose last edition ends in a month."""
    engine = wsgi_app.registry["startks.engine"]
    with engine.begin() as connection:
        known = connection.execute(text(
            "UPDATE parameter SET valid = daterange(lower(valid), current_date + 30)"
            " WHERE code = 'reading_last_day' AND upper_inf(valid) RETURNING id")).scalars().all()
    yield "Последний день передачи показаний"
    with engine.begin() as connection:
        connection.execute(text("UPDATE parameter SET valid = daterange(lower(valid), NULL) WHERE id = ANY(:ids)"), {"ids": known})


@pytest.mark.parametrize("address", ["/office/", "/office/+law", "/office/+month?period={}", "/office/+month/@@gate?period={}"])
def test_who_runs_the_month_is_warned_of_what_has_no_future(enter, town, ending, address):
    accountant, _ = enter("accountant")
    page = accountant.get(address.format(OPEN_PERIOD))
    told = " ".join(note.text for note in page.html.find_all(class_="desk-note--warn"))
    assert "Узнайте, что принято, и внесите заранее" in told
    assert ending in told and "Предел ставки для пеней" in told


def test_a_resident_is_not_shown_the_operators_warnings(enter):
    browser, page = enter("resident1")
    assert "Узнайте, что принято" not in page.text
