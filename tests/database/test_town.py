"""The seeded town as the data base holds it: it obeys the schema, adds up, has its dirt, and repeats by its seed."""

import contextlib
import hashlib

import psycopg
import pytest
from sqlalchemy import text

from startks.base.db.session import libpq_url, make_engine
from startks.base.errors import StartksError
from startks.demo.identifiers import account_number_is_valid, bank_account_is_valid
from startks.demo.town import FIRST_PERIOD, LAST_PERIOD, TABLES, build
from startks.demo.users import demo_logins
from startks.domain.security.passwords import password_matches
from startks.domain.security.permissions import Role
from startks.modules.metering.partitions import ensure_reading_partitions

ACCOUNTS = 400
SEED = 7


@contextlib.contextmanager
def built(clone_database, name, **options):
    with clone_database(name) as url:
        stages = []
        summary = build(url, accounts=ACCOUNTS, progress=lambda *step: stages.append(step), **options)
        engine = make_engine(url)
        with engine.connect() as connection:
            yield url, connection, summary, stages
        engine.dispose()


@pytest.fixture(scope="module")
def samara(clone_database):
    with built(clone_database, "seeded", seed=SEED) as town:
        yield town


@pytest.fixture(scope="module")
def ask(samara):
    connection = samara[1]
    return lambda statement, **values: connection.execute(text(statement), values).all()


def test_the_number_of_accounts_is_exact(ask, samara):
    assert ask("SELECT count(*) FROM account") == [(ACCOUNTS,)]
    summary = samara[2]
    for table, count in summary.counts.items():
        assert ask(f"SELECT count(*) FROM {table}") == [(count,)], table


def test_progress_is_told_by_stage(samara):
    stages = samara[3]
    assert len({stage for stage, _, _ in stages}) >= 4
    assert all(0 <= done <= total for _, done, total in stages)


def test_the_schema_is_the_same_after_a_load(clone_database, database_url, samara):
    query = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE contype IN ('f', 'x', 'u', 'c', 'p') AND conrelid::regclass::text NOT LIKE 'reading_%'
                UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes
                WHERE schemaname = 'public' AND tablename NOT LIKE 'reading_%' ORDER BY 1, 2, 3"""
    with psycopg.connect(libpq_url(database_url)) as empty, psycopg.connect(libpq_url(samara[0])) as full:
        before, after = empty.execute(query).fetchall(), full.execute(query).fetchall()
    assert before == after
    assert len(before) > 100


def test_areas_of_houses_are_sums_of_premises_but_for_the_dirty_one(ask, samara):
    wrong = ask("""
        SELECT a.house_id FROM house_area a
          JOIN (SELECT p.house_id, sum(s.total_area) AS total, count(*) FILTER (WHERE s.id IS NULL) AS unknown
                  FROM premise p LEFT JOIN premise_area s ON s.premise_id = p.id WHERE p.kind <> 'room' GROUP BY 1) t
            ON t.house_id = a.house_id
         WHERE t.unknown = 0 AND a.total_area <> t.total""")
    missing = ask("""SELECT count(DISTINCT p.house_id) FROM premise p LEFT JOIN premise_area s ON s.premise_id = p.id
                      WHERE s.id IS NULL""")[0][0]
    assert samara[2].dirt["area_mismatch"] - missing <= len(wrong) <= samara[2].dirt["area_mismatch"]
    assert ask("SELECT count(*) FROM house_area WHERE total_area <> residential_area + nonresidential_area")[0][0] == (
        samara[2].dirt["area_mismatch"])


def test_every_connected_service_has_one_tariff_on_every_day_of_the_history(ask):
    rows = ask("""
        WITH days AS (SELECT generate_series(date '2025-06-01', date '2027-12-31', '1 day')::date AS day),
             wanted AS (SELECT DISTINCT service_id, tariff_category FROM house_service WHERE tariff_category <> 'не указана')
        SELECT w.service_id, w.tariff_category, d.day, count(t.id)
          FROM wanted w CROSS JOIN days d
          LEFT JOIN tariff t ON t.service_id = w.service_id AND t.category = w.tariff_category AND t.house_id IS NULL
               AND t.valid @> d.day
         GROUP BY 1, 2, 3 HAVING count(t.id) <> 1""")
    assert rows == []


def test_prices_of_meetings_cover_the_whole_time_of_the_general_ones(ask):
    rows = ask("""SELECT house_id, min(lower(valid)) <= date '2025-06-01', bool_or(upper_inf(valid)), count(*)
                    FROM tariff WHERE house_id IS NOT NULL GROUP BY 1""")
    assert all(early and endless for _, early, endless, _ in rows)


def test_holders_and_residents(ask):
    shares = ask("""SELECT h.account_id, sum(h.share_part::numeric / h.share_whole), count(*) FILTER (WHERE h.payer)
                      FROM account_holder h WHERE h.valid @> date '2025-09-01' GROUP BY 1""")
    assert all(round(total, 6) == 1 and payers == 1 for _, total, payers in shares)
    now = ask("""SELECT h.account_id, count(*) FILTER (WHERE h.payer) FROM account_holder h
                  WHERE upper_inf(h.valid) GROUP BY 1""")
    assert all(payers >= 1 for _, payers in now)
    assert ask("""SELECT count(*) FROM residence r JOIN person p ON p.id = r.person_id
                   WHERE lower(r.valid) < p.birth_date""") == [(0,)]
    events = dict(ask("SELECT document, count(*) FROM residence GROUP BY 1"))
    assert {"Снят с учёта: выбыл", "Свидетельство о рождении"} <= set(events)
    assert ask("SELECT count(*) FROM residence WHERE kind = 'temporary'")[0][0] > 0


def test_numbers_and_requisites_have_valid_control_digits(ask):
    assert all(account_number_is_valid(number) for (number,) in ask("SELECT number FROM account"))
    details = ask("SELECT bic, correspondent_account, settlement_account FROM bank_details")
    assert len(details) > 10
    assert all(
        bank_account_is_valid(bic, corr, correspondent=True) and bank_account_is_valid(bic, own)
        for bic, corr, own in details
    )
    assert ask("SELECT count(*) FROM account WHERE gis_account !~ '^[0-9]{2}[А-ЯЁ]{2}[0-9]{6}$'") == [(0,)]


def test_readings_grow_and_stand_in_the_days_of_handing_in(ask, samara):
    below = ask("""
        SELECT count(*) FROM (SELECT value - lag(value) OVER (PARTITION BY meter_id, zone ORDER BY day) AS step
                                FROM reading) s WHERE step < 0""")[0][0]
    # one for each reading below the previous, at most one after each with a digit too many
    dirt = samara[2].dirt
    assert dirt["below_previous"] <= below <= dirt["below_previous"] + dirt["extra_digit"]
    days = ask("""SELECT min(extract(day FROM day)), max(extract(day FROM day)) FROM reading
                   WHERE source = 'consumer' AND day >= date '2025-09-01'""")
    assert [tuple(map(int, row)) for row in days] == [(18, 25)]
    assert ask("SELECT count(*) FROM reading WHERE day > date '2026-11-24'") == [(0,)]


def test_a_share_of_readings_is_missing_each_month(ask):
    rows = ask("""
        SELECT p.id, 1 - count(r.meter_id)::float / count(*)
          FROM period p CROSS JOIN meter m
          LEFT JOIN reading r ON r.meter_id = m.id AND r.day >= to_date(p.id::text, 'YYYYMM')
               AND r.day < to_date(p.id::text, 'YYYYMM') + interval '1 month' AND r.zone IN (0, 1)
         WHERE p.id <= :last AND m.account_id IS NOT NULL AND m.removed_on IS NULL AND m.installed_on < date '2025-09-01'
         GROUP BY 1 ORDER BY 1""", last=LAST_PERIOD)
    shares = [share for _, share in rows]
    assert len(shares) == 14
    assert all(0.03 < share < 0.13 for share in shares)
    assert 0.05 < sum(shares) / 14 < 0.09


def test_house_meters_show_what_flats_use_and_a_little_more(ask):
    """Yearly: a house meter of cold water against the sum of the flats that have meters."""
    rows = ask("""
        WITH used AS (SELECT m.id, m.house_id, m.account_id, m.premise_id, m.service_id, max(r.value) - min(r.value) AS volume
                        FROM meter m JOIN reading r ON r.meter_id = m.id
                       WHERE r.day >= date '2025-09-01' AND r.day < date '2026-11-01' AND r.zone = 0 GROUP BY 1)
        SELECT h.house_id, h.volume, sum(f.volume) FROM used h
          JOIN used f ON f.house_id = h.house_id AND f.service_id = h.service_id AND f.account_id IS NOT NULL
          JOIN service s ON s.id = h.service_id
         WHERE h.account_id IS NULL AND h.premise_id IS NULL AND s.code IN ('cold_water', 'electricity')
         GROUP BY 1, 2""")
    assert len(rows) > 10
    # A reading with a digit too many, where it stands in the past, spoils the sum of its house.
    agreeing = sum(0.9 < house / flats < 2.5 for _, house, flats in rows)
    assert agreeing >= 0.85 * len(rows)


def test_dirt_is_there_and_stays_within_two_and_five_percent(samara, ask):
    summary = samara[2]
    assert 0.02 <= summary.dirt_share <= 0.05
    assert all(summary.dirt[kind] >= 1 for kind in summary.dirt if kind != "lapsed")
    assert ask("""SELECT count(*) FROM premise p JOIN account a ON a.premise_id = p.id
                    LEFT JOIN premise_area s ON s.premise_id = p.id WHERE s.id IS NULL""") == [(summary.dirt["no_area"],)]
    assert ask("""SELECT count(*) FROM account a WHERE a.kind = 'residential'
                   AND NOT EXISTS (SELECT 1 FROM account_holder h WHERE h.account_id = a.id)
                   AND NOT EXISTS (SELECT 1 FROM residence r WHERE r.account_id = a.id)""") == [(summary.dirt["nobody"],)]
    assert ask("""SELECT count(*) FROM house_service hs JOIN service s ON s.id = hs.service_id
                   WHERE s.code = 'heating' AND hs.norm_category = ''""") == [(summary.dirt["no_norm_category"],)]
    doubles = ask("""SELECT count(*) FROM account_holder h JOIN person p ON p.id = h.person_id
                       JOIN residence r ON r.account_id = h.account_id JOIN person q ON q.id = r.person_id AND q.id <> p.id
                        AND (q.last_name, q.first_name, q.middle_name, q.birth_date)
                          = (p.last_name, p.first_name, p.middle_name, p.birth_date)""")[0][0]
    assert doubles >= 1
    text_lines = summary.lines()
    assert text_lines[0].startswith("Самара") and len(text_lines) == 2 + len(summary.dirt)


def test_there_is_a_login_for_every_role_and_its_password_opens(ask):
    stored = {login: (hash_, roles) for login, hash_, roles in ask("""
        SELECT u.login, u.password_hash, array_agg(g.role) FROM user_account u LEFT JOIN role_grant g ON g.user_id = u.id
         GROUP BY 1, 2""")}
    logins = demo_logins()
    assert {item.role for item in logins} == set(Role)
    assert len({item.login for item in logins}) == len(logins)
    for item in logins[:3]:
        assert password_matches(stored[item.login][0], item.password)
    for item in logins:
        if item.role != Role.RESIDENT:
            assert stored[item.login][1] == [item.role]


def test_the_first_resident_lives_in_the_brochures_house_with_all_meters(ask):
    rows = ask("""SELECT h.slug, (SELECT count(DISTINCT service_id) FROM meter m WHERE m.account_id = a.id),
                         (SELECT count(*) FROM residence r WHERE r.account_id = a.id AND upper_inf(r.valid))
                    FROM account_binding b JOIN user_account u ON u.id = b.user_id JOIN account a ON a.id = b.account_id
                    JOIN house h ON h.id = a.house_id WHERE u.login = 'resident1'""")
    assert len(rows) == 1
    assert rows[0][0] == "eroshevskogo-3"
    assert rows[0][1] >= 3 and rows[0][2] >= 2
    assert ask("""SELECT count(*) FROM account_binding b JOIN user_account u ON u.id = b.user_id
                   WHERE u.login = 'resident2'""") == [(2,)]


def test_periods_and_partitions(ask, samara):
    periods = [row[0] for row in ask("SELECT id FROM period WHERE state = 'open' ORDER BY id")]
    assert (periods[0], periods[-1], len(periods)) == (FIRST_PERIOD, 202611, 15)
    names = {row[0] for row in ask("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass")}
    assert {"reading_2025_08", "reading_2026_11", "reading_2027_12"} <= names
    connection = samara[1]
    with connection.begin_nested() as nested:
        assert ensure_reading_partitions(connection, 202709, 202802) == [202801, 202802]
        assert ensure_reading_partitions(connection, 202709, 202802) == []
        nested.rollback()


def test_ids_given_later_go_on_after_the_seeded_ones(samara):
    connection = samara[1]
    with connection.begin_nested() as nested:
        new = connection.scalar(text("INSERT INTO person (last_name, first_name) VALUES ('Я', 'Я') RETURNING id"))
        assert new == samara[2].counts["person"] + 1
        nested.rollback()


def test_a_second_town_in_the_same_base_is_refused(samara):
    with pytest.raises(StartksError, match="уже есть город"):
        build(samara[0], accounts=100)


@pytest.mark.parametrize(
    ("options", "word"), [({"city": "moskva"}, "moskva"), ({"accounts": 3}, "5 000 000")]
)
def test_impossible_wishes_are_refused_in_one_sentence(database_url, options, word):
    with pytest.raises(StartksError, match=word):
        build(database_url, **options)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(clone_database, samara):
    with built(clone_database, "again", seed=SEED) as again:
        assert digests(again[0]) == digests(samara[0])
    with built(clone_database, "other", seed=SEED + 1) as other:
        changed = digests(other[0])
    mine = digests(samara[0])
    assert changed["person"] != mine["person"] and changed["reading"] != mine["reading"]
    assert changed["norm"] == mine["norm"]


def digests(url):
    """SHA-256 of every seeded table as COPY writes it, in the order of all columns."""
    result = {}
    with psycopg.connect(libpq_url(url)) as connection:
        for table in (*TABLES, "reading"):
            columns = [row[0] for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", [table])]
            digest = hashlib.sha256()
            order = ", ".join(columns)
            with connection.cursor().copy(f"COPY (SELECT {order} FROM {table} ORDER BY {order}) TO STDOUT") as copy:
                for block in copy:
                    digest.update(block)
            result[table] = digest.hexdigest()
    return result


def test_volgograd_is_built_too(clone_database):
    with built(clone_database, "volgograd", seed=2, city="volgograd") as (_, connection, summary, _stages):
        assert summary.lines()[0].startswith("Волгоград")
        codes = {row[0] for row in connection.execute(
            text("SELECT DISTINCT s.code FROM house_service h JOIN service s ON s.id = h.service_id"))}
        assert "hot_water" in codes and "hot_water_heat" not in codes
        methods = {row[0] for row in connection.execute(
            text("SELECT DISTINCT h.method FROM house_service h JOIN service s ON s.id = h.service_id WHERE s.code = 'waste'"))}
        assert "waste_persons" in methods and "waste_area" not in methods
