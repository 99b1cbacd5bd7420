"""Estimates in place of readings belong to a month and are shut with it."""

from alembic import op

revision = "metering_0003"
down_revision = "metering_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        SELECT guard_month_table(
            'meter_estimate', 'meter_id / 256', ARRAY['meter_id', 'zone'],
            ARRAY['meter_id', 'zone', 'basis', 'months_in_row', 'volume'])""")


def downgrade() -> None:
    raise NotImplementedError("closed months are not opened again: restore a copy")
