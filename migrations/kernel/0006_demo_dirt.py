"""The demonstration remembers what was spoiled on purpose, so that every start may list it.

The statement stands in ``0006_demo_dirt/*.sql``. Old processes go on: only a nullable column.
"""

from pathlib import Path

from alembic import op

revision = "kernel_0006"
down_revision = "kernel_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for path in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def downgrade() -> None:
    op.drop_column("demo_state", "dirt")
