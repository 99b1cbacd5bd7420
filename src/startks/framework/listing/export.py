"""What a list shows, as a spreadsheet, made in the background.

The job opens the list's own page inside the application with the identity of who ordered it, as his rights are when it
runs: the same permission, scope, filters, order, columns and masks. Cells are what the page would show, so nothing comes
out that a screen hides; text is written as text, never as a formula.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from pyramid.httpexceptions import HTTPException
from pyramid.interfaces import IRequestFactory
from pyramid.request import Request
from pyramid.router import Router
from sqlalchemy import select
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.framework.addons.menus import text
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.models import JobChunk
from startks.framework.jobs.queue import create_job
from startks.framework.jobs.telling import stage_teller
from startks.framework.listing.acting import identity_of_user
from startks.framework.listing.saved import checked_place
from startks.framework.web import settings_of
from startks.framework.web.lists import EXPORT, Listing
from startks.framework.web.policy import ACTING, permissions_of

JOB = "list.export"
MOST_ROWS = 1_000_000
KEEP_DAYS = 7
BATCH = 2_000
WIDTH = 18
_NUMBER = re.compile(r"[-−]?\d[\d\u00a0\u202f ]*(?:,\d+)?")
_SPACES = str.maketrans({"\u00a0": None, "\u202f": None, " ": None, "₽": None, ",": ".", "−": "-"})


def register() -> None:
    """Let this process do the job."""
    register_job_kind(JOB, run, finish, stopped)


def start(session: Session, data_dir: Path, list_title: str, path: str, query: str, user_id: int) -> int:
    """Create the job that exports the list of this page; return its id. StartksError where it is no page of the office."""
    place, parameters = checked_place(path, query)
    payload = {"path": place, "query": urlencode(parameters), "user": user_id, "title": list_title[:100], "folder": str(data_dir)}
    return create_job(
        session, JOB, f"Выгрузка списка «{list_title[:100]}»", payload, [{"weight": 1}], created_by=user_id, stage="Ждёт очереди"
    )


def file_of(data_dir: Path, job_id: int) -> Path:
    """Where the spreadsheet of a job lies."""
    return Path(data_dir) / "exports" / f"{job_id}.xlsx"


def run(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Write the spreadsheet; the numbers of rows and columns are the result."""
    registry = session.info["registry"]
    path = file_of(Path(job.payload["folder"]), job.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.stem}.{chunk.attempt}.part")
    try:
        tell = _teller(session, job, chunk)
        rows, columns = _within(
            registry, session, job, lambda listing: (write(listing, session, partial, tell), len(listing.columns))
        )
        os.chmod(partial, 0o600)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return {"rows": rows, "columns": columns}


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """Tell the page how many rows there are."""
    return session.scalar(select(JobChunk.result).where(JobChunk.job_id == job.id, JobChunk.number == 1))


def stopped(session: Session, job: JobInfo) -> None:
    """Nothing is left of a stopped export."""
    file_of(Path(job.payload["folder"]), job.id).unlink(missing_ok=True)


def clean(session: Session) -> None:
    """Remove spreadsheets older than :data:`KEEP_DAYS` days, and what a killed worker left behind."""
    folder = settings_of(session.info["registry"]).data_dir
    if folder is None:
        return
    oldest = time.time() - KEEP_DAYS * 24 * 3600
    for path in (Path(folder) / "exports").glob("*"):
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def write(listing: Listing, session: Session, path: Path, tell: Callable[[int], None]) -> int:
    """Write all rows of the list (not only a page) and return their number."""
    import xlsxwriter

    request, columns = listing.request, listing.columns
    answer = session.execute(listing.ordered().limit(MOST_ROWS + 1).execution_options(yield_per=BATCH))
    places = {name: place for place, name in enumerate(answer.keys())}
    plan = [(number, places.get(column.name), column.show, column.numeric) for number, column in enumerate(columns)]
    fmt = request.fmt
    # inline strings and one row in memory at a time: a table of shared strings would have to be kept whole
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.set_column(0, max(0, len(columns) - 1), WIDTH)
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            sheet.write_string(0, number, text(request, column.title), bold)
        line = 0
        for row in answer:
            line += 1
            if line > MOST_ROWS:
                raise StartksError(f"В списке больше {MOST_ROWS:,} строк: сузьте отбор.".replace(",", " "))
            for number, place, show, numeric in plan:
                value = row[place] if place is not None else None
                shown = show(fmt, value) if show is not None else value
                if shown is None or shown == "":
                    continue
                if not isinstance(shown, str):
                    if numeric and isinstance(shown, int) and not isinstance(shown, bool):
                        sheet.write_number(line, number, shown)
                        continue
                    shown = text(request, shown) if not hasattr(shown, "__html__") else shown
                if hasattr(shown, "__html__"):
                    shown = Markup(shown).striptags()
                shown = str(shown)
                if numeric and _NUMBER.fullmatch(shown.rstrip("\u00a0 ₽")):
                    sheet.write_number(line, number, float(shown.translate(_SPACES)))
                else:
                    sheet.write_string(line, number, shown[:32_000])
            if line % BATCH == 0:
                tell(line)
    return line


def _within(registry: Any, session: Session, job: JobInfo, work: Callable[[Listing], Any]) -> Any:
    """Open the list's page for the user and do the work with its list, while its request lives."""
    identity = identity_of_user(session, job.payload["user"], permissions_of(registry))
    if identity is None:
        raise StartksError("Пользователь, который заказал выгрузку, отключён.")
    done: list[Any] = []
    query = job.payload["query"]
    factory = registry.queryUtility(IRequestFactory, default=Request)
    request = factory.blank(job.payload["path"] + (f"?{query}" if query else ""))
    request.environ[ACTING] = identity
    request.environ[EXPORT] = lambda listing: done.append(work(listing))
    try:
        Router(registry).invoke_subrequest(request)
    except HTTPException as refusal:
        raise StartksError("Этот список вам не открыт или его больше нет: откройте его и закажите выгрузку снова.") from refusal
    if not done:
        raise StartksError("Эта страница не показывает списка, который можно выгрузить.")
    return done[0]


def _teller(session: Session, job: JobInfo, chunk: ChunkInfo) -> Callable[[int], None]:
    tell = stage_teller(session, job, chunk)
    return lambda rows: tell(f"Записано строк: {rows}")
