"""Premises, accounts, holders and residents entered by their wizards; the debt is spoken of plainly."""

import itertools

import pytest

from tests.functional.registers.walking import go, save, saved

HOUSE = "/office/samarskiy-rayon/gagarina-7"
REASON = {"reason": "Заявление владельца", "document": "Заявление 12"}
_flats = itertools.count(101)


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


@pytest.fixture
def flat(operator):
    """A new flat of 60 m², its path and number."""
    number = str(next(_flats))
    page = go(operator.get(f"{HOUSE}/@@new-premise"), kind="flat", number=number)
    page = go(page, floor="3", rooms="2")
    page = go(page, total_area="60,00", living_area="40", heated=True, since="01.01.2026", document="Техпаспорт")
    card = saved(page)
    assert "60,00" in card.text and "Помещение заведено" in card.text
    return f"{HOUSE}/{number}"


def new_person(page, last_name, first_name="Анна", **values):
    """Go through the three steps of a person who is not in the card index."""
    page = go(page, last_name=last_name, first_name=first_name)
    assert "никто из них" in page.text.casefold()
    page = go(page, who="new")
    assert page.forms["person"]["last_name"].value == last_name
    return go(page, **values)


def letters(flat):
    """A surname's beginning that no other test has."""
    return "".join(chr(ord("а") + int(digit)) for digit in flat.rpartition("/")[2])


def open_account(browser, flat, number, last_name, share="1", since="01.01.2026"):
    page = go(browser.get(f"{flat}/@@open-account"), number=number, since=since)
    page = go(page, party="person", tenure="owner", share=share)
    page = new_person(page, last_name, birth_date="05.03.1980")
    page = go(page, **REASON)
    return page


@pytest.fixture
def account(operator, flat):
    """An account of that flat with one owner; its path."""
    number = "77" + flat.rpartition("/")[2].zfill(8)
    saved(open_account(operator, flat, number, f"Владельцева-{letters(flat).title()}"))
    return f"{flat}/{number}"


def test_an_account_is_opened_with_a_new_holder(operator, flat, rows):
    number = "66" + flat.rpartition("/")[2].zfill(8)
    page = open_account(operator, flat, number, "Кузнецова")
    assert "Без долга" in page.text or "без долга" in page.text
    assert "октябрь 2026" in page.html.select_one("#touched").text
    card = saved(page)
    assert number in card.text
    (holder,) = rows(
        "SELECT h.payer, h.share_part, h.share_whole, p.last_name, p.birth_date FROM account_holder h JOIN person p"
        " ON p.id = h.person_id JOIN account a ON a.id = h.account_id WHERE a.number = :n", n=number,
    )  # fmt: skip
    assert (holder.payer, holder.share_part, holder.last_name) == (True, 1, "Кузнецова")
    refused = go(operator.get(f"{flat}/@@open-account"), number="6600009999", since="01.02.2026")
    assert refused.status_int == 422 and number in refused.text and "дважды" in refused.text


def test_a_taken_number_is_named_at_its_field(operator, flat, place):
    page = go(operator.get(f"{flat}/@@open-account"), number=place.numbers[0], since="01.01.2026")
    assert page.status_int == 422 and "уже есть" in page.html.select_one("#error-number-number").text


def test_shares_over_one_are_refused_and_below_one_are_spoken_of(operator, account, rows):
    page = go(operator.get(f"{account}/@@add-holder"), party="person", tenure="owner", share="1/2")
    page = go(new_person(page, "Лишнева"), payer=False)
    page = go(page, since="01.02.2026", **REASON)
    answer = save(page)
    assert answer.status_int == 422 and "больше целого" in answer.text and "01.02.2026" in answer.text
    assert rows("SELECT 1 FROM person WHERE last_name = 'Лишнева'") == []  # all or nothing
    page = answer
    assert page.html.select_one(".alert-danger a[href*='step=holder']") is not None


def test_a_person_in_two_places_is_refused_with_both_named(operator, account, flat, rows):
    page = new_person(operator.get(f"{account}/@@register"), "Жильцова", "Мария", birth_date="01.01.1990")
    page = go(go(page, kind="permanent", since="10.02.2026"), **REASON)
    card = saved(page)
    assert "Житель" in card.text or "зарегистрирован" in card.text
    other = "/office/samarskiy-rayon/gagarina-5/12/6300000001"
    page = go(operator.get(f"{other}/@@register"), last_name="Жильцова", first_name="Мария")
    choice = page.forms["found"]["who"].options[0][0]
    page = go(go(page, who=choice), kind="permanent", since="01.05.2026")
    assert page.status_int == 422
    words = page.html.select_one(".alert-danger").text
    assert "гагарина, д. 7" in words.casefold() and "гагарина, д. 5, кв. 12" in words.casefold()
    # after the departure it is possible
    (person,) = rows("SELECT id FROM person WHERE last_name = 'Жильцова'")
    page = go(operator.get(f"{account}/+persons/{person.id}/@@depart"), since="01.05.2026", kind="permanent")
    saved(go(page, **REASON))
    page = go(operator.get(f"{other}/@@register"), last_name="Жильцова", first_name="Мария")
    page = go(go(go(page, who=choice), kind="permanent", since="01.05.2026"), **REASON)
    saved(page)
    stays = rows("SELECT valid::text FROM residence WHERE person_id = :id ORDER BY valid", id=person.id)
    assert [row.valid for row in stays] == ["[2026-02-10,2026-05-01)", "[2026-05-01,)"]


def test_closing_says_what_becomes_of_the_debt(operator, rows):
    path = "/office/samarskiy-rayon/gagarina-5/13/6300000002"
    page = operator.get(f"{path}/@@close-account")
    assert "1\u00a0234,56" in page.text and "Долг" in page.text
    page = go(go(page, since="01.12.2026"), **REASON)
    assert "остаётся на закрытом счёте" in page.text
    saved(page)
    assert str(rows("SELECT closed_on FROM account WHERE number = '6300000002'")[0].closed_on) == "2026-12-01"
    assert "закрыт" in operator.get(f"{path}/@@close-account").html.select_one("[role=alert]").text
    assert "долг 1234,56" in operator.get(f"{path}/@@archive-account").html.select_one("[role=alert]").text
    rows("UPDATE account SET closed_on = NULL WHERE number = '6300000002'")  # the settlement is shared


def test_a_transfer_leaves_the_debt_with_who_made_it(operator, account, flat, rows):
    page = operator.get(f"{account}/@@transfer")
    page = go(page, since="01.06.2026", debt="stays", new_number="")
    assert page.status_int == 422 and "номер нового счёта" in page.html.select_one("#error-debt-new_number").text
    number = "88" + flat.rpartition("/")[2].zfill(8)
    page = go(page, since="01.06.2026", debt="stays", new_number=number)
    page = go(page, party="person", tenure="owner", share="1")
    page = go(new_person(page, "Покупателева", "Ольга"), **REASON)
    assert "начинается без долга" in page.text
    card = saved(page)
    assert card.request.path.endswith(number)
    old, new = rows("SELECT closed_on, opened_on FROM account WHERE premise_id ="
                    " (SELECT premise_id FROM account WHERE number = :n) ORDER BY id", n=number)  # fmt: skip
    assert str(old.closed_on) == "2026-06-01" == str(new.opened_on) and new.closed_on is None


def test_a_transfer_may_pass_the_debt_and_keeps_the_number(operator, account, flat, rows):
    page = go(operator.get(f"{account}/@@transfer"), since="01.06.2026", debt="passes", new_number="")
    page = go(page, party="person", tenure="owner", share="1")
    page = go(new_person(page, "Наследникова", "Вера"), **REASON)
    saved(page)
    number = account.rpartition("/")[2]
    holders = rows(
        "SELECT p.last_name, h.valid::text AS days, h.payer FROM account_holder h JOIN person p ON p.id = h.person_id"
        " JOIN account a ON a.id = h.account_id WHERE a.number = :n ORDER BY lower(h.valid)", n=number,
    )  # fmt: skip
    assert [(row.last_name, row.days, row.payer) for row in holders] == [
        (f"Владельцева-{letters(flat).title()}", "[2026-01-01,2026-06-01)", True), ("Наследникова", "[2026-06-01,)", True),
    ]  # fmt: skip


def test_an_account_is_split_and_merged_again(operator, flat, rows):
    number = "55" + flat.rpartition("/")[2].zfill(8)
    saved(open_account(operator, flat, number, "Первая", share="1/2"))
    account = f"{flat}/{number}"
    assert "1/2" in operator.get(account).text and "не целое" in operator.get(account).text
    refused = operator.get(f"{account}/@@split-account")
    assert "один владелец" in refused.html.select_one("[role=alert]").text
    page = go(operator.get(f"{account}/@@add-holder"), party="person", tenure="owner", share="1/2")
    page = go(new_person(page, "Вторая", "Нина"), payer=False)
    saved(go(page, since="01.02.2026", **REASON))

    page = operator.get(f"{account}/@@split-account")
    leaving = page.forms["whose"]["leaving"].options[1][0]
    page = go(page, since="15.03.2026", leaving=leaving, new_number="5599" + number[4:])
    assert page.status_int == 422 and "первого числа" in page.text
    page = go(page, since="01.03.2026", leaving=leaving, new_number="5599" + number[4:])
    refused = go(page, room_number="1", area="60")
    assert refused.status_int == 422 and "меньше площади" in refused.html.select_one("#error-part-area").text
    page = go(go(refused, room_number="1", area="20,5"), **REASON)
    assert "Долг не делится" in page.text
    saved(page)
    areas = rows(
        "SELECT p.kind, a.total_area::text AS area FROM premise p JOIN premise_area a ON a.premise_id = p.id"
        " WHERE a.valid @> DATE '2026-03-01' AND p.house_id = (SELECT house_id FROM account WHERE number = :n)"
        " AND (p.number = :flat OR p.parent_id = (SELECT premise_id FROM account WHERE number = :n)) ORDER BY p.id",
        n=number, flat=flat.rpartition("/")[2],
    )  # fmt: skip
    assert [(row.kind, row.area) for row in areas] == [("flat", "39.50"), ("room", "20.50")]
    shares = rows(
        "SELECT a.number, h.share_part, h.share_whole FROM account_holder h JOIN account a ON a.id = h.account_id"
        " WHERE a.number IN (:a, :b) AND h.valid @> DATE '2026-03-01' ORDER BY a.id", a=number, b="5599" + number[4:],
    )  # fmt: skip
    assert [(row.share_part, row.share_whole) for row in shares] == [(1, 1), (1, 1)]

    page = go(operator.get(f"{account}/@@merge-accounts"), number="5599" + number[4:], since="01.09.2026")
    page = go(page, **REASON)
    assert "60" in page.text and "Этот долг не присоединяется" in page.text
    saved(page)
    (area,) = rows(
        "SELECT a.total_area::text AS area FROM premise_area a JOIN account c ON c.premise_id = a.premise_id"
        " WHERE c.number = :n AND a.valid @> DATE '2026-10-01'", n=number,
    )  # fmt: skip
    assert area.area == "60.00"


def test_gis_numbers_are_checked_and_kept(operator, account, rows):
    page = go(operator.get(f"{account}/@@gis-numbers"), gis_account="63XX104207")
    assert page.status_int == 422 and "63КР104207" in page.text
    page = go(page, gis_account="63кр104207", gis_service="63КР104208-01")
    assert page.status_int == 422 and page.html.select_one("#error-numbers-gis_service") is not None
    saved(go(go(page, gis_account="63кр104207", gis_service="63КР104207-01"), **REASON))
    number = account.rpartition("/")[2]
    assert rows("SELECT gis_account FROM account WHERE number = :n", n=number)[0].gis_account == "63КР104207"
    assert "63КР104207" in operator.get(f"{account}/@@history").text


def test_a_room_belongs_to_its_flat(operator, flat):
    page = go(operator.get(f"{flat}/@@new-room"), number="1")
    page = go(go(page), total_area="18", living_area="18", heated=True, since="01.01.2026")
    room = saved(page)
    assert "ком. 1" in room.text or "Комната" in room.text
    assert "Комнаты квартиры" in operator.get(flat).text
    assert "Комнаты заводят" in operator.get(room.request.path + "/@@new-room").html.select_one("[role=alert]").text


def test_a_person_is_corrected_and_the_history_hides_it_until_shown(operator, account, rows):
    number = account.rpartition("/")[2]
    (holder,) = rows("SELECT person_id FROM account_holder h JOIN account a ON a.id = h.account_id WHERE a.number = :n",
                     n=number)  # fmt: skip
    path = f"{account}/+persons/{holder.person_id}"
    card = operator.get(path)
    assert "В***" in card.text and "Владельцева" not in card.text
    page = go(operator.get(f"{path}/@@edit-person"), snils="112-233-445 96")
    assert page.status_int == 422 and "не сходятся" in page.html.select_one("#error-person-snils").text
    saved(go(go(page, snils="112-233-445 95", last_name="Новикова"), **REASON))
    assert "Персональные данные скрыты" in operator.get(path).text
    form = next(form for form in operator.get(path).forms.values() if form.action.endswith("@@show"))
    form["purpose"] = "documents"
    shown = form.submit()
    assert "Владельцева" in shown.text and "Новикова" in shown.text
    rows("UPDATE person SET snils = NULL WHERE id = :id", id=holder.person_id)


@pytest.mark.parametrize(
    ("login", "wizard"),
    [("cashier", "@@close-account"), ("passport_desk", "@@transfer"), ("cashier", "@@register"), ("auditor", "@@add-holder")],
)
def test_without_the_right_there_is_no_wizard(signed_in, login, wizard):
    browser = signed_in(login)
    path = "/office/samarskiy-rayon/gagarina-5/12/6300000001"
    browser.get(f"{path}/{wizard}", status=403)
    assert wizard not in browser.get(path).text


def test_the_passport_desk_registers_residents_only(signed_in):
    browser = signed_in("passport_desk")
    path = "/office/samarskiy-rayon/gagarina-5/12/6300000001"
    card = browser.get(path)
    assert "@@register" in card.text and "@@transfer" not in card.text
    browser.get(f"{path}/@@register", status=200)


def test_outside_ones_territory_there_is_nothing(signed_in, place):
    browser = signed_in("district")
    far = f"/office{place.far_path}"
    for page in ("", "/@@register", "/@@close-account", "/+persons/1"):
        browser.get(far + page, status=404)
    near = "/office/samarskiy-rayon/gagarina-5/12/6300000001"
    browser.get(f"{near}/@@register", status=200)
    browser.get(f"{near}/+persons/999999", status=404)


def test_a_shop_is_held_by_an_organisation(operator, rows):
    rows("INSERT INTO organisation (name, short_name, role) VALUES ('ООО «Лавка»', 'Лавка', 'other')")
    (shop,) = rows("SELECT id FROM organisation WHERE short_name = 'Лавка'")
    page = go(operator.get(f"{HOUSE}/@@new-premise"), kind="nonresidential", number="Н1")
    page = go(go(page), total_area="85,5", heated=True, since="01.01.2026")
    premise = saved(page).request.path
    page = operator.get(f"{premise}/@@open-account")
    assert page.forms["number"]["kind"].value == "nonresidential"
    page = go(page, number="9900000001", since="01.01.2026")
    page = go(page, party="organisation", tenure="owner", share="1")
    assert "person" not in page.forms
    page = go(go(page, organisation_id=str(shop.id)), **REASON)
    assert "Лавка" in page.text
    assert "Лавка" in saved(page).text


def test_a_correction_says_codes_in_words(operator):
    page = operator.get("/office/samarskiy-rayon/gagarina-7/@@edit-house")
    page = go(go(page, kind="dormitory", storeys="5"), **REASON)
    assert "многоквартирный дом → общежитие" in page.text
    saved(page)
    history = operator.get("/office/samarskiy-rayon/gagarina-7/@@history").text
    assert "общежитие" in history and "apartment_building" not in history


def test_an_account_goes_without_a_service_and_gets_it_again(operator, account, place, rows):
    rows("INSERT INTO organisation (name, short_name, role) VALUES ('Горгаз', 'Горгаз', 'gas')")
    rows("INSERT INTO service (id, code, title, short_title, unit, section, position) OVERRIDING SYSTEM VALUE"
         " VALUES (77, 'gas', 'Газоснабжение', 'Газ', 'm3', 'utilities', 77)")  # fmt: skip
    rows("INSERT INTO contract (organisation_id, kind, number, signed_on, valid)"
         " SELECT id, 'supply', '7', '2020-01-01', '[2020-01-01,)' FROM organisation WHERE short_name = 'Горгаз'")
    rows("INSERT INTO house_service (house_id, service_id, contract_id, method, valid)"
         " SELECT :h, 77, c.id, 'individual', '[2020-01-01,)' FROM contract c WHERE c.number = '7'", h=place.houses[1])
    nothing = operator.get(f"{account}/@@restore-service")
    assert "получает все услуги" in nothing.html.select_one("[role=alert]").text
    page = go(operator.get(f"{account}/@@refuse-service"), service="77")
    page = go(page, since="01.10.2026", **REASON)
    assert "октябрь 2026" in page.html.select_one("#touched").text
    assert "Заявление владельца" in saved(page).text
    page = go(operator.get(f"{account}/@@restore-service"), service="77")
    saved(go(page, since="01.11.2026", **REASON))
    number = account.rpartition("/")[2]
    (row,) = rows("SELECT e.valid::text AS days FROM account_service_exclusion e JOIN account a ON a.id = e.account_id"
                  " WHERE a.number = :n", n=number)  # fmt: skip
    assert row.days == "[2026-10-01,2026-11-01)"
