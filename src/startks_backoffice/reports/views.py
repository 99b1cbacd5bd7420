"""The list of reports and exchanges, the page of one of them, its spreadsheet, and taking a file in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import colander
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from startks.base.errors import StartksError
from startks.framework.addons.lookup import Record, records
from startks.framework.addons.menus import text
from startks.framework.addons.registry import addons_of
from startks.framework.i18n import _
from startks.framework.reporting import Parameter, Table, ask, parameters_of, spreadsheet, table_of
from startks.framework.reporting.tables import KOPECKS
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks_backoffice.reports.nodes import KINDS, ReportNode, Reports

GROUPS = {
    "report": (_("Reports"), "report-analytics"),
    "reference": (_("Reference books of modules"), "books"),
    "exchange": (_("Exchange of files"), "arrows-sort"),
}
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_ROWS = 1000
LARGEST_FILE = 50 * 2**20
"""Bytes of a file that is taken in through a page."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list."""

    title: str
    url: str
    icon: str
    module: str


def index(context: Reports, request: Request) -> dict[str, Any]:
    """What the reader may ask for, by kind."""
    groups = [(kind, text(request, GROUPS[kind][0]), list(_lines(context, request, kind))) for kind in KINDS]
    return {"groups": [group for group in groups if group[2]]}


def show(context: ReportNode, request: Request) -> Any:
    """Ask the report with what stands in the address; ``format=xlsx`` gives the same rows as a spreadsheet."""
    record = _allowed(context, request)
    page = _page(context, request)
    if page["taking"]:
        return page
    wanted = page["parameters"]
    if wanted and "ask" not in request.params:
        return page
    values = _values(request, wanted, page["faults"])
    if page["faults"]:
        request.response.status_int = 422
        return page
    try:
        answer = ask(record, request.db, request.identity, values)
    except StartksError as refusal:
        request.response.status_int = 422
        return {**page, "refusal": refusal.message}
    if record.kind == "exchange":
        name, content = answer
        return _file(name, content, "application/octet-stream")
    table = table_of(record, answer)
    if request.params.get("format") == "xlsx":
        content = spreadsheet(table, context.title, lambda title: text(request, title))
        return _file(f"{record.name}.xlsx", content, SPREADSHEET)
    return {**page, **_shown(request, table)}


def take(context: ReportNode, request: Request) -> dict[str, Any]:
    """Give a file to an incoming exchange and show what it says of it."""
    record = _allowed(context, request)
    page = _page(context, request)
    if not page["taking"]:
        raise HTTPNotFound
    addons_of(request.registry).require_writable(record.module, request.db)
    given = request.POST.get("file")
    if not hasattr(given, "file"):
        refusal = request.localizer.translate(_("Choose a file, then press «Take in» again."))
    else:
        content = given.file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            refusal = request.localizer.translate(_("The file is larger than 50 MB: send it in parts."))
        else:
            try:
                with request.db.begin_nested():
                    told = list(record.value(request.db, given.filename, content))
                return {**page, "told": told}
            except StartksError as error:
                refusal = error.message
    request.response.status_int = 422
    return {**page, "refusal": refusal}


def _page(context: ReportNode, request: Request) -> dict[str, Any]:
    """What the template asks for before there is an answer."""
    record = context.record
    taking = record.kind == "exchange" and record["direction"] == "in"
    return {
        "taking": taking,
        "parameters": () if taking else parameters_of(record),
        "titles": {item.name: text(request, item.title) for item in (() if taking else parameters_of(record))},
        "typed": {name: value for name, value in request.params.items() if isinstance(value, str)},
        "hints": {"date": _("DD.MM.YYYY"), "period": _("MM.YYYY"), "number": None, "text": None},
        "faults": {},
        "refusal": None,
        "told": None,
        "table": None,
        "saving": record.kind == "exchange",
        "take_url": office_url(request, context, "take"),
    }


def _values(request: Request, wanted: tuple[Parameter, ...], faults: dict[str, str]) -> dict[str, Any]:
    """Read the fields; a sentence for each that cannot be read goes into ``faults``."""
    values: dict[str, Any] = {}
    translate = request.localizer.translate
    for item in wanted:
        make = {"date": fields.date, "period": fields.period, "number": fields.number, "text": fields.text}[item.kind]
        options = {"places": 0} if item.kind == "number" else {}
        node = make(item.title, missing=colander.required if item.required else None, **options)
        try:
            found = node.deserialize(request.params.get(item.name, "").strip() or colander.null)
        except colander.Invalid as error:
            faults[item.name] = " ".join(translate(message) for message in error.messages())
        else:
            values[item.name] = int(found) if isinstance(found, Decimal) else found
    return values


def _shown(request: Request, table: Table) -> dict[str, Any]:
    fmt = request.fmt

    def cell(name: str, value: Any) -> str:
        if value is None:
            return "—"
        if name.endswith(KOPECKS):
            return fmt.money(value, sign=False)
        if isinstance(value, dt.datetime):
            return fmt.moment(value)
        if isinstance(value, dt.date):
            return fmt.date(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return fmt.number(value)
        return text(request, value)

    numeric = [
        all(isinstance(row[place], int | Decimal) or row[place] is None for row in table.rows)
        for place in range(len(table.columns))
    ]
    return {
        "table": table,
        "heads": [text(request, title) for _name, title in table.columns],
        "numeric": numeric,
        "cells": [
            [cell(name, value) for (name, _title), value in zip(table.columns, row, strict=True)]
            for row in table.rows[:SHOWN_ROWS]
        ],
        "more": max(0, len(table.rows) - SHOWN_ROWS),
        "file_url": f"{request.path}?{urlencode({**request.params, 'format': 'xlsx'})}",
    }


def _lines(context: Reports, request: Request, kind: str) -> Iterator[Line]:
    addons = addons_of(request.registry)
    for record in records(request.registry, kind, visible=True):
        if request.has_permission(record["permission"], request.root):
            manifest = addons.manifest(record.module)
            yield Line(
                text(request, record.title),
                office_url(request, context[f"{kind}-{record.name}"]),
                GROUPS[kind][1],
                manifest.title if manifest else "",
            )


def _allowed(context: ReportNode, request: Request) -> Record:
    if not request.has_permission(context.record["permission"], request.root):
        raise HTTPForbidden
    return context.record


def _file(name: str, content: bytes, kind: str) -> Response:
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in name)
    return Response(content, content_type=kind, content_disposition=f'attachment; filename="{plain}"')
