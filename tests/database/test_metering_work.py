"""Work on meters and entry of readings against a real data base."""

import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from startks.base.db.bulk import plain_reader
from startks.base.db.months import Months
from startks.base.errors import StartksError
from startks.domain.facts.errors import ContradictionError
from startks.modules.metering import work
from startks.modules.metering.consumption import consumption
from startks.modules.metering.models import Meter, MeterEvent, MeterTurn, Reading, ReadingChange
from startks.modules.metering.partitions import ensure_reading_partitions
from startks.modules.metering.readings.checks import MICRO
from startks.modules.metering.readings.entry import Item, enter, strike
from startks.modules.metering.work import NewMeter
from tests.factories.settlement import settle

TODAY = dt.date(2026, 11, 24)
SEPTEMBER, OCTOBER, NOVEMBER = dt.date(2026, 9, 20), dt.date(2026, 10, 20), dt.date(2026, 11, 20)


@pytest.fixture
def town(session):
    place = settle(session)
    session.execute(text("""
        INSERT INTO service (id, code, title, short_title, unit, section, resource, position) OVERRIDING SYSTEM VALUE
        VALUES (901, 'cold_water', 'Холодная вода', 'ХВС', 'm3', 'utilities', 'cold_water', 1),
               (902, 'electricity', 'Электроэнергия', 'ЭЭ', 'kwh', 'utilities', 'electricity', 2),
               (903, 'heating_line', 'Отопление', 'Отопление', 'gcal', 'utilities', 'heating', 3)"""))
    session.execute(text("DELETE FROM period"))
    return SimpleNamespace(place=place, house=place.houses[0], account=place.accounts[0])


def new(**changes):
    usual = NewMeter(
        service_id=901, serial="77001", installed_on=dt.date(2026, 9, 1), digits=5, initial={0: 10 * MICRO},
        verified_until=dt.date(2032, 9, 1),
    )
    return dataclasses.replace(usual, **changes)


def put(session, town, **changes):
    return work.install(session, new(**changes), house_id=town.house, account_id=town.account, today=TODAY, by=None)


def read(session, meter, *pairs, zone=0, **options):
    for day, value in pairs:
        (outcome,) = enter(
            session, [Item(meter.id, zone, value * MICRO, **options)], day=day, channel="one", by=None, today=TODAY
        )
        assert outcome.saved, outcome.findings


def volume(session, town, period):
    frame = consumption(plain_reader(session.connection()), Months((period,)), town.house, town.house)
    return {row["meter_id"]: row for row in frame.iter_rows(named=True)}


def test_a_meter_is_put_in_with_its_first_reading_and_its_event(session, town):
    meter = put(session, town, seal="П-1")
    kept = session.get(Reading, (meter.id, 0, dt.date(2026, 9, 1)))
    assert (kept.value, kept.source) == (10 * MICRO, "initial")
    event = session.scalars(select(MeterEvent).where(MeterEvent.meter_id == meter.id)).one()
    assert event.kind == "installed" and event.detail["seal"] == [None, "П-1"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"serial": "  "}, "номер"),
        ({"service_id": 903}, "ресурс"),
        ({"installed_on": dt.date(2027, 1, 1)}, "ещё не наступил"),
        ({"installed_on": dt.date(2019, 1, 1)}, "открыт"),
        ({"initial": {}}, "показание"),
        ({"initial": {0: 100_000 * MICRO}}, "табло"),
        ({"digits": 2}, "Цифр"),
        ({"verified_on": dt.date(2026, 9, 1), "verified_until": dt.date(2026, 8, 1)}, "срок"),
    ],
)
def test_an_impossible_meter_is_refused(session, town, changes, word):
    with pytest.raises(StartksError, match=word):
        put(session, town, **changes)


def test_two_meters_of_one_number_are_refused_with_both_named(session, town):
    put(session, town)
    with pytest.raises(ContradictionError) as refused:
        put(session, town)
    assert "6300000001" in refused.value.message and "77001" in refused.value.message


def test_a_two_zone_meter_has_two_dials(session, town):
    meter = put(session, town, service_id=902, serial="E1", zones=2, initial={1: 5 * MICRO, 2: 3 * MICRO})
    assert sorted(session.scalars(select(Reading.zone).where(Reading.meter_id == meter.id))) == [1, 2]


def test_readings_make_the_month_and_leave_a_trail(session, town):
    meter = put(session, town)
    read(session, meter, (SEPTEMBER, 12), (OCTOBER, 17))
    assert volume(session, town, 202610)[meter.id]["volume"] == 5 * MICRO
    read(session, meter, (OCTOBER, 18), confirmed=True)
    trail = session.execute(
        select(ReadingChange.before, ReadingChange.after).where(ReadingChange.meter_id == meter.id, ReadingChange.day == OCTOBER)
        .order_by(ReadingChange.id)
    ).all()  # fmt: skip
    assert trail == [(None, 17 * MICRO), (17 * MICRO, 18 * MICRO)]


def test_what_is_refused_or_unconfirmed_is_not_written_and_the_rest_is(session, town):
    first, second = put(session, town), put(session, town, serial="77002")
    read(session, first, (SEPTEMBER, 20))
    outcomes = enter(
        session,
        [Item(first.id, 0, 15 * MICRO), Item(second.id, 0, 9_000 * MICRO), Item(second.id, 0, 12 * MICRO), Item(10**6, 0, 1)],
        day=OCTOBER, channel="house", by=None, today=TODAY, house_id=town.house,
    )  # fmt: skip
    assert [outcome.saved for outcome in outcomes] == [False, False, True, False]
    assert [[found.code for found in outcome.findings] for outcome in outcomes] == [["below_previous"], ["unusual"], [], ["unknown"]]


def test_a_meter_of_another_house_is_unknown_here(session, town):
    meter = put(session, town)
    (outcome,) = enter(
        session, [Item(meter.id, 0, 20 * MICRO)], day=OCTOBER, channel="house", by=None, today=TODAY,
        house_id=town.place.houses[1],
    )  # fmt: skip
    assert [found.code for found in outcome.findings] == ["unknown"] and not outcome.saved


def test_a_turn_of_the_dial_is_counted_in_the_month_and_shown_as_on_the_dial(session, town):
    meter = put(session, town, initial={0: 99_980 * MICRO})
    read(session, meter, (SEPTEMBER, 99_990))
    read(session, meter, (OCTOBER, 4), turned=True)
    month = volume(session, town, 202610)[meter.id]
    assert (month["volume"], month["current_value"], month["previous_value"]) == (14 * MICRO, 4 * MICRO, 99_990 * MICRO)
    read(session, meter, (NOVEMBER, 9))
    after = volume(session, town, 202611)[meter.id]
    assert (after["volume"], after["previous_value"]) == (5 * MICRO, 4 * MICRO)
    assert session.scalar(select(MeterTurn.span)) == 10**5 * MICRO


def test_a_replaced_meter_carries_its_month(session, town):
    old = put(session, town)
    read(session, old, (SEPTEMBER, 20))
    made = work.replace(
        session, old.id, new(serial="77009", installed_on=dt.date(2026, 10, 12), initial={0: 1 * MICRO}),
        last={0: 23 * MICRO}, today=TODAY, by=None, document="Акт 5",
    )  # fmt: skip
    month = volume(session, town, 202610)
    assert {meter: row["volume"] for meter, row in month.items()} == {old.id: 3 * MICRO}  # the new one is not estimated
    read(session, made, (dt.date(2026, 10, 25), 3))
    month = volume(session, town, 202610)
    assert {meter: row["volume"] for meter, row in month.items()} == {old.id: 3 * MICRO, made.id: 2 * MICRO}
    assert set(volume(session, town, 202611)) == {made.id}
    assert made.replaces_id == old.id


def test_a_replacement_with_a_last_reading_below_the_previous_is_refused_whole(session, town):
    old = put(session, town)
    read(session, old, (SEPTEMBER, 20))
    with pytest.raises(StartksError, match="меньше предыдущего"):
        work.replace(session, old.id, new(serial="77009", installed_on=OCTOBER), last={0: 19 * MICRO}, today=TODAY, by=None)


def test_a_meter_is_not_taken_out_before_its_last_reading(session, town):
    old = put(session, town)
    read(session, old, (OCTOBER, 20))
    with pytest.raises(ContradictionError):
        work.remove(session, old.id, day=SEPTEMBER, last={0: 15 * MICRO}, reason="сняли", today=TODAY, by=None)
    work.remove(session, old.id, day=NOVEMBER, last={0: 21 * MICRO}, reason="сняли", today=TODAY, by=None)
    with pytest.raises(ContradictionError, match="снят"):
        work.seal(session, old.id, day=NOVEMBER, number="5", today=TODAY, by=None)


def test_a_late_verification_leaves_lapsed_months_lapsed(session, town):
    meter = put(session, town, installed_on=dt.date(2024, 9, 1), verified_until=dt.date(2026, 9, 10))
    ensure_reading_partitions(session.connection(), 202409, 202611)
    read(session, meter, (SEPTEMBER, 12), (OCTOBER, 14), (NOVEMBER, 17))
    assert volume(session, town, 202610)[meter.id]["fault"] == "verification_lapsed"
    work.verify(session, meter.id, verified_on=dt.date(2026, 11, 3), verified_until=dt.date(2032, 11, 3), today=TODAY, by=None)
    session.flush()
    assert volume(session, town, 202610)[meter.id]["fault"] == "verification_lapsed"
    assert volume(session, town, 202611)[meter.id]["fault"] is None
    with pytest.raises(ContradictionError):
        work.verify(session, meter.id, verified_on=dt.date(2026, 11, 3), verified_until=dt.date(2030, 1, 1), today=TODAY, by=None)


def test_corrections_need_a_reason_and_are_kept(session, town):
    meter = put(session, town)
    with pytest.raises(StartksError, match="причину"):
        work.correct(session, meter.id, {"serial": "77100"}, reason=" ", today=TODAY, by=None)
    work.correct(session, meter.id, {"serial": "77100", "digits": 6}, reason="описка", today=TODAY, by=None)
    session.flush()
    assert session.get(Meter, meter.id).serial == "77100"
    read(session, meter, (SEPTEMBER, 50_000), confirmed=True)
    with pytest.raises(ContradictionError):
        work.correct(session, meter.id, {"digits": 4}, reason="описка", today=TODAY, by=None)


def test_a_reading_of_a_calculated_month_leaves_a_mark(session, town):
    meter = put(session, town)
    session.execute(text("INSERT INTO period (id, calculated_at) VALUES (202610, now()), (202611, null)"))
    read(session, meter, (OCTOBER, 17))
    marks = session.execute(text("SELECT account_id, period_from FROM recalculation_mark")).all()
    assert marks == [(town.account, 202610)]
    read(session, meter, (NOVEMBER, 19))
    assert len(session.execute(text("SELECT 1 FROM recalculation_mark")).all()) == 1


def test_a_struck_reading_is_gone_and_the_first_one_is_not_struck(session, town):
    meter = put(session, town)
    read(session, meter, (OCTOBER, 17))
    strike(session, meter.id, 0, OCTOBER, reason="ошибка", by=None)
    assert session.scalar(select(Reading.value).where(Reading.meter_id == meter.id, Reading.day == OCTOBER)) is None
    with pytest.raises(StartksError, match="установке"):
        strike(session, meter.id, 0, dt.date(2026, 9, 1), reason="ошибка", by=None)


@pytest.mark.parametrize("table", ["meter_event", "reading_change"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET day = day + 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_trail_of_meters_is_never_written_over(session, town, table, statement):
    meter = put(session, town)
    session.execute(text({
        "meter_event": "INSERT INTO meter_event (meter_id, kind, day) VALUES (:m, 'sealed', '2026-10-01')",
        "reading_change":
            "INSERT INTO reading_change (meter_id, zone, day, after, channel) VALUES (:m, 0, '2026-10-01', 1, 'one')",
    }[table]), {"m": meter.id})  # fmt: skip
    with pytest.raises(DBAPIError, match="only grows"), session.begin_nested():
        session.execute(text(statement.format(table)))


def test_a_common_meter_belongs_to_the_communal_flat_and_so_does_its_successor(session, town):
    flat = session.scalar(text(
        "INSERT INTO premise (house_id, number, slug) VALUES (:h, '901', '901') RETURNING id"), {"h": town.house})
    with pytest.raises(StartksError, match="нет комнат"):
        work.install(session, new(), house_id=town.house, account_id=None, premise_id=flat, today=TODAY, by=None)
    session.execute(text(
        "INSERT INTO premise (house_id, parent_id, kind, number, slug) VALUES (:h, :f, 'room', '901-1', '901-1')"),
        {"h": town.house, "f": flat})
    assert (flat, "901") in work.communal_flats(session, town.house)
    old = work.install(session, new(), house_id=town.house, account_id=None, premise_id=flat, today=TODAY, by=None)
    made = work.replace(
        session, old.id, new(serial="77009", installed_on=OCTOBER, initial={0: MICRO}), last={0: 19 * MICRO}, today=TODAY, by=None
    )
    assert (old.premise_id, made.premise_id, made.account_id) == (flat, flat, None)
    found = consumption(plain_reader(session.connection()), Months((202610,)), town.house, town.house)
    assert found.filter(found["meter_id"] == old.id)["premise_id"].to_list() == [flat]
