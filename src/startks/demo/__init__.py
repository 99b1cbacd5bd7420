"""The seeded town: a city that lives, made of sourced facts and invented people.

* ``data/*.json`` — tariffs, norms, calendar, housing stock, households of Самара and Волгоград with sources; estimates are
  marked ``certain: false``. Organisations, people and requisites are invented.
* :mod:`.town` — ``build(database_url, accounts, seed, city, progress) -> Summary`` fills an empty, migrated data base.
* :mod:`.payments` — ``pay_month(database_url, period, seed)`` pays the bills of a calculated month in the next one.
* :mod:`.users` — ``demo_logins()``: a login for every role.

The order of work: :mod:`.reference` and :mod:`.organisations` load the books; :mod:`.plan` decides which houses stand
where; then batches of whole houses (20 000 accounts) are drawn as numpy columns — :mod:`.buildings`, :mod:`.households`,
:mod:`.consumption`, :mod:`.fleets`, :mod:`.meters`, :mod:`.connections` — and go in by COPY in the order of their keys,
with constraints and indexes put back at the end (:mod:`.loading`), all in one transaction. Equal seed, equal bytes; only
password hashes, binding dates and the audit trail differ.

Sizes and times (2 shared cores, embedded PostgreSQL 18, seed 1):

=========  ======  ========  ========  ============  =========  =========
accounts   houses  people    meters    readings      seconds    peak MB
=========  ======  ========  ========  ============  =========  =========
    3 000      53     6 700     8 100       132 000    1.7–3          200
  350 000   5 119   797 000   968 000    15 555 000      101          305
=========  ======  ========  ========  ============  =========  =========

Of the 101 s 36 are drawing and COPY, 42 indexes and constraints, 10 the keys of the monthly partitions of readings.
``pay_month`` takes 0.1 s for 3 000 and 6 s for 350 000 accounts.
"""
