"""What was done to meters and readings is never written over: the trail grows only, as the kernel's own do."""

from alembic import op

revision = "metering_0005"
down_revision = "metering_0004"
branch_labels = None
depends_on = None

TABLES = ("meter_event", "reading_change")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"""
            CREATE TRIGGER {table}_grows_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change()""")
        op.execute(f"""
            CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_grows_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
