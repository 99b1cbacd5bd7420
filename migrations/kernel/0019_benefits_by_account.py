"""The key of what benefits gave begins with the account too: the bill of an account is read by it.

It began with the month and the month it is for, which within a partition hardly differ, so that building it, a step at the
end of each month's calculation, compared two columns in vain.
"""

from alembic import op

revision = "kernel_0019"
down_revision = "kernel_0018"
branch_labels = None
depends_on = None

KEY = "account_id, service_id, supplier_id, person_id, category_id, is_discount, for_period, period"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE benefit_amount DROP CONSTRAINT pk_benefit_amount,"
        f" ADD CONSTRAINT pk_benefit_amount PRIMARY KEY ({KEY})"
    )


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
