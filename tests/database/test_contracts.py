"""Contracts against a real data base: terms and services by date, refusals with both named."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range

from startks.base.errors import StartksError
from startks.domain.facts.errors import ContradictionError
from startks.domain.facts.queries import history
from startks.domain.parties import contracts
from startks.domain.parties.contracts import NewContract
from startks.domain.parties.models import BankDetails, Contract, ContractTerms, Organisation
from tests.factories.settlement import settle

JANUARY, JULY, OCTOBER = dt.date(2026, 1, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)
ACCOUNT = "40702810954400000001"


@pytest.fixture
def town(session):
    place = settle(session)
    session.execute(text("""
        INSERT INTO service (id, code, title, short_title, unit, section, resource, position) OVERRIDING SYSTEM VALUE
        VALUES (901, 'cold_water', 'Холодная вода', 'ХВС', 'm3', 'utilities', 'cold_water', 1),
               (902, 'sewerage', 'Водоотведение', 'ВО', 'm3', 'utilities', NULL, 2)"""))
    supplier = Organisation(name="Горводоканал", short_name="Водоканал", role="water")
    session.add(supplier)
    session.flush()
    session.add(BankDetails(organisation_id=supplier.id, bank_name="Банк", bic="043601607", settlement_account=ACCOUNT,
                            correspondent_account="30101810200000000607", valid=Range(JANUARY, None)))  # fmt: skip
    session.execute(text("DELETE FROM period"))
    session.flush()
    return SimpleNamespace(place=place, supplier=supplier.id)


def new(town, **changes):
    usual = {
        "organisation_id": town.supplier, "kind": "agency", "number": "12-А", "signed_on": JANUARY, "valid_from": JANUARY,
        "service_ids": (901,), "commission": Decimal("1.8"), "settlement_account": ACCOUNT,
    }  # fmt: skip
    return NewContract(**{**usual, **changes})


def put(session, town, **changes):
    made = contracts.open_contract(session, new(town, **changes), reason="заключён", document="Договор 12-А", by=None)
    session.flush()
    return made


def test_a_contract_is_opened_with_services_and_terms(session, town):
    made = put(session, town)
    (term,) = contracts.terms(session, made)
    assert (term.commission_percent, term.settlement_account, term.since) == (Decimal("1.8"), ACCOUNT, JANUARY)
    assert [row.title for row in contracts.contract_services(session, made, JULY)] == ["Холодная вода"]
    assert history(session, "contract", made)[0].reason == "заключён"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"number": " "}, "номер"), ({"kind": "gift"}, "вида"), ({"valid_to": JANUARY}, "кончиться"),
        ({"commission": Decimal(100)}, "Комиссия"), ({"settlement_account": "1"}, "реквизиты"),
        ({"service_ids": (999,)}, "услуги"), ({"organisation_id": 10**6}, "организации"),
    ],
)  # fmt: skip
def test_an_impossible_contract_is_refused(session, town, changes, word):
    with pytest.raises(StartksError, match=word):
        put(session, town, **changes)


def test_the_same_number_twice_is_refused_with_both_named(session, town):
    put(session, town)
    with pytest.raises(ContradictionError, match="12-А.*01.07.2026"):
        put(session, town, valid_from=JULY)
    put(session, town, valid_from=JULY, kind="supply")  # a contract of another kind


def test_commission_changes_from_a_date(session, town):
    made = put(session, town)
    contracts.set_terms(session, made, commission=Decimal("2.5"), settlement_account=ACCOUNT, valid_from=JULY,
                        reason="допсоглашение", document="№ 1", by=None)  # fmt: skip
    session.flush()
    found = [(row.commission_percent, row.since, row.until) for row in contracts.terms(session, made)]
    assert found == [(Decimal("2.5"), JULY, None), (Decimal("1.8"), JANUARY, JULY)]
    with pytest.raises(ContradictionError):
        contracts.set_terms(session, made, commission=Decimal(3), settlement_account=ACCOUNT,
                            valid_from=dt.date(2025, 1, 1), reason="рано", by=None)  # fmt: skip


def test_services_come_and_go_by_date(session, town):
    made = put(session, town)
    contracts.add_services(session, made, [902], valid_from=JULY, reason="допсоглашение", by=None)
    with pytest.raises(ContradictionError, match="Водоотведение"):
        contracts.add_services(session, made, [902], valid_from=OCTOBER, reason="ещё раз", by=None)
    contracts.end_service(session, made, 902, ends_on=OCTOBER, reason="исключена", by=None)
    rows = {row.title: (row.since, row.until) for row in contracts.contract_services(session, made, JULY)}
    assert rows["Водоотведение"] == (JULY, OCTOBER)


def test_a_contract_by_which_houses_get_a_service_is_not_ended(session, town):
    made = put(session, town)
    session.execute(
        text("INSERT INTO house_service (house_id, service_id, contract_id, method, valid)"
             " VALUES (:h, 901, :c, 'individual', '[2026-01-01,)')"), {"h": town.place.houses[0], "c": made}
    )  # fmt: skip
    with pytest.raises(ContradictionError, match="дома: 1"):
        contracts.end_contract(session, made, ends_on=OCTOBER, reason="расторгнут", by=None)
    with pytest.raises(ContradictionError, match="дома: 1"):
        contracts.end_service(session, made, 901, ends_on=OCTOBER, reason="исключена", by=None)
    session.execute(text("DELETE FROM house_service"))
    contracts.end_contract(session, made, ends_on=OCTOBER, reason="расторгнут", by=None)
    session.expire_all()
    assert session.get(Contract, made).valid.upper == OCTOBER
    assert {row.valid.upper for row in session.scalars(select(ContractTerms))} == {OCTOBER}
