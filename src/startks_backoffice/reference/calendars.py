"""Forms of the production calendar, of heating seasons and of the titles of services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request

from startks.base.errors import StartksError
from startks.domain.reference import calendars
from startks.domain.reference.levels import MUNICIPALITY, REGION
from startks.domain.reference.list_queries import acts_for_choice
from startks.domain.reference.models import Service
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields
from startks.framework.web.agreement import agree, agreement
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.books import books
from startks_backoffice.reference.nodes import LevelNode


def day(context: LevelNode, request: Request) -> Any:
    """Make a day of the year special or ordinary: the calendar is one for the whole installation."""
    _only(context, REGION)
    kinds = [("", _("an ordinary day")), *LABELS["calendar.kind"].items()]
    nodes = _mapping(
        day=fields.date(_("Day")), kind=fields.choice(_("Kind"), kinds, missing=""),
        title=fields.text(_("Title"), missing=None, longest=100), reason=fields.text(_("Reason")),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> Any:
        calendars.set_day(
            request.db, values["day"], values["kind"] or None, title=values["title"], reason=values["reason"], by=request.identity
        )
        return _("The day was kept.")

    return _form(context, request, _("Day of the calendar"), nodes, save, "calendar")


def season(context: LevelNode, request: Request) -> Any:
    """Begin or end the heating season of a municipality."""
    _only(context, MUNICIPALITY)
    nodes = _mapping(
        begins=fields.date(_("First day of heating")),
        ends=fields.date(_("First day without heating"), missing=None, help=_("Empty while the season goes on.")),
        act_id=fields.choice(_("Act"), [("", "—"), *acts_for_choice(request.db)]),
        note=fields.text(_("Note"), missing=None, longest=300), reason=fields.text(_("Reason")),
    )  # fmt: skip

    def keep(values: dict[str, Any]) -> list[int]:
        return calendars.set_season(
            request.db, context.level.id, values["begins"], values["ends"], act_id=int(values["act_id"]), note=values["note"],
            reason=values["reason"], by=request.identity,
        )  # fmt: skip

    def save(values: dict[str, Any]) -> Any:
        keep(values)
        return _("The heating season was kept.")

    return _form(context, request, _("Heating season"), nodes, save, "calendar", touches=keep)


def service(context: LevelNode, request: Request) -> Any:
    """Change how a service is called and where it stands on the bill."""
    _only(context, REGION)
    number = request.GET.get("id", "")
    row = request.db.get(Service, int(number)) if number.isascii() and number.isdigit() and len(number) < 5 else None
    if row is None:
        raise HTTPNotFound()
    nodes = _mapping(
        title=fields.text(_("Title"), longest=120), short_title=fields.text(_("Short title"), longest=40),
        position=fields.number(_("Place on the bill"), places=0), reason=fields.text(_("Reason")),
    )  # fmt: skip

    def save(values: dict[str, Any]) -> Any:
        calendars.rename_service(
            request.db, row.id, title=values["title"], short_title=values["short_title"], position=int(values["position"]),
            reason=values["reason"], by=request.identity,
        )  # fmt: skip
        return _("The service was changed.")

    begin = {"title": row.title, "short_title": row.short_title, "position": row.position}
    return _form(context, request, row.title, nodes, save, "services", begin)


def _form(
    context: LevelNode, request: Request, title: Any, nodes: Any, save: Callable[[dict[str, Any]], Any], back: str,
    begin: dict[str, Any] | None = None, touches: Callable[[dict[str, Any]], list[int]] | None = None,
) -> Any:
    """``touches`` does the work and says which calculated months it reaches; it is undone again until they were seen."""
    nodes.add(agreement())
    form = Form(request, nodes, submit=_("Save"))
    address = office_url(request, context, back)
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                if agree(form, values, _tried(request, touches, values)):
                    with request.db.begin_nested():
                        said = save(values)
                    flash(request, said)
                    return HTTPSeeOther(location=address)
            except StartksError as error:
                form.fail(error.message)
        request.response.status_int = 422
    return {"books": books(context, request), "title": title, "form": form.html(begin), "back": address}


def _tried(request: Request, touches: Callable[[dict[str, Any]], list[int]] | None, values: dict[str, Any]) -> list[int]:
    if touches is None:
        return []
    inside = request.db.begin_nested()
    try:
        return touches(values)
    finally:
        inside.rollback()


def _only(context: LevelNode, kind: str) -> None:
    """The page exists on one level alone."""
    if context.level.kind != kind:
        raise HTTPNotFound()


def _mapping(**nodes: colander.SchemaNode) -> colander.SchemaNode:
    made = colander.SchemaNode(colander.Mapping())
    for name, node in nodes.items():
        node.name = name
        made.add(node)
    return made
