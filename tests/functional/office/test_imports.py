"""A town brought in at the office: handed in, checked in the background, looked at, loaded on a second word."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import zipfile

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from webtest import TestApp, Upload

from startks.app import configure
from startks.base.db.session import make_engine
from startks.domain.security.models import RoleGrant, UserAccount
from startks.domain.security.passwords import hash_password
from startks.framework.exchange.town import jobs
from startks.framework.jobs.runner import run_until_idle
from tests.factories.town_files import FILES

PASSWORD = "correct horse battery"


class Office:
    """The application over an empty base, its workers and a signed-in browser."""

    def __init__(self, url, folder):
        self.engine = make_engine(url)
        self.folder = folder
        with Session(self.engine) as session, session.begin():
            for role in ("administrator", "operator"):
                user = UserAccount(login=role, password_hash=hash_password(PASSWORD), full_name=role)
                session.add(user)
                session.flush()
                session.add(RoleGrant(user_id=user.id, role=role, scope_kind="all", valid=Range(dt.date(2020, 1, 1), None)))
        config = configure({
            "startks.database_url": url, "startks.modules": "billing metering", "startks.secure_cookies": "false",
            "startks.data_dir": str(folder),
        })  # fmt: skip
        self.registry, self.app = config.registry, config.make_wsgi_app()

    def enter(self, login):
        browser = TestApp(self.app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, PASSWORD
        assert form.submit("submit").status_int == 303
        return browser

    def work(self):
        """Do what waits, as a worker does."""

        @contextlib.contextmanager
        def transaction():
            with Session(self.engine, info={"registry": self.registry}) as session, session.begin():
                yield session

        run_until_idle(transaction)

    def rows(self, statement):
        with self.engine.connect() as connection:
            return connection.execute(text(statement)).all()

    def end(self):
        self.registry["startks.engine"].dispose()
        self.engine.dispose()


@pytest.fixture
def office(fresh_database, tmp_path):
    made = Office(fresh_database, tmp_path / "data")
    yield made
    made.end()


def archive(**changed):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name, written in {**FILES, **changed}.items():
            target.writestr(f"{name}.csv", written)
    return content.getvalue()


def hand_in(browser, content, name="город.zip", **options):
    form = browser.get("/office/+imports").forms["upload"]
    form["file"] = Upload(name, content)
    return form.submit("submit", **options)


def test_a_town_is_checked_seen_and_loaded(office):
    browser = office.enter("administrator")
    assert "Ничего ещё не загружали" in browser.get("/office/+imports").text
    content = archive()
    page = hand_in(browser, content, status=303).follow()
    assert "проверяется" in page.text and "Как далеко" in page.text or "job-progress" in page.text
    assert "load" not in page.forms
    office.work()
    page = browser.get(page.request.path)
    assert "проверено, ошибок нет" in page.text and "Лицевые счета" in page.text
    assert office.rows("SELECT count(*) FROM account") == [(0,)]
    page = page.forms["load"].submit(status=303).follow()
    assert "загружается" in page.text
    office.work()
    page = browser.get(page.request.path)
    assert "Город загружен" in page.text
    assert office.rows("SELECT count(*) FROM account") == [(3,)]
    # A request that was tried twice leaves a gap in the numbers: the row says where the raw file lies.
    [(state, digest, kept)] = office.rows(
        "SELECT b.state, f.sha256, b.folder FROM import_batch b JOIN import_file f ON f.batch_id = b.id"
    )
    assert (state, digest) == ("loaded", hashlib.sha256(content).hexdigest())
    assert (office.folder / kept / "raw.zip").read_bytes() == content
    assert [row.action for row in office.rows("SELECT action FROM audit_event WHERE action LIKE 'exchange:%' ORDER BY position")] == [
        "exchange:town:check", "exchange:town:load",
    ]  # fmt: skip
    assert "город.zip" in browser.get("/office/+imports").text


def test_a_broken_town_is_shown_error_by_error_and_cannot_be_loaded(office):
    browser = office.enter("administrator")
    broken = FILES["accounts"].replace("2015-04-01", "2015-02-30").replace("17,501", "17,599")
    page = hand_in(browser, archive(accounts=broken), status=303).follow()
    office.work()
    page = browser.get(page.request.path)
    assert "accounts.csv:4" in page.text and "такого дня нет" in page.text and "нет в premises.csv" in page.text
    assert "load" not in page.forms
    token = browser.get("/office/+imports").forms["upload"]["csrf_token"].value
    answer = browser.post(page.request.path + "/@@load", {"csrf_token": token}).follow()
    assert "только проверенный набор" in answer.text
    table = browser.get(page.request.path + "/@@faults")
    assert table.content_type == "text/csv" and "2015-02-30" in table.text
    assert office.rows("SELECT count(*) FROM house") == [(0,)]


def test_a_second_town_is_refused_by_the_check(office):
    browser = office.enter("administrator")
    for _ in range(2):
        page = hand_in(browser, archive(), status=303).follow()
        office.work()
        page = browser.get(page.request.path)
        if "load" in page.forms:
            page.forms["load"].submit()
            office.work()
    assert "уже есть город" in page.text
    assert office.rows("SELECT count(*) FROM account") == [(3,)]


@pytest.mark.parametrize(("content", "words"), [(b"no archive", "не архив zip"), (b"PK\x03\x04broken", "не архив zip")])
def test_what_is_no_archive_is_refused_by_the_check(office, content, words):
    browser = office.enter("administrator")
    page = hand_in(browser, content, status=303).follow()
    office.work()
    assert words in browser.get(page.request.path).text


def test_an_archive_too_large_and_no_file_are_refused_at_once(office, monkeypatch):
    browser = office.enter("administrator")
    monkeypatch.setattr(jobs, "MOST_UPLOAD", 100)
    answer = hand_in(browser, archive(), status=422)
    assert "startks import town" in answer.text and 'role="alert"' in answer.text
    form = browser.get("/office/+imports").forms["upload"]
    assert "Выберите архив" in form.submit("submit", status=422).text
    assert office.rows("SELECT count(*) FROM import_batch") == [(0,)]


def test_who_does_not_run_the_system_brings_no_town_in(office):
    browser = office.enter("operator")
    assert browser.get("/office/+imports", expect_errors=True).status_int in (403, 404)
    assert "+imports" not in browser.get("/office").text
