"""A clerk's lists: kept under a name, with chosen columns, taken along as a spreadsheet that shows no more than his page."""

import io
import re
import zipfile
from xml.etree import ElementTree

from sqlalchemy import text

from startks.framework.listing.export import clean, file_of

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of(content):
    """Rows of the first sheet, read from the package itself: another reader than the writer."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheet = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{SPACE}row"):
        assert row.find(f".//{SPACE}f") is None, "a formula"
        rows.append(["".join(cell.itertext()) for cell in row.iter(f"{SPACE}c")])
    return rows


def export(browser, work, address):
    page = browser.get(address)
    tools = re.search(r'href="([^"]*/@@lists\?[^"]*)"', page.text).group(1).replace("&amp;", "&")
    ordered = browser.get(tools).forms["list-export"].submit()
    assert ordered.status_int == 303, ordered.text
    work()
    return ordered.location


def test_a_view_is_kept_opened_and_deleted(users):
    browser = users("operator")
    page = browser.get("/office/@@accounts", {"kind": "residential", "sort": "-number", "col": ["street", "payer_pair"]})
    assert "col=street" in page.text
    heads = re.findall(r'<th scope="col".*?</th>', page.text, re.S)
    assert len(heads) == 3, "the number of the account stays"
    tools = re.search(r'href="([^"]*/@@lists\?[^"]*)"', page.text).group(1).replace("&amp;", "&")
    form = browser.get(tools).forms["list-save"]
    form["name"] = "Жилые, от последних"
    kept = form.submit().follow()
    address = re.search(r'href="([^"]*)">Жилые, от последних<', kept.text).group(1).replace("&amp;", "&")
    again = browser.get(address)
    assert len(re.findall(r'<th scope="col"', again.text)) == 3 and 'aria-sort="descending"' in again.text
    assert "Жилые, от последних" not in users("accountant").get(tools).text, "another user's lists are his own"
    deleting = next(form for form in kept.forms.values() if "saved" in form.fields)
    assert "Жилые, от последних" not in deleting.submit().follow().text


def test_a_view_without_a_name_or_of_a_foreign_place_is_refused(users):
    browser = users("operator")
    for path, name in (("/office/@@accounts", " "), ("https://evil.example/", "x"), ("/@@sign-out", "x"), ("//evil", "x")):
        form = browser.get("/office/@@lists", {"list": "accounts", "title": "Счета", "path": "/office/@@accounts"}).forms["list-save"]
        form["path"].force_value(path)
        form["name"] = name
        assert form.submit(expect_errors=True).status_int == 422


def test_an_export_has_every_row_the_columns_and_the_masks_of_the_page(users, work, town):
    browser = users("operator")
    job = export(browser, work, "/office/@@accounts?col=street&col=payer_pair&col=total_area")
    page = browser.get(job)
    answer = browser.get(re.search(r'href="([^"]*/@@file)"', page.text).group(1))
    assert answer.headers["Content-Disposition"].endswith('.xlsx"') and answer.headers["Cache-Control"] == "private, no-store"
    heading, *rows = rows_of(answer.body)
    with town.session() as session:
        accounts = session.scalar(text("SELECT count(*) FROM account WHERE archived_on IS NULL"))
        surname = session.scalar(text(
            "SELECT p.last_name FROM account_holder h JOIN person p ON p.id = h.person_id WHERE upper_inf(h.valid) LIMIT 1"
        ))
    assert len(heading) == 4 and len(rows) == accounts > 100
    everything = " ".join(cell for row in rows for cell in row)
    assert surname not in everything and "***" in everything
    assert users("accountant").get(job + "/@@file", expect_errors=True).status_int == 403, "made with another's rights"


def test_an_export_is_of_the_readers_territory_as_his_rights_are_when_it_runs(users, work):
    browser = users("operator2")
    shown = browser.get("/office/@@houses")
    total = int(re.search(r"Найдено: <strong[^>]*>([\d\s]+)<", shown.text).group(1))
    job = export(browser, work, "/office/@@houses")
    rows = rows_of(browser.get(job + "/@@file").body)
    assert len(rows) - 1 == total


def test_a_page_that_is_not_open_to_the_reader_gives_no_file(users, work):
    browser = users("operator")
    form = browser.get("/office/@@lists", {"list": "x", "title": "Чужое", "path": "/office/@@accounts"}).forms["list-export"]
    form["path"].force_value("/office/+administration/@@users")
    job = form.submit().location
    work()
    assert browser.get(job + "/@@file", expect_errors=True).status_int == 404
    assert "@@file" not in browser.get(job).text


def test_old_files_go(users, work, wsgi_app):
    import os

    from startks.framework.web import settings_of

    browser = users("operator")
    job = export(browser, work, "/office/@@houses")
    path = file_of(settings_of(wsgi_app.registry).data_dir, int(job.rsplit("/", 1)[1]))
    assert path.stat().st_mode & 0o077 == 0
    with work.transaction() as session:
        clean(session)
    assert path.is_file()
    os.utime(path, (0, 0))
    with work.transaction() as session:
        clean(session)
    assert not path.exists()
    assert "@@file" not in browser.get(job).text and browser.get(job + "/@@file", expect_errors=True).status_int == 404
