"""Work on meters: verification by date, turns of the dial, history of the card, raw files and trail of readings.

The statements stand in ``0002_work_on_meters/*.sql``. Old processes go on: only new columns and tables.
"""

from pathlib import Path

from alembic import op

revision = "metering_0002"
down_revision = "metering_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
