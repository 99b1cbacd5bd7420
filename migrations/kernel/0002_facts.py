"""Facts by date: the statements behind the dated tables, and the marks of months to be computed again.

The statements stand in ``0002_facts/*.sql``. Old processes go on: only new tables.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0002"
down_revision = "kernel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
