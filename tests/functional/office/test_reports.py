"""Reports and exchange of modules; what a supplier sees; words instead of codes; the log of personal data."""

import io
import re
import zipfile

import pytest
from sqlalchemy import text

BY_SERVICE = "/office/+reports/report-by_service"




@pytest.fixture
def web_rows(wsgi_app):
    """Run a statement on the application's own data base."""

    def run(statement, **values):
        with wsgi_app.registry["startks.engine"].connect() as connection:
            return connection.execute(text(statement), values).all()

    return run


def test_the_list_leads_to_a_report_and_the_report_to_its_spreadsheet(users, town, web_rows):
    accountant = users("accountant")
    desk = accountant.get("/office")
    assert desk.html.find("a", href="/office/+reports") is not None
    listing = accountant.get("/office/+reports")
    assert listing.html.find("a", href=BY_SERVICE).text == "Начислено и оплачено по услугам"
    page = accountant.get(BY_SERVICE)
    month = town.periods[-1]
    form = next(form for form in page.forms.values() if "period" in form.fields)
    form["period"] = f"{month % 100:02d}.{month // 100}"
    answer = form.submit()
    cells = [cell.get_text().replace("\xa0", "").replace("\u202f", "") for cell in answer.html.select("tbody tr td")]
    charged = web_rows(
        """SELECT s.title, sum(t.charge) FROM statement t JOIN service s ON s.id = t.service_id
            WHERE t.period = :month GROUP BY s.id, s.title, s.position ORDER BY s.position""",
        month=month,
    )
    assert cells[:: len(cells) // len(charged)] == [row[0] for row in charged]
    for _title, sum_of_service in charged:
        assert f"{sum_of_service / 100:.2f}".replace(".", ",") in cells
    book = accountant.get(_spreadsheet(answer))
    assert book.headers["Content-Disposition"] == 'attachment; filename="by_service.xlsx"'
    with zipfile.ZipFile(io.BytesIO(book.body)) as archive:
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert charged[0][0] in texts and "Начислено" in texts


def _spreadsheet(answer):
    return next(link["href"] for link in answer.html.find_all("a", href=True) if "format=xlsx" in link["href"])


def test_a_month_that_cannot_be_read_is_named_beside_its_field(users):
    answer = users("accountant").get(BY_SERVICE, {"period": "13.2026", "ask": "yes"}, status=422)
    assert answer.html.find(id="fault-period").text.strip()
    empty = users("accountant").get(BY_SERVICE, {"period": "", "ask": "yes"}, status=422)
    assert "Заполните" in empty.html.find(id="fault-period").text


def test_what_nobody_registered_or_may_not_be_asked_for(users):
    users("accountant").get("/office/+reports/report-nothing", status=404)
    users("accountant").get("/office/+reports/nothing", status=404)
    users("cashier").get("/office/+reports", status=403)
    supplier = users("supplier")
    assert BY_SERVICE not in supplier.get("/office/+reports").text
    supplier.get(BY_SERVICE, status=403)


def test_a_supplier_sees_the_houses_of_its_contracts_and_opens_none(users, web_rows):
    supplier = users("supplier")
    page = supplier.get("/office/@@houses")
    shown = {
        (row.find_all(["th", "td"])[0].text.strip(), row.find_all(["th", "td"])[1].text.strip())
        for row in page.html.select("#list-houses tbody tr")
    }
    served = web_rows("""SELECT DISTINCT t.name, h.number FROM house h JOIN street t ON t.id = h.street_id
                           JOIN house_service s ON s.house_id = h.id JOIN contract c ON c.id = s.contract_id
                           JOIN role_grant g ON g.scope_kind = 'organisation' AND g.scope_id = c.organisation_id""")
    assert shown and shown == {tuple(row) for row in served}
    assert not page.html.select("#list-houses tbody a")
    all_houses = web_rows("SELECT count(*) FROM house")[0][0]
    assert len(shown) < all_houses or all_houses == len(served)


def test_the_history_of_a_house_says_the_method_in_words(users):
    operator = users("operator")
    listing = operator.get("/office/@@houses")
    said = ""
    for link in listing.html.select("#list-houses tbody th a")[:5]:
        said += operator.get(f"{link['href']}/@@history").html.find("main").get_text("\n")
    assert "· по счётчику, иначе по среднему" in said
    assert not re.findall(r"· [a-z_.]+$", said, re.MULTILINE)


def test_the_trail_shows_details_as_rows_of_words(users, web_rows):
    administrator = users("admin")
    new = next(form for form in administrator.get("/office/@@user-new").forms.values() if "full_name" in form.fields)
    new["login"], new["full_name"] = "trail-reader", "Чтецова Анна Ильинична"
    card = new.submit("submit")
    grant = next(form for form in card.forms.values() if "role" in form.fields)
    grant["role"] = "auditor"
    grant.submit("submit").follow()
    trail = administrator.get("/office/@@audit")
    details = trail.html.select_one("#list-trail tbody").get_text("\n")
    assert "роль: Аудитор" in details and "логин: trail-reader" in details
    assert "{" not in details and '"' not in details


def test_showing_personal_data_leaves_a_row_of_who_what_and_what_for(users, web_rows):
    operator = users("operator")
    path = re.findall(r'href="(/office/[^"/]+/[^"/]+/[^"/]+/\d+)"', operator.get("/office/@@accounts").text)[0]
    before = web_rows("SELECT count(*) FROM personal_data_access")[0][0]
    card = operator.get(path)
    assert web_rows("SELECT count(*) FROM personal_data_access")[0][0] == before  # masked: nothing was read
    show = next(form for form in card.forms.values() if form.action.endswith("@@show"))
    show["purpose"] = "documents"
    show.submit()
    login, purpose, kind, ids, fields = web_rows(
        """SELECT u.login, a.purpose, a.subject_kind, a.subject_ids, a.fields FROM personal_data_access a
             JOIN user_account u ON u.id = a.user_id ORDER BY a.id DESC LIMIT 1"""
    )[0]
    number = path.rsplit("/", 1)[1]
    holders = web_rows(
        """SELECT h.person_id FROM account_holder h JOIN account a ON a.id = h.account_id
            WHERE a.number = :number AND h.person_id IS NOT NULL AND h.valid @> current_date""",
        number=number,
    )
    assert (login, purpose, kind) == ("operator", "documents", "person")
    assert {row[0] for row in holders} <= set(ids) and {"name", "phone", "snils"} <= set(fields)
    journal = users("auditor").get("/office/@@personal-data")
    first = journal.html.select_one("#list-journal tbody tr").get_text(" ")
    assert "documents" in first or "сверка" in first.lower() or "документ" in first.lower()
