"""What moves between accounts: nothing is charged twice, nothing is lost, and what contradicts is refused whole."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from startks.base.db.session import make_engine
from startks.base.errors import StartksError
from startks.base.events import DISPATCHER, AccountClosed, AccountOpened, ResidentMoved
from startks.domain.accounts import moving, queries, services
from startks.domain.accounts.models import Account
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.territory.models import PremiseArea
from startks.domain.territory.services import create_premise
from tests.factories import small_house

ACT = {"reason": "Заявление", "document": None, "by": None}
MARCH, MAY, JUNE = dt.date(2026, 3, 1), dt.date(2026, 5, 1), dt.date(2026, 6, 1)


@pytest.fixture
def house(session):
    small_house.build(session.connection())
    return small_house.HOUSE


def area_of_house(session, day):
    """Area charged on the day: of premises with an account that is open then."""
    return session.scalar(
        text(
            "SELECT sum(pa.total_area) FROM account a JOIN premise_area pa ON pa.premise_id = a.premise_id"
            " AND pa.valid @> :day WHERE a.opened_on <= :day AND (a.closed_on IS NULL OR a.closed_on > :day)"
        ),
        {"day": day},
    )


def owners(session, account_id, day):
    return {
        row.person_id: (Fraction(row.share_part, row.share_whole), row.payer)
        for row in queries.holders_on(session, account_id, day)
    }


def third_owner(session, shares=("1/2", "1/4", "1/4")):
    """Account 2 gets three owners from March."""
    facts.change(session, services.AccountHolder, {"account_id": 2, "person_id": 2},
                 {"share_part": Fraction(shares[0]).numerator, "share_whole": Fraction(shares[0]).denominator},
                 valid_from=MARCH, **ACT)  # fmt: skip
    for person, share in ((1, shares[1]), (3, shares[2])):
        services.add_holder(
            session, 2, services.Holder(person_id=person, share=Fraction(share), payer=False), since=MARCH, **ACT
        )


def test_shares_over_one_name_the_day_and_the_sum(session, house):
    with pytest.raises(StartksError, match=r"на 01\.03\.2026: сумма долей .* = 3/2, это больше целого"):
        services.add_holder(session, 2, services.Holder(person_id=3, share=Fraction(1, 2)), since=MARCH, **ACT)


def test_a_new_payer_takes_the_place_of_the_old_one(session, house):
    facts.change(session, services.AccountHolder, {"account_id": 2, "person_id": 2}, {"share_part": 1, "share_whole": 2},
                 valid_from=MARCH, **ACT)  # fmt: skip
    services.add_holder(session, 2, services.Holder(person_id=3, share=Fraction(1, 2)), since=MAY, **ACT)
    assert owners(session, 2, MARCH) == {2: (Fraction(1, 2), True)}
    assert owners(session, 2, MAY) == {2: (Fraction(1, 2), False), 3: (Fraction(1, 2), True)}


def test_a_split_keeps_the_area_and_makes_shares_whole(session, house):
    third_owner(session)
    before = area_of_house(session, MAY)
    new = moving.split(session, 2, on=JUNE, new_number="1000099", leaving={"person_id": 2}, room_number="1",
                       area=Decimal("25.5"), residents=(), **ACT)  # fmt: skip
    assert area_of_house(session, MAY) == before == area_of_house(session, JUNE)
    assert owners(session, new, JUNE) == {2: (Fraction(1), True)}
    left = owners(session, 2, JUNE)
    assert {person: share for person, (share, _payer) in left.items()} == {1: Fraction(1, 2), 3: Fraction(1, 2)}
    assert sum(payer for _share, payer in left.values()) == 1


def test_a_resident_goes_with_the_split_and_is_nowhere_twice(session, house):
    third_owner(session)
    session.execute(text("UPDATE residence SET valid = '[2026-01-01,)' WHERE person_id = 2"))
    new = moving.split(session, 2, on=JUNE, new_number="1000099", leaving={"person_id": 2}, room_number="1",
                       area=Decimal(20), residents=(2,), **ACT)  # fmt: skip
    stays = session.execute(text("SELECT account_id, valid::text FROM residence WHERE person_id = 2 ORDER BY 2")).all()
    assert [tuple(stay) for stay in stays] == [(2, "[2026-01-01,2026-06-01)"), (new, "[2026-06-01,)")]


def test_split_and_merge_are_inverse(session, house):
    third_owner(session)
    new = moving.split(session, 2, on=MAY, new_number="1000099", leaving={"person_id": 2}, room_number="1",
                       area=Decimal("12.34"), **ACT)  # fmt: skip
    moving.merge(session, 2, new, on=JUNE, **ACT)
    assert moving.area_on(session, 2, JUNE) == Decimal("60.00")
    assert session.get_one(Account, new).closed_on == JUNE
    assert area_of_house(session, JUNE) == 150


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.decimals("0.01", "59.99", places=2))
def test_no_part_is_lost_whatever_is_cut_off(session, area):
    with session.begin_nested() as savepoint:
        small_house.build(session.connection())
        third_owner(session)
        moving.split(session, 2, on=JUNE, new_number="1000099", leaving={"person_id": 3}, room_number="7", area=area, **ACT)
        assert area_of_house(session, JUNE) == 150
        savepoint.rollback()


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("первого числа", {"on": dt.date(2026, 6, 15)}),
        ("меньше площади помещения", {"area": Decimal(60)}),
        ("счётом не владеет", {"leaving": {"person_id": 99}}),
        ("уже есть", {"new_number": "100001"}),
    ],
)
def test_a_split_that_cannot_be_is_refused(session, house, words, change):
    third_owner(session)
    plan = {"on": JUNE, "new_number": "1000099", "leaving": {"person_id": 2}, "room_number": "1", "area": Decimal(20)}
    with pytest.raises(StartksError, match=words):
        moving.split(session, 2, **{**plan, **change}, **ACT)


def test_two_open_accounts_at_one_premise_are_refused(session, house):
    with pytest.raises(StartksError, match="100002.*дважды"):
        services.open_account(session, premise_id=2, number="1000099", opened_on=MAY, **ACT)


def test_a_transfer_with_the_debt_left_behind(session, house):
    told = []
    session.info[DISPATCHER] = lambda _session, event: told.append(event)
    new = moving.transfer(session, 1, services.Holder(person_id=3), on=MAY, debt=moving.DEBT_STAYS, new_number="1000099",
                          residents=(), **ACT)  # fmt: skip
    assert session.get_one(Account, 1).closed_on == MAY == session.get_one(Account, new).opened_on
    assert owners(session, 1, MAY) == {} and owners(session, new, MAY) == {3: (Fraction(1), True)}
    assert queries.residents_on(session, new, MAY) == []
    kinds = [type(event) for event in told]
    assert AccountClosed in kinds and AccountOpened in kinds and ResidentMoved in kinds


def test_the_only_holder_of_an_open_account_stays(session, house):
    with pytest.raises(StartksError, match="единственный владелец"):
        services.end_holder(session, 1, {"person_id": 1}, on=MAY, **ACT)


def test_a_person_in_two_places_with_both_named(session, house):
    with pytest.raises(ContradictionError) as refusal:
        services.register(session, 3, 1, since=MAY, **ACT)
    assert "кв. 1 (счёт 100001), с 01.01.2020" in refusal.value.existing
    assert "кв. 3 (счёт 100003), с 01.05.2026" in refusal.value.new
    services.register(session, 3, 1, kind="temporary", since=MAY, until=JUNE, **ACT)  # a place of stay is another matter


def test_a_stay_without_an_end_is_refused(session, house):
    with pytest.raises(StartksError, match="имеет срок"):
        services.register(session, 3, 1, kind="temporary", since=MAY, **ACT)


def test_nobody_is_left_behind_by_a_closing(session, house):
    with pytest.raises(StartksError, match="зарегистрировано человек: 1"):
        services.close_account(session, 1, closed_on=MAY, **ACT)
    services.close_account(session, 1, closed_on=MAY, residents_leave=True, **ACT)
    with pytest.raises(StartksError, match=r"закрыт с 01\.05\.2026"):
        services.close_account(session, 1, closed_on=JUNE, **ACT)
    services.archive_account(session, 1, on=JUNE, reason="Долга нет", by=None)
    assert session.get_one(Account, 1).archived_on == JUNE


def test_a_room_bears_its_flats_number(session, house):
    made = create_premise(session, house_id=1, kind="room", number="3", parent_id=2, total_area=Decimal(12), since=MAY,
                          by=None)  # fmt: skip
    row = session.execute(text("SELECT number, slug FROM premise WHERE id = :id"), {"id": made}).one()
    assert tuple(row) == ("2-3", "2-3")
    with pytest.raises(StartksError, match="уже есть"):
        create_premise(session, house_id=1, kind="room", number="3", parent_id=2, total_area=Decimal(12), since=MAY,
                       by=None)  # fmt: skip


def test_two_clerks_at_once_wait_for_each_other(fresh_database):
    """The second one sees what the first one has written, and is refused by it."""
    import threading

    from sqlalchemy.orm import Session

    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        small_house.build(connection)
    first, second = Session(engine), Session(engine)
    fact = (PremiseArea, {"premise_id": 1})
    facts.change(first, *fact, {"total_area": Decimal(51)}, valid_from=MAY, **ACT)
    refused = []

    def work():
        try:
            facts.change(second, *fact, {"total_area": Decimal(52)}, valid_from=MAY, **ACT)
        except ContradictionError as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()  # it waits
    first.commit()
    thread.join(10)
    assert len(refused) == 1 and "51" in refused[0].existing
    second.close()
    first.close()
    engine.dispose()


def test_refusals_of_services_go_with_the_premise(session, house):
    service = small_house.SERVICE["hot_water"]
    session.execute(
        text("INSERT INTO account_service_exclusion (account_id, service_id, reason, valid)"
             " VALUES (1, :s, 'Свой котёл', '[2025-01-01,2027-01-01)'), (1, 1, 'Было', '[2024-01-01,2025-01-01)')"),
        {"s": service},
    )  # fmt: skip
    session.execute(
        text("INSERT INTO meter_infeasibility (account_id, service_id, act, valid) VALUES (1, :s, 'Акт 3', '[2025-01-01,)')"),
        {"s": service},
    )
    new = moving.transfer(session, 1, services.Holder(person_id=3), on=MAY, debt=moving.DEBT_STAYS, new_number="1000099",
                          residents=(1,), **ACT)  # fmt: skip
    for table, word in (("account_service_exclusion", "2027-01-01"), ("meter_infeasibility", "")):
        rows = session.execute(text(f"SELECT service_id, valid::text FROM {table} WHERE account_id = :n"), {"n": new}).all()
        assert [tuple(row) for row in rows] == [(service, f"[2026-05-01,{word})")]
    assert [row.person_id for row in queries.residents_on(session, new, MAY)] == [1]
