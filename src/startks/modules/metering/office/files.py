"""Files of readings: handed in, looked at row by row, loaded on a second word, both in the background; the raw file stays
with its hash."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from startks.base.errors import StartksError
from startks.framework.exchange.sheets import MOST_BYTES
from startks.framework.i18n import _
from startks.framework.jobs import progress, ring_after_commit
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.uploads import uploaded
from startks.modules.metering.models import ReadingFile
from startks.modules.metering.office.nodes import ReadingFileNode, ReadingFiles
from startks.modules.metering.permissions import MeteringPermission
from startks.modules.metering.readings import checks, file_jobs, files

STATES = {
    "checking": _("is being checked"), "previewed": _("looked at"), "loading": _("is being loaded"), "loaded": _("loaded"),
    "refused": _("refused"), "failed": _("did not end"),
}  # fmt: skip
GOING = frozenset({"waiting", "running"})


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
                job = file_jobs.start_check(request.db, file_id, by=request.identity, today=dt.date.today())
        except StartksError as error:
            fault = error.message
            request.response.status_int = 422
        else:
            ring_after_commit(request.tm, job)
            return HTTPSeeOther(location=f"{office_url(request, context)}/{file_id}")
    columns = [SimpleNamespace(title=title, needed=name in files.NEEDED) for name, title in files.TITLES.items()]
    return {"fault": fault, "columns": columns, "most": MOST_BYTES // 2**20}


def preview(context: ReadingFileNode, request: Request) -> dict[str, Any]:
    """What the check found: every bad row with its field and reason, every question, what would be loaded."""
    _must_see(context, request)
    job = file_jobs.job_of(request.read, context.id)
    state = progress(request.read, job) if job is not None else None
    going = state if state is not None and state["state"] in GOING else None
    failed = job is not None and going is None and state["state"] == "failed"
    return {
        "file": context.row, "found": context.row.preview, "states": STATES, "shown": file_jobs.SHOWN, "say_value": checks.say,
        "day": dt.date.fromisoformat, "progress": going, "job_url": office_url(request, context), "may_stop": False,
        "fault": file_jobs.why_not(request.read, job) if failed else None,
    }


def progress_part(context: ReadingFileNode, request: Request) -> dict[str, Any]:
    """The progress alone; when the job has ended the page is loaded anew."""
    _must_see(context, request)
    job = file_jobs.job_of(request.read, context.id)
    if job is None:
        raise HTTPNotFound
    going = progress(request.read, job)
    if going["state"] not in GOING:
        request.response.headers["HX-Refresh"] = "true"
    return {"progress": going, "job_url": office_url(request, context), "may_stop": False}


def load(context: ReadingFileNode, request: Request) -> Any:
    """Begin to load the file: every row or none."""
    _must_see(context, request)
    try:
        with request.db.begin_nested():
            job = file_jobs.start_load(
                request.db, context.id, confirmed="confirmed" in request.POST, by=request.identity, today=dt.date.today()
            )
    except StartksError as error:
        flash(request, error.message, "danger")
    else:
        ring_after_commit(request.tm, job)
    return HTTPSeeOther(location=office_url(request, context))


def faults(context: ReadingFileNode, request: Request) -> Response:
    """All faults as CSV."""
    kept = _own(context, request)
    if kept.fault_list is None:
        raise HTTPNotFound
    response = Response(kept.fault_list, content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="readings-{context.id}-faults.csv"'
    return response


def raw(context: ReadingFileNode, request: Request) -> Response:
    """The file as it came."""
    kept = _own(context, request)
    response = Response(kept.content, content_type="application/octet-stream", charset=None)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name)}"
    return response


def _own(context: ReadingFileNode, request: Request) -> ReadingFile:
    """Return the kept file where the reader may see it."""
    _must_see(context, request)
    return request.db.get(ReadingFile, context.id)


def _must_see(context: ReadingFileNode, request: Request) -> None:
    """For who does not write readings everywhere only his own files exist."""
    everywhere = request.has_permission(MeteringPermission.READING_WRITE, context)
    if not everywhere and context.row.user_id != request.identity.user_id:
        raise HTTPNotFound()
