"""Unpaid penalties may come with a town, apart from what they are charged on. Old processes go on: a wider check."""

from alembic import op

revision = "kernel_0013"
down_revision = "kernel_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE debt_origin DROP CONSTRAINT ck_debt_origin_origin")
    op.execute("""
        ALTER TABLE debt_origin ADD CONSTRAINT ck_debt_origin_origin
              CHECK (origin = 0 OR (origin >= 200001 AND origin <= 209912 AND mod(origin, 100) >= 1 AND mod(origin, 100) <= 12))""")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
