"""Meters by the beginning of their serial number."""

from alembic import op

revision = "metering_0004"
down_revision = "metering_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('CREATE INDEX ix_meter_serial_start ON meter ((upper(serial) COLLATE "C"))')


def downgrade() -> None:
    op.execute("DROP INDEX ix_meter_serial_start")
