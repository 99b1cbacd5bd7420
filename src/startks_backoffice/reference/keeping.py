"""The card of a value (its days, acts, who changed it), its end, a new act; a book out to a file and in from one."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from startks.base.errors import StartksError
from startks.domain.facts.queries import history
from startks.domain.reference import services
from startks.domain.reference.levels import MUNICIPALITY, ORGANISATION, REGION, Level
from startks.domain.reference.models import Parameter, Tariff
from startks.domain.reference.services import BOOKS
from startks.domain.security.permissions import Permission
from startks.framework.exchange import books as files
from startks.framework.exchange.sheets import MOST_BYTES
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web import fields, settings_of
from startks.framework.web.agreement import agree, agreement
from startks.framework.web.flash import flash
from startks.framework.web.forms import Form
from startks.framework.web.uploads import uploaded
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.books import TITLES, WHO, books
from startks_backoffice.reference.nodes import LevelNode, ReferenceBooks

SHOWN = 300
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def value(context: ReferenceBooks | LevelNode, request: Request) -> dict[str, Any]:
    """One value through time: past, in force, planned, each with its act; who changed it."""
    book, row = _asked(request)
    level = context.level if isinstance(context, LevelNode) else None
    own = level is not None and _is_own(level, row)
    may = own and request.has_permission(Permission.REFERENCE_BOOK_WRITE, context)
    today = dt.date.today()
    pieces = [
        SimpleNamespace(
            value=piece[0].value, since=piece.since, until=piece.until, act=piece[1], paragraph=piece[0].paragraph,
            certain=piece[0].certain, note=piece[0].note, who=WHO.get(getattr(piece[0], "level", None) or _kind(piece[0])),
            state="planned" if piece.since and piece.since > today else "past" if piece.until and piece.until <= today else "now",
        )
        for piece in services.timeline(request.db, book, row)
    ]  # fmt: skip
    kind = BOOKS[book].kind
    card = row.service_id if hasattr(row, "service_id") else services.card_of(request.db, book, {"code": row.code})
    return {
        "books": books(context, request), "book": book, "title": _title(request, book, row), "pieces": pieces, "row": row,
        "entries": history(request.db, kind, card), "may": may, "own": own, "level": level,
        "keeper": None if own else WHO.get(getattr(row, "level", None) or _kind(row)),
        "new_url": office_url(request, context, f"new-{book.removesuffix('s')}", of=row.id),
        "end_url": office_url(request, context, "end", book=book, id=row.id),
    }  # fmt: skip


def end(context: LevelNode, request: Request) -> Any:
    """End a value without another one."""
    book, row = _asked(request)
    if not _is_own(context.level, row):
        raise HTTPNotFound()
    form = Form(request, _mapping(
        ends_on=fields.date(_("First day on which it no longer holds")), reason=fields.text(_("Reason")), agreed=agreement(),
    ), submit=_("End the value"), style="btn-danger")  # fmt: skip
    back = office_url(request, context, "value", book=book, id=row.id)
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                if agree(form, values, _ended(context, request, book, row, values, look=True)):
                    _ended(context, request, book, row, values)
                    flash(request, _("The value was ended."))
                    return HTTPSeeOther(location=back)
            except StartksError as error:
                form.fail(error.message)
        request.response.status_int = 422
    return {"books": books(context, request), "title": _title(request, book, row), "form": form.html(), "back": back}


def _ended(
    context: LevelNode, request: Request, book: str, row: Any, values: dict[str, Any], look: bool = False
) -> list[int]:
    """End the value and return the calculated months touched; ``look`` undoes it again."""
    house = getattr(row, "house_id", None)
    services.check_end(row, values["ends_on"])
    inside = request.db.begin_nested()
    kept = False
    try:
        months = services.end_value(
            request.db, context.level, book, {name: getattr(row, name) for name in BOOKS[book].keys},
            ends_on=values["ends_on"], reason=values["reason"], by=request.identity, house_ids=(house,) if house else (),
        )  # fmt: skip
        kept = not look
        return months
    finally:
        if kept:
            inside.commit()
        else:
            inside.rollback()


def new_act(context: LevelNode, request: Request) -> Any:
    """Enter an act."""
    form = Form(request, _mapping(
        title=fields.text(_("Title"), longest=300), number=fields.text(_("Number"), longest=60, missing=None),
        body=fields.text(_("Adopted by"), missing=None), adopted_on=fields.date(_("Of"), missing=None),
        url=fields.text(_("Where to read it"), longest=500, missing=None),
    ), submit=_("Save"))  # fmt: skip
    back = office_url(request, context, "acts")
    if request.method == "POST":
        values = form.validate()
        if values is not None:
            try:
                with request.db.begin_nested():
                    services.add_act(request.db, **values, by=request.identity)
            except StartksError as error:
                form.fail(error.message)
            else:
                flash(request, _("The act was entered."))
                return HTTPSeeOther(location=back)
        request.response.status_int = 422
    return {"books": books(context, request), "title": _("New act"), "form": form.html(), "back": back}


def export(context: LevelNode, request: Request) -> Response:
    """The values of this level as a file; ``format=xlsx`` for a spreadsheet."""
    book = _book(request)
    rows = files.export_rows(request.db, context.level, book)
    xlsx = request.params.get("format") == "xlsx"
    body = files.to_xlsx(rows) if xlsx else files.to_csv(rows)
    response = Response(body, content_type=XLSX if xlsx else "text/csv", charset=None if xlsx else "utf-8")
    name = f"{book}-{context.__name__}.{'xlsx' if xlsx else 'csv'}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def import_(context: LevelNode, request: Request) -> Any:
    """Take a file in, show what it would change, load it on a second word."""
    book = _book(request)
    data_dir = settings_of(request.registry).data_dir
    shown: dict[str, Any] = {
        "books": books(context, request), "book": TITLES[book], "name": book, "header": files.header(book),
        "needed": files.NEEDED[book], "found": None, "batch": None, "fault": None, "shown": SHOWN,
        "most": MOST_BYTES // 2**20, "reason": request.POST.get("reason", ""),
        "export_url": office_url(request, context, "export", book=book),
        "xlsx_url": office_url(request, context, "export", book=book, format="xlsx"),
    }  # fmt: skip
    if request.method != "POST":
        return shown
    try:
        if "batch" in request.POST:
            return _load(context, request, book, data_dir)
        name, content = uploaded(request, "file", most=MOST_BYTES)
        with request.db.begin_nested():
            shown["batch"] = files.keep(request.db, data_dir, context.level, book, name, content, request.identity)
        shown["found"] = files.examine(request.db, context.level, book, name, content)
        shown["file"] = name
    except StartksError as error:
        shown["fault"] = error.message
    if shown["fault"] or shown["found"].faults:
        request.response.status_int = 422
    return shown


def _load(context: LevelNode, request: Request, book: str, data_dir: Any) -> HTTPSeeOther:
    number = request.POST["batch"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise StartksError("Такого файла нет: передайте его снова.")
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise StartksError("Напишите причину: она остаётся в истории каждого значения. Передайте файл снова.")
    name, content = files.kept_file(request.db, data_dir, context.level, book, int(number))
    with request.db.begin_nested():
        count = files.load(
            request.db, context.level, book, name, content, batch=int(number), reason=reason[:300], by=request.identity
        )
    flash(request, _("Values loaded: ${count}.", mapping={"count": count}))
    return HTTPSeeOther(location=office_url(request, context, book))


def _book(request: Request) -> str:
    book = request.GET.get("book", "")
    if book not in BOOKS:
        raise HTTPNotFound()
    return book


def _asked(request: Request) -> tuple[str, Any]:
    book = _book(request)
    number = request.GET.get("id", "")
    row = services.row_of(request.db, book, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
    if row is None:
        raise HTTPNotFound()
    return book, row


def _kind(row: Any) -> str:
    return REGION if row.municipality_id is None else MUNICIPALITY


def _is_own(level: Level, row: Any) -> bool:
    """True where this level set the value: only then it may change it."""
    kind = _kind(row) if isinstance(row, Parameter) else row.level
    if kind != level.kind:
        return False
    if level.kind == MUNICIPALITY:
        return row.municipality_id == level.id
    return level.kind == REGION or (level.kind == ORGANISATION and isinstance(row, Tariff))


def _title(request: Request, book: str, row: Any) -> str:
    if book == "parameters":
        return row.code
    purpose = LABELS["norm.purpose"].get(row.purpose, row.purpose) if book == "norms" else ""
    return ", ".join(filter(None, (row.service.title, request.localizer.translate(purpose) if purpose else "", row.category)))


def _mapping(**nodes: Any) -> Any:
    made = colander.SchemaNode(colander.Mapping())
    for name, node in nodes.items():
        node.name = name
        made.add(node)
    return made
