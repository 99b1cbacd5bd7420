"""Lists of the reference books. Every value stands with its dates, act and, where it is one, the badge «оценка»."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from pyramid.request import Request
from sqlalchemy import Row, true

from startks.base.db.ranges import since
from startks.domain.reference import levels, list_queries
from startks.domain.reference.models import Act, LawRule, Norm, Parameter, Service, Tariff
from startks.domain.reference.services import BOOKS
from startks.domain.security.permissions import Permission
from startks.domain.territory.models import Municipality
from startks.framework.i18n import _
from startks.framework.tree.urls import office_url
from startks.framework.web.lists import Column, Filter, Listing
from startks_backoffice.labels import LABELS
from startks_backoffice.reference.nodes import LevelNode, ReferenceBooks

PAGE_SIZE = 50
TITLES = {
    "services": (_("Services"), _("Lines of the bill, their units and places"), "list-check"),
    "tariffs": (_("Tariffs"), _("Prices by date, with the act that set them"), "currency-ruble"),
    "norms": (_("Norms"), _("Consumption norms by category, rooms and residents"), "ruler-2"),
    "parameters": (_("Parameters of the law"), _("Coefficients, rates, limits and days"), "adjustments"),
    "acts": (_("Acts"), _("Where every figure comes from"), "gavel"),
    "rules": (_("Rules of the calculation"), _("Which rule was in force when, by act and paragraph"), "math-function"),
    "calendar": (_("Calendar"), _("Days off, transferred days and heating seasons"), "calendar"),
}
WHO = {"region": _("region"), "municipality": _("municipality"), "organisation": _("organisation")}
STATES = (("now", _("in force")), ("planned", _("planned")), ("past", _("past")))
"""A value entered ahead waits for its day as «planned»."""


@dataclass(frozen=True, slots=True)
class Book:
    """A line of the index and of the tabs."""

    name: str
    title: Any
    text: Any
    icon: str
    url: str
    current: bool


def books(context: ReferenceBooks, request: Request) -> list[Book]:
    """Return all books with their addresses."""
    return [
        Book(name, title, text, icon, office_url(request, context, name), request.view_name == name)
        for name, (title, text, icon) in TITLES.items()
    ]


def index(context: ReferenceBooks, request: Request) -> dict[str, Any]:
    """What books there are, and whose."""
    here = office_url(request, context)
    keepers = [(_("Region"), levels.region(request.db).title, f"{here}/region")]
    keepers += [(_("Municipality"), name, f"{here}/{slug}") for _id, name, slug in levels.municipalities(request.db)]
    keepers += [(_("Organisation"), name, f"{here}/org-{number}") for number, name in levels.managers(request.db)]
    return {"books": books(context, request), "keepers": keepers}


def level_index(context: LevelNode, request: Request) -> dict[str, Any]:
    """The books of one level."""
    return {"books": books(context, request), "keepers": ()}


def services(context: ReferenceBooks, request: Request) -> Any:
    """Services: lines of the bill."""
    say = request.say
    columns = (
        Column("position", _("Place on the bill"), Service.position, numeric=True),
        Column("title", _("Service"), Service.title, head=True, url=_service_url(context, request)),
        Column("short_title", _("Short title")),
        Column("code", _("Code"), Service.code),
        Column("unit", _("Unit"), Service.unit, show=lambda fmt, value: say("unit", value)),
        Column("section", _("Section"), Service.section, show=lambda fmt, value: say("service.section", value)),
        Column("resource", _("Metered resource"), Service.resource),
    )
    filters = (
        Filter("q", _("Service"), "contains", (Service.title, Service.code)),
        Filter("section", _("Section"), "choice", Service.section, tuple(LABELS["service.section"].items())),
    )
    return _answer(context, request, "services", list_queries.SERVICES, columns, filters, Service.id)


def tariffs(context: ReferenceBooks, request: Request) -> Any:
    """Tariffs by date."""
    columns = (
        Column("service", _("Service"), (Service.position, since(Tariff.valid).desc()), head=True, url=_card(context, request, "tariffs")),
        Column("value", _("Tariff, ₽"), Tariff.value, show=_number, numeric=True),
        Column("certain", "", show=_certainty(request)),
        Column("category", _("Category"), Tariff.category),
        Column("since", _("From"), since(Tariff.valid), show=_day),
        Column("until", _("To"), show=_day),
        Column("level", _("Set by"), show=_set_by(context)),
        Column("house", _("House")),
        Column("municipality", _("Municipality"), Municipality.name),
        Column("act", _("Act"), Act.title),
        Column("act_number", _("Number")),
        Column("paragraph", _("Paragraph")),
        Column("note", _("Note")),
    )
    return _answer(
        context, request, "tariffs", list_queries.TARIFFS, columns, _dated_filters(Tariff, Service.title), Tariff.id
    )


def norms(context: ReferenceBooks, request: Request) -> Any:
    """Norms by date."""
    say = request.say
    columns = (
        Column("service", _("Service"), (Service.position, Norm.category, Norm.rooms, Norm.residents), head=True, url=_card(context, request, "norms")),
        Column("purpose", _("For what"), Norm.purpose, show=lambda fmt, value: say("norm.purpose", value)),
        Column("category", _("Category"), Norm.category),
        Column("rooms", _("Rooms"), Norm.rooms, show=_unless_zero, numeric=True),
        Column("residents", _("Residents"), Norm.residents, show=_unless_zero, numeric=True),
        Column("value", _("Norm"), Norm.value, show=_number, numeric=True),
        Column("unit", _("Unit"), show=lambda fmt, value: say("norm.unit", value)),
        Column("certain", "", show=_certainty(request)),
        Column("since", _("From"), since(Norm.valid), show=_day),
        Column("until", _("To"), show=_day),
        Column("level", _("Set by"), show=_set_by(context)),
        Column("act", _("Act"), Act.title),
        Column("act_number", _("Number")),
        Column("note", _("Note")),
    )
    filters = (
        *_dated_filters(Norm, Service.title),
        Filter("purpose", _("For what"), "choice", Norm.purpose, tuple(LABELS["norm.purpose"].items())),
    )
    return _answer(context, request, "norms", list_queries.NORMS, columns, filters, Norm.id)


def parameters(context: ReferenceBooks, request: Request) -> Any:
    """Numbers of the law."""
    columns = (
        Column("code", _("Parameter"), (Parameter.code, since(Parameter.valid).desc()), head=True, url=_card(context, request, "parameters")),
        Column("value", _("Value"), Parameter.value, show=_number, numeric=True),
        Column("certain", "", show=_certainty(request)),
        Column("since", _("From"), since(Parameter.valid), show=_day),
        Column("until", _("To"), show=_day),
        Column("level", _("Set by"), show=_set_by(context)),
        Column("municipality", _("Where"), show=lambda fmt, value: value or _("all of Russia")),
        Column("act", _("Act"), Act.title),
        Column("act_number", _("Number")),
        Column("paragraph", _("Paragraph")),
        Column("note", _("Note")),
    )
    return _answer(
        context,
        request,
        "parameters",
        list_queries.PARAMETERS,
        columns,
        _dated_filters(Parameter, Parameter.code),
        Parameter.id,
    )


def acts(context: ReferenceBooks, request: Request) -> Any:
    """Acts and other sources, with how much rests on each."""
    columns = (
        Column("title", _("Act"), Act.title, head=True, url=_source),
        Column("number", _("Number"), Act.number),
        Column("body", _("Adopted by"), Act.body),
        Column("adopted_on", _("Of"), Act.adopted_on, show=_day),
        Column("tariffs", _("Tariffs"), show=_unless_zero, numeric=True),
        Column("norms", _("Norms"), show=_unless_zero, numeric=True),
        Column("parameters", _("Parameters"), show=_unless_zero, numeric=True),
    )
    filters = (Filter("q", _("Act"), "contains", list_queries.ACT_WORDS),)
    return _answer(context, request, "acts", list_queries.ACTS, columns, filters, Act.id)


def rules(context: ReferenceBooks, request: Request) -> Any:
    """Rules of the engine, as lines of old bills name them."""
    columns = (
        Column("key", _("Rule"), (LawRule.key, LawRule.version), head=True),
        Column("title", _("Title"), LawRule.title),
        Column("act", _("Act"), LawRule.act),
        Column("paragraph", _("Paragraph")),
        Column("since", _("From"), since(LawRule.valid), show=_day),
        Column("until", _("To"), show=_day),
        Column("version", _("Version"), LawRule.version, numeric=True),
    )
    filters = (Filter("q", _("Rule"), "contains", (LawRule.key, LawRule.title, LawRule.act)),)
    return _answer(context, request, "rules", list_queries.RULES, columns, filters, LawRule.id)


def calendar(context: ReferenceBooks | LevelNode, request: Request) -> dict[str, Any]:
    """Special days of a year and the heating seasons."""
    today = dt.date.today()
    asked = request.params.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and 2000 <= int(asked) <= 2099 else today.year
    return {
        "books": books(context, request),
        "actions": _actions(context, request, "calendar"),
        "year": year,
        "days": list_queries.calendar_year(request.read, year),
        "seasons": list_queries.heating_seasons(request.read),
    }


LISTS: dict[str, Callable[[ReferenceBooks, Request], Any]] = {
    "services": services,
    "tariffs": tariffs,
    "norms": norms,
    "parameters": parameters,
    "acts": acts,
    "rules": rules,
}


def _answer(
    context: ReferenceBooks,
    request: Request,
    name: str,
    statement: Any,
    columns: Sequence[Column],
    filters: Sequence[Filter],
    tie: Any,
) -> Any:
    listing = Listing(
        request,
        name,
        TITLES[name][0],
        statement,
        # reference books carry no personal data: whoever may open them reads all of them; a level shows its own part
        scope=levels.shown(_level(context), BOOKS[name].model) if name in BOOKS else true(),
        columns=columns,
        filters=filters,
        tie=tie,
        page_size=PAGE_SIZE,
    )
    return listing.answer(
        books=books(context, request), book=TITLES[name], level=_level(context), actions=_actions(context, request, name)
    )


def _level(context: ReferenceBooks | LevelNode) -> levels.Level | None:
    return context.level if isinstance(context, LevelNode) else None


def _actions(context: ReferenceBooks | LevelNode, request: Request, name: str) -> list[tuple[str, Any, str]]:
    """(address, title, icon) of what the reader may do with this book here."""
    level = _level(context)
    found: list[tuple[str, Any, str]] = []
    if level is None:
        return found
    if name in BOOKS:
        found.append((office_url(request, context, "export", book=name), _("Export"), "file-export"))
    if not request.has_permission(Permission.REFERENCE_BOOK_WRITE, context):
        return found
    if name in BOOKS and level.kind in BOOKS[name].levels:
        found.append((office_url(request, context, f"new-{name.removesuffix('s')}"), _("New value"), "plus"))
        found.append((office_url(request, context, "import", book=name), _("Import"), "file-import"))
    if name == "calendar" and level.kind == levels.REGION:
        found.append((office_url(request, context, "calendar-day"), _("Day of the calendar"), "edit"))
    if name == "calendar" and level.kind == levels.MUNICIPALITY:
        found.append((office_url(request, context, "heating-season"), _("Heating season"), "flame"))
    if name == "acts":
        found.append((office_url(request, context, "new-act"), _("New act"), "plus"))
    return found


def _card(context: ReferenceBooks | LevelNode, request: Request, name: str) -> Callable[[Row], str]:
    return lambda row: office_url(request, context, "value", book=name, id=row.id)


def _service_url(context: ReferenceBooks | LevelNode, request: Request) -> Callable[[Row], str | None] | None:
    level = _level(context)
    if level is None or level.kind != levels.REGION or not request.has_permission(Permission.REFERENCE_BOOK_WRITE, context):
        return None
    return lambda row: office_url(request, context, "service", id=row.id)


def _set_by(context: ReferenceBooks | LevelNode) -> Callable[[Any, str], Any]:
    """«own» for what this level set itself, else from whom it is inherited."""
    level = _level(context)
    return lambda fmt, kind: _("own") if level is not None and kind == level.kind else WHO.get(kind, kind)


def _dated_filters(model: Any, word: Any) -> tuple[Filter, ...]:
    return (
        Filter("q", _("Title"), "contains", word),
        Filter(
            "certain",
            _("Certainty"),
            "choice",
            model.certain,
            (("yes", _("certain")), ("no", _("estimate"))),
            value=lambda typed: typed == "yes",
        ),
        Filter(
            "now",
            _("In force"),
            "choice",
            list_queries.state_today(model),
            STATES,
            value=str,
        ),
    )


def _certainty(request: Request) -> Callable[[Any, bool], Any]:
    badge = Markup('<span class="desk-badge desk-badge--yellow">{}</span>').format(
        request.localizer.translate(_("estimate"))
    )
    return lambda fmt, certain: "" if certain else badge


def _number(fmt: Any, value: Any) -> str:
    return fmt.number(value)


def _unless_zero(fmt: Any, value: Any) -> str:
    return fmt.number(value) if value else ""


def _day(fmt: Any, value: Any) -> str:
    return fmt.date(value)


def _source(row: Row) -> str | None:
    return row.url if (row.url or "").startswith(("https://", "http://")) else None
