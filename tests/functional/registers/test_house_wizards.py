"""Wizards of the house as a clerk goes through them: forward, back without loss, wrong, without right, elsewhere."""

import re

import pytest

from tests.functional.registers.walking import fill, go, save

AREAS = {
    "total_area": "3 120,40", "residential_area": "2 900", "nonresidential_area": "220,4", "common_area": "410",
    "heated_common_area": "300", "cut_off_area": "0", "since": "01.10.2026", "document": "Техпаспорт",
}  # fmt: skip


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


def begin(browser, place, number):
    page = browser.get("/office/@@new-house")
    return go(page, kind="apartment_building", district_id=str(place.districts[0]), street="улица Ерошевского", number=number)


def test_a_house_is_entered_as_in_the_brochure(operator, place, rows):
    page = begin(operator, place, "3")
    assert "Инвентарный номер" in page.text and "Шаг 2 из 5" in page.text
    page = go(page, inventory_number="2385254741", registry_number="4585964712", cadastral_number="5652589856",
              survey_date="01.05.2006", note="Угловой")  # fmt: skip
    page = go(page, amenities="Капитальные жилые дома со всеми удобствами", water_supply="Централизованное",
              gas_stove="Да", storeys="18")  # fmt: skip
    page = go(page, **AREAS)
    assert "Проверить и сохранить" in page.text and "улица Ерошевского, 3" in page.text
    assert "Такой улицы ещё нет" in page.text
    answer = save(page)
    assert answer.status_int == 303
    card = answer.follow()
    assert "Дом заведён" in card.text and "2385254741" in card.text and "3\u00a0120,40" in card.text
    (house,) = rows("SELECT * FROM house WHERE inventory_number = '2385254741'")
    assert (house.slug, house.storeys, str(house.survey_date)) == ("eroshevskogo-3", 18, "2006-05-01")
    facts = rows("SELECT field, reason, user_id FROM fact_change WHERE house_id = :id", id=house.id)
    assert {row.field for row in facts} == {"house", "house_characteristic", "house_area"}
    assert {row.user_id for row in facts} == {place.users["operator"]}
    assert rows("SELECT 1 FROM wizard_draft WHERE user_id = :id AND wizard = 'new-house'", id=place.users["operator"]) == []


def test_going_back_loses_nothing_not_even_what_is_wrong(operator, place):
    page = begin(operator, place, "31")
    page = go(page, "back", inventory_number="777", survey_date="30.02.2026")
    assert page.forms["address"]["street"].value == "улица Ерошевского"
    address = page.request.url
    again = operator.get(address)  # a reload
    page = go(again)
    assert page.forms["numbers"]["inventory_number"].value == "777"
    assert page.forms["numbers"]["survey_date"].value == "30.02.2026"


def test_errors_stand_above_and_lead_to_their_fields(operator, place):
    page = begin(operator, place, "32")
    page = go(page, cadastral_number="63-01", survey_date="30.02.2026")
    assert page.status_int == 422
    summary = page.html.select_one(".alert-danger[role=alert]")
    links = [link["href"] for link in summary.select("a")]
    assert links == ["#numbers-cadastral_number", "#numbers-survey_date"]
    assert all(page.html.select_one(link) is not None for link in links)
    assert page.html.title.text.startswith("Ошибка")
    assert "ДД.ММ.ГГГГ" in summary.text


def test_areas_that_contradict_each_other_are_named_at_the_field(operator, place):
    page = go(go(begin(operator, place, "33")))
    page = go(page, **{**AREAS, "total_area": "100"})
    assert page.status_int == 422 and "больше общей площади" in page.html.select_one("#error-areas-total_area").text


def test_a_second_house_of_the_address_is_refused_at_once(operator, place):
    page = operator.get("/office/@@new-house")
    page = go(page, kind="apartment_building", district_id=str(place.districts[0]), street="Улица Гагарина", number="5")
    assert page.status_int == 422 and "уже есть" in page.text


def test_an_unfinished_one_is_offered_again_and_can_be_cancelled(signed_in, place, rows):
    browser = signed_in("administrator")
    begin(browser, place, "34")
    page = browser.get("/office/@@new-house")
    link = page.html.find("a", string=re.compile("Продолжить"))
    page = browser.get(link["href"]).follow()
    assert "Шаг 2" in page.text
    answer = fill(page).submit("cancel")
    assert answer.status_int == 303 and "ничего не изменено" in answer.follow().text
    assert rows("SELECT 1 FROM wizard_draft WHERE user_id = :id", id=place.users["administrator"]) == []


def test_another_persons_draft_is_not_to_be_had(operator, signed_in, place):
    page = begin(operator, place, "35")
    answer = signed_in("administrator").get(page.request.url)
    assert answer.status_int == 303 and "draft" not in answer.location


def test_who_may_not_write_has_no_wizard(signed_in, place):
    for login, status in (("cashier", 403), ("district", 403), ("auditor", 403)):
        signed_in(login).get("/office/@@new-house", status=status)
    district = signed_in("district")
    page = district.get("/office/samarskiy-rayon/@@new-house")
    assert "district_id" not in page.forms["address"].fields
    district.get("/office/oktyabrskiy-rayon/@@new-house", status=(403, 404))
    district.get("/office/oktyabrskiy-rayon/mira-1/@@edit-house", status=(403, 404))


def test_a_change_in_the_past_shows_its_months_before_it_is_saved(operator, place, rows):
    page = operator.get("/office/samarskiy-rayon/gagarina-5/@@characteristic")
    page = go(go(page, code="stove", value="Газовые"), since="05.09.2026", reason="Акт осмотра", document="Акт 7")
    words = page.html.select_one("#touched").text
    assert "октябрь 2026" in words and "ещё не закрыты" in words and "разницы" not in words
    assert rows("SELECT 1 FROM house_characteristic WHERE house_id = :id", id=place.houses[0]) == []
    assert save(page).status_int == 303
    (mark,) = rows("SELECT m.period_from FROM recalculation_mark m JOIN fact_change f ON f.id = m.fact_change_id"
                   " WHERE m.house_id = :id AND f.document = 'Акт 7' AND f.reason = 'Акт осмотра'", id=place.houses[0])  # fmt: skip
    assert mark.period_from == 202610
    page = operator.get("/office/samarskiy-rayon/gagarina-5/@@characteristic")
    page = go(go(page, code="stove", value="Электрические"), since="05.09.2026", reason="Иной акт")
    assert "Факты противоречат друг другу" in page.text and "Газовые" in page.text and "Электрические" in page.text
    assert "save" not in page.forms["save"].fields
    history = operator.get("/office/samarskiy-rayon/gagarina-5/@@history")
    assert "Акт осмотра" in history.text and "Проверочный operator" in history.text


JUNK = {
    "nul": "ул\x00ица", "script": "<script>alert(1)</script>", "long": "x" * 1500, "quote": "' OR 1=1 --",
    "emoji": "\N{HOUSE BUILDING}" * 3, "percent": "%s %(x)s {0} ${x}",
}  # fmt: skip


@pytest.mark.parametrize("name", JUNK)
def test_junk_is_answered_as_a_fault_or_kept_as_text(operator, place, name):
    junk = JUNK[name]
    page = operator.get("/office/@@new-house")
    page = go(page, kind="dormitory", district_id=str(place.districts[0]), street=junk, number="99")
    assert page.status_int in (200, 422)
    assert "<script>alert" not in page.text
    page = go(operator.get("/office/@@new-house"), kind="dormitory", district_id=str(place.districts[0]), street="улица", number=junk)
    assert page.status_int == 422 and page.html.select_one("#error-address-number") is not None
    for parameter in ("draft", "step"):
        assert operator.get("/office/@@new-house", {parameter: junk}, expect_errors=True).status_int in (200, 303, 400)


def test_what_is_saved_is_what_was_looked_at(operator, place, rows):
    path = "/office/samarskiy-rayon/gagarina-7/@@edit-house"
    page = go(go(operator.get(path), note="Первая правка"), reason="Проверка")
    rows("UPDATE house SET note = 'Правка другого' WHERE id = :id", id=place.houses[1])  # meanwhile
    answer = save(page)
    assert answer.status_int == 422 and "Пока вы смотрели" in answer.text and "Правка другого → Первая правка" in answer.text
    assert save(answer).status_int == 303
    assert rows("SELECT note FROM house WHERE id = :id", id=place.houses[1])[0].note == "Первая правка"


def test_a_button_pressed_twice_saves_once(operator, place, rows):
    page = go(operator.get("/office/samarskiy-rayon/gagarina-7/@@new-entrance"), number="7")
    first, second = save(page), save(page)
    assert first.status_int == second.status_int == 303
    assert len(rows("SELECT 1 FROM entrance WHERE house_id = :id AND number = 7", id=place.houses[1])) == 1
    assert "уже сохранено или отменено" in second.follow().text


def test_unfinished_work_stands_on_the_desktop(signed_in, place):
    browser = signed_in("house")
    go(browser.get("/office/samarskiy-rayon/gagarina-5/@@edit-house"), note="Черновик")
    page = browser.get("/office")
    link = page.html.find("a", string="Исправить паспорт")
    assert "Начато и не закончено" in page.text
    assert browser.get(link["href"]).follow().request.GET["step"] == "ground"


def test_the_link_of_a_radio_group_leads_to_a_button(operator):
    page = operator.get("/office/@@new-house")
    page.forms["address"]["kind"].force_value("castle")
    page = go(page)
    assert page.status_int == 422
    target = page.html.select_one(".alert-danger a[href^='#address-kind']")["href"]
    assert page.html.select_one(target).name == "input"
