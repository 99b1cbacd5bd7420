-- A closed month is never changed again; a correction is a new row in the open one.

CREATE FUNCTION refuse_closed_period() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    touched integer;
BEGIN
    FOREACH touched IN ARRAY
        CASE TG_OP
            WHEN 'INSERT' THEN ARRAY[NEW.period]
            WHEN 'DELETE' THEN ARRAY[OLD.period]
            ELSE ARRAY[OLD.period, NEW.period]
        END
    LOOP
        IF EXISTS (SELECT 1 FROM period WHERE id = touched AND state = 'closed') THEN
            RAISE EXCEPTION USING
                MESSAGE = 'period ' || touched || ' is closed: ' || TG_OP || ' on ' || TG_TABLE_NAME || ' is refused',
                ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER statement_closed_period BEFORE INSERT OR UPDATE OR DELETE ON statement
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period();
CREATE TRIGGER house_balance_closed_period BEFORE INSERT OR UPDATE OR DELETE ON house_balance
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period();
CREATE TRIGGER house_rounding_closed_period BEFORE INSERT OR UPDATE OR DELETE ON house_rounding
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period();

CREATE FUNCTION refuse_reopening() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'period ' || OLD.id || ' is closed: ' || TG_OP || ' is refused',
        ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER period_closed BEFORE UPDATE OR DELETE ON period
FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION refuse_reopening();
