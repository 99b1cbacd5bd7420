"""Signing in and out, the brake, sessions, registration and binding, as a person does them."""

import re

import pytest

from tests.factories.settlement import PASSWORD

SUM = "1 234,56"


def test_a_clerk_lands_in_the_office_and_a_resident_at_his_account(visitor, place):
    assert visitor().sign_in("operator").location == "http://localhost/office"
    assert visitor().sign_in("resident").location == f"http://localhost{place.account_path}"


def test_one_is_led_back_to_where_he_wanted_to_go(visitor, place):
    browser = visitor()
    wanted = f"/office{place.house_path}"
    asked = browser.get(wanted)
    assert asked.status_int == 303
    form = asked.follow().forms["sign-in"]
    form["login"], form["password"] = "operator", PASSWORD
    assert form.submit("submit").location == f"http://localhost{wanted}"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1", "/a b"])
def test_no_open_redirect(visitor, elsewhere):
    assert visitor().sign_in("operator", next=elsewhere).location == "http://localhost/office"


def test_a_refusal_is_shown_in_the_form_and_keeps_the_login(visitor):
    answer = visitor("10.1.0.1").sign_in("operator", "wrong password")
    assert answer.status_int == 422
    assert "не подходят" in answer.text
    assert answer.forms["sign-in"]["login"].value == "operator"
    assert answer.forms["sign-in"]["password"].value == ""
    assert "wrong password" not in answer.text


def test_guessing_is_braked_with_a_clear_sentence(visitor, rows):
    browser = visitor("10.1.0.2")
    for _ in range(3):
        assert "не подходят" in browser.sign_in("cashier", "wrong").text
    answer = browser.sign_in("cashier", PASSWORD)
    assert answer.status_int == 422
    assert re.search(r"Слишком много неверных паролей. Подождите \d+ мин", answer.text)
    outcomes = rows("SELECT outcome FROM sign_in_attempt WHERE ip = '10.1.0.2' ORDER BY id")
    assert [row.outcome for row in outcomes] == ["refused"] * 3 + ["braked"], "refusals are committed"
    assert visitor("10.1.0.3").sign_in("cashier").status_int == 303


def test_empty_fields_are_named(visitor):
    answer = visitor().sign_in("", "")
    assert answer.status_int == 422
    assert len(answer.html.select("[aria-invalid=true]")) == 2
    summary = answer.html.select_one("[role=alert]")
    assert {link["href"] for link in summary.select("a")} == {"#sign-in-login", "#sign-in-password"}
    for field in answer.html.select("[aria-invalid=true]"):
        assert answer.html.find(id=field["aria-describedby"]) is not None


@pytest.mark.parametrize("token", [None, "", "0" * 32])
def test_without_a_csrf_token_nothing_is_looked_at(visitor, rows, token):
    browser = visitor("10.1.0.4")
    browser.get("/@@sign-in")
    fields = {"login": "operator", "password": PASSWORD, **({"csrf_token": token} if token is not None else {})}
    answer = browser.post("/@@sign-in", fields, expect_errors=True)
    assert answer.status_int == 400
    assert "Set-Cookie" not in answer.headers or "startks=" not in answer.headers["Set-Cookie"]
    assert rows("SELECT 1 FROM sign_in_attempt WHERE ip = '10.1.0.4'") == []


def test_a_new_session_has_a_new_token_and_a_new_csrf_token(visitor):
    browser = visitor()
    planted = browser.get("/@@sign-in").forms["sign-in"]["csrf_token"].value
    browser.sign_in("operator")
    first = browser.cookies["startks"]
    assert browser.cookies["csrf"] != planted
    browser.get("/@@cabinet")
    browser.post("/@@sign-out", {"csrf_token": browser.cookies["csrf"]})
    browser.sign_in("operator")
    assert browser.cookies["startks"] != first


def test_signing_out_ends_the_session_on_the_server(signed_in, visitor):
    browser = signed_in("operator")
    stolen = browser.cookies["startks"]
    assert browser.post_form("/@@sign-out").location.endswith("/@@sign-in")
    thief = visitor()
    thief.set_cookie("startks", stolen)
    assert thief.get("/office").location.endswith("/@@sign-in?next=%2Foffice")


def test_a_session_can_be_ended_from_another_device(signed_in, rows):
    here, there = signed_in("auditor", "10.2.0.1"), signed_in("auditor", "10.2.0.2")
    page = here.get("/@@devices")
    assert "10.2.0.2" in page.text
    (other,) = rows("SELECT id FROM user_session WHERE ip = '10.2.0.2'")
    assert here.post_form("/@@devices", session=str(other.id)).status_int == 303
    assert there.get("/office").status_int == 303
    assert here.get("/office").status_int == 200


def test_nobody_ends_a_stranger_s_session(signed_in, rows):
    stranger = signed_in("editor", "10.2.0.9")
    (session,) = rows("SELECT id FROM user_session WHERE ip = '10.2.0.9'")
    assert signed_in("auditor").post_form("/@@devices", session=str(session.id)).status_int == 303
    assert stranger.get("/office").status_int == 200


def test_end_all(signed_in):
    here, there = signed_in("supplier"), signed_in("supplier")
    assert here.post_form("/@@devices", session="all").location.endswith("/@@sign-in")
    assert here.get("/office").status_int == there.get("/office").status_int == 303


def test_a_revoked_session_is_dead_at_the_next_request(signed_in, rows):
    browser = signed_in("passport_desk", "10.2.1.1")
    assert browser.get("/office").status_int == 200
    rows("UPDATE user_session SET revoked_at = now() WHERE ip = '10.2.1.1'")
    assert browser.get("/office").status_int == 303


def test_a_given_password_is_changed_before_anything_else(visitor, rows):
    rows("UPDATE user_account SET must_change = true WHERE login = 'call_centre'")
    browser = visitor()
    browser.sign_in("call_centre")
    assert browser.get("/office").location == "http://localhost/@@password"
    form = browser.get("/@@password").forms["password"]
    form["old"], form["new"], form["repeat"] = PASSWORD, "совсем новые слова", "не те слова"
    assert "не совпадают" in form.submit("submit", status=422).text
    form["old"], form["new"], form["repeat"] = PASSWORD, "совсем новые слова", "совсем новые слова"
    assert form.submit("submit").status_int == 303
    assert browser.get("/office").status_int == 200
    assert visitor("10.2.2.2").sign_in("call_centre", "совсем новые слова").status_int == 303
    rows(  # other tests sign in with the password all users of the settlement have
        "UPDATE user_account SET password_hash = (SELECT password_hash FROM user_account WHERE login = 'operator') "
        "WHERE login = 'call_centre'"
    )


def register(browser, **changes):
    form = browser.get("/@@register").forms["register"]
    fields = {
        "account": "6300000002",
        "secret": SUM,
        "full_name": "Петров Пётр",
        "login": "petrov@example.ru",
        "password": "несколько слов",
        "repeat": "несколько слов",
        **changes,
    }
    for name, value in fields.items():
        form[name] = value
    form["agreed"] = changes.get("agreed", True)
    return form.submit("submit", expect_errors=True)


def test_a_resident_registers_with_his_bill_and_binds_another_account(visitor, place, rows):
    browser = visitor("10.3.0.1")
    answer = register(browser)
    assert answer.location == f"http://localhost{place.neighbour_path}"
    assert "6300000002" in browser.get("/@@accounts").text
    form = browser.get("/@@bind").forms["bind"]
    form["account"], form["secret"] = "6300000003", SUM
    assert form.submit("submit").location.endswith("/@@accounts")
    assert "6300000003" in browser.get("/@@accounts").text
    acts = {row.action for row in rows("SELECT action FROM audit_event WHERE ip = '10.3.0.1'")}
    assert {"session:register:success", "cabinet:account:bind"} <= acts


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"secret": "999,99"}, "не подходят друг к другу"),
        ({"account": "1111111111"}, "не подходят друг к другу"),
        ({"repeat": "другие слова"}, "не совпадают"),
        ({"password": "12345678", "repeat": "12345678"}, "подбирают первым"),
        ({"login": "operator"}, "занят"),
        ({"agreed": False}, "согласия"),
    ],
)
def test_a_registration_that_is_refused(visitor, rows, changes, sentence):
    answer = register(visitor(f"10.3.1.{len(sentence)}{len(changes)}"), **{"login": "someone@example.ru", **changes})
    assert answer.status_int == 422
    assert sentence in answer.text
    assert rows("SELECT 1 FROM user_account WHERE login = 'someone@example.ru'") == []


def test_the_public_page_asks_nothing_and_the_signed_in_one_asks_once(visitor, signed_in, query_log):
    stranger, clerk = visitor(), signed_in("operator")
    for browser in (stranger, clerk):
        browser.get("/@@sign-in")  # the frame of each kind of reader is kept after the first page
        browser.get("/@@cabinet", expect_errors=True)
    with query_log() as statements:
        stranger.get("/@@sign-in")
    assert statements == []
    with query_log() as statements:
        clerk.get("/@@cabinet")
    assert len(statements) == 1
    assert "user_session" in statements[0]
