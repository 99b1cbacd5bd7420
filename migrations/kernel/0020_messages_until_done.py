"""A message of the outbox is remembered until it was done, not until it was sent."""

from alembic import op

revision = "kernel_0020"
down_revision = "kernel_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE outbox ADD COLUMN due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
                           ADD COLUMN doublings SMALLINT DEFAULT '0' NOT NULL,
                           ADD COLUMN done_at TIMESTAMP WITH TIME ZONE""")
    # Whether a message that was sent has been done is not known: it is asked for again, and receivers bear that.
    op.execute("""
        UPDATE outbox SET task = arguments->>'name', arguments = coalesce(nullif(arguments->'arguments', 'null'), '{}')
         WHERE task = 'startks.run'""")
    op.execute("ALTER TABLE outbox DROP COLUMN sent_at")  # and its index
    op.execute("CREATE INDEX ix_outbox_undone ON outbox (due_at) WHERE done_at IS NULL")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
