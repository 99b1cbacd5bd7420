"""The one list component: columns, filters, order and pages over a statement, never without the reader's scope.

    listing = Listing(
        request,
        "users",
        _("Users"),
        select(UserAccount.id, UserAccount.login, …),
        scope=scope_filter(request.identity, Permission.ADMINISTRATION_USER_READ, {}),
        columns=(
            Column("login", _("Login"), UserAccount.login, url=lambda row: …),
            Column("since", _("Since"), UserAccount.recorded_at, show=lambda fmt, value: fmt.moment(value)),
        ),
        filters=(Filter("q", _("Login or name"), "contains", UserAccount.login),),
        tie=UserAccount.id,
    )
    return listing.answer()

In the template: ``<metal:list use-macro="macros['listing']"/>``. A click on a heading or a page asks only for the list's
own part (htmx); without scripts the same links open the whole page. One query a page: the count travels with the rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from pyramid.renderers import render_to_response
from pyramid.response import Response
from sqlalchemy import ColumnElement, DateTime, Row, Select, and_, func, or_

from startks.framework.addons.menus import text
from startks.framework.i18n import _
from startks.framework.web import formats

PAGE_SIZE = 25
LARGEST_PAGE = 100_000
EXPORT = "startks.list_export"
"""Key of the environment under which an export puts the function that takes the list instead of a page."""
OFFICE = "/office"
PARTIAL = "startks.framework.web:templates/listing.pt"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``name`` is its label in the statement, ``order`` what it is sorted by (None: not at all).

    ``show(fmt, value)`` makes text of the value, ``url(row)`` a link of the cell. ``head``: the cell names its row.
    """

    name: str
    title: Any
    order: Any = None
    show: Callable[[Any, Any], Any] | None = None
    url: Callable[[Row], str | None] | None = None
    numeric: bool = False
    head: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A field above the list. Kinds: ``contains``, ``equals``, ``choice`` (with ``choices``), ``since`` and ``until`` (days).

    ``on``: the column, or several for ``contains``. ``value`` turns what was typed into what is compared.
    """

    name: str
    title: Any
    kind: str
    on: Any
    choices: Sequence[tuple[str, Any]] = ()
    value: Callable[[str], Any] = str


@dataclass(slots=True)
class ShownFilter:
    """A filter as the page shows it; ``fault`` says why what was typed is passed over."""

    name: str
    title: str
    kind: str
    choices: list[tuple[str, str]]
    typed: str
    placeholder: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row."""

    text: Any
    url: str | None = None
    numeric: bool = False
    head: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A heading of a column."""

    title: str
    url: str | None
    aria: str | None
    arrow: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class PageLink:
    """A step of the pagination."""

    title: str
    url: str | None
    current: bool = False
    rel: str | None = None


@dataclass(slots=True)
class Page:
    """Rows of one page."""

    rows: list[list[Cell]]
    total: int
    number: int
    pages: int
    links: list[PageLink] = field(default_factory=list)


class Listing:
    """A list of one request; see the module's text."""

    def __init__(
        self,
        request: Any,
        name: str,
        title: Any,
        statement: Select,
        *,
        scope: ColumnElement[bool],
        columns: Sequence[Column],
        tie: Any,
        filters: Sequence[Filter] = (),
        sort: str | None = None,
        empty: Any = None,
        page_size: int = PAGE_SIZE,
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        """``kept``: parameters of the page that its links and its filter carry on (which month, which group)."""
        if not isinstance(scope, ColumnElement):
            raise TypeError(f"list {name}: scope must be what scope_filter returns, not {type(scope).__name__}")
        self.request = request
        self.name = name
        self.title = text(request, title)
        self.every = tuple(columns)
        self.columns = self._chosen()
        self.tie = tie
        self.page_size = page_size
        self.path = request.path
        self.kept = {name: str(value) for name, value in (kept or {}).items()}
        self.empty = text(request, empty or _("Nothing found. Change the filter or reset it."))
        self._default = sort or next((column.name for column in columns if column.order is not None), "")
        self.filters, conditions = self._filters(filters)
        self.filtered = any(shown.typed for shown in self.filters)
        self._statement = statement.where(scope, *conditions)

    @property
    def partial(self) -> bool:
        """True where htmx, or an export, asks for this list alone."""
        return self.request.headers.get("HX-Target") == f"list-{self.name}" or EXPORT in self.request.environ

    def answer(self, **values: Any) -> Any:
        """Return the view's answer: the list alone for htmx, else ``{"listing": self, **values}`` for the renderer."""
        export = self.request.environ.get(EXPORT)
        if export is not None:
            export(self)
            return Response()
        if self.partial:
            return render_to_response(PARTIAL, {"listing": self}, request=self.request)
        return {"listing": self, **values}

    @cached_property
    def sort_key(self) -> str:
        """The column sorted by, with ``-`` before it for descending order; unknown ones fall back to the default."""
        wanted = self.request.params.get("sort", "")
        column = self._column(wanted.removeprefix("-"))
        return wanted if column is not None and column.order is not None else self._default

    def ordered(self) -> Select:
        """Return the statement with filters, scope and order, without a page: what an export runs."""
        column = self._column(self.sort_key.removeprefix("-"))
        order: list[Any] = []
        if column is not None:
            parts = column.order if isinstance(column.order, tuple) else (column.order,)
            order = [part.desc() if self.sort_key.startswith("-") else part for part in parts]
        return self._statement.order_by(*order, self.tie)

    @cached_property
    def page(self) -> Page:
        """Run the query of the asked page (the last one where it lies beyond)."""
        wanted = self._page_number()
        rows, total = self._rows(wanted)
        pages = max(1, -(-total // self.page_size))
        number = min(wanted, pages)
        if not rows and wanted > 1:  # beyond the end, where no row carries the count
            rows, total = self._rows(1)
            pages = max(1, -(-total // self.page_size))
            number = pages
            if number > 1:
                rows, total = self._rows(number)
        return Page([self._cells(row) for row in rows], total, number, pages, self._links(number, pages))

    @cached_property
    def heads(self) -> list[Head]:
        """Headings with the links that sort."""
        heads = []
        for column in self.columns:
            current = self.sort_key.removeprefix("-") == column.name
            descending = current and self.sort_key.startswith("-")
            url = aria = None
            if column.order is not None:
                url = self.url(sort=column.name if descending or not current else f"-{column.name}", page=None)
                aria = ("descending" if descending else "ascending") if current else None
            arrow = (" ↓" if descending else " ↑") if current else ""
            heads.append(Head(text(self.request, column.title), url, aria, arrow, column.numeric))
        return heads

    def url(self, **changes: Any) -> str:
        """Return the list's address with some parameters changed (None takes one out)."""
        kept = {**self.kept, **{shown.name: shown.typed for shown in self.filters if shown.typed}}
        kept["sort"] = self.sort_key if self.sort_key != self._default else None
        kept["col"] = self.chosen or None
        kept.update(changes)
        query = urlencode({key: value for key, value in kept.items() if value not in (None, "")}, doseq=True)
        return self.path + (f"?{query}" if query else "")

    @property
    def reset_url(self) -> str:
        """The list's address without filters and order."""
        return self.path + (f"?{urlencode(self.kept)}" if self.kept else "")

    @property
    def chosen(self) -> list[str]:
        """Names of the columns that are shown, where the reader has left some out; the one that names the row always is."""
        return [] if len(self.columns) == len(self.every) else [column.name for column in self.columns]

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(name, title, shown) of the columns that may be left out."""
        shown = {column.name for column in self.columns}
        return [
            (column.name, text(self.request, column.title), column.name in shown) for column in self.every if not column.head
        ]

    @property
    def tools_url(self) -> str | None:
        """Page where this list, as it is now, is kept under a name or ordered as a spreadsheet; the office has one."""
        script, root = self.request.script_name, script_free(self.request)
        if not root.startswith(OFFICE) or self.request.identity is None:
            return None
        query = self.url(page=None).partition("?")[2]
        values = {"list": self.name, "title": self.title, "path": root, "query": query}
        return f"{script}{OFFICE}/@@lists?{urlencode(values)}"

    def _chosen(self) -> tuple[Column, ...]:
        wanted = set(self.request.params.getall("col"))
        if not wanted & {column.name for column in self.every}:
            return self.every
        return tuple(column for column in self.every if column.head or column.name in wanted)

    def _column(self, name: str) -> Column | None:
        return next((column for column in self.every if column.name == name), None)

    def _page_number(self) -> int:
        given = self.request.params.get("page", "1")
        return min(max(int(given), 1), LARGEST_PAGE) if given.isascii() and given.isdigit() and len(given) < 7 else 1

    def _rows(self, number: int) -> tuple[Sequence[Row], int]:
        statement = (
            self.ordered()
            .add_columns(func.count().over().label("list_total"))
            .limit(self.page_size)
            .offset((number - 1) * self.page_size)
        )
        rows = self.request.read.execute(statement).all()
        return rows, rows[0].list_total if rows else 0

    def _cells(self, row: Row) -> list[Cell]:
        fmt = self.request.fmt
        cells = []
        for column in self.columns:
            value = getattr(row, column.name, None)
            shown = column.show(fmt, value) if column.show is not None else value
            shown = "" if shown is None else shown
            url = column.url(row) if column.url is not None else None
            cells.append(
                Cell(
                    text(self.request, shown) if not hasattr(shown, "__html__") else shown,
                    url,
                    column.numeric,
                    column.head,
                )
            )
        return cells

    def _links(self, number: int, pages: int) -> list[PageLink]:
        translate = self.request.localizer.translate
        if pages < 2:
            return []
        links = []
        if number > 1:
            links.append(PageLink(translate(_("Back")), self._page_url(number - 1), rel="prev"))
        shown = sorted({1, pages, *range(max(1, number - 2), min(pages, number + 2) + 1)})
        previous = 0
        for step in shown:
            if step != previous + 1:
                links.append(PageLink("…", None))
            links.append(PageLink(str(step), self._page_url(step), step == number))
            previous = step
        if number < pages:
            links.append(PageLink(translate(_("Next")), self._page_url(number + 1), rel="next"))
        return links

    def _page_url(self, number: int) -> str:
        return self.url(page=number if number > 1 else None)

    def _filters(self, filters: Sequence[Filter]) -> tuple[list[ShownFilter], list[ColumnElement[bool]]]:
        shown_filters: list[ShownFilter] = []
        conditions: list[ColumnElement[bool]] = []
        for item in filters:
            typed = self.request.params.get(item.name, "").strip()[:200]
            shown = ShownFilter(
                item.name,
                text(self.request, item.title),
                item.kind,
                [(value, text(self.request, title)) for value, title in item.choices],
                typed,
                text(self.request, _("DD.MM.YYYY")) if item.kind in ("since", "until") else None,
            )
            shown_filters.append(shown)
            if not typed:
                continue
            try:
                conditions.append(_condition(item, typed, self.request.fmt.zone))
            except ValueError as error:
                shown.fault = str(error)
        return shown_filters, conditions


def script_free(request: Any) -> str:
    """Path of a request as the application itself knows it."""
    return request.path.removeprefix(request.script_name)


def _condition(item: Filter, typed: str, zone: dt.tzinfo) -> ColumnElement[bool]:
    columns = item.on if isinstance(item.on, tuple) else (item.on,)
    if item.kind == "contains":
        # every word must be somewhere: «иванов гагарина» finds the one on that street
        return and_(*(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in typed.split()))
    if item.kind == "choice":
        if typed not in {value for value, _title in item.choices}:
            raise ValueError("Такого значения в списке нет. Выберите другое.")
        return columns[0] == item.value(typed)
    if item.kind == "equals":
        return columns[0] == item.value(typed)
    if item.kind == "since":
        return columns[0] >= _bound(columns[0], formats.parse_date(typed), zone)
    if item.kind == "until":  # the named day is still in the list
        return columns[0] < _bound(columns[0], formats.parse_date(typed) + dt.timedelta(days=1), zone)
    raise TypeError(f"unknown kind of filter {item.kind!r}")


def _bound(column: Any, day: dt.date, zone: dt.tzinfo) -> dt.date | dt.datetime:
    """A day begins at the town's midnight where moments are compared with it."""
    return dt.datetime.combine(day, dt.time(), zone) if isinstance(column.type, DateTime) else day
