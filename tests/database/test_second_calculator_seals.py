"""Interference with meters by two hands: acts put all over the small town, and not one kopeck between the two calculators."""

from __future__ import annotations

import psycopg
import pytest

from startks_check.compare import compare

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


def _put_acts(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(ACTS)
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
