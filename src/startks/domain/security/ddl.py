"""Functions and triggers of the audit tables; executed by the kernel's first migration after the tables exist.

They need no extension: ``sha256(bytea)`` is in core. Every statement may be executed again, and none has a percent sign
or a colon that a driver would read as a parameter.
"""

DDL: tuple[str, ...] = (
    # The text a hash is taken over must not depend on the session's settings: hence UTC and jsonb, not ``at::text``.
    """
    CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event) RETURNS bytea
    LANGUAGE sql STABLE AS $$
        SELECT sha256(
            event.previous_hash || convert_to(
                jsonb_build_array(
                    event.position,
                    to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                    event.user_id, event.session_id, event.ip, event.action,
                    event.subject_kind, event.subject_id, event.detail
                )::text,
                'UTF8'
            )
        )
    $$
    """,
    # One writer at a time, until its commit: a chain has one end. Under READ COMMITTED the SELECT below sees the row
    # of the writer we waited for; under a stricter level the primary key refuses a fork and the request is retried.
    """
    CREATE OR REPLACE FUNCTION audit_event_chain() RETURNS trigger
    LANGUAGE plpgsql AS $$
    DECLARE
        last_position bigint;
        last_hash bytea;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit_event', 0));
        SELECT position, hash INTO last_position, last_hash FROM audit_event ORDER BY position DESC LIMIT 1;
        NEW.position := coalesce(last_position, 0) + 1;
        NEW.previous_hash := coalesce(last_hash, sha256(''::bytea));
        NEW.hash := audit_event_hash(NEW);
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING
            MESSAGE = 'table ' || TG_TABLE_NAME || ' only grows: ' || TG_OP || ' is refused',
            ERRCODE = 'restrict_violation';
    END
    $$
    """,
    # NULL where the chain is whole, else the first position that was altered, moved or follows a missing one.
    """
    CREATE OR REPLACE FUNCTION audit_event_broken_at() RETURNS bigint
    LANGUAGE sql STABLE AS $$
        SELECT min(expected.position) FROM (
            SELECT event.position,
                   event.hash IS DISTINCT FROM audit_event_hash(event)
                   OR event.previous_hash IS DISTINCT FROM
                      coalesce(lag(event.hash) OVER line, sha256(''::bytea))
                   OR event.position <> coalesce(lag(event.position) OVER line, 0) + 1 AS broken
            FROM audit_event AS event
            WINDOW line AS (ORDER BY event.position)
        ) AS expected
        WHERE expected.broken
    $$
    """,
    """
    CREATE OR REPLACE TRIGGER audit_event_chain BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_chain()
    """,
    *(
        f"""
        CREATE OR REPLACE TRIGGER {table}_grows_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """
        for table in ("audit_event", "personal_data_access")
    ),
    *(
        f"""
        CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
        for table in ("audit_event", "personal_data_access")
    ),
)

DROP: tuple[str, ...] = (
    "DROP FUNCTION IF EXISTS audit_event_chain() CASCADE",
    "DROP FUNCTION IF EXISTS refuse_change() CASCADE",
    "DROP FUNCTION IF EXISTS audit_event_broken_at()",
    "DROP FUNCTION IF EXISTS audit_event_hash(audit_event)",
)
"""For the downgrade of the first migration; before the tables are dropped."""
