"""Reports, reference books of modules and exchanges: what ``add_report``, ``add_reference`` and ``add_exchange`` take.

A report is a function of a session that returns rows (mappings with the same keys, or SQLAlchemy rows)::

    def by_house(session, since: dt.date, identity) -> list[dict]: ...

    config.add_report("by_house", by_house, title="По домам", permission="acme:visit:read",
                      columns={"house": "Дом", "visits": "Визитов"}, parameters={"since": "Визиты с"})

Its other parameters become fields of the form: ``dt.date`` a day, ``period: int`` a month (YYYYMM), ``int`` a whole
number, ``str`` a text; one with a default may be left empty. A parameter ``identity`` receives who asks, for
:func:`~startks.domain.security.access.scope_filter`. ``columns`` gives titles (else the keys are shown); a key that ends
with ``_kopecks`` is shown as roubles.

A reference book is a report. An exchange with ``direction="out"`` is a function of the same kind that returns
(file name, bytes); one with ``direction="in"`` is called with ``(session, name, content)``, file name and bytes, and returns
sentences that say what was taken over; it raises :class:`~startks.base.errors.StartksError` to refuse the file whole.
"""

from startks.framework.reporting.tables import Parameter, Table, ask, parameters_of, spreadsheet, table_of

__all__ = ["Parameter", "Table", "ask", "parameters_of", "spreadsheet", "table_of"]
