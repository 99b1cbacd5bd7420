"""The migrations, run from nothing, make exactly what the models say."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from startks.base.db.session import make_engine
from startks.scripts.migrate import branch_of, branches, upgrade, versions
from startks.scripts.schema import differences

pytestmark = pytest.mark.integration


def test_schema_equals_models(database_url, test_settings):
    assert differences(database_url, test_settings) == []


def test_a_difference_is_found_and_named(fresh_database, test_settings):
    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE street DROP COLUMN certain, ADD COLUMN extra int"))
        connection.execute(text("ALTER TABLE job DROP CONSTRAINT ck_job_state"))
        connection.execute(text("DROP INDEX ix_outbox_undone"))
    engine.dispose()
    found = "\n".join(differences(fresh_database, test_settings))
    for words in ("street: столбец certain", "street: столбец extra", "ограничение ck_job_state", "ix_outbox_undone"):
        assert words in found


def test_missing_migrations_are_the_first_thing_said(fresh_database, test_settings):
    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version_metering"))
    engine.dispose()
    [said] = differences(fresh_database, test_settings)
    assert said.startswith("metering: версия не установлена, новейшая metering_")


def test_a_second_upgrade_has_nothing_to_do(database_url, test_settings):
    assert upgrade(database_url, test_settings) == []
    assert all(version == newest for _, version, newest in versions(database_url, test_settings))


def test_each_branch_has_a_version_table_of_its_own(database_url, test_settings, session):
    tables = set(session.scalars(text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'alembic%'")))
    assert {"alembic_version_kernel", "alembic_version_metering"} <= tables
    assert "alembic_version" not in tables


def test_a_table_belongs_to_the_branch_of_its_package(test_settings):
    from startks.base.db import metadata

    known = branches(test_settings)
    assert branch_of(metadata.tables["house"], known) == "kernel"
    assert branch_of(metadata.tables["job"], known) == "kernel"
    assert branch_of(metadata.tables["meter"], known) == "metering"


def test_russian_order(session):
    words = ["Яков", "ёжик", "елка", "Жуков", "Ёлкин", "ежевика", "Егоров", "Абрам"]
    order = session.scalars(text("SELECT w FROM unnest(CAST(:words AS text[])) w ORDER BY ru_sort(w), w"), {"words": words})
    assert list(order) == ["Абрам", "Егоров", "ежевика", "елка", "ёжик", "Ёлкин", "Жуков", "Яков"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO house_rounding (period, house_id, service_id, house_amount, lines_amount, remainder)"
        " VALUES (202601, 1, 1, 0, 0, 0)",
        "UPDATE period SET state = 'open' WHERE id = 202601",
        "DELETE FROM period WHERE id = 202601",
    ],
)
def test_a_closed_period_refuses_changes(session, statement):
    session.execute(text("INSERT INTO period (id, state) VALUES (202601, 'closed')"))
    session.execute(text("CREATE TABLE house_rounding_202601 PARTITION OF house_rounding FOR VALUES IN (202601)"))
    with pytest.raises(DBAPIError, match="period 202601 is closed"):
        session.execute(text(statement))
