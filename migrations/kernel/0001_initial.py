"""The kernel: registers, reference books, periods, ledger, security, jobs.

The statements stand in ``0001_initial/*.sql``, a file a room, run in the order of their numbers.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("the first version is not taken back: drop the data base")
