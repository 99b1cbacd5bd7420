"""Facts by date on the real tables: splitting, contradictions with both named, history, months touched."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from startks.base.events import DISPATCHER, FactChanged
from startks.domain.accounts.models import AccountHolder
from startks.domain.facts import queries, services
from startks.domain.facts.models import FactChange, RecalculationMark
from startks.domain.parties.models import Person
from startks.domain.territory.models import HouseArea, HouseCharacteristic, PremiseArea
from tests.factories import small_house

REASON = {"reason": "Обмер", "by": None}


@pytest.fixture
def house(session):
    small_house.build(session.connection())
    session.execute(text("UPDATE period SET calculated_at = now() WHERE id IN (202609, 202610)"))
    return small_house.HOUSE


def rows(session, model, **keys):
    found = session.scalars(
        select(model).filter_by(**keys).order_by(text("lower(valid)")).execution_options(populate_existing=True)
    )
    return [(row.valid.lower, row.valid.upper, row) for row in found]


def day(month, number=1, year=2026):
    return dt.date(year, month, number)


def test_a_change_splits_the_row_and_keeps_the_rest_as_it_was(session, house):
    made = services.change(
        session, HouseArea, {"house_id": 1}, {"common_area": Decimal("31.50")}, valid_from=day(9, 15),
        document="Протокол 7", **REASON,
    )  # fmt: skip
    before, after = rows(session, HouseArea, house_id=1)
    assert before[:2] == (day(1, 1, 2020), day(9, 15)) and after[:2] == (day(9, 15), None)
    assert (before[2].common_area, after[2].common_area) == (Decimal("30.00"), Decimal("31.50"))
    assert after[2].total_area == 150 and after[2].document == "Протокол 7" and before[2].document is None
    kept = session.get_one(FactChange, made.id)
    assert (kept.kind, kept.subject_id, kept.before, kept.after) == (
        "house", 1, {"common_area": "30"}, {"common_area": "31.5"},
    )  # fmt: skip
    assert made.touched == [202609, 202610]


def test_a_change_with_an_end_lies_over_what_goes_on(session, house):
    services.change(
        session, PremiseArea, {"premise_id": 2}, {"heated": False}, valid_from=day(3), valid_to=day(5), **REASON
    )
    assert [(since, until, row.heated) for since, until, row in rows(session, PremiseArea, premise_id=2)] == [
        (day(1, 1, 2020), day(3), True), (day(3), day(5), False), (day(5), None, True),
    ]  # fmt: skip


def test_two_values_for_one_day_are_refused_and_both_are_named(session, house):
    keys = {"house_id": 1, "code": "stove"}
    services.change(session, HouseCharacteristic, keys, {"value": "газовая"}, valid_from=day(5), **REASON)
    with pytest.raises(services.ContradictionError) as refusal:
        services.change(session, HouseCharacteristic, keys, {"value": "электрическая"}, valid_from=day(5), **REASON)
    assert "с 01.05.2026: значение: газовая" in refusal.value.existing and "Обмер" in refusal.value.existing
    assert "с 01.05.2026: значение: электрическая" in refusal.value.new
    assert "исправляете прежнюю запись" in refusal.value.message
    services.change(
        session, HouseCharacteristic, keys, {"value": "электрическая"}, valid_from=day(5), correct=True, **REASON
    )
    assert [row.value for *_, row in rows(session, HouseCharacteristic, **keys)] == ["электрическая"]


def test_what_came_with_an_import_is_a_fact_too(session, house):
    with pytest.raises(services.ContradictionError, match=r"с 01\.01\.2020"):
        services.change(
            session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(1, 1, 2020), **REASON
        )
    with pytest.raises(services.ContradictionError, match="общая площадь, м²: 150"):
        services.change(
            session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(1, 1, 2019),
            valid_to=day(1, 1, 2021), **REASON,
        )  # fmt: skip


def test_a_thing_ends_and_begins_again(session, house):
    keys = {"account_id": 1, "person_id": 1}
    services.close(session, AccountHolder, keys, until=day(6), **REASON)
    assert [found[:2] for found in rows(session, AccountHolder, **keys)] == [(day(1, 1, 2020), day(6))]
    with pytest.raises(services.ContradictionError, match=r"прекращается с 01\.06\.2026"):
        services.change(session, AccountHolder, keys, {"payer": True}, valid_from=day(6), **REASON)
    with pytest.raises(services.UnknownFactError, match="нет записи, которую можно прекратить"):
        services.close(session, AccountHolder, keys, until=day(8), **REASON)
    services.change(session, AccountHolder, keys, {"payer": True, "share_part": 1, "share_whole": 2},
                    valid_from=day(8), **REASON)  # fmt: skip
    assert [found[:2] for found in rows(session, AccountHolder, **keys)] == [
        (day(1, 1, 2020), day(6)), (day(8), None),
    ]  # fmt: skip


def test_where_nothing_is_known_a_new_row_needs_all_its_columns(session, house):
    with pytest.raises(services.UnknownFactError, match="общее имущество"):
        services.change(
            session, HouseArea, {"house_id": 1}, {"total_area": 150}, valid_from=day(1, 1, 2019), **REASON
        )


def test_a_preview_says_what_would_come_and_writes_nothing(session, house):
    plan = services.preview(
        session, HouseArea, {"house_id": 1}, {"total_area": Decimal("152.4")}, valid_from=day(10, 5)
    )
    assert plan.touched == [202610]
    assert [piece[2]["total_area"] for piece in plan.before + plan.after] == ["150", "152.4"]
    assert len(rows(session, HouseArea, house_id=1)) == 1
    assert session.scalars(select(FactChange)).all() == []


def test_a_change_in_the_past_leaves_marks_a_planned_one_none(session, house):
    in_the_past = services.change(session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(8), **REASON)
    planned = services.change(session, HouseArea, {"house_id": 1}, {"total_area": 153}, valid_from=day(12), **REASON)
    assert (in_the_past.touched, planned.touched) == ([202609, 202610], [])
    marks = session.scalars(select(RecalculationMark)).all()
    assert [(mark.fact_change_id, mark.house_id, mark.account_id, mark.period_from, mark.period_to) for mark in marks] == [
        (in_the_past.id, 1, None, 202609, None)
    ]
    services.change(
        session, PremiseArea, {"premise_id": 2}, {"heated": False}, valid_from=day(9), valid_to=day(10), **REASON
    )
    mark = session.scalars(select(RecalculationMark).order_by(RecalculationMark.id.desc())).first()
    assert (mark.account_id, mark.house_id, mark.period_from, mark.period_to) == (2, None, 202609, 202609)


def test_a_tariff_touches_the_houses_that_have_the_service(session, house):
    from startks.domain.reference.models import Tariff

    service = small_house.SERVICE["cold_water"]
    keys = {"municipality_id": 1, "service_id": service, "house_id": None, "category": ""}
    made = services.change(
        session, Tariff, keys, {"value": Decimal("47.1"), "act_id": 1}, valid_from=day(10), subject=("tariff", service),
        **REASON,
    )  # fmt: skip
    assert made.kind == "tariff" and made.touched == [202610]
    assert session.scalars(select(RecalculationMark.house_id)).all() == [1]
    assert session.scalar(text("SELECT action FROM audit_event ORDER BY position DESC LIMIT 1")) == "facts:tariff:change"


def test_history_names_who_when_from_and_to_and_hides_personal_data(session, house):
    person = session.get_one(Person, 1)
    services.record(
        session, "person", 1, "person.last_name", person.last_name, "Иванова", reason="Смена фамилии", by=None,
        document="Свидетельство",
    )  # fmt: skip
    (entry,) = queries.history(session, "person", 1)
    assert entry.changes == (("фамилия", "Иванов", "Иванова"),) and entry.user is None and not entry.hidden
    (entry,) = queries.history(session, "person", 1, personal=False)
    assert entry.changes == () and entry.hidden and entry.reason == "Смена фамилии"


def test_history_only_grows(session, house):
    services.change(session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(8), **REASON)
    for statement in ("UPDATE fact_change SET reason = 'x'", "DELETE FROM fact_change", "TRUNCATE fact_change CASCADE"):
        with pytest.raises(DBAPIError, match="only grows"), session.begin_nested():
            session.execute(text(statement))


def test_subscribers_are_told(session, house):
    told = []
    session.info[DISPATCHER] = lambda _session, event: told.append(event)
    made = services.change(session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(8), **REASON)
    (event,) = told
    assert isinstance(event, FactChanged)
    assert (event.change_id, event.kind, event.house_id, event.valid_from) == (made.id, "house", 1, day(8))


def test_a_reason_is_asked_for(session, house):
    with pytest.raises(services.UnknownFactError, match="причина"):
        services.change(session, HouseArea, {"house_id": 1}, {"total_area": 151}, valid_from=day(8), reason=" ", by=None)
