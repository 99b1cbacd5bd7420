"""Facts that choose how a line is charged: heat of the last year, an account's own categories, containers, volumes by act.

The statements stand in ``0016_regimes/*.sql``. Old processes go on: new tables, and a column with a default.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0016"
down_revision = "kernel_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
