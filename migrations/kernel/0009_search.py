"""Search by the beginning of a number, by a surname with a slip of the pen, by a telephone.

The statements stand in ``0009_search/*.sql``. Old processes go on: a new table kept by triggers, and indexes.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0009"
down_revision = "kernel_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
