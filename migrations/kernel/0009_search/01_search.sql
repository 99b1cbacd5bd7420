-- The book of surnames: each that a person has or had, once, with its keys. Two words that differ by one letter (another
-- one, one too many, one missing, two that changed places) share a key: the word itself, or the word without one letter.
-- So a slip of the pen is found through an index of some ten thousand words, whatever the number of persons is.
CREATE FUNCTION surname_keys(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT key) FROM (
        SELECT word AS key
        UNION ALL
        SELECT overlay(word PLACING '' FROM place FOR 1) FROM generate_series(1, least(length(word), 40)) AS place
         WHERE length(word) > 2
    ) AS keys
$$;

CREATE TABLE surname (
    name TEXT NOT NULL,
    keys TEXT[] NOT NULL,
    CONSTRAINT pk_surname PRIMARY KEY (name)
);

CREATE INDEX ix_surname_keys ON surname USING gin (keys);

CREATE FUNCTION remember_surnames() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO surname (name, keys)
    SELECT fresh.name, surname_keys(fresh.name)
      FROM (SELECT DISTINCT replace(lower(last_name), 'ё', 'е') AS name FROM written) AS fresh
     WHERE NOT EXISTS (SELECT 1 FROM surname AS known WHERE known.name = fresh.name)
     ORDER BY fresh.name
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER person_surnames_written AFTER INSERT ON person
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION remember_surnames();
CREATE TRIGGER person_surnames_changed AFTER UPDATE ON person
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION remember_surnames();

INSERT INTO surname (name, keys)
SELECT name, surname_keys(name) FROM (SELECT DISTINCT replace(lower(last_name), 'ё', 'е') AS name FROM person) AS known;

CREATE INDEX ix_person_surname ON person (replace(lower(last_name), 'ё', 'е') text_pattern_ops);

-- A telephone is asked for by its last digits, so its ten national ones are kept from the last to the first.
CREATE INDEX ix_person_phone ON person (reverse(right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)) text_pattern_ops)
    WHERE phone IS NOT NULL;

-- The beginning of a number in the order of the numbers, whatever the collation of the data base is.
CREATE INDEX ix_account_number_start ON account (number COLLATE "C");
