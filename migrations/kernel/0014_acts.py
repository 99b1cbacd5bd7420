"""Acts of quality, temporary absences, and what they took off the lines of a month.

The statements stand in ``0014_acts/*.sql``. Old processes go on: only new tables.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0014"
down_revision = "kernel_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
