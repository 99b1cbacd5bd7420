"""A foreign module's migrations beside ours: nothing of the kernel is altered, and its removal blocks nobody."""

import pytest
from sqlalchemy import inspect, text

from startks.base.db.session import make_engine
from startks.base.settings import load
from startks.scripts.migrate import upgrade
from tests.addon_sample.installation import SAMPLE, installed

COLUMNS = text(
    """
    SELECT table_name, column_name, data_type, is_nullable, column_default
      FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name NOT LIKE 'inspections\\_%' AND table_name NOT LIKE '%\\_inspections'
     ORDER BY 1, 2
    """
)
CONSTRAINTS = text(
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE conrelid <> 0 AND conrelid::regclass::text NOT LIKE '%inspections%'
     ORDER BY 1, 2
    """
)


@pytest.fixture
def engine_of_my_own(fresh_database):
    engine = make_engine(fresh_database)
    yield engine
    engine.dispose()


def schema(engine):
    with engine.connect() as connection:
        return [tuple(row) for query in (COLUMNS, CONSTRAINTS) for row in connection.execute(query)]


def test_a_foreign_module_adds_and_alters_nothing(fresh_database, engine_of_my_own, tmp_path):
    ours = load({"startks.modules": "billing metering"}, environ={})
    with_foreign = load({"startks.modules": "billing metering inspections"}, environ={})
    before = schema(engine_of_my_own)
    with installed(SAMPLE, tmp_path):
        assert upgrade(fresh_database, with_foreign) == ["inspections"]
        assert upgrade(fresh_database, with_foreign) == []
    assert "inspections_inspection" in inspect(engine_of_my_own).get_table_names()
    assert schema(engine_of_my_own) == before
    # The partner's package is gone, its rows and its version table stay; nothing else notices.
    assert upgrade(fresh_database, ours) == []
    said = []
    assert upgrade(fresh_database, with_foreign, said.append) == []
