"""Files of readings: handed in, looked at row by row, loaded on a second word; the raw file stays with its hash."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import ColumnElement

from startks.base.errors import StartksError
from startks.domain.security.access import scope_filter
from startks.framework.exchange.sheets import MOST_BYTES
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.uploads import uploaded
from startks.modules.metering.models import ReadingFile
from startks.modules.metering.office.nodes import ReadingFileNode, ReadingFiles
from startks.modules.metering.permissions import MeteringPermission
from startks.modules.metering.readings import checks, files

SHOWN = 500
"""Rows of a preview shown on the page; all are counted and judged."""
STATES = {"previewed": _("looked at"), "loaded": _("loaded"), "refused": _("refused")}


def listing(context: ReadingFiles, request: Request) -> dict[str, Any]:
    """Files handed in: all of them for who writes readings everywhere, else one's own."""
    everywhere = request.has_permission(MeteringPermission.READING_WRITE, context)
    return {"files": files.recent(request.db, None if everywhere else request.identity.user_id), "states": STATES}


def upload(context: ReadingFiles, request: Request) -> Any:
    """Take a file in, keep it raw, look at it; nothing is loaded."""
    fault = None
    if request.method == "POST":
        try:
            name, content = uploaded(request, "file", most=MOST_BYTES)
            with request.db.begin_nested():
                file_id = files.keep(request.db, name, content, by=request.identity)
                found = files.examine(request.db, name, content, scope=_scope(request), today=dt.date.today())
                files.note(request.db, file_id, found)
        except StartksError as error:
            fault = error.message
            request.response.status_int = 422
        else:
            return HTTPSeeOther(location=f"{office_url(request, context)}/{file_id}")
    columns = [SimpleNamespace(title=title, needed=name in files.NEEDED) for name, title in files.TITLES.items()]
    return {"fault": fault, "columns": columns, "most": MOST_BYTES // 2**20}


def preview(context: ReadingFileNode, request: Request) -> dict[str, Any]:
    """What the file says: every bad row with its field and reason, every question, what would be loaded."""
    kept = _own(context, request)
    if context.row.state == "loaded":
        return {"file": context.row, "found": None, "states": STATES, "shown": SHOWN, "fault": None, "say_value": checks.say}
    found = files.examine(request.db, kept.name, kept.content, scope=_scope(request), today=dt.date.today())
    return {"file": context.row, "found": found, "states": STATES, "shown": SHOWN, "say_value": checks.say}


def load(context: ReadingFileNode, request: Request) -> Any:
    """Load the file: every row or none."""
    _own(context, request)
    here = office_url(request, context)
    try:
        with request.db.begin_nested():
            count = files.load(
                request.db, context.id, scope=_scope(request), confirmed="confirmed" in request.POST,
                by=request.identity, today=dt.date.today(),
            )  # fmt: skip
    except StartksError as error:
        flash(request, error.message, "danger")
    else:
        flash(request, _("Readings loaded: ${count}.", mapping={"count": count}))
    return HTTPSeeOther(location=here)


def raw(context: ReadingFileNode, request: Request) -> Response:
    """The file as it came."""
    kept = _own(context, request)
    response = Response(kept.content, content_type="application/octet-stream", charset=None)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name)}"
    return response


def _own(context: ReadingFileNode, request: Request) -> ReadingFile:
    """Return the kept file; for who does not write readings everywhere only his own exist."""
    everywhere = request.has_permission(MeteringPermission.READING_WRITE, context)
    if not everywhere and context.row.user_id != request.identity.user_id:
        raise HTTPNotFound()
    return request.db.get(ReadingFile, context.id)


def _scope(request: Request) -> ColumnElement[bool]:
    return scope_filter(request.identity, MeteringPermission.READING_WRITE, files.SCOPE_COLUMNS)
