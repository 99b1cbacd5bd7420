"""Error pages: plain data, no ORM, a Russian sentence that names what is wrong, and a way out.

Pyramid renders them after the transaction has been rolled back, so nothing here may touch ``request.db``. An unexpected
error gets a number that stands in the log as well; the page shows nothing else of it.

Below the house the public face answers 404 instead of 403: whether a flat or an account exists is nobody's business. In the
office a house outside the reader's territory, and all that lies in it, answers as an address that nothing stands at; one
who has not signed in is led to the sign-in page from every address of the office, whether there is such a page or not.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pyramid.csrf import BadCSRFOrigin, BadCSRFToken
from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPClientError,
    HTTPConflict,
    HTTPSeeOther,
    HTTPUnprocessableEntity,
)
from pyramid.renderers import render
from pyramid.response import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from startks.base.errors import StartksError
from startks.domain.security.access import within_reach
from startks.framework.addons.registry import WritingRefused
from startks.framework.i18n import _
from startks.framework.operations.metrics import page_of
from startks.framework.tree.factory import OFFICE_PREFIX
from startks.framework.tree.nodes import Account, Apartment, node_at
from startks.framework.tree.urls import face_of
from startks.framework.web.assets import faces_of

log = logging.getLogger(__name__)

SIGN_IN = "/@@sign-in"
TEMPLATE = "startks.framework.web:templates/error.pt"
LAYOUTS = "startks.error_layouts"

BUSY = ("55P03", "57014")
"""SQLSTATE: lock not available, statement cancelled by its time limit."""
CONFLICT = "23"
"""SQLSTATE class: integrity constraints."""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page shows."""

    status: int
    title: Any
    text: Any
    home: str
    number: str | None = None
    sign_in: str | None = None


def includeme(config) -> None:
    """Register a view for each kind of error, and the directive that names a face's error template."""
    config.add_directive("set_error_template", set_error_template)
    config.add_notfound_view(not_found, append_slash=False)
    config.add_forbidden_view(forbidden)
    for kind, view in (
        (BadCSRFToken, stale_form),
        (BadCSRFOrigin, stale_form),
        (HTTPClientError, client_error),
        (URLDecodeError, bad_address),
        (UnicodeDecodeError, undecodable),
        (WritingRefused, writing_refused),
        (StartksError, refused),
        (StaleDataError, changed_meanwhile),
        (DBAPIError, data_base_error),
        (Exception, unexpected),
    ):
        config.add_exception_view(view, context=kind)


def set_error_template(config, face: str, template: str) -> None:
    """Directive ``config.set_error_template("portal", "startks_portal:templates/error.pt")``.

    The template gets ``error`` (:class:`ErrorPage`) and may use the face's layout; for errors of the 500 kind the
    plain page of the framework is shown instead, which needs neither data base nor face.
    """
    config.registry.setdefault(LAYOUTS, {})[face] = template


def not_found(exception: Any, request: Any) -> Response:
    """404: no such address; in the office only for one who has said who he is."""
    if request.identity is None and face_of(request) == "office":
        return _stranger(request)
    return answer(
        request,
        404,
        _("Page not found"),
        _("There is no such page, or it is not open to you. Check the address or begin at the home page."),
        sign_in=None if request.identity else _sign_in_url(request, back=False),
    )


def forbidden(exception: Any, request: Any) -> Response:
    """403, or the sign-in page for one who has not said who he is, or 404 for what he is not to know of."""
    context = getattr(request, "context", None)
    if (face_of(request) == "portal" and _below_house(context)) or _out_of_reach(context, request):
        return not_found(exception, request)
    if request.identity is None:
        return _stranger(request)
    return answer(
        request,
        403,
        _("No right to do this"),
        _("Your role does not allow it here. Ask the administrator for the right, or go back."),
    )


def _stranger(request: Any) -> Response:
    """Lead one who has not said who he is to the sign-in page."""
    if request.method in ("GET", "HEAD"):
        return HTTPSeeOther(location=_sign_in_url(request, back=True))
    return answer(
        request,
        403,
        _("You are not signed in"),
        _("Your session has ended. Sign in again and repeat what you did."),
        sign_in=_sign_in_url(request, back=False),
    )


def stale_form(exception: Any, request: Any) -> Response:
    """400: the form carries no valid CSRF token; 404 where the reader is not to know that there is a form."""
    if _out_of_reach(getattr(request, "context", None), request):
        return not_found(exception, request)
    return answer(
        request,
        400,
        _("The page is out of date"),
        _("The form was open too long or was sent from another site. Open the page again and repeat."),
    )


def client_error(exception: HTTPClientError, request: Any) -> Response:
    """Any other 4xx that a view raised; its sentence is shown where it has one of its own."""
    own = exception.detail if exception.detail else None
    titles = {
        HTTPBadRequest: _("The request is not understood"),
        HTTPConflict: _("Somebody changed this before you"),
        HTTPUnprocessableEntity: _("Check what was entered"),
    }
    title = next((text for kind, text in titles.items() if isinstance(exception, kind)), _("The request was refused"))
    return answer(request, exception.status_int, title, own or _("Go back, check what was entered and try again."))


def bad_address(exception: Any, request: Any) -> Response:
    """400: the address is not UTF-8."""
    return answer(
        request, 400, _("The request is not understood"), _("The address is damaged. Begin at the home page.")
    )


def undecodable(exception: UnicodeDecodeError, request: Any) -> Response:
    """400 where the query is not UTF-8; any other broken text is our own fault."""
    try:
        parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return bad_address(exception, request)
    return unexpected(exception, request)


def writing_refused(exception: WritingRefused, request: Any) -> Response:
    """403: the licence does not allow writing."""
    return answer(request, 403, _("Changes are not accepted"), exception.message)


def refused(exception: StartksError, request: Any) -> Response:
    """422: a service refused and said why."""
    return answer(request, 422, _("It was not done"), exception.message)


def changed_meanwhile(exception: Any, request: Any) -> Response:
    """409: a row was changed by somebody else."""
    return answer(
        request,
        409,
        _("Somebody changed this before you"),
        _("While you were working, another user changed the same data. Open the page again and repeat."),
    )


def data_base_error(exception: DBAPIError, request: Any) -> Response:
    """409 for constraints and locks, else 500."""
    state = getattr(exception.orig, "sqlstate", None) or ""
    if state.startswith(CONFLICT):
        log.warning("constraint refused a write on %s", page_of(request), exc_info=exception)
        return answer(
            request,
            409,
            _("The data contradict each other"),
            _("What was entered contradicts what is stored already. Open the page again and check it."),
        )
    if state in BUSY:
        log.warning("data base busy on %s", page_of(request), exc_info=exception)
        return answer(
            request,
            409,
            _("The data are busy"),
            _("Another work is changing the same data. Wait a minute and repeat."),
        )
    return unexpected(exception, request)


def unexpected(exception: Exception, request: Any) -> Response:
    """500: our fault; logged with a number the reader can name."""
    number = secrets.token_hex(4)
    log.error("error %s on %s %s", number, request.method, page_of(request), exc_info=exception)
    return answer(
        request,
        500,
        _("An error on our side"),
        _("Nothing was saved. Try again in a minute; if it happens again, name the number to support."),
        number=number,
    )


def answer(
    request: Any, status: int, title: Any, text: Any, *, number: str | None = None, sign_in: str | None = None
) -> Response:
    """Build the answer in the form the client asked for: page, part of a page (htmx) or JSON."""
    translate = request.localizer.translate
    home = request.script_name + (OFFICE_PREFIX if face_of(request) == "office" else "/")
    error = ErrorPage(status, translate(title), translate(text), home, number, sign_in)
    if _wants_json(request):
        body = json.dumps({"error": error.title, "detail": error.text, "number": number}, ensure_ascii=False)
        return Response(body.encode(), status=status, content_type="application/json", charset="utf-8")
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true":
        body = render("startks.framework.web:templates/error_part.pt", {"error": error}, request)
    else:
        body = _page(request, error)
    return Response(body, status=status)


def _page(request: Any, error: ErrorPage) -> str:
    """Render the face's error page; the plain one for our own errors, and where the face's own frame fails."""
    values = {"error": error, "error_css": _style(request)}
    template = request.registry.get(LAYOUTS, {}).get(face_of(request))
    if template is not None and error.status < 500:
        try:
            return render(template, values, request)
        except Exception:
            # e.g. an address so damaged that no view was ever looked for; the reader gets his answer all the same
            log.exception("the error page %s could not be rendered", template)
    return render(TEMPLATE, values, request)


def _style(request: Any) -> str | None:
    """Return the face's style sheet; None where the front end was not built: an error page must never fail by that."""
    faces = faces_of(request.registry)
    face = faces.get(face_of(request))
    if face is None or not (face.folder / "manifest.json").is_file():
        return None
    return face.url(f"{face.name}.css")


def _below_house(context: Any) -> bool:
    return hasattr(context, "__parent__") and node_at(context, (Apartment, Account)) is not None  # type: ignore[arg-type]


def _out_of_reach(context: Any, request: Any) -> bool:
    """True for a place that the reader may not know of: in the office from the house down, on the public face below it."""
    if getattr(context, "house_id", None) is None or (face_of(request) == "portal" and not _below_house(context)):
        return False
    return not within_reach(request.identity, context)


def _sign_in_url(request: Any, *, back: bool) -> str:
    here = request.path_qs if back else None
    return request.script_name + SIGN_IN + (f"?{urlencode({'next': here})}" if here and here != "/" else "")


def _wants_json(request: Any) -> bool:
    return request.accept.acceptable_offers(["text/html", "application/json"])[:1] == [("application/json", 1.0)]
