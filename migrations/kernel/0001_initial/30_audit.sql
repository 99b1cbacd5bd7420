-- The audit tables only grow, and every event is chained to the one before it.

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
$$;

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
$$;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'table ' || TG_TABLE_NAME || ' only grows: ' || TG_OP || ' is refused',
        ERRCODE = 'restrict_violation';
END
$$;

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
$$;

CREATE OR REPLACE TRIGGER audit_event_chain BEFORE INSERT ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_chain();

CREATE OR REPLACE TRIGGER audit_event_grows_only BEFORE UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER personal_data_access_grows_only BEFORE UPDATE OR DELETE ON personal_data_access
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER personal_data_access_no_truncate BEFORE TRUNCATE ON personal_data_access
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
