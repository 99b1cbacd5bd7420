"""Unpaid months of the lines: what penalties run from. Old processes go on: only a new table of the month's results."""

from alembic import op

revision = "kernel_0011"
down_revision = "kernel_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE month_debt (
            period INTEGER NOT NULL,
            account_id INTEGER NOT NULL,
            service_id SMALLINT NOT NULL,
            supplier_id INTEGER NOT NULL,
            origin INTEGER NOT NULL,
            house_id INTEGER NOT NULL,
            amount BIGINT NOT NULL,
            CONSTRAINT pk_month_debt PRIMARY KEY (period, account_id, service_id, supplier_id, origin),
            CONSTRAINT ck_month_debt_amount CHECK (amount > 0),
            CONSTRAINT ck_month_debt_origin CHECK (origin < period)
        ) PARTITION BY LIST (period)""")
    op.execute("""
        SELECT guard_month_table(
            'month_debt', 'house_id', ARRAY['account_id', 'service_id', 'supplier_id', 'origin'],
            ARRAY['account_id', 'service_id', 'supplier_id', 'origin', 'house_id', 'amount'])""")
    op.execute("""
        DO $$
        DECLARE
            month text;
        BEGIN
            FOR month IN
                SELECT substring(c.relname FROM '^statement_([0-9]{6})$')
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'statement'::regclass AND c.relname ~ '^statement_[0-9]{6}$'
            LOOP
                EXECUTE 'CREATE TABLE month_debt_' || month || ' PARTITION OF month_debt FOR VALUES IN (' || month || ')';
            END LOOP;
        END
        $$""")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
