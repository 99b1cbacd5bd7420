"""Reminders of verification, a row for each that was made. Old processes go on: a new table."""

from alembic import op

revision = "metering_0007"
down_revision = "metering_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE verification_notice (
            meter_id INTEGER NOT NULL,
            verified_until DATE NOT NULL,
            account_id INTEGER NOT NULL,
            month INTEGER NOT NULL,
            made_on DATE NOT NULL,
            cabinet_on DATE,
            printed_on DATE,
            handed_on DATE,
            user_id INTEGER,
            CONSTRAINT pk_verification_notice PRIMARY KEY (meter_id, verified_until),
            CONSTRAINT ck_verification_notice_handed_on CHECK (handed_on IS NULL OR handed_on >= made_on),
            CONSTRAINT fk_verification_notice_meter_id_meter FOREIGN KEY(meter_id) REFERENCES meter (id),
            CONSTRAINT fk_verification_notice_account_id_account FOREIGN KEY(account_id) REFERENCES account (id),
            CONSTRAINT fk_verification_notice_user_id_user_account FOREIGN KEY(user_id) REFERENCES user_account (id)
        )""")
    op.execute("CREATE INDEX ix_verification_notice_account_id ON verification_notice (account_id)")
    op.execute("CREATE INDEX ix_verification_notice_month ON verification_notice (month)")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
