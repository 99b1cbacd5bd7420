"""The common meter of a communal flat belongs to the flat, not to one of its rooms. Old processes go on: a new column."""

from alembic import op

revision = "metering_0008"
down_revision = "metering_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE meter
            ADD COLUMN premise_id INTEGER,
            ADD CONSTRAINT fk_meter_premise_id_premise FOREIGN KEY (premise_id) REFERENCES premise (id),
            ADD CONSTRAINT ck_meter_one_place CHECK (premise_id IS NULL OR account_id IS NULL)""")
    op.execute("CREATE INDEX ix_meter_premise_id ON meter (premise_id) WHERE premise_id IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
