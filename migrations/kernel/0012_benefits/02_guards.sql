-- Results of a month: sealed with it, refused where it is closed.
SELECT guard_month_table(
    'benefit_amount', 'house_id', ARRAY['account_id', 'service_id', 'supplier_id', 'person_id', 'category_id', 'for_period', 'is_discount'],
    ARRAY['for_period', 'account_id', 'service_id', 'supplier_id', 'person_id', 'category_id', 'house_id', 'rule_id', 'is_discount::int',
          'days', 'percent', 'base', 'amount']);
SELECT guard_month_table(
    'benefit_correction', 'house_id', ARRAY['id'],
    ARRAY['id', 'for_period', 'house_id', 'account_id', 'service_id', 'supplier_id', 'person_id', 'category_id',
          'is_discount::int', 'given', 'computed', 'amount', 'causes', 'reason', '(extract(epoch FROM recorded_at) * 1000000)::int8']);

DO $$
DECLARE
    month text;
BEGIN
    FOR month IN
        SELECT substring(c.relname FROM '^statement_([0-9]{6})$')
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'statement'::regclass AND c.relname ~ '^statement_[0-9]{6}$'
    LOOP
        EXECUTE format('CREATE TABLE benefit_amount_%s PARTITION OF benefit_amount FOR VALUES IN (%s)', month, month);
    END LOOP;
END
$$;
