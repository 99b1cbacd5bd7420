-- Who may change a row of a month: nobody once the month is closed, nobody while it is being sealed.

-- With the argument 'sealed' only a closed month counts: what the closing itself writes.
CREATE OR REPLACE FUNCTION refuse_closed_period() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    touched integer;
    shut text;
BEGIN
    FOREACH touched IN ARRAY
        CASE TG_OP
            WHEN 'INSERT' THEN ARRAY[NEW.period]
            WHEN 'DELETE' THEN ARRAY[OLD.period]
            ELSE ARRAY[OLD.period, NEW.period]
        END
    LOOP
        SELECT CASE state WHEN 'closed' THEN 'closed' ELSE 'being closed' END INTO shut FROM period
         WHERE id = touched AND (state = 'closed' OR frozen_at IS NOT NULL AND TG_NARGS = 0);
        IF FOUND THEN
            RAISE EXCEPTION USING
                MESSAGE = 'period ' || touched || ' is ' || shut || ': ' || TG_OP || ' on ' || TG_TABLE_NAME || ' is refused',
                ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

-- A whole table is emptied only as long as no month is closed.
CREATE FUNCTION refuse_truncate() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    shut integer;
BEGIN
    SELECT min(id) INTO shut FROM period
     WHERE (state = 'closed' OR frozen_at IS NOT NULL)
       AND (TG_NARGS = 0 OR id = TG_ARGV[0]::int);
    IF shut IS NOT NULL THEN
        RAISE EXCEPTION USING
            MESSAGE = 'period ' || shut || ' is closed: TRUNCATE on ' || TG_TABLE_NAME || ' is refused',
            ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER period_no_truncate BEFORE TRUNCATE ON period FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();

-- Puts a table under the month's guard: triggers, and the recipe by which the closing seals its rows.
-- A module calls it in its migration; the table has a column «period».
CREATE FUNCTION guard_month_table(guarded text, row_block text, row_keys text[], row_columns text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO month_table (name, block, keys, columns) VALUES (guarded, row_block, row_keys, row_columns);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON %I'
                   ' FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()', guarded || '_closed_period', guarded);
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE TRUNCATE ON %I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()', guarded || '_no_truncate', guarded);
END
$$;

-- Money belongs to the month of its day; where that one is shut already, to the next month still open. What was paid
-- before the first month of the system is history and belongs to its own.
ALTER TABLE payment ADD COLUMN period INTEGER;
UPDATE payment SET period = extract(year FROM paid_on) * 100 + extract(month FROM paid_on);
ALTER TABLE payment ALTER COLUMN period SET NOT NULL;
CREATE INDEX ix_payment_period ON payment (period, account_id);

CREATE FUNCTION payment_assign_period() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    month integer := extract(year FROM NEW.paid_on) * 100 + extract(month FROM NEW.paid_on);
BEGIN
    IF NEW.period IS NULL THEN
        NEW.period := month;
        IF EXISTS (SELECT 1 FROM period WHERE id = month AND (state = 'closed' OR frozen_at IS NOT NULL)) THEN
            SELECT min(id) INTO NEW.period FROM period
             WHERE id > month AND state <> 'closed' AND frozen_at IS NULL;
            IF NEW.period IS NULL THEN
                RAISE EXCEPTION USING
                    MESSAGE = 'no open period for a payment of ' || NEW.paid_on,
                    ERRCODE = 'restrict_violation';
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER payment_assign_period BEFORE INSERT ON payment
FOR EACH ROW WHEN (NEW.period IS NULL) EXECUTE FUNCTION payment_assign_period();

SELECT guard_month_table(
    'statement', 'house_id', ARRAY['account_id', 'service_id', 'supplier_id'],
    ARRAY['account_id', 'service_id', 'supplier_id', 'house_id', 'rule_id', 'volume', 'tariff', 'opening', 'charge',
          'excess', 'recalculation', 'benefit', 'penalty', 'paid', 'closing']);
SELECT guard_month_table(
    'house_balance', 'house_id', ARRAY['house_id', 'service_id'],
    ARRAY['house_id', 'service_id', 'house_volume', 'has_meter::int', 'metered_volume', 'norm_volume',
          'nonresidential_volume', 'common_volume', 'total_area', 'common_area', 'cut_off_area', 'persons']);
SELECT guard_month_table(
    'house_rounding', 'house_id', ARRAY['house_id', 'service_id'],
    ARRAY['house_id', 'service_id', 'house_amount', 'lines_amount', 'remainder']);
SELECT guard_month_table(
    'calculation_error', 'house_id', ARRAY['house_id', 'number'],
    ARRAY['house_id', 'number', 'coalesce(account_id, 0)', 'coalesce(service_id, 0)', 'code', 'severity', 'detail']);
SELECT guard_month_table(
    'payment', 'account_id / 64', ARRAY['id'],
    ARRAY['id', 'account_id', '(paid_on - DATE ''2000-01-01'')', 'amount', 'channel', 'coalesce(document, '''')',
          '(extract(epoch FROM recorded_at) * 1000000)::int8']);

-- What a closing writes is shut with the month.
CREATE TRIGGER period_seal_closed_period BEFORE INSERT OR UPDATE OR DELETE ON period_seal
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period('sealed');
CREATE TRIGGER period_seal_no_truncate BEFORE TRUNCATE ON period_seal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER gate_check_closed_period BEFORE INSERT OR UPDATE OR DELETE ON gate_check
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period('sealed');
CREATE TRIGGER gate_finding_closed_period BEFORE INSERT OR UPDATE OR DELETE ON gate_finding
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period('sealed');
CREATE TRIGGER rehearsal_group_closed_period BEFORE INSERT OR UPDATE OR DELETE ON rehearsal_group
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period('sealed');
CREATE TRIGGER gate_signature_grows_only BEFORE UPDATE OR DELETE ON gate_signature
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gate_signature_closed_period BEFORE INSERT ON gate_signature
FOR EACH ROW EXECUTE FUNCTION refuse_closed_period('sealed');

-- Partitions of a closed month are neither dropped nor detached. Event triggers belong to superusers: where the data
-- base is somebody else's server and we are none, «startks verify» still names what is missing.
CREATE FUNCTION refuse_drop_of_closed_month() RETURNS event_trigger
LANGUAGE plpgsql AS $$
DECLARE
    gone text;
BEGIN
    SELECT dropped.object_name INTO gone
      FROM pg_event_trigger_dropped_objects() dropped
      JOIN public.month_table m ON dropped.object_type = 'table' AND starts_with(dropped.object_name, m.name || '_')
      JOIN public.period p ON p.state = 'closed' AND dropped.object_name = m.name || '_' || p.id
     LIMIT 1;
    IF gone IS NOT NULL THEN
        RAISE EXCEPTION USING
            MESSAGE = 'table ' || gone || ' holds a closed period: DROP is refused', ERRCODE = 'restrict_violation';
    END IF;
END
$$;

CREATE FUNCTION refuse_detach_of_closed_month() RETURNS event_trigger
LANGUAGE plpgsql AS $$
DECLARE
    loose text;
BEGIN
    SELECT m.name || '_' || p.id INTO loose
      FROM public.period p CROSS JOIN public.month_table m
      JOIN pg_class parent ON parent.oid = to_regclass(m.name) AND parent.relkind = 'p'
     WHERE p.state = 'closed' AND to_regclass(m.name || '_' || p.id) IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM pg_inherits
                        WHERE inhrelid = to_regclass(m.name || '_' || p.id) AND inhparent = parent.oid)
     LIMIT 1;
    IF loose IS NOT NULL THEN
        RAISE EXCEPTION USING
            MESSAGE = 'table ' || loose || ' holds a closed period: DETACH is refused', ERRCODE = 'restrict_violation';
    END IF;
END
$$;

DO $$
BEGIN
    IF current_setting('is_superuser') = 'on' THEN
        CREATE EVENT TRIGGER closed_month_not_dropped ON sql_drop WHEN TAG IN ('DROP TABLE')
            EXECUTE FUNCTION refuse_drop_of_closed_month();
        CREATE EVENT TRIGGER closed_month_not_detached ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
            EXECUTE FUNCTION refuse_detach_of_closed_month();
    END IF;
END
$$;
