"""Meters and readings as clerks keep them, over the small calculated town: WebTest, no scripts."""

import datetime as dt
import hashlib
import io
import re
import zipfile

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.modules.metering.readings import file_jobs

TODAY = dt.date.today()




@pytest.fixture(scope="module")
def rows(wsgi_app):
    """Run a statement on the application's own data base."""

    def run(statement, **values):
        with Session(wsgi_app.registry["startks.engine"]) as session:
            return session.execute(text(statement), values).all()

    return run


@pytest.fixture(scope="module")
def dials(every_dial):
    """One dial after another, so that no test meets what an earlier one has changed."""
    return iter(every_dial)


@pytest.fixture(scope="module")
def every_dial(rows):
    """Flat meters of one zone in service with their last reading and their address, an account once."""
    return rows("""
        SELECT DISTINCT ON (m.account_id) m.id, m.serial, m.house_id, m.account_id, a.number, r.day, r.value,
               '/office/' || d.slug || '/' || h.slug AS house, p.slug AS flat
          FROM meter m JOIN account a ON a.id = m.account_id JOIN premise p ON p.id = a.premise_id
          JOIN house h ON h.id = m.house_id JOIN district d ON d.id = h.district_id
          JOIN LATERAL (SELECT day, value FROM reading WHERE meter_id = m.id ORDER BY day DESC LIMIT 1) r ON true
         WHERE m.removed_on IS NULL AND m.zones = 1 AND r.value BETWEEN 100000000 AND 90000000000
         ORDER BY m.account_id, m.id""")


def units(value, more=0):
    """Millionths → what one types."""
    return f"{value / 1_000_000 + more:.3f}".replace(".", ",")


def test_an_operator_enters_the_readings_of_a_house_without_scripts(users, dials, rows):
    browser = users("operator")
    first, dial = next(dials), next(dials)
    while dial.house != first.house:
        dial = next(dials)
    page = browser.get(f"{first.house}/@@readings")
    form = page.forms["entry"]
    form[f"value-{first.id}-0"] = units(first.value, 2)
    form[f"value-{dial.id}-0"] = units(dial.value, -50)
    answer = form.submit(status=422)
    assert "меньше предыдущего" in answer.text and f'href="#value-{dial.id}-0"' in answer.text
    again = answer.forms["entry"]
    assert again[f"value-{dial.id}-0"].value == units(dial.value, -50)  # what was typed is not lost
    assert again[f"value-{first.id}-0"].value.replace("\u00a0", "")
    kept = rows("SELECT value FROM reading WHERE meter_id = :m AND day = :d", m=first.id, d=TODAY)
    assert [row.value for row in kept] == [round(first.value / 1000) * 1000 + 2_000_000]
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY) == []


def test_a_line_is_saved_alone_and_a_doubtful_one_is_confirmed(users, dials, rows):
    browser = users("operator")
    dial = next(dials)
    page = browser.get(f"{dial.house}/@@readings")
    token = page.forms["entry"]["csrf_token"].value
    fields = {"csrf_token": token, "key": f"{dial.id}-0", "day": TODAY.strftime("%d.%m.%Y"), f"value-{dial.id}-0": units(dial.value, 9_000)}
    answer = browser.post(f"{dial.house}/@@readings-row", fields, headers={"HX-Request": "true"})
    assert answer.text.strip().startswith("<tr") and "лишнюю цифру" in answer.text and "<html" not in answer.text
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY) == []
    answer = browser.post(f"{dial.house}/@@readings-row", {**fields, f"confirm-{dial.id}-0": "yes"})
    assert "entry__row--saved" in answer.text
    assert len(rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY)) == 1


@pytest.mark.parametrize("day", ["30.02.2026", "завтра", "01.01.2099"])
def test_an_impossible_day_is_named(users, dials, day):
    page = users("operator").get(f"{next(dials).house}/@@readings", {"day": day})
    assert 'id="day-fault"' in page.text


def test_a_clerk_replaces_a_meter(users, dials, rows):
    browser = users("operator")
    dial = next(dials)
    card = f"{dial.house}/{dial.flat}/{dial.number}/+meters/{dial.id}"
    page = browser.get(card)
    form = page.click("Заменить").forms["form"]
    form["serial"], form["installed_on"] = "НОВЫЙ-1", TODAY.strftime("%d.%m.%Y")
    form["initial0"] = "0"
    answer = form.submit("submit", status=422)
    assert "последнее показание" in answer.text
    form = answer.forms["form"]
    assert form["serial"].value == "НОВЫЙ-1"
    form["last0"] = units(dial.value, 1)
    answer = form.submit("submit", expect_errors=True)
    if answer.status_int == 422:  # the month is calculated already: it says so and asks once more
        assert "уже рассчитаны" in answer.text
        answer = answer.forms["form"].submit("submit")
    assert answer.status_int == 303
    (made,) = rows("SELECT id, replaces_id FROM meter WHERE serial = 'НОВЫЙ-1'")
    assert made.replaces_id == dial.id
    history = browser.get(card)
    assert "заменён" in history.text and "НОВЫЙ-1" in history.text


def test_verification_seal_and_a_corrected_number_stand_in_the_history(users, dials, rows):
    browser = users("operator")
    dial = next(dials)
    card = f"{dial.house}/+meters/{dial.id}"
    form = browser.get(card + "/@@verify").forms["form"]
    form["verified_on"], form["verified_until"] = TODAY.strftime("%d.%m.%Y"), TODAY.replace(year=TODAY.year + 4).strftime("%d.%m.%Y")
    form["document"] = "Свидетельство 15"
    answer = form.submit("submit", expect_errors=True)
    if answer.status_int == 422:
        answer = answer.forms["form"].submit("submit")
    form = browser.get(card + "/@@seal").forms["form"]
    form["number"] = "ПЛ-77"
    form.submit("submit", status=303)
    form = browser.get(card + "/@@correct").forms["form"]
    form["serial"], form["reason"] = "ИСПР-9", "описка"
    form.submit("submit", status=303)
    page = browser.get(card)
    for words in ("Свидетельство 15", "ПЛ-77", "ИСПР-9", "Седова Ирина Павловна"):
        assert words in page.text
    assert rows("SELECT seal FROM meter WHERE id = :m", m=dial.id)[0].seal == "ПЛ-77"


def test_who_may_not_write_gets_no_button_and_no_page(users, dials):
    dial = next(dials)
    card = f"{dial.house}/+meters/{dial.id}"
    browser = users("auditor")
    assert "@@replace" not in browser.get(card).text
    browser.get(card + "/@@replace", status=403)
    browser.get(f"{dial.house}/@@readings", status=403)
    browser.get("/office/+reading-files/@@upload", status=403)


def test_a_clerk_of_another_district_is_kept_out(users, every_dial, rows, work):
    own = rows("SELECT scope_id FROM role_grant g JOIN user_account u ON u.id = g.user_id WHERE u.login = 'operator2'")[0].scope_id
    foreign = [dial for dial in every_dial if rows("SELECT 1 FROM house WHERE id = :h AND district_id <> :d", h=dial.house_id, d=own)]
    if not foreign:
        pytest.skip("the seeded town has one district only")
    browser = users("operator2")
    browser.get(f"{foreign[0].house}/@@readings", status=404)
    browser.get(f"{foreign[0].house}/+meters/{foreign[0].id}", status=404)
    serials = "\n".join(f"{dial.serial};{TODAY:%d.%m.%Y};{units(dial.value, 1)}" for dial in foreign[:1])
    page = _hand_in(browser, f"номер прибора;дата;показание\n{serials}\n".encode(), work)
    assert "нет среди ваших" in page.text


def _hand_in(browser, content, work, name="readings.csv"):
    """Hand a file in and return its page after the background check; the form's own page where it is not even kept."""
    from webtest import Upload

    form = browser.get("/office/+reading-files/@@upload").forms["upload"]
    form["file"] = Upload(name, content)
    answer = form.submit("submit", expect_errors=True)
    if answer.status_int != 303:
        return answer
    waiting = answer.follow()
    assert "load" not in waiting.forms and "@@progress" in waiting.text, "nothing is said before the check"
    work()
    return browser.get(answer.location)


def _load(browser, page, work, **ticked):
    """Press «Load», let it be done, return the file's page."""
    form = page.forms["load"]
    for name in ticked:
        form[name] = True
    answer = form.submit()
    work()
    return browser.get(answer.location)


def test_a_file_is_looked_at_before_it_is_loaded(users, dials, rows, work):
    browser = users("operator")
    good, bad = next(dials), next(dials)
    lines = [f"{good.serial};{good.number};{TODAY:%d.%m.%Y};{units(good.value, 3)}"]
    wrong = [*lines, f"{bad.serial};{bad.number};30.02.2026;1", f"{bad.serial};{bad.number};{TODAY:%d.%m.%Y};1",
             f"нет такого;;{TODAY:%d.%m.%Y};1", lines[0], f"=1+1;{bad.number};{TODAY:%d.%m.%Y};1"]  # fmt: skip
    header = "номер прибора;лицевой счёт;дата;показание"
    page = _hand_in(browser, "\n".join([header, *wrong]).encode(), work)
    for words in ("Такого дня нет", "меньше предыдущего", "нет среди ваших", "в строке 2", "формула"):
        assert words in page.text
    assert "load" not in page.forms
    table = browser.get(re.search(r'href="([^"]+@@faults)"', page.text).group(1))
    assert table.content_type == "text/csv" and "Такого дня нет" in table.text and "'=1+1" in table.text
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=good.id, d=TODAY) == []
    page = _hand_in(browser, "\n".join([header, *lines]).encode(), work)
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=good.id, d=TODAY) == []
    page = _load(browser, page, work)
    assert "Загружено" in page.text
    (kept,) = rows("SELECT value FROM reading WHERE meter_id = :m AND day = :d", m=good.id, d=TODAY)
    assert kept.value == round(good.value / 1000) * 1000 + 3_000_000
    raw = browser.get(re.search(r'href="([^"]+@@raw)"', page.text).group(1))
    assert raw.body == "\n".join([header, *lines]).encode()
    again = _hand_in(browser, "\n".join([header, *lines]).encode(), work)
    assert "уже загружен" in again.text


def test_a_question_must_be_answered_before_the_load(users, dials, rows, work):
    browser, dial = users("operator"), next(dials)
    text_ = f"номер прибора;лицевой счёт;дата;показание\n{dial.serial};{dial.number};{TODAY:%d.%m.%Y};{units(dial.value, 4000)}\n"
    page = _hand_in(browser, text_.encode(), work)
    assert "Под вопросом: 1" in page.text
    refused = _load(browser, page, work)
    assert "проверьте их и подтвердите" in refused.text
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY) == []
    assert "Загружено" in _load(browser, refused, work, confirmed=True).text


def test_what_has_changed_since_the_check_stops_the_load_and_says_why(users, dials, rows, work):
    browser, dial = users("operator"), next(dials)
    text_ = f"номер прибора;лицевой счёт;дата;показание\n{dial.serial};{dial.number};{TODAY:%d.%m.%Y};{units(dial.value, 1)}\n"
    page = _hand_in(browser, text_.encode(), work)
    with work.transaction() as session:
        session.execute(text("UPDATE meter SET removed_on = installed_on + 1 WHERE id = :m"), {"m": dial.id})
    stopped = _load(browser, page, work)
    assert "В файле есть ошибки" in stopped.text and "Загружено" not in stopped.text
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY) == []


def test_who_was_disabled_after_handing_a_file_in_loads_nothing(users, dials, rows, work):
    browser, dial = users("operator"), next(dials)
    text_ = f"номер прибора;лицевой счёт;дата;показание\n{dial.serial};{dial.number};{TODAY:%d.%m.%Y};{units(dial.value, 1)}\n"
    answer = _hand_in(browser, text_.encode(), work).forms["load"].submit()
    with work.transaction() as session:
        session.execute(text("UPDATE user_account SET active = false WHERE login = 'operator'"))
    try:
        work()
    finally:
        with work.transaction() as session:
            session.execute(text("UPDATE user_account SET active = true WHERE login = 'operator'"))
    assert "отключён" in users("operator").get(answer.location).text
    assert rows("SELECT 1 FROM reading WHERE meter_id = :m AND day = :d", m=dial.id, d=TODAY) == []


def test_work_that_was_cut_off_does_not_lock_a_file(users, dials, rows, work):
    """A worker killed after its job had failed, before anybody could clean up: the clock gives the file back."""
    browser, dial = users("operator"), next(dials)
    content = f"номер прибора;лицевой счёт;дата;показание\n{dial.serial};{dial.number};{TODAY:%d.%m.%Y};{units(dial.value, 1)}\n"
    page = _hand_in(browser, content.encode(), work)
    page.forms["load"].submit()
    with work.transaction() as session:
        assert file_jobs.forget_dead(session) == 0, "a job that waits is no dead one"
        session.execute(text("UPDATE job SET state = 'failed' WHERE state IN ('waiting', 'running')"))
        session.execute(text("UPDATE job_chunk SET state = 'failed' WHERE state IN ('waiting', 'running')"))
        assert file_jobs.forget_dead(session) == 1
    assert "Загружено" in _load(browser, browser.get(page.request.path), work).text


def _bomb():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        block = b"0" * 2**20
        for _ in range(210):
            part.write(block)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("\ufeffномер прибора;дата;показание\n".encode(), "BOM"),
        ("номер прибора;дата;показание\n".encode("windows-1251"), "windows-1251"),
        (b"a;b\n\0;1\n", "нулевой байт"),
        (b"", "пуст"),
        ("номер прибора;дата\n1;2\n".encode(), "нет столбцов: показание"),
        ("номер прибора;дата;показание\n1;01.10.2026;=1+1\n".encode(), "формула"),
        (b"PK\x03\x04 broken", "не открывается"),
        (_bomb(), "распаковывается"),
        ('номер прибора;дата;показание\n"1;2\n'.encode(), "кавычка"),
    ],
    ids=["bom", "cp1251", "nul", "empty", "columns", "formula", "broken", "bomb", "quote"],
)  # fmt: skip
def test_a_hostile_file_is_refused_with_a_sentence_and_kept_with_its_hash(users, content, words, work, rows):
    page = _hand_in(users("operator"), content, work)
    assert words in page.text and "load" not in page.forms
    (kept,) = rows("SELECT sha256, state, content FROM reading_file ORDER BY id DESC LIMIT 1")
    assert (kept.state, kept.sha256, kept.content) == ("refused", hashlib.sha256(content).hexdigest(), content)


def test_reminders_list_what_ends_and_the_desktop_counts_it(users, rows):
    browser = users("operator")
    page = browser.get("/office/+metering", {"days": "180"})
    ends = rows("SELECT count(*) AS n FROM meter WHERE removed_on IS NULL AND verified_until <= current_date + 180")[0].n
    assert f"<strong>{ends}</strong>" in page.text
    assert "Поверка приборов" in browser.get("/office").text
