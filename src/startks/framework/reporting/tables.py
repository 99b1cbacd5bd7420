"""From a registered function to what a page or a spreadsheet shows."""

from __future__ import annotations

import datetime as dt
import inspect
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from startks.framework.addons.lookup import Record
from startks.framework.i18n import _

KOPECKS = "_kopecks"
TITLES = {"since": _("From"), "until": _("Up to and including"), "period": _("Month")}
"""Names of parameters that most reports have; a registration may name its own."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of a report's form. ``kind``: date, period, number or text."""

    name: str
    title: Any
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: (key, title) of each column, and rows of values in that order."""

    columns: tuple[tuple[str, Any], ...]
    rows: tuple[tuple[Any, ...], ...]


def parameters_of(record: Record) -> tuple[Parameter, ...]:
    """Return the fields that the registered function wants, in the order of its signature."""
    titles = {**TITLES, **record.get("parameters", {})}
    return tuple(
        Parameter(item.name, titles.get(item.name, item.name), _kind(item), item.default is item.empty)
        for item in _signature(record.value)[1:]
        if item.name != "identity"
    )


def ask(record: Record, session: Any, identity: Any, values: Mapping[str, Any]) -> Any:
    """Call the registered function with the values of its form; empty ones are left to its defaults."""
    given = {name: value for name, value in values.items() if value is not None}
    if any(item.name == "identity" for item in _signature(record.value)[1:]):
        given["identity"] = identity
    return record.value(session, **given)


def table_of(record: Record, rows: Sequence[Any]) -> Table:
    """Lay the rows out by the registered columns, else by the keys of the first row."""
    titles = record.get("columns")
    plain = [getattr(row, "_mapping", row) for row in rows]
    if titles is None:
        titles = {name: name for name in (plain[0] if plain else ())}
    return Table(tuple(titles.items()), tuple(tuple(row[name] for name in titles) for row in plain))


def spreadsheet(table: Table, title: str, say: Callable[[Any], str]) -> bytes:
    """Return the table as an xlsx file; money in roubles, days as days, everything else as it is."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "dd.mm.yyyy"}) as book:
        sheet = book.add_worksheet()
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet.write_string(0, 0, title, bold)
        for place, (_name, heading) in enumerate(table.columns):
            sheet.write_string(2, place, say(heading), bold)
        sheet.set_column(0, max(0, len(table.columns) - 1), 22)
        sheet.freeze_panes(3, 0)
        for line, row in enumerate(table.rows, start=3):
            for place, ((name, _heading), value) in enumerate(zip(table.columns, row, strict=True)):
                if value is None:
                    continue
                if name.endswith(KOPECKS):
                    sheet.write_number(line, place, value / 100, money)
                elif isinstance(value, dt.date):
                    sheet.write_datetime(line, place, value)
                elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                    sheet.write_number(line, place, value)
                else:  # text is never read as a formula
                    sheet.write_string(line, place, str(value))
    return content.getvalue()


def _signature(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function, eval_str=True).parameters.values())


def _kind(item: inspect.Parameter) -> str:
    if item.annotation is dt.date:
        return "date"
    if item.name.startswith("period"):
        return "period"
    return "number" if item.annotation is int else "text"
