"""Pages of background work. A job is seen and stopped by who began it and by who runs jobs."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from sqlalchemy import true

from startks.domain.security.audit import audit
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.jobs import progress, stop_job
from startks.framework.jobs.list_queries import JOBS, job_errors
from startks.framework.jobs.models import Job
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks.framework.web.lists import Column, Filter, Listing
from startks_backoffice.labels import LABELS, TONES
from startks_backoffice.lists.files import export_url
from startks_backoffice.work.nodes import JobNode, Jobs

ENDED = frozenset({"done", "failed", "stopped"})


def jobs(context: Jobs, request: Request) -> Any:
    """All jobs, newest first; who runs no jobs himself sees those he began."""
    say = request.say
    here = office_url(request, context)
    everything = request.has_permission(Permission.JOBS_JOB_RUN, context) or request.has_permission(
        Permission.AUDIT_TRAIL_READ, context
    )
    translate = request.localizer.translate

    def badge(fmt: Any, state: str) -> Markup:
        return Markup('<span class="desk-badge desk-badge--{}">{}</span>').format(TONES[state], say("job.state", state))

    return Listing(
        request,
        "jobs",
        _("Jobs"),
        JOBS,
        # jobs lie in no territory: all of them for those who run or audit them, else one's own
        scope=true() if everything else Job.created_by == request.identity.user_id,
        columns=(
            Column("id", _("Number"), Job.id, numeric=True, url=lambda row: f"{here}/{row.id}"),
            Column("title", _("Job"), Job.title, url=lambda row: f"{here}/{row.id}", head=True),
            Column("state", _("State"), Job.state, show=badge),
            Column("done", _("Done"), show=lambda fmt, value: fmt.number(value), numeric=True),
            Column("total", _("Out of"), show=lambda fmt, value: fmt.number(value), numeric=True),
            Column("errors", _("Errors"), show=lambda fmt, value: fmt.number(value) if value else "", numeric=True),
            Column("author", _("Begun by"), show=lambda fmt, value: value or translate(_("the system"))),
            Column("recorded_at", _("Ordered"), Job.recorded_at, show=lambda fmt, value: fmt.moment(value)),
            Column("finished_at", _("Finished"), Job.finished_at, show=lambda fmt, value: fmt.moment(value)),
        ),
        filters=(
            Filter("q", _("Job"), "contains", Job.title),
            Filter("state", _("State"), "choice", Job.state, tuple(LABELS["job.state"].items())),
        ),
        tie=Job.id,
        sort="-id",
        page_size=50,
        empty=_("No jobs yet. Long work appears here: the calculation of a month, receipts of a house, imports."),
    ).answer()


def job(context: JobNode, request: Request) -> dict[str, Any]:
    """State, progress, errors by row and result of one job."""
    _must_see(context, request)
    return {**_values(context, request), "errors": job_errors(request.read, context.id), "job": context.row,
            "file_url": export_url(context, request)}


def progress_part(context: JobNode, request: Request) -> dict[str, Any]:
    """The progress alone, asked for every two seconds; when the job has ended the page is loaded anew."""
    _must_see(context, request)
    values = _values(context, request)
    if values["progress"]["state"] in ENDED:
        request.response.headers["HX-Refresh"] = "true"
    return values


def stop(context: JobNode, request: Request) -> HTTPSeeOther:
    """Stop the job; what is done stays done."""
    if not may_stop(context, request):
        raise HTTPForbidden()
    stopped = stop_job(request.db, context.id)
    if stopped:
        audit(request.db, request.identity, "jobs:job:stop", ("job", context.id))
        flash(request, _("The job is being stopped."))
    else:
        flash(request, _("The job had already ended."), "info")
    # back to the page the button stood on, if it is one of ours
    back = request.referrer or ""
    ours = back.startswith(request.host_url + "/office")
    return HTTPSeeOther(back if ours else office_url(request, context))


def may_stop(context: JobNode, request: Request) -> bool:
    """True for who began the job and for who may run jobs."""
    mine = context.row.created_by == request.identity.user_id
    return mine or bool(request.has_permission(Permission.JOBS_JOB_RUN, context.root))


def _must_see(context: JobNode, request: Request) -> None:
    mine = context.row.created_by == request.identity.user_id
    if not mine and not request.has_permission(Permission.JOBS_JOB_LIST, context):
        raise HTTPForbidden()


def _values(context: JobNode, request: Request) -> dict[str, Any]:
    return {
        "progress": progress(request.read, context.id),
        "job_url": office_url(request, context),
        "may_stop": may_stop(context, request),
    }
