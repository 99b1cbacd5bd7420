"""The one search box: each kind of what is typed, slips of the pen, and never anything outside the reader's territory."""

import datetime as dt

import pytest
from sqlalchemy import select, text, true
from sqlalchemy.dialects.postgresql import Range

from startks.domain.accounts.card_queries import ACCOUNT_SCOPE
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.accounts.search_queries import (
    LIMIT,
    cut,
    find_accounts,
    find_by_person,
    find_by_phone,
    find_houses,
)
from startks.domain.parties.models import Person
from startks.domain.security import scope_filter
from startks.domain.security.identity import Grant, Identity
from startks.domain.territory.models import House
from startks.modules.metering.models import Meter
from startks.modules.metering.search import find_meters
from tests.factories.settlement import settle

pytestmark = pytest.mark.integration
ALWAYS = Range(dt.date(2010, 1, 1), None)
METER = "metering:meter:read"


@pytest.fixture
def place(session):
    """A settlement where a family lives at account 0, a namesake at account 3 of the other district."""
    made = settle(session)
    family = [("Ковалёв", "Пётр", "Ильич", "+7 917 123-45-12"), ("Ковалёва", "Анна", "Сергеевна", None)]
    persons = [Person(last_name=last, first_name=first, middle_name=middle, phone=phone) for last, first, middle, phone in family]
    namesake = Person(last_name="Ковалев", first_name="Олег", middle_name=None, phone="8 (927) 765-43-21")
    session.add_all([*persons, namesake])
    session.flush()
    session.add(AccountHolder(account_id=made.accounts[0], person_id=persons[0].id, payer=True, valid=ALWAYS))
    session.add_all([Residence(account_id=made.accounts[0], person_id=person.id, valid=ALWAYS) for person in persons])
    session.add(AccountHolder(account_id=made.accounts[3], person_id=namesake.id, payer=True, valid=ALWAYS))
    left = Person(last_name="Уехавших", first_name="Яна")
    session.add(left)
    session.flush()
    gone = Range(dt.date(2010, 1, 1), dt.date(2020, 1, 1))
    session.add(Residence(account_id=made.accounts[1], person_id=left.id, valid=gone))
    service = session.scalar(text("SELECT min(id) FROM service"))
    if service is None:
        session.execute(text("""
            INSERT INTO service (id, code, title, short_title, unit, section, position)
            VALUES (1, 'cold_water', 'Холодная вода', 'ХВС', 'm3', 'utilities', 1)"""))
        service = 1
    for account, house, serial in ((0, 0, "СВ-40012"), (3, 2, "40012777")):
        session.add(Meter(
            house_id=made.houses[house], account_id=made.accounts[account], service_id=service, serial=serial,
            installed_on=dt.date(2020, 1, 1),
        ))  # fmt: skip
    session.flush()
    return made


def clerk(kind, scope_id):
    """Somebody who may do everything these searches ask for, in one place."""
    return Identity(1, "clerk", "Клерк", grants=(Grant("operator", kind, scope_id, frozenset({METER, "x:y:list"})),))


def ids(rows):
    return [row.id for row in rows]


@pytest.mark.parametrize(
    "typed",
    [
        "ковалёв", "Ковалев", "КОВАЛЁВ пётр", "ковал", "ковалев п и",
        "кавалев", "ковалв", "коваллев", "коавлев", "ковалеф", "ковалевв",
    ],
)  # fmt: skip
def test_a_surname_is_found_with_one_slip_of_the_pen(session, place, typed):
    assert place.accounts[0] in ids(find_by_person(session, cut(typed), true()))


def test_the_nearest_come_first_and_a_family_is_one_account(session, place):
    rows = find_by_person(session, cut("ковалева"), true())
    assert [(row.id, row.nearness) for row in rows] == [(place.accounts[0], 0), (place.accounts[3], 2)]
    assert [row.nearness for row in find_by_person(session, cut("ковалеа"), true())] == [2, 2]


@pytest.mark.parametrize("typed", ["кивалеф", "ковалёв олег юрьевич", "сидоров", "уехавших", "%", "_______"])
def test_two_slips_another_name_and_one_who_has_left_are_not_found(session, place, typed):
    assert place.accounts[0] not in ids(find_by_person(session, cut(typed), true()))
    assert place.accounts[1] not in ids(find_by_person(session, cut(typed), true()))


def test_a_changed_surname_is_found_at_once(session, place):
    session.execute(text("UPDATE person SET last_name = 'Щербакова' WHERE first_name = 'Анна'"))
    assert ids(find_by_person(session, cut("щербокова"), true())) == [place.accounts[0]]
    again = "INSERT INTO person (last_name, first_name) VALUES ('Щербакова', 'Ия'), ('ЩЕРБАКОВА', 'Ева'), ('Щербакова', 'Ада')"
    session.execute(text(again))
    assert session.scalar(text("SELECT count(*) FROM surname WHERE name = 'щербакова'")) == 1


@pytest.mark.parametrize("typed", ["+7 917 123-45-12", "89171234512", "9171234512", "123-45-12", "234512"])
def test_a_telephone_is_found_however_it_is_written(session, place, typed):
    assert ids(find_by_phone(session, cut(typed), true())) == [place.accounts[0]]


@pytest.mark.parametrize("typed", ["34512", "гагарина 234512", "5 917 123 45 12 00"])
def test_what_is_no_telephone_is_not_looked_for(session, place, typed):
    assert find_by_phone(session, cut(typed), true()) == []


def test_accounts_by_the_beginning_of_a_number_and_by_address(session, place):
    assert ids(find_accounts(session, cut("6300"), true())) == place.accounts
    assert ids(find_accounts(session, cut(place.numbers[2]), true())) == [place.accounts[2]]
    assert ids(find_accounts(session, cut("ул. Гагарина, д. 5, кв. 13"), true())) == [place.accounts[1]]


def test_houses_by_the_middle_of_a_street(session, place):
    assert ids(find_houses(session, cut("агарин"), true())) == place.houses[:2]
    assert ids(find_houses(session, cut("гагарина 7"), true())) == [place.houses[1]]


@pytest.mark.parametrize("typed", ["св-400", "СВ-40012", "№ св-40012"])
def test_a_meter_by_the_beginning_of_its_number(session, place, typed):
    [hit] = find_meters(session, typed, clerk("all", 0), LIMIT)
    assert hit.title == "№ СВ-40012" and hit.inside[0] == "+meters" and hit.path[3] == place.numbers[0]


def test_words_are_no_number_of_a_meter(session, place):
    for typed in ("гагарина", "400", "гагарина 5 12", "%%%%1", ""):
        assert find_meters(session, typed, clerk("all", 0), LIMIT) == []


@pytest.mark.parametrize("kind", ["district", "house", "account"])
def test_nobody_finds_what_he_could_not_open(session, place, kind):
    own = {"district": place.districts[0], "house": place.houses[0], "account": place.accounts[0]}[kind]
    identity = clerk(kind, own)
    scope = scope_filter(identity, "x:y:list", ACCOUNT_SCOPE)
    assert ids(find_by_person(session, cut("кавалев"), scope)) == [place.accounts[0]]
    assert find_by_phone(session, cut("8 927 765-43-21"), scope) == []
    assert place.accounts[3] not in ids(find_accounts(session, cut("630"), scope))
    assert find_accounts(session, cut(place.numbers[3]), scope) == []
    assert [hit.title for hit in find_meters(session, "40012", identity, LIMIT)] == []
    assert len(find_meters(session, "св-4", identity, LIMIT)) == 1
    nobody = scope_filter(None, "x:y:list", ACCOUNT_SCOPE)
    assert find_by_person(session, cut("ковалев"), nobody) == [] and find_accounts(session, cut("630"), nobody) == []
    assert find_meters(session, "св-4", None, LIMIT) == []


def test_no_more_than_a_page_is_read(session, place):
    house = session.get(House, place.houses[0])
    premise = session.scalar(select(Account.premise_id).where(Account.id == place.accounts[0]))
    for number in range(LIMIT + 5):
        session.add(Account(number=f"7700000{number:03}", house_id=house.id, premise_id=premise, opened_on=dt.date(2020, 1, 1)))
    session.flush()
    rows = find_accounts(session, cut("7700"), true())
    assert [row.number for row in rows] == [f"7700000{number:03}" for number in range(LIMIT)]
