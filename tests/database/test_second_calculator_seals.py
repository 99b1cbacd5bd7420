"""Interference with meters by two hands: acts put all over the small town, and not one kopeck between the two calculators."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest
from sqlalchemy import text

from startks.base.db.bulk import close_readers
from startks.base.db.session import make_engine
from startks.modules.billing.calculation.run import resolve
from startks.modules.billing.replay.differences import differences
from startks.modules.billing.replay.marks import PENDING
from startks.scripts.period import CONSUMPTION
from startks_check.compare import charges, compare

SEPTEMBER, OCTOBER, NOVEMBER = 202509, 202510, 202511
ACTS = """
    INSERT INTO broken_seal (account_id, service_id, sealed_on, found_on, valid, document)
    SELECT a.id, s.id, '2025-09-01', '2025-11-01', act.days, 'Акт'
      FROM account a
      JOIN (VALUES (0, daterange '[2025-09-01,2025-10-01)'), (1, '[2025-09-10,2025-10-20)'), (2, '[2025-10-05,2025-10-12)'),
                   (2, '[2025-10-20,2025-10-25)'), (3, '[2025-10-15,)')) act (place, days) ON a.id % 5 = act.place
      CROSS JOIN service s
     WHERE s.code IN ('cold_water', 'hot_water', 'electricity', 'gas')"""
"""A whole month, the end of one and the beginning of the next, two acts in a month, one that is not mended; a fifth without."""

REPLACED = """
    CREATE TEMP TABLE old AS
        SELECT m.* FROM meter m JOIN service s ON s.id = m.service_id JOIN account a ON a.id = m.account_id
          JOIN premise p ON p.id = a.premise_id
         WHERE s.code IN ('cold_water', 'hot_water') AND m.account_id % 4 = 1 AND p.kind = 'flat' AND m.removed_on IS NULL;
    UPDATE meter SET verified_until = '2025-09-30', removed_on = '2025-10-12' WHERE id IN (SELECT id FROM old);
    DELETE FROM meter_verification WHERE meter_id IN (SELECT id FROM old);
    DELETE FROM reading WHERE meter_id IN (SELECT id FROM old) AND (day < '2025-08-01' OR day >= '2025-10-01');
    INSERT INTO meter (house_id, account_id, service_id, serial, installed_on, zones, verified_until)
        SELECT house_id, account_id, service_id, 'N' || id, '2025-10-12', zones, '2030-10-12' FROM old;
    INSERT INTO reading (meter_id, zone, day, value)
        SELECT m.id, 0, at.day, at.value FROM meter m,
               (VALUES (date '2025-10-12', 0), ('2025-10-20', 2345678), ('2025-11-20', 6789123)) at (day, value)
         WHERE m.serial LIKE 'N%' AND m.installed_on = '2025-10-12'"""
"""Meters lapsed and replaced inside October without an average: eleven days by the norm with its coefficient, the rest by
the new meter, and on some of the days interference."""

ROOMS = """
    CREATE TEMP TABLE room AS
        SELECT p.id, p.house_id, (row_number() OVER (PARTITION BY p.house_id ORDER BY p.id) + 1) / 2 AS flat FROM premise p
         WHERE p.kind = 'flat' AND p.id IN (SELECT premise_id FROM account WHERE id % 3 = 1);
    DELETE FROM room WHERE flat > 1;
    INSERT INTO premise (house_id, number, slug, kind, rooms) SELECT DISTINCT house_id, 'К' || flat, 'k' || flat, 'flat', 2 FROM room;
    INSERT INTO premise_area (premise_id, valid, total_area, living_area)
        SELECT f.id, daterange('2020-01-01', NULL), sum(a.total_area), sum(a.living_area)
          FROM premise f JOIN room r ON r.house_id = f.house_id AND f.slug = 'k1' JOIN premise_area a ON a.premise_id = r.id
         GROUP BY f.id;
    UPDATE premise p SET kind = 'room', parent_id = f.id FROM room r JOIN premise f ON f.house_id = r.house_id AND f.slug = 'k1'
     WHERE p.id = r.id"""
"""Two flats of each house are rooms of one without a common meter: each is charged by itself, as a flat is."""


def _put_acts(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(ACTS)
        for statement in (REPLACED + ";" + ROOMS).split(";"):
            connection.execute(statement)
        # Moved in after the first act of October and before its second: owners, then residents.
        connection.execute("UPDATE residence SET valid = daterange('2025-10-15', NULL) WHERE account_id % 10 = 2")
        # So low that what the meters count on the other days reaches the second price.
        connection.execute("UPDATE parameter SET value = 150 WHERE code = 'electricity_band.1.upper'")


@pytest.fixture(scope="module")
def sealed(build_town):
    """The town, whose acts were known before its first month."""
    with build_town("sealed", 3, _put_acts) as town:
        yield town


@pytest.fixture
def dsn(sealed):
    return sealed.database_url.replace("+psycopg", "")


def test_not_one_kopeck_between_the_calculators(sealed, dsn):
    assert sealed.periods == (SEPTEMBER, OCTOBER, NOVEMBER)
    results = [compare(dsn, month) for month in sealed.periods]
    assert [dict(result.causes) for result in results] == [{}, {}, {}]
    assert all(result.lines > 1000 for result in results)


def test_one_that_knew_nothing_of_acts_would_be_noticed(dsn, monkeypatch):
    monkeypatch.setattr("startks_check.house.interfered", lambda *_: set())
    services = {service for service, _, _ in compare(dsn, SEPTEMBER).causes}
    assert {"cold_water", "hot_water", "hot_water_heat", "electricity", "gas", "sewerage", "soi_cold_water"} <= services


@pytest.mark.parametrize(("whose", "condition"), [
    ("everybody", "true"),
    ("nobody is registered", "NOT EXISTS (SELECT FROM residence r WHERE r.account_id = t.account_id)"),
    ("with a meter", "EXISTS (SELECT FROM meter m WHERE m.account_id = t.account_id AND m.service_id = t.service_id)"),
    ("without a meter", "NOT EXISTS (SELECT FROM meter m WHERE m.account_id = t.account_id AND m.service_id = t.service_id)"),
    ("in a room", "t.account_id IN (SELECT a.id FROM account a JOIN premise p ON p.id = a.premise_id WHERE p.kind = 'room')"),
    ("moved in", "t.period = 202510 AND t.account_id % 10 = 2"),
    ("not a full month", "t.period = 202510 AND t.account_id % 5 <> 0"),
])
def test_the_town_has_such_lines_to_compare(dsn, whose, condition):
    """What was compared is no empty set: nothing but ten norms adds more than twice the norm in 2025."""
    with psycopg.connect(dsn) as connection:
        found = dict(connection.execute(f"""
            SELECT s.code, count(*) FROM statement t JOIN service s ON s.id = t.service_id
             WHERE t.excess > 2 * greatest(t.charge - t.excess, 0) AND {condition} GROUP BY 1""").fetchall())
    assert found.get("cold_water"), whose
    assert set(found) <= {"cold_water", "hot_water", "hot_water_heat", "electricity", "gas"}


def _replayed(url: str, months: tuple[int, ...]) -> dict:
    """(month, account, service, supplier) → kopecks charged then and by the facts of today, of every bill that differs."""
    engine = make_engine(url)
    with engine.connect() as connection:
        bills = connection.execute(
            text("SELECT DISTINCT account_id, house_id, period FROM statement WHERE period = ANY(:months) ORDER BY 1, 3"),
            {"months": list(months)},
        ).all()
        work = pl.DataFrame([(*row, [1]) for row in bills], schema=PENDING, orient="row")
        rows, failed, _ = differences(connection, work, 209912, resolve(CONSUMPTION))
    engine.dispose()
    close_readers()
    assert failed.is_empty()
    return {
        (row["for_period"], row["account_id"], row["service_id"], row["supplier_id"]): (row["charged"], row["computed"])
        for row in rows.to_dicts()
    }


def test_an_act_found_later_is_replayed_into_closed_months_to_the_kopeck(town, clone_database):
    """Three months lie before most checks: what the replay posts for them is what the other hand makes of them."""
    town.engine.dispose()
    months = town.periods
    with clone_database("sealed_later", town.database_url) as url:
        dsn = url.replace("+psycopg", "")
        before = {(month, *key): kopecks for month in months for key, kopecks in charges(dsn, month).items()}
        with psycopg.connect(dsn) as connection:
            connection.execute(ACTS)
        after = {(month, *key): kopecks for month in months for key, kopecks in charges(dsn, month).items()}
        wanted = {
            key: (before.get(key, 0), after.get(key, 0))
            for key in before | after if before.get(key, 0) != after.get(key, 0)
        }
        assert len(wanted) > 500
        assert _replayed(url, months) == wanted
