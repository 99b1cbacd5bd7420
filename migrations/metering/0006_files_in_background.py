"""Files of readings are checked and loaded in the background: what their page shows is kept. Old processes go on."""

from alembic import op

revision = "metering_0006"
down_revision = "metering_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE reading_file
            ADD COLUMN warned INTEGER NOT NULL DEFAULT 0,
            ADD COLUMN preview JSONB,
            ADD COLUMN fault_list TEXT,
            DROP CONSTRAINT ck_reading_file_state,
            ADD CONSTRAINT ck_reading_file_state
                CHECK (state IN ('checking', 'previewed', 'loading', 'loaded', 'refused', 'failed'))""")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
