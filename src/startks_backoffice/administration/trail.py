"""What was done, and who read whose personal data: two lists that only grow."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.request import Request

from startks.domain.security import user_queries
from startks.domain.security.access import scope_filter
from startks.domain.security.audit import broken_at
from startks.domain.security.models import AuditEvent, PersonalDataAccess, UserAccount
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.tree.nodes import Root
from startks.framework.tree.urls import office_url
from startks.framework.web.lists import Column, Filter, Listing
from startks_backoffice.administration.words import ACTS, DETAILS, KOPECKS, ROLES, SCOPES, SUBJECTS, WAYS

TEMPLATES = "startks_backoffice:administration/templates/"


def trail(context: Root, request: Request) -> Any:
    """The audit trail, newest first; the chain is checked on demand, for it is read from its beginning."""
    translate = request.localizer.translate
    listing = Listing(
        request,
        "trail",
        _("Audit trail"),
        user_queries.TRAIL,
        scope=scope_filter(request.identity, Permission.AUDIT_TRAIL_READ, {}),
        columns=(
            Column("position", "№", AuditEvent.position, numeric=True),
            Column("at", _("When"), AuditEvent.at, show=lambda fmt, at: fmt.moment(at)),
            Column("full_name", _("Who"), UserAccount.full_name),
            Column("action", _("Action"), AuditEvent.action, show=lambda fmt, code: ACTS.get(code, code)),
            Column("subject_kind", _("Subject"), show=lambda fmt, kind: SUBJECTS.get(kind, kind) if kind else ""),
            Column("subject_id", _("No."), numeric=True),
            Column(
                "detail",
                _("Details"),
                show=lambda fmt, detail: detail_lines(translate, fmt, detail),
            ),
            Column("ip", _("Address")),
        ),
        tie=AuditEvent.position.desc(),
        sort="-position",
        filters=(
            Filter("who", _("Who"), "contains", (UserAccount.login, UserAccount.full_name)),
            Filter(
                "act",
                _("Action"),
                "choice",
                AuditEvent.action,
                [(code, translate(name)) for code, name in ACTS.items()],
            ),
            Filter("since", _("From"), "since", AuditEvent.at),
            Filter("until", _("To"), "until", AuditEvent.at),
        ),
    )
    checked = request.params.get("check") == "yes"
    return listing.answer(
        checked=checked,
        broken=broken_at(request.db) if checked else None,
        check_url=office_url(request, context, "audit", check="yes"),
    )


def journal(context: Root, request: Request) -> Any:
    """The journal of personal data: who saw them unmasked, whose, which, what for."""
    translate = request.localizer.translate
    names = {code: translate(name) for code, name in FIELDS.items()}
    listing = Listing(
        request,
        "journal",
        _("Reading of personal data"),
        user_queries.JOURNAL,
        scope=scope_filter(request.identity, Permission.AUDIT_PERSONAL_READ, {}),
        columns=(
            Column("at", _("When"), PersonalDataAccess.at, show=lambda fmt, at: fmt.moment(at)),
            Column("full_name", _("Who"), UserAccount.full_name),
            Column("purpose", _("What for"), PersonalDataAccess.purpose),
            Column("subject_kind", _("Whose"), show=lambda fmt, kind: SUBJECTS.get(kind, kind)),
            Column("subject_ids", _("No."), show=lambda fmt, ids: _numbers(ids)),
            Column("fields", _("Data"), show=lambda fmt, codes: ", ".join(names.get(code, code) for code in codes)),
            Column("ip", _("Address")),
        ),
        tie=PersonalDataAccess.id.desc(),
        sort="-at",
        filters=(
            Filter("who", _("Who"), "contains", (UserAccount.login, UserAccount.full_name)),
            Filter("purpose", _("What for"), "contains", PersonalDataAccess.purpose),
            Filter("since", _("From"), "since", PersonalDataAccess.at),
            Filter("until", _("To"), "until", PersonalDataAccess.at),
        ),
        empty=_("Nobody has read personal data yet, or the filter is too narrow."),
    )
    return listing.answer()


FIELDS = {
    "name": _("name"),
    "birth_date": _("birth date"),
    "phone": _("telephone"),
    "email": _("e-mail"),
    "snils": _("SNILS"),
    "document": _("document"),
}


ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_LINES = 12
"""Details shown of one event; a longer one says how many more there are."""


def detail_lines(translate: Callable[[Any], str], fmt: Any, detail: Mapping[str, Any] | None) -> Markup:
    """Return the details of an event, a line «what: value» each; what nobody named is shown as it stands."""
    lines = list(_flat(detail or {}))
    shown = [
        Markup("{}: {}").format(
            " → ".join(translate(DETAILS.get(part, part)) for part in path), _detail_value(translate, fmt, path[-1], value)
        )
        for path, value in lines[:MOST_LINES]
    ]
    if len(lines) > MOST_LINES:
        shown.append(Markup("… +{}").format(len(lines) - MOST_LINES))
    return Markup("<br>").join(shown)


def _flat(detail: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in detail.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value


def _detail_value(translate: Callable[[Any], str], fmt: Any, name: str, value: Any) -> str:
    """Return one value as people write it: months, roles, territories and yes or no in words."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return translate(_("yes") if value else _("no"))
    if name.startswith("period") and isinstance(value, int) and 190_001 <= value <= 299_912 and 1 <= value % 100 <= 12:
        return fmt.period(value)
    if name == "scope" and isinstance(value, list) and len(value) == 2:
        kind, number = value
        return translate(SCOPES.get(kind, kind)) + (f" № {number}" if number is not None else "")
    if isinstance(value, list):
        return ", ".join(_detail_value(translate, fmt, name, item) for item in value) or "—"
    if isinstance(value, str) and ISO_DATE.fullmatch(value):
        return fmt.date(dt.date.fromisoformat(value))
    if name in KOPECKS and isinstance(value, int):
        return fmt.money(value)
    if name == "hash":
        return str(value)[:16] + "…"  # the whole of it stands in the seal of the month
    words = {"role": ROLES, "scope": SCOPES, "scope_kind": SCOPES, "method": WAYS}.get(name, {})
    return translate(words.get(str(value), str(value)))


def _numbers(ids: list[int]) -> str:
    shown = ", ".join(map(str, ids[:10]))
    return f"{shown} … ({len(ids)})" if len(ids) > 10 else shown


def includeme(config: Configurator) -> None:
    """Register the pages and their menu lines."""
    for view, name, permission, title, order, icon in (
        (trail, "audit", Permission.AUDIT_TRAIL_READ, _("Audit trail"), 30, "history"),
        (journal, "personal-data", Permission.AUDIT_PERSONAL_READ, _("Reading of personal data"), 40, "eye"),
    ):
        config.add_office_view(
            view,
            context=Root,
            name=name,
            permission=permission,
            renderer=TEMPLATES + f"{name.replace('-', '_')}.pt",
            request_method=("GET", "HEAD"),
        )
        config.add_menu(
            "office.administration", name.replace("-", "_"), title, context=Root, view=name, order=order, icon=icon
        )
