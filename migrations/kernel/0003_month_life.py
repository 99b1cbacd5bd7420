"""The month's life: rehearsal, gate, seals of a closing, guards of what a closed month holds.

The statements stand beside it in the folder of the same name. Old processes go on: only new columns and tables, and a
trigger fills the new column of payments.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0003"
down_revision = "kernel_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("closed months are not opened again: restore a copy")
