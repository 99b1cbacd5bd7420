"""Debts of a month are found by their house, as the lines are: closing and gate ask house by house."""

from alembic import op

revision = "kernel_0017"
down_revision = "kernel_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_month_debt_house_id ON month_debt USING brin (house_id)")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
