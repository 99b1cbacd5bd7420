"""Reference books as the region, a municipality and a reader see and keep them: WebTest, no scripts."""

import datetime as dt
import re

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp, Upload

from startks.domain.security.users import create_user, grant_role

AHEAD = dt.date.today().replace(day=1) + dt.timedelta(days=400)
AHEAD = AHEAD.replace(day=1)


@pytest.fixture(scope="module")
def rows(wsgi_app):
    """Run a statement on the application's own data base."""

    def run(statement, **values):
        with Session(wsgi_app.registry["startks.engine"]) as session:
            return session.execute(text(statement), values).all()

    return run


@pytest.fixture(scope="module")
def place(rows):
    """The municipality of the seeded place."""
    return rows("SELECT id, name, slug FROM municipality ORDER BY id LIMIT 1")[0]


@pytest.fixture(scope="module")
def users(wsgi_app, place):
    """Sign in; «townclerk» keeps the books of the municipality alone, «stranger» those of another one."""
    with Session(wsgi_app.registry["startks.engine"]) as session:
        for login, scope in (("townclerk", place.id), ("stranger", place.id + 999)):
            user = create_user(session, login, "Проверочный Клерк", f"{login}-2026")
            grant_role(session, user, "accountant", "municipality", scope, valid_from=dt.date(2020, 1, 1))
        session.commit()

    def enter(login):
        browser = TestApp(wsgi_app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        form = browser.get("/@@sign-in").forms["sign-in"]
        form["login"], form["password"] = login, f"{login}-2026"
        assert form.submit("submit").status_int == 303
        return browser

    return enter


@pytest.fixture(scope="module")
def tariff(rows, place):
    """A tariff of the place in force now."""
    return rows("""SELECT t.id, t.service_id, t.category, t.value, s.title FROM tariff t JOIN service s ON s.id = t.service_id
                    WHERE house_id IS NULL AND upper_inf(valid) AND t.municipality_id = :m
                    ORDER BY (s.code = 'cold_water') DESC, t.id LIMIT 1""", m=place.id)[0]  # fmt: skip


def walk(browser, address, **steps):
    """Fill a wizard's steps one after another and return its last page."""
    page = browser.get(address)
    for name, values in steps.items():
        form = page.forms[name]
        for field, value in values.items():
            form[field] = value
        page = form.submit("next", expect_errors=True)
        if page.status_int != 303:
            return page
        page = page.follow()
    return page


def test_a_municipality_enters_a_planned_tariff(users, place, tariff, rows):
    browser = users("townclerk")
    card = f"/office/+reference/{place.slug}/@@value?book=tariffs&id={tariff.id}"
    page = browser.get(card)
    assert "Задано здесь" in page.text
    address = re.search(r'href="([^"]*@@new-tariff[^"]*)"', page.text).group(1).replace("&amp;", "&")
    page = walk(
        browser, address, what={},
        value={"value": "77,1234", "valid_from": AHEAD.strftime("%d.%m.%Y")},
        ground={"act_id": "", "title": "Приказ о тарифах", "number": "900", "reason": "Тариф с нового года"},
    )  # fmt: skip
    assert "плановое" in page.text and "77,1234" in page.text and "Приказ о тарифах" in page.text
    assert rows("SELECT 1 FROM act WHERE number = '900'") == []  # nothing is written before the last word
    page = page.forms["save"].submit("save").follow()
    assert rows("SELECT value FROM tariff WHERE lower(valid) = :d AND level = 'municipality'", d=AHEAD)[0].value == tariff.value.__class__("77.1234")
    page = browser.get(card)
    assert "плановое" in page.text and "Тариф с нового года" in page.text and "Проверочный Клерк" in page.text


def test_a_contradiction_names_both_and_saves_nothing(users, place, tariff, rows):
    browser = users("townclerk")
    page = walk(
        browser, f"/office/+reference/{place.slug}/@@new-tariff",
        what={"service_id": str(tariff.service_id), "category": tariff.category},
        value={"value": "78", "valid_from": AHEAD.strftime("%d.%m.%Y")},
        ground={"act_id": str(rows("SELECT min(id) AS id FROM act")[0].id), "reason": "другой приказ"},
    )  # fmt: skip
    assert "противоречат" in page.text and "77,1234" in page.text and "78" in page.text
    assert 'name="save"' not in page.text
    assert rows("SELECT 1 FROM tariff WHERE value = 78 AND lower(valid) = :d", d=AHEAD) == []


@pytest.mark.parametrize(
    ("values", "word"),
    [({"value": "", "valid_from": "01.07.2027"}, "Заполните"), ({"value": "1", "valid_from": "30.02.2027"}, "ДД.ММ.ГГГГ"),
     ({"value": "1", "valid_from": "01.07.2027", "valid_to": "01.06.2027"}, "позже")],
)  # fmt: skip
def test_bad_days_and_empty_values_stay_on_their_step(users, place, tariff, values, word):
    page = walk(
        users("townclerk"), f"/office/+reference/{place.slug}/@@new-tariff",
        what={"service_id": str(tariff.service_id), "category": tariff.category}, value=values,
    )  # fmt: skip
    assert page.status_int == 422 and word in page.text


def test_the_region_sets_for_all_and_the_town_sees_from_whom(users, place, rows):
    service = rows("SELECT id FROM service WHERE code = 'waste'")[0].id
    category = "для всей области"
    page = walk(
        users("accountant"), "/office/+reference/region/@@new-tariff",
        what={"service_id": str(service), "category": category},
        value={"value": "790,1", "valid_from": AHEAD.strftime("%d.%m.%Y")},
        ground={"act_id": str(rows("SELECT min(id) AS id FROM act")[0].id), "reason": "единый тариф"},
    )  # fmt: skip
    page.forms["save"].submit("save", status=303)
    (made,) = rows("SELECT id FROM tariff WHERE category = :c", c=category)
    browser = users("townclerk")
    page = browser.get(f"/office/+reference/{place.slug}/@@value?book=tariffs&id={made.id}")
    assert "Унаследовано" in page.text and "@@new-tariff" not in page.text
    browser.get(f"/office/+reference/{place.slug}/@@end?book=tariffs&id={made.id}", status=404)


@pytest.mark.parametrize(
    "page", ["@@new-tariff", "@@new-norm", "@@new-parameter", "@@new-act", "@@import?book=tariffs"]
)
def test_who_keeps_no_books_gets_no_page(users, place, page):
    assert "@@new-tariff" not in users("operator").get(f"/office/+reference/{place.slug}/@@tariffs").text
    users("operator").get(f"/office/+reference/{place.slug}/{page}", status=403)
    users("stranger").get(f"/office/+reference/{place.slug}/{page}", status=403)
    users("townclerk").get(f"/office/+reference/region/{page}", status=403)
    assert users("townclerk").get(f"/office/+reference/{place.slug}/{page}").status_int == 200


def test_a_book_goes_out_and_comes_in_with_a_look_before(users, place, tariff, rows):
    browser = users("townclerk")
    out = browser.get(f"/office/+reference/{place.slug}/@@export?book=tariffs")
    assert out.content_type == "text/csv" and out.text.startswith("услуга,категория,значение,с,по,акт")
    browser.get(f"/office/+reference/{place.slug}/@@export?book=norms&format=xlsx").mustcontain(b"PK")
    address = f"/office/+reference/{place.slug}/@@import?book=tariffs"

    def hand_in(content):
        form = browser.get(address).forms["upload"]
        form["file"] = Upload("tariffs.csv", content)
        return form.submit("submit", expect_errors=True)

    page = hand_in(out.body)
    assert "load" not in page.forms and "st-bad" not in page.text.partition("<main")[2]
    page = hand_in(out.body + b"no_such,,1,01.01.2028,,\xd0\x90\xd0\xba\xd1\x82,,,,\n")
    assert page.status_int == 422 and "no_such" in page.text and "load" not in page.forms
    later = AHEAD.replace(year=AHEAD.year + 1)
    code = rows("SELECT code FROM service WHERE id = :s", s=tariff.service_id)[0].code
    line = f'{code},"{tariff.category}","88,5",{later:%d.%m.%Y},,Приказ из файла,901,,,\n'
    page = hand_in(out.body + line.encode())
    assert page.forms["load"]
    assert rows("SELECT 1 FROM tariff WHERE value = 88.5") == []
    form = page.forms["load"]
    form["reason"] = "перенос"
    form.submit(status=303)
    assert len(rows("SELECT 1 FROM tariff WHERE value = 88.5 AND lower(valid) = :d", d=later)) == 1
    assert len(rows("SELECT 1 FROM import_file WHERE name = 'tariffs.csv'")) >= 1


def test_an_act_is_entered_once(users, place):
    browser = users("townclerk")
    form = browser.get(f"/office/+reference/{place.slug}/@@new-act").forms["form"]
    form["title"], form["number"] = "Постановление о нормативах", "15"
    form.submit("submit", status=303)
    form = browser.get(f"/office/+reference/{place.slug}/@@new-act").forms["form"]
    form["title"], form["number"] = "Постановление о нормативах", "15"
    assert "уже есть" in form.submit("submit", status=422).text


@pytest.mark.parametrize("book", ["services", "tariffs", "norms", "parameters", "acts", "rules", "calendar"])
def test_every_level_opens_every_book(users, place, rows, book):
    company = rows("SELECT organisation_id AS id FROM house_manager ORDER BY id LIMIT 1")[0].id
    for level in ("region", place.slug, f"org-{company}"):
        assert users("operator").get(f"/office/+reference/{level}/@@{book}").status_int == 200
    users("operator").get("/office/+reference/nowhere", status=404)
    users("operator").get("/office/+reference/org-999999", status=404)


def _send(browser, address, **values):
    form = browser.get(address).forms["form"]
    for name, value in values.items():
        form[name] = value
    return form.submit("submit", expect_errors=True)


def test_the_calendar_is_the_regions_and_the_heating_season_the_municipalitys(users, place, rows):
    browser = users("accountant")
    answer = _send(browser, "/office/+reference/region/@@calendar-day", day="05.03.2031", kind="holiday", reason="указ")
    assert answer.status_int == 303
    assert rows("SELECT kind FROM calendar_day WHERE day = '2031-03-05'")[0].kind == "holiday"
    answer = _send(browser, "/office/+reference/region/@@calendar-day", day="05.03.2031", kind="", reason="отмена")
    assert answer.status_int == 303 and rows("SELECT 1 FROM calendar_day WHERE day = '2031-03-05'") == []
    browser.get(f"/office/+reference/{place.slug}/@@calendar-day", status=404)
    clerk = users("townclerk")
    address = f"/office/+reference/{place.slug}/@@heating-season"
    act = str(rows("SELECT min(id) AS id FROM act")[0].id)
    answer = _send(clerk, address, begins="01.10.2031", ends="01.05.2032", act_id=act, reason="постановление")
    assert answer.status_int == 303
    answer = _send(clerk, address, begins="01.03.2032", ends="01.06.2032", act_id=act, reason="ещё одно")
    assert answer.status_int == 422 and "противоречат" in answer.text
    answer = _send(clerk, address, begins="30.02.2032", act_id=act, reason="день")
    assert answer.status_int == 422 and "ДД.ММ.ГГГГ" in answer.text


def test_a_service_is_called_otherwise_by_the_region_alone(users, place, rows):
    service = rows("SELECT id, title, short_title FROM service WHERE code = 'rent'")[0]
    address = f"/office/+reference/region/@@service?id={service.id}"
    answer = _send(users("accountant"), address, title="Плата за наём жилья", reason="как в договоре")
    assert answer.status_int == 303
    assert rows("SELECT title FROM service WHERE code = 'rent'")[0].title == "Плата за наём жилья"
    users("townclerk").get(address, status=403)


def test_a_value_is_ended_after_its_months_were_seen(users, place, rows):
    month = rows("SELECT max(id) AS id FROM period WHERE calculated_at IS NOT NULL")[0].id
    day = dt.date(month // 100, month % 100, 2)
    value = rows("SELECT id, lower(valid) AS since FROM tariff WHERE municipality_id = :m AND house_id IS NULL"
                 " AND level = 'municipality' AND valid @> CAST(:d AS date) AND upper_inf(valid) AND lower(valid) < :d"
                 " ORDER BY id DESC LIMIT 1", m=place.id, d=day)[0]  # fmt: skip
    address = f"/office/+reference/{place.slug}/@@end?book=tariffs&id={value.id}"
    browser = users("townclerk")
    answer = _send(browser, address, ends_on=value.since.strftime("%d.%m.%Y"), reason="отменён")
    assert answer.status_int == 422 and "действует с" in answer.text  # not a day of this value
    answer = _send(browser, address, ends_on=day.strftime("%d.%m.%Y"), reason="отменён")
    assert answer.status_int == 422 and "уже рассчитаны" in answer.text
    assert rows("SELECT upper_inf(valid) AS open FROM tariff WHERE id = :t", t=value.id)[0].open
    answer.forms["form"].submit("submit", status=303)
    assert rows("SELECT upper(valid) AS d FROM tariff WHERE id = :t", t=value.id)[0].d == day
    assert rows("SELECT 1 FROM recalculation_mark WHERE done_at IS NULL")
