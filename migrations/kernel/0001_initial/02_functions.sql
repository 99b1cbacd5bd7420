-- Russian order without ICU, the same on every server: only ё stands wrong by code point, so it becomes е + ё
-- (after every е-word with the same beginning, before ж). Use: ORDER BY ru_sort(name), name.
CREATE FUNCTION ru_sort(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(lower(value), 'ё', 'е' || chr(1105));
