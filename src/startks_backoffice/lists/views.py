"""The page behind «Saved views and export» of every list: keep it as it is now, open a kept one, order a spreadsheet."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from startks.base.errors import StartksError
from startks.domain.security.audit import audit
from startks.framework.i18n import _
from startks.framework.jobs import ring_after_commit
from startks.framework.listing import export
from startks.framework.listing.saved import checked_place, delete_list, own_lists, save_list
from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import office_url
from startks.framework.web.flash import flash
from startks_backoffice.lists.files import folder_of

FIELDS = ("list", "title", "path", "query")


def lists(context: Root, request: Request, fault: str | None = None) -> dict[str, Any]:
    """The list as it is now, and the reader's kept views of it."""
    place = _place(request)
    try:
        path, _parameters = checked_place(place["path"], place["query"])
        back = path + (f"?{place['query']}" if place["query"] else "")
    except StartksError as error:
        fault, back = error.message, office_url(request, context)
    if fault:
        request.response.status_int = 422
    return {
        "place": place, "back": back, "fault": fault, "typed": request.params.get("name", ""),
        "saved": own_lists(request.read, request.identity.user_id, place["list"]), "keep_days": export.KEEP_DAYS,
    }


def save(context: Root, request: Request) -> Any:
    """Keep the list as it is now under a name."""
    place = _place(request)
    try:
        save_list(
            request.db, request.identity.user_id, place["list"], request.POST.get("name", ""), place["path"], place["query"]
        )
    except StartksError as error:
        return lists(context, request, error.message)
    flash(request, _("The view is saved."))
    return _again(context, request, place)


def delete(context: Root, request: Request) -> HTTPSeeOther:
    """Forget a kept view."""
    given = request.POST.get("saved", "")
    if given.isascii() and given.isdigit() and len(given) < 10 and delete_list(request.db, request.identity.user_id, int(given)):
        flash(request, _("The view is deleted."))
    return _again(context, request, _place(request))


def order(context: Root, request: Request) -> Any:
    """Order the list, as it is now, as a spreadsheet; its job's page shows how far it is."""
    place = _place(request)
    try:
        job = export.start(
            request.db, folder_of(request), place["title"], place["path"], place["query"], request.identity.user_id
        )
    except StartksError as error:
        return lists(context, request, error.message)
    audit(request.db, request.identity, "office:list:export", ("job", job), {"list": place["list"], "path": place["path"]})
    ring_after_commit(request.tm, job)
    return HTTPSeeOther(f"{office_url(request, context)}/+jobs/{job}")


def _place(request: Request) -> dict[str, str]:
    return {name: request.params.get(name, "")[:2000] for name in FIELDS}


def _again(context: Root, request: Request, place: dict[str, str]) -> HTTPSeeOther:
    return HTTPSeeOther(office_url(request, context, "lists", **place))
