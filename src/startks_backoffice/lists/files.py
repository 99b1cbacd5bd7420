"""The spreadsheet of an export: only who ordered it may have it, for it was made with his rights."""

from __future__ import annotations

from pathlib import Path

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.response import FileResponse

from startks.base.errors import StartksError
from startks.framework.listing import export
from startks.framework.tree.urls import office_url
from startks.framework.web import settings_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def folder_of(request: Request) -> Path:
    """Return the data folder; StartksError where there is none."""
    folder = settings_of(request.registry).data_dir
    if folder is None:
        raise StartksError("Не указана папка для файлов: задайте startks.data_dir.")
    return Path(folder)


def export_url(context, request: Request) -> str | None:
    """Address of the spreadsheet, where the job made one that is still there and the reader ordered it."""
    row = context.row
    if row.kind != export.JOB or row.state != "done" or row.created_by != request.identity.user_id:
        return None
    return f"{office_url(request, context)}/@@file" if export.file_of(folder_of(request), row.id).is_file() else None


def download(context, request: Request) -> FileResponse:
    """Send the spreadsheet."""
    row = context.row
    if row.created_by != request.identity.user_id:
        raise HTTPForbidden()
    if export_url(context, request) is None:
        raise HTTPNotFound()
    response = FileResponse(str(export.file_of(folder_of(request), row.id)), request=request, content_type=XLSX, content_encoding=None)
    response.headers["Content-Disposition"] = f'attachment; filename="list-{row.id}.xlsx"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
