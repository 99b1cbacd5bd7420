"""Pages of a town by files: the list with the upload, an import with its counts, faults and the word to load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import FileResponse

from startks.base.errors import StartksError
from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.framework.exchange.town import jobs
from startks.framework.exchange.town.catalogue import registers_of
from startks.framework.i18n import _
from startks.framework.jobs import progress, ring_after_commit
from startks.framework.tree.urls import office_url
from startks.framework.web import settings_of
from startks.framework.web.flash import flash
from startks_backoffice.exchange.nodes import Import, Imports

STATES = {
    "checking": (_("is being checked"), "blue"),
    "checked": (_("checked, no errors"), "green"),
    "refused": (_("refused"), "red"),
    "loading": (_("is being loaded"), "blue"),
    "loaded": (_("loaded"), "green"),
    "failed": (_("did not end"), "red"),
}
GOING = frozenset({"waiting", "running"})


def index(context: Imports, request: Request) -> dict[str, Any]:
    """The form to hand an archive in, and the imports so far."""
    return {
        "imports": jobs.recent_batches(request.read), "states": STATES, "fault": None, "most": jobs.MOST_UPLOAD // 2**20,
        "may_write": request.has_permission(Permission.EXCHANGE_TOWN_WRITE, context),
        "files": [(register.file, register.title, register.needed) for register in registers_of(request.registry)],
    }


def upload(context: Imports, request: Request) -> Any:
    """Keep the archive raw and let it be checked in the background; nothing is loaded."""
    sent = request.POST.get("file")
    try:
        if sent is None or not hasattr(sent, "file"):
            raise StartksError("Выберите архив zip с файлами набора.")
        name = str(sent.filename).replace("\\", "/").rpartition("/")[2] or "town.zip"
        with request.db.begin_nested():
            folder = _folder(request)
            batch = jobs.keep_upload(request.db, folder, name, sent.file, request.identity.user_id)
            job = jobs.start_check(request.db, folder, batch, request.identity.user_id)
            audit(request.db, request.identity, "exchange:town:check", ("import_batch", batch), {"file": name})
    except StartksError as error:
        request.response.status_int = 422
        return {**index(context, request), "fault": error.message}
    ring_after_commit(request.tm, job)
    return HTTPSeeOther(f"{office_url(request, context)}/{batch}")


def show(context: Import, request: Request) -> dict[str, Any]:
    """State, counts and faults of one import; while a job goes on, its progress."""
    job = jobs.job_of(request.read, context.id)
    going = progress(request.read, job) if job is not None else None
    if going is not None and going["state"] not in GOING:
        going = None
    rows = context.row.counts
    return {
        "batch": context.row, "state": STATES[context.row.state], "faults": jobs.first_faults(request.read, context.id),
        "counts": [(one.title, rows[one.name]) for one in registers_of(request.registry) if rows.get(one.name)],
        "progress": going, "job_url": office_url(request, context), "may_stop": False,
        "listed": jobs.faults_of(_folder(request), context.id).is_file(),
        "may_write": request.has_permission(Permission.EXCHANGE_TOWN_WRITE, context),
    }


def progress_part(context: Import, request: Request) -> dict[str, Any]:
    """The progress alone; when the job has ended the page is loaded anew."""
    job = jobs.job_of(request.read, context.id)
    if job is None:
        raise HTTPNotFound
    going = progress(request.read, job)
    if going["state"] not in GOING:
        request.response.headers["HX-Refresh"] = "true"
    return {"progress": going, "job_url": office_url(request, context), "may_stop": False}


def load(context: Import, request: Request) -> HTTPSeeOther:
    """Begin to load a checked import."""
    here = office_url(request, context)
    try:
        with request.db.begin_nested():
            job = jobs.start_load(request.db, _folder(request), context.id, request.identity.user_id)
            audit(request.db, request.identity, "exchange:town:load", ("import_batch", context.id), {})
    except StartksError as error:
        flash(request, error.message, "danger")
    else:
        ring_after_commit(request.tm, job)
    return HTTPSeeOther(here)


def faults(context: Import, request: Request) -> FileResponse:
    """All faults as CSV."""
    path = jobs.faults_of(_folder(request), context.id)
    if not path.is_file():
        raise HTTPNotFound
    response = FileResponse(str(path), request=request, content_type="text/csv", content_encoding=None)
    response.headers["Content-Disposition"] = f'attachment; filename="import-{context.id}-faults.csv"'
    return response


def _folder(request: Request) -> Path:
    folder = settings_of(request.registry).data_dir
    if folder is None:
        raise StartksError("Не указана папка для файлов: задайте startks.data_dir.")
    return folder
