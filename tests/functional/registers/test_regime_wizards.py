"""How a line is charged, kept by its wizards from the card to the history: method, last year's heat, own categories, acts."""

from __future__ import annotations

import itertools

import pytest

from tests.functional.registers.test_account_wizards import open_account
from tests.functional.registers.walking import go, saved

HOUSE = "/office/samarskiy-rayon/gagarina-7"
SINCE = {"since": "01.01.2027", "reason": "Решение собрания", "document": "Протокол № 4"}


_flats = itertools.count(901)


@pytest.fixture
def operator(signed_in):
    return signed_in("operator")


@pytest.fixture
def account(operator):
    """An account in a new flat; its path."""
    number = str(next(_flats))
    page = go(operator.get(f"{HOUSE}/@@new-premise"), kind="flat", number=number)
    page = go(go(page, floor="1", rooms="2"), total_area="60,00", heated=True, since="01.01.2026", document="Техпаспорт")
    saved(page)
    flat = f"{HOUSE}/{number}"
    saved(open_account(operator, flat, f"78{number.zfill(8)}", f"Режимова-{chr(ord('а') + int(number) % 30)}"))
    return f"{flat}/78{number.zfill(8)}"


@pytest.fixture(autouse=True)
def connected(rows, place):
    """The house gets heat and maintenance, once for all tests of this file."""
    rows("INSERT INTO organisation (name, short_name, role) SELECT 'Теплосеть', 'Теплосеть', 'heat'"
         " WHERE NOT EXISTS (SELECT FROM organisation WHERE short_name = 'Теплосеть')")
    rows("INSERT INTO contract (organisation_id, kind, number, signed_on, valid)"
         " SELECT id, 'supply', 'Р-1', '2020-01-01', '[2020-01-01,)' FROM organisation WHERE short_name = 'Теплосеть'"
         " AND NOT EXISTS (SELECT FROM contract WHERE number = 'Р-1')")
    for number, code, title, unit, method in (
        (81, "heating", "Отопление", "gcal", "heat.odpu.season"), (82, "maintenance", "Содержание", "m2", "area"),
    ):
        rows("INSERT INTO service (id, code, title, short_title, unit, section, position) OVERRIDING SYSTEM VALUE"
             " SELECT :n, :code, :title, :title, :unit, 'utilities', :n"
             " WHERE NOT EXISTS (SELECT FROM service WHERE code = :code)", n=number, code=code, title=title, unit=unit)
        rows("INSERT INTO house_service (house_id, service_id, contract_id, method, valid)"
             " SELECT :house, s.id, c.id, :method, '[2020-01-01,)' FROM contract c, service s"
             " WHERE c.number = 'Р-1' AND s.code = :code AND NOT EXISTS (SELECT FROM house_service x"
             " WHERE x.house_id = :house AND x.service_id = s.id)", house=place.houses[1], code=code, method=method)


def services(page):
    """Number of the service by its title, as the step offers them."""
    return {option.text.strip(): option["value"] for option in page.html.select("select[name=service] option")}


def test_the_method_of_a_service_changes_from_a_day(operator):
    page = operator.get(f"{HOUSE}/@@service-method")
    offered = services(page)
    heating = next(value for title, value in offered.items() if "топление" in title)
    page = go(page, service=heating)
    methods = [option["value"] for option in page.html.select("select[name=method] option")]
    assert "heat.odpu.even" in methods
    assert not any(method.startswith("waste") for method in methods)
    page = go(page, method="heat.odpu.even")
    page = go(page, **SINCE)
    assert "способ расчёта" in page.text.casefold()
    page = saved(page)
    assert "считается по-новому" in page.text


def test_the_heat_of_the_year_stands_on_the_card_of_the_house(operator):
    page = go(operator.get(f"{HOUSE}/@@heat-of-year"), volume="-1")
    assert "не меньше нуля" in page.text
    page = go(page, volume="612,4")
    page = saved(go(page, **SINCE))
    assert "612,4" in page.text
    assert "Протокол № 4" in page.text


def test_containers_stand_on_the_card_of_the_house(operator):
    page = go(operator.get(f"{HOUSE}/@@containers"), container_volume="1,1", emptied="62")
    page = saved(go(page, **SINCE))
    assert "× 62" in page.text


def test_an_account_has_its_own_category(operator, account):
    page = operator.get(f"{account}/@@own-category")
    service = next(iter(value for value in services(page).values() if value))
    page = go(page, service=service)
    refused = go(page, tariff_category="", norm_category="")
    assert "Не названа ни одна категория" in go(refused, **SINCE).text
    page = go(go(operator.get(f"{account}/@@own-category"), service=service), tariff_category="без лифта, 1 этаж")
    page = saved(go(page, **SINCE))
    assert "без лифта, 1 этаж" in page.text


def test_a_dwelling_has_no_volume_by_act(operator, account):
    assert "только нежилое" in operator.get(f"{account}/@@calculated-volume", expect_errors=True).text


def test_the_heat_of_a_flat_stands_on_the_card_of_the_account(operator, account):
    page = saved(go(go(operator.get(f"{account}/@@heat-of-year"), volume="6,25"), **SINCE))
    assert "6,25" in page.text


@pytest.mark.parametrize("wizard", ["service-method", "heat-of-year", "containers"])
def test_a_reader_may_not_change_how_a_house_is_charged(signed_in, wizard):
    assert signed_in("auditor").get(f"{HOUSE}/@@{wizard}", expect_errors=True).status_int in (403, 404)
