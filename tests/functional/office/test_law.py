"""The reader's view of the law: a day, a comparison, a warning, a slip of the hand, no right."""

import pytest
from webtest import TestApp


@pytest.fixture(scope="module")
def enter(wsgi_app, town):
    """Sign in a user of the demonstration."""

    def entered(login):
        browser = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
        return browser

    return entered


def test_an_accountant_reads_what_holds_and_what_changed(enter):
    page = enter("accountant").get("/office/+law?service=cold_water&day=01.05.2026&other=01.12.2025")
    assert "ПП РФ от 25.11.2025 № 1871" in page
    assert "Что изменилось с 01.12.2025 по 01.05.2026" in page
    changed = page.html.find(id="changes-title").find_parent("section")
    row = next(row for row in changed.find_all("tr") if "повышающий коэффициент" in row.text)
    assert [cell.text for cell in row.find_all("td")][:2] == ["1,5", "3"]
    assert "Предел ставки для пеней" in " ".join(note.text for note in page.html.find_all(class_="desk-note--warn"))


def test_a_day_that_is_none_is_told_beside_its_field(enter):
    page = enter("accountant").get("/office/+law?service=heating&day=30.02.2026")
    assert page.html.find(id="law-day")["aria-describedby"] == "law-day-fault"
    assert page.html.find(id="law-day")["value"] == "30.02.2026"


def test_the_resident_does_not_get_into_the_office(enter):
    enter("resident1").get("/office/+law", status=(403, 404))
