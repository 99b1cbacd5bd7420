"""Runs the migrations of one branch (see startks/scripts/migrate.py, which gives the connection and the branch).

One transaction a migration, under an advisory lock, so that two machines that start together do not migrate twice;
the lock and statement timeouts are options of the connection.
"""

from alembic import context
from sqlalchemy import text

from startks.base.db import Base

ADVISORY_LOCK = 0x53544B53  # "STKS"

connection = context.config.attributes["connection"]
branch = context.config.attributes["branch"]
include_name = context.config.attributes.get("include_name")
include_object = context.config.attributes.get("include_object")

connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
connection.commit()
try:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=branch.version_table,
        transaction_per_migration=True,
        include_name=include_name,
        include_object=include_object,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
finally:
    connection.rollback()
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
    connection.commit()
