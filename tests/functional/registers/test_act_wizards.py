"""Acts and absences as a clerk enters them: in steps, wrong, from above the house, ended, cancelled, without the right."""

import datetime as dt

import pytest

from tests.functional.registers.walking import go, saved

HOUSE = "/office/samarskiy-rayon/gagarina-7"
ACCOUNT = "/office/samarskiy-rayon/gagarina-5/13/6300000002"
WHEN = {"since_day": "03.10.2026", "since_time": "8:00", "until_day": "04.10.2026", "until_time": "20.30"}


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


@pytest.fixture(autouse=True)
def water(rows):
    """The settlement may have no services yet."""
    rows("""INSERT INTO service (id, code, title, short_title, unit, section, resource, position) OVERRIDING SYSTEM VALUE
            SELECT x.id, x.code, x.title, x.title, 'm3', 'utilities', x.code, x.id
              FROM (VALUES (3701, 'cold_water', 'Холодная вода'), (3702, 'hot_water', 'Горячая вода'),
                           (3703, 'electricity', 'Электроэнергия'), (3704, 'heating', 'Отопление')) AS x (id, code, title)
             WHERE NOT EXISTS (SELECT 1 FROM service s WHERE s.code = x.code)""")


def draw_up(browser, path, number, service="cold_water", kind="break", place=None, when=None, **paper):
    page = browser.get(f"{path}/@@new-act")
    page = go(page, service=service, kind=kind, **({"place": place} if place else {}))
    page = go(page, **{**WHEN, **(when or {})})
    return go(page, number=number, reason="Заявка жителя", drawn_on="05.10.2026", **paper)


def test_a_break_of_a_house_is_drawn_up_seen_and_kept(operator, place, rows):
    page = draw_up(operator, HOUSE, "311", document="Журнал АДС", supplier_percent="60")
    assert "№ 311, 05.10.2026" in page.text and "Счетов под этим местом: 1" in page.text
    card = saved(page)
    assert "Акт внесён" in card.text and "Холодная вода" in card.text and "03.10.2026 08:00" in card.text
    (row,) = rows("SELECT * FROM quality_act WHERE number = '311'")
    assert (row.house_id, row.kind, row.until, row.supplier_percent) == (place.houses[1], "break", dt.datetime(2026, 10, 4, 20, 30), 60)
    (fact,) = rows("SELECT * FROM fact_change WHERE field = 'quality_act' AND house_id = :id", id=place.houses[1])
    assert fact.reason == "Заявка жителя" and str(fact.valid_to) == "2026-10-05" and fact.after["quality_kind"] == "break"
    history = operator.get(f"{HOUSE}/@@history").text
    assert "Акт о перерыве или качестве услуги" in history and "03.10.2026 08:00" in history
    # the account below sees it, the flat too; the other house does not
    assert "№ 311" in operator.get("/office/samarskiy-rayon/gagarina-7/1/6300000003/@@quality").text
    assert "№ 311" in operator.get("/office/samarskiy-rayon/gagarina-7/1/@@quality").text
    assert "№ 311" not in operator.get(f"{ACCOUNT}/@@quality").text


def test_what_cannot_be_is_refused_at_its_field(operator):
    page = operator.get(f"{HOUSE}/@@new-act")
    page = go(page, service="heating", kind="voltage")
    assert page.status_int == 422 and "закон не знает" in page.html.select_one("#error-what-kind").text
    page = go(page, service="hot_water", kind="temperature")
    page = go(page, **{**WHEN, "until_day": "02.10.2026"}, measured="50")
    assert page.status_int == 422 and "раньше, чем начинается" in page.html.select_one("#error-when-until_day").text
    page = go(page, **{**WHEN, "until_time": ""}, measured="50")
    assert page.status_int == 422 and "и день, и время" in page.html.select_one("#error-when-until_time").text
    page = go(page, **{**WHEN, "since_time": "25:00"}, measured="50")
    assert page.status_int == 422 and "часами и минутами" in page.html.select_one("#error-when-since_time").text
    page = go(page, **WHEN, measured="50")
    page = go(page, number="5", reason="Замер", drawn_on="01.10.2026", supplier_percent="150")
    assert page.status_int == 422 and "От 0 до 100" in page.text
    page = go(page, number="5", reason="Замер", drawn_on="01.10.2026", supplier_percent="100")
    assert page.status_int == 422 and "раньше начала" in page.html.select_one("#error-paper-drawn_on").text


def test_an_outage_that_goes_on_is_ended_and_an_act_is_cancelled(operator, rows):
    assert "Здесь ничего не отключено" in operator.get("/office/samarskiy-rayon/@@end-outage", expect_errors=True).text
    page = draw_up(operator, "/office/samarskiy-rayon", "400", service="electricity", when={"until_day": "", "until_time": ""})
    assert "продолжается" in saved(page).text
    # the house and the account are under the district
    assert "№ 400" in operator.get(f"{HOUSE}/@@quality").text and "№ 400" in operator.get(f"{ACCOUNT}/@@quality").text
    (act,) = rows("SELECT id FROM quality_act WHERE number = '400'")
    page = operator.get("/office/samarskiy-rayon/@@end-outage")
    page = go(page, act=str(act.id), until_day="02.10.2026", until_time="10:00")
    assert page.status_int == 422 and "не кончается раньше" in page.text
    page = go(page, act=str(act.id), until_day="04.10.2026", until_time="10:00")
    page = go(page, reason="Питание восстановлено", document="Акт о восстановлении")
    assert "положено снижение" in page.text
    assert "Отключение закончено" in saved(page).text
    page = operator.get("/office/samarskiy-rayon/@@cancel-act")
    page = go(go(page, act=str(act.id)), reason="Не тот район")
    assert "Акт отменён" in saved(page).text
    assert rows("SELECT cancelled FROM quality_act WHERE id = :id", id=act.id)[0].cancelled
    audit = rows("SELECT count(*) FROM audit_event WHERE action LIKE 'facts:quality_act:%'")
    assert audit[0][0] >= 3


def test_two_acts_of_one_time_are_refused_with_both_named(operator):
    saved(draw_up(operator, "/office/samarskiy-rayon/gagarina-5/12", "501", service="hot_water"))
    page = go(operator.get("/office/samarskiy-rayon/gagarina-5/12/@@new-act"), service="hot_water", kind="repair")
    page = go(page, **WHEN)
    assert "№ 501" in page.text and "противоречат" in page.text


@pytest.fixture
def resident(rows, place):
    """Somebody lives at the account since long ago."""
    found = rows("SELECT p.id FROM person p WHERE last_name = 'Отлучный'")
    if found:
        return found[0].id
    (person,) = rows("INSERT INTO person (last_name, first_name) VALUES ('Отлучный', 'Игорь') RETURNING id")
    rows("INSERT INTO residence (account_id, person_id, valid) VALUES (:account, :person, '[2020-01-01,)')",
         account=place.accounts[1], person=person.id)
    return person.id


def apply(browser, person, left, back, applied, **paper):
    page = go(browser.get(f"{ACCOUNT}/@@absence"), person=str(person))
    page = go(page, left_on=left, returned_on=back)
    if page.status_int == 422:
        return page
    return go(page, applied_on=applied, papers=paper.pop("papers", "Билеты"), **paper)


def test_an_absence_with_its_papers_a_return_and_a_withdrawal(operator, resident, rows):
    page = apply(operator, resident, "20.10.2026", "02.10.2026", "21.10.2026")
    assert page.status_int == 422 and "раньше, чем выбыл" in page.text
    page = apply(operator, resident, "02.10.2026", "07.10.2026", "21.10.2026")
    assert page.status_int == 422 and "больше чем за 5" in page.text
    page = apply(operator, resident, "02.08.2026", "20.08.2026", "21.10.2026")
    assert page.status_int == 422 and "30 дней" in page.html.select_one("#error-paper-grounds").text
    page = apply(operator, resident, "02.10.2026", "20.10.2026", "21.10.2026")
    assert "Отлучный" not in page.text  # names are masked
    assert "17" in page.text
    card = saved(page)
    assert "Заявление внесено" in card.text and "Билеты" in card.text
    page = apply(operator, resident, "10.10.2026", "30.10.2026", "31.10.2026")
    assert "противоречат" in page.text
    saved(apply(operator, resident, "05.11.2026", "", "01.11.2026"))
    away = rows("SELECT id FROM temporary_absence WHERE person_id = :id AND returned_on IS NULL", id=resident)[0].id
    page = operator.get(f"{ACCOUNT}/@@returned")
    page = go(page, absence=str(away), returned_on="01.11.2026")
    assert page.status_int == 422
    page = go(page, absence=str(away), returned_on="20.11.2026", papers="Справка")
    assert "14" in page.text and "Возвращение внесено" in saved(page).text
    page = operator.get(f"{ACCOUNT}/@@withdraw-absence")
    page = go(page, absence=str(away), reason="Справка поддельная")
    assert "По заявлению отказано" in saved(page).text
    assert rows("SELECT decision FROM temporary_absence WHERE id = :id", id=away)[0].decision == "refused"
    assert "Временное отсутствие" in operator.get(f"{ACCOUNT}/@@history").text


def test_who_may_not_write_has_no_wizard_and_sees_no_other_territory(signed_in):
    for login in ("cashier", "auditor"):
        browser = signed_in(login)
        browser.get(f"{HOUSE}/@@new-act", status=403)
        browser.get(f"{ACCOUNT}/@@absence", status=403)
    house = signed_in("house")
    house.get("/office/oktyabrskiy-rayon/mira-1/@@quality", status=(403, 404))
    house.get("/office/samarskiy-rayon/@@new-act", status=(403, 404))
    signed_in("operator").get(f"{HOUSE}/@@quality", status=200)
