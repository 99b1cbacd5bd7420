"""Benefits in both forms and the housing subsidy.

The statements stand in ``0012_benefits/*.sql``. Old processes go on: only new tables.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0012"
down_revision = "kernel_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
