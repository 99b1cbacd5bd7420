"""What a house hands over to the next month, packed. Old processes go on: a new table, and a trigger that keeps it true."""

from alembic import op

revision = "kernel_0015"
down_revision = "kernel_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE carry_pack (
            period INTEGER NOT NULL,
            house_id INTEGER NOT NULL,
            kind SMALLINT NOT NULL,
            lines INTEGER NOT NULL,
            account_ids BYTEA NOT NULL,
            service_ids BYTEA NOT NULL,
            supplier_ids BYTEA NOT NULL,
            origins BYTEA NOT NULL,
            amounts BYTEA NOT NULL,
            CONSTRAINT pk_carry_pack PRIMARY KEY (period, house_id, kind),
            CONSTRAINT ck_carry_pack_kind CHECK (kind IN (0, 1)),
            CONSTRAINT ck_carry_pack_lines CHECK (octet_length(amounts) = 8 * lines)
        ) PARTITION BY LIST (period)""")
    for array in ("account_ids", "service_ids", "supplier_ids", "origins", "amounts"):
        # Read whole and once a month: squeezing them would cost more than it saves.
        op.execute(f"ALTER TABLE carry_pack ALTER COLUMN {array} SET STORAGE EXTERNAL")
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
                EXECUTE 'CREATE TABLE carry_pack_' || month || ' PARTITION OF carry_pack FOR VALUES IN (' || month || ')';
            END LOOP;
        END
        $$""")
    # Rows that somebody else than the calculation changes: the house is read from the ledger again.
    op.execute("""
        CREATE FUNCTION forget_carry_pack() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                DELETE FROM carry_pack WHERE period = OLD.period AND house_id = OLD.house_id;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                DELETE FROM carry_pack WHERE period = NEW.period AND house_id = NEW.house_id;
            END IF;
            RETURN NULL;
        END
        $$""")
    for table in ("statement", "month_debt"):
        op.execute(f"""
            CREATE TRIGGER {table}_forgets_pack AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW
            WHEN (current_setting('startks.calculating', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION forget_carry_pack()""")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
