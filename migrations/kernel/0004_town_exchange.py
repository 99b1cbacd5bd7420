"""What a town brings: imports with their raw files, debts by month of origin.

The statements stand in ``0004_town_exchange/*.sql``. Old processes go on: only new tables.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0004"
down_revision = "kernel_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("what was brought in is not thrown away: restore a copy")
