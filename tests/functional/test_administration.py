"""Users, roles, trail and journal in the office; the list component and its manners."""

import pytest
from webob import Request

from tests.factories.settlement import PASSWORD


@pytest.fixture
def admin(signed_in):
    return signed_in("administrator")


def test_the_list_sorts_filters_and_pages(admin, rows):
    rows(
        "INSERT INTO user_account (login, full_name) SELECT 'many' || n, 'Множество ' || n FROM generate_series(1, 60) n"
    )
    page = admin.get("/office/@@users?q=many")
    assert len(page.html.select("tbody tr")) == 25
    assert page.html.select_one("#list-users [aria-current=page]").text == "1"
    last = admin.get("/office/@@users?q=many&page=3&sort=-login")
    assert len(last.html.select("tbody tr")) == 10
    assert last.html.select_one("th[aria-sort]")["aria-sort"] == "descending"
    beyond = admin.get("/office/@@users?q=many&page=99999")
    assert len(beyond.html.select("tbody tr")) == 10
    logins = [cell.text.strip() for cell in last.html.select("tbody th")]
    assert logins == sorted(logins, reverse=True)
    assert admin.get("/office/@@users?q=none%25_such").html.select("tbody tr") == []
    assert admin.get("/office/@@users?sort=password_hash&page=x").status_int == 200
    rows("DELETE FROM user_account WHERE login LIKE 'many%'")


def test_htmx_gets_the_list_alone(admin):
    part = admin.get("/office/@@users", headers={"HX-Request": "true", "HX-Target": "list-users"})
    assert "<html" not in part.text
    assert part.html.select_one("#list-users") is not None


def test_a_role_is_granted_for_a_house_and_revoked(admin, place, visitor, rows):
    rows("DELETE FROM role_grant WHERE user_id = :id AND role = 'cashier'", id=place.users["past"])
    user = place.users["past"]
    clerk = visitor()
    clerk.sign_in("past")
    assert clerk.get("/office" + place.house_path, expect_errors=True).status_int == 404
    form = admin.get(f"/office/@@user?id={user}").forms["grant"]
    form["role"], form["point"] = "cashier", place.house_path
    assert form.submit("submit").status_int == 303
    assert clerk.get("/office" + place.house_path).status_int == 200
    assert clerk.get("/office/oktyabrskiy-rayon/mira-1", expect_errors=True).status_int == 404
    (grant,) = rows("SELECT id FROM role_grant WHERE user_id = :id AND role = 'cashier'", id=user)
    admin.post_form(f"/office/@@user-revoke?id={user}", grant=str(grant.id))
    assert clerk.get("/office" + place.house_path, expect_errors=True).status_int == 404
    assert "Роль отозвана" in admin.get("/office/@@audit").text


def test_a_grant_that_is_refused_says_why_beside_what_was_typed(admin, place):
    form = admin.get(f"/office/@@user?id={place.users['past']}").forms["grant"]
    form["point"] = "нет такого дома"
    answer = form.submit("submit", status=422)
    assert "Такого лицевого счёта или дома нет" in answer.text
    assert answer.forms["grant"]["point"].value == "нет такого дома"
    form["point"], form["since"] = "", "31.02.2026"
    assert "ДД.ММ.ГГГГ" in form.submit("submit", status=422).text


def test_a_new_user_gets_a_password_once_and_changes_it(admin, visitor):
    form = admin.get("/office/@@user-new").forms["new-user"]
    form["login"], form["full_name"] = "novichok", "Новичков Н."
    card = form.submit("submit")
    password = card.html.select_one("[role=status] code").text
    browser = visitor()
    assert browser.sign_in("novichok", password).status_int == 303
    assert browser.get("/@@accounts").status_int == 200
    assert browser.get("/@@password").status_int == 200


def test_disabling_signs_out_at_once(admin, signed_in, place):
    clerk = signed_in("accountant")
    user = place.users["accountant"]
    admin.post_form(f"/office/@@user-state?id={user}", active="no")
    assert clerk.get("/office").status_int == 303
    admin.post_form(f"/office/@@user-state?id={user}", active="yes")
    assert clerk.sign_in("accountant", PASSWORD).status_int == 303


def test_the_trail_is_checked_on_demand(admin, rows):
    assert "role=\"status\"" in admin.get("/office/@@audit?check=yes").text
    page = admin.get("/office/@@audit?act=session:sign_in:success&since=01.01.2020")
    assert page.html.select("tbody tr")
    assert admin.get("/office/@@audit?since=01.01.2090").html.select("tbody tr") == []
    assert "ДД.ММ.ГГГГ" in admin.get("/office/@@audit", {"since": "вчера"}).text


def test_reading_of_personal_data_is_shown_to_the_auditor(signed_in, rows, place):
    rows(
        "INSERT INTO personal_data_access (user_id, purpose, subject_kind, subject_ids, fields) "
        "VALUES (:id, 'звонок жителя', 'person', '{1,2}', '{phone}')",
        id=place.users["operator"],
    )
    page = signed_in("auditor").get("/office/@@personal-data")
    assert "звонок жителя" in page.text
    assert "Проверочный operator" in page.text


@pytest.mark.parametrize("query", ["since=%FF%FE", "q=%D0"])
def test_bytes_that_are_no_text_are_a_bad_request(admin, query):
    assert admin.get(f"/office/@@audit?{query}", status=400).html.select_one("h1") is not None


@pytest.mark.parametrize("path", ["/\xff\xfe", "/office/\xff"])
def test_an_address_that_is_no_text_is_a_bad_request(settlement, path):
    request = Request.blank("/")  # WebTest would not send it
    request.environ["PATH_INFO"] = path
    answer = request.get_response(settlement.app)
    assert answer.status_int == 400
    assert "<h1>" in answer.text


@pytest.mark.parametrize("address", ["/office/@@user?id=999999", "/office/@@user", "/office/@@user?id=abc", "/nowhere"])
def test_what_is_not_there(admin, address):
    assert admin.get(address, status=404).html.select_one("h1") is not None


def test_headers_and_error_pages(visitor, signed_in):
    answer = visitor().get("/@@sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers
    secure = visitor().get("/@@sign-in", extra_environ={"wsgi.url_scheme": "https"})
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=")
    assert signed_in("operator").get("/@@cabinet").headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    json = visitor().get("/nowhere", headers={"Accept": "application/json"}, status=404)
    assert json.json["error"]
    part = visitor().get("/nowhere", headers={"HX-Request": "true"}, status=404)
    assert part.html.select_one("[role=alert]") is not None
    assert "<html" not in part.text
