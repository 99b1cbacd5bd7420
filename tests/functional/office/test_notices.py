"""Reminders of verification as they are used: made in the morning, seen by the resident, printed, handed over, done with."""

import datetime as dt
import io
import re

import pypdfium2
import pytest
from sqlalchemy import text

from startks.framework.addons.guard import require_task
from startks.modules.metering import NOTICES

TODAY = dt.date.today()
ENDS = TODAY + dt.timedelta(days=20)


@pytest.fixture(scope="module")
def ending(wsgi_app):
    """Three meters of two accounts whose verification ends in twenty days, one of them in a cabinet; and their places."""
    from sqlalchemy.orm import Session

    with Session(wsgi_app.registry["startks.engine"]) as session, session.begin():
        bound = session.scalar(text("""
            SELECT b.account_id FROM account_binding b JOIN meter m ON m.account_id = b.account_id AND m.removed_on IS NULL
             GROUP BY 1 HAVING count(*) >= 2 ORDER BY 1 LIMIT 1"""))
        other = session.scalar(text("""
            SELECT m.account_id FROM meter m JOIN account a ON a.id = m.account_id AND a.closed_on IS NULL
             WHERE m.removed_on IS NULL AND NOT EXISTS (SELECT 1 FROM account_binding b WHERE b.account_id = m.account_id)
             ORDER BY m.account_id LIMIT 1"""))
        session.execute(text("UPDATE meter SET verified_until = :far"), {"far": TODAY + dt.timedelta(days=900)})
        rows = session.execute(text("""
            UPDATE meter SET verified_until = :ends WHERE id IN (
                SELECT id FROM (SELECT id, account_id, row_number() OVER (PARTITION BY account_id ORDER BY id) AS n FROM meter
                                 WHERE removed_on IS NULL AND account_id IN (:bound, :other)) x
                 WHERE n <= CASE WHEN account_id = :bound THEN 2 ELSE 1 END)
            RETURNING id, serial, account_id"""), {"ends": ENDS, "bound": bound, "other": other}).all()
        numbers = dict(session.execute(text("SELECT id, number FROM account WHERE id IN (:a, :b)"), {"a": bound, "b": other}).all())
        login = session.scalar(text("""
            SELECT u.login FROM account_binding b JOIN user_account u ON u.id = b.user_id
             WHERE b.account_id = :bound AND u.login LIKE 'resident%' ORDER BY 1 LIMIT 1"""), {"bound": bound})
    assert len(rows) == 3
    return {"bound": numbers[bound], "other": numbers[other], "login": login, "rows": rows, "ids": (bound, other)}


def make(work, wsgi_app):
    """What the clock does every morning."""
    with work.transaction() as session:
        return require_task(wsgi_app.registry, NOTICES, session).value(session)


def words(pdf):
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def test_reminders_from_the_morning_to_the_hand(users, ending, work, wsgi_app):
    assert make(work, wsgi_app) == 3
    assert make(work, wsgi_app) == 0, "nobody is told twice"
    browser = users("operator")
    page = browser.get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    for row in ending["rows"]:
        assert row.serial in page.text
    waiting = browser.get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}", "state": "waiting"})
    assert ending["other"] in waiting.text and ending["bound"] not in waiting.text

    ordered = page.forms["notices-print"].submit()
    work()
    done = browser.get(ordered.location)
    answer = browser.get(re.search(r'href="([^"]*@@notices-file[^"]*)"', done.text).group(1))
    assert answer.content_type == "application/pdf"
    (sheet,) = words(answer.body)
    for row in ending["rows"]:
        assert row.serial in sheet
    assert f"{ENDS:%d.%m.%Y}" in sheet and ending["bound"] in sheet and ending["other"] in sheet
    assert sheet.count("Извещение: поверка прибора учёта") == 2, "one paper an account"
    users("accountant").get(re.search(r'href="([^"]*@@notices-file[^"]*)"', done.text).group(1), status=403)

    page = browser.get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    form = next(form for form in page.forms.values() if "day" in form.fields)
    form["day"] = f"{TODAY + dt.timedelta(days=1):%d.%m.%Y}"
    assert "ещё не наступил" in form.submit("submit").follow().text
    form["day"] = f"{TODAY:%d.%m.%Y}"
    assert "Отмечены как вручённые: 3" in form.submit("submit").follow().text
    page = browser.get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    assert "notices-print" not in page.forms, "nothing is left to print"


def test_the_resident_reads_what_the_paper_says(users, ending, work, wsgi_app):
    make(work, wsgi_app)
    with work.transaction() as session:
        path = session.execute(text("""
            SELECT '/' || d.slug || '/' || h.slug || '/' || p.slug || '/' || a.number FROM account a JOIN premise p ON p.id = a.premise_id
              JOIN house h ON h.id = a.house_id JOIN district d ON d.id = h.district_id WHERE a.id = :id"""),
            {"id": ending["ids"][0]}).scalar_one()
    browser = users(ending["login"])
    assert f'{path}/@@verification' in browser.get(path).text
    told = browser.get(f"{path}/@@verification").text
    for row in ending["rows"]:
        assert (row.serial in told) == (row.account_id == ending["ids"][0])
    assert "пункты 59 и 60" in told


def test_a_meter_that_was_verified_is_reminded_of_no_more(users, ending, work, wsgi_app):
    make(work, wsgi_app)
    done = ending["rows"][0]
    with work.transaction() as session:
        session.execute(text("UPDATE meter SET verified_until = :d WHERE id = :m"), {"d": TODAY + dt.timedelta(days=1500), "m": done.id})
    page = users("operator").get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    assert done.serial not in page.text and ending["rows"][1].serial in page.text


def test_who_may_not_work_on_meters_sees_the_list_and_prints_nothing(users, ending, work, wsgi_app):
    make(work, wsgi_app)
    browser = users("auditor")
    page = browser.get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    assert "notices-print" not in page.forms
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    browser.post(f"/office/+metering/@@notices-print?month={ENDS:%Y%m}", {"csrf_token": token.group(1) if token else ""}, status=403)


def test_a_clerk_of_another_district_prints_only_his_own(users, ending, work, wsgi_app):
    make(work, wsgi_app)
    with work.transaction() as session:
        own = session.scalar(text("SELECT scope_id FROM role_grant g JOIN user_account u ON u.id = g.user_id WHERE u.login = 'operator2'"))
        inside = set(session.scalars(text("""
            SELECT m.serial FROM meter m JOIN house h ON h.id = m.house_id WHERE m.id = ANY(:ids) AND h.district_id = :own"""),
            {"ids": [row.id for row in ending["rows"]], "own": own}))
    page = users("operator2").get("/office/+metering/@@notices", {"month": f"{ENDS:%Y%m}"})
    for row in ending["rows"][1:]:
        assert (row.serial in page.text) == (row.serial in inside)
