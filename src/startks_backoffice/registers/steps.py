"""Steps that several wizards share: from which day and on what ground, who the person is, which organisation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import colander

from startks.base.errors import StartksError
from startks.base.periods import first_day, shift
from startks.domain.accounts import queries as account_queries
from startks.domain.parties import checks, services
from startks.domain.parties.queries import organisation_choices
from startks.domain.security import log_personal_read
from startks.domain.security.masking import mask_birth_date, mask_snils
from startks.domain.security.permissions import Permission
from startks.framework.i18n import _
from startks.framework.web import fields
from startks.framework.wizards import State, Step

NEW = "new"
_DAY_AND_GROUND, _FROM_WHICH_DAY = _("Day and ground"), _("From which day")
_FIND, _ORGANISATION = _("Find the person"), _("Organisation")
SEXES = (("", _("not stated")), ("m", _("male")), ("f", _("female")))


def ground(
    name: str = "ground",
    *,
    title: Any = _DAY_AND_GROUND,
    day: Any = _FROM_WHICH_DAY,
    day_help: Any = "",
    dated: bool = True,
    correct: bool = False,
    first_of_month: bool = False,
    check: Callable[[State, dict[str, Any]], None] | None = None,
) -> Step:
    """The day, the reason and the document: what every change is kept with."""

    def schema(state: State) -> colander.SchemaNode:
        node = colander.SchemaNode(colander.Mapping())
        if dated:
            node.add(fields.date(day, name="since", help=day_help))
        node.add(fields.text(_("Reason"), name="reason", shortest=3, longest=300,
                             help=_("Why it changes: it stands in the history of the card.")))  # fmt: skip
        node.add(fields.text(_("Document"), name="document", missing="", longest=300,
                             help=_("Kind, number and date of the paper, where there is one.")))  # fmt: skip
        if correct:
            node.add(fields.flag(_("I correct an earlier entry: it was wrong"), name="correct"))
        return node

    def initial(state: State) -> dict[str, Any]:
        today = dt.date.today()
        if not dated:
            return {}
        return {"since": first_day(shift(today.year * 100 + today.month, 1)) if first_of_month else today}

    return Step(name, title, schema, initial=initial, check=check)


def act(state: State, step: str = "ground") -> dict[str, Any]:
    """The words a service keeps a change with."""
    values = state[step]
    return {"reason": values["reason"], "document": values["document"] or None, "by": state.by}


# A person: found in the card index or entered


def person_steps(title: Any = _FIND, applies: Callable[[State], bool] | None = None) -> tuple[Step, ...]:
    """Three steps: what to look for, who of those found it is, and, where nobody is, the data of a new one."""
    relevant = applies or (lambda state: True)
    return (
        Step("search", title, Search, check=_check_search, applies=applies,
             hint=_("Look in the card index first, so that nobody is entered twice.")),
        Step("found", _("Choose the person"), _found_schema, applies=applies, hint=_found_hint),
        Step("person", _("New person"), PersonFields, check=_check_person, initial=_person_begins,
             applies=lambda state: relevant(state) and state.get("found", "who") == NEW),
    )  # fmt: skip


class Search(colander.MappingSchema):
    """СНИЛС, or surname and name."""

    last_name = fields.checked(_("Surname"), checks.name, missing="")
    first_name = fields.checked(_("Name"), checks.name, missing="")
    snils = fields.checked(_("SNILS"), checks.snils, missing="", help=_("Enough alone: it is looked up first."))


class PersonFields(colander.MappingSchema):
    """Data of a person."""

    last_name = fields.checked(_("Surname"), checks.name)
    first_name = fields.checked(_("Name"), checks.name)
    middle_name = fields.checked(_("Patronymic"), checks.name, missing=None)
    birth_date = fields.date(_("Birth date"), missing=None)
    sex = fields.choice(_("Sex"), SEXES, missing=None)
    snils = fields.checked(_("SNILS"), checks.snils, missing=None)
    phone = fields.checked(_("Telephone"), checks.phone, missing=None, attributes={"inputmode": "tel"})
    email = fields.checked(_("E-mail"), checks.email, missing=None, attributes={"inputmode": "email"})


def person_id(state: State) -> int | None:
    """Id of the person chosen; None for a new one (or before the step)."""
    who = state.get("found", "who")
    return int(who) if who and who != NEW else None


def ensure_person(state: State, reason: str) -> int:
    """Return the id of the person chosen, entering a new one."""
    chosen = person_id(state)
    if chosen is not None:
        return chosen
    return services.create_person(state.db, state["person"], reason=reason, by=state.by)


def person_title(state: State) -> str:
    """Name of the person for the last page."""
    chosen = person_id(state)
    if chosen is not None:
        return account_queries.person_name(state.db, chosen)
    values = state["person"]
    return " ".join(filter(None, (values.get("last_name"), values.get("first_name"), values.get("middle_name"))))


def _check_search(state: State, values: dict[str, Any]) -> None:
    if not values["snils"] and not values["last_name"]:
        raise StartksError("Укажите СНИЛС или фамилию: по ним ищут человека в картотеке.")


def _candidates(state: State) -> Any:
    wanted = state["search"]
    if "candidates" not in state.memo and wanted:
        state.memo["candidates"] = account_queries.find_persons(
            state.db,
            last_name=wanted["last_name"] or None,
            first_name=wanted["first_name"] or None,
            snils=wanted["snils"] or None,
        )
    return state.memo.get("candidates", ())


def _found_schema(state: State) -> colander.SchemaNode:
    shown = bool(state.request.has_permission(Permission.PARTIES_PERSON_SHOW, state.context))
    rows = _candidates(state)
    if shown and rows and "logged" not in state.memo:
        state.memo["logged"] = True
        log_personal_read(
            state.db, state.by, "correction", "person", [row.id for row in rows], ("name", "birth_date", "snils")
        )
    choices = [(row.id, _candidate(state, row, shown)) for row in rows]
    choices.append((NEW, _("Nobody of these: enter a new person")))
    node = colander.SchemaNode(colander.Mapping())
    node.add(fields.choice(_("Who is it"), choices, radio=True, name="who"))
    return node


def _candidate(state: State, row: Any, shown: bool) -> str:
    patronymic = row.middle_name or ""
    if not shown:
        patronymic = f"{patronymic[:1]}." if patronymic else ""
    birth = (state.request.fmt.date(row.birth_date) if shown else mask_birth_date(row.birth_date)) or "—"
    snils = (row.snils if shown else mask_snils(row.snils)) or "—"
    name = " ".join(filter(None, (row.last_name, row.first_name, patronymic)))
    return f"{name}, {birth}, {state.translate(_('SNILS'))} {snils}"


def _found_hint(state: State) -> Any:
    return None if _candidates(state) else _("Nobody of this name is in the card index.")


def _person_begins(state: State) -> dict[str, Any]:
    return {name: value for name, value in state["search"].items() if value}


def _check_person(state: State, values: dict[str, Any]) -> None:
    services.check_person(values)
    services.refuse_second_person(state.db, values)


# An organisation out of the register


def organisation_choice(state: State, title: Any = _ORGANISATION) -> colander.SchemaNode:
    """One of the organisations entered."""
    rows = organisation_choices(state.db)
    return fields.choice(title, [("", _("choose")), *((row.id, f"{row.short_name} ({row.inn or '—'})") for row in rows)],
                         name="organisation_id")  # fmt: skip


def plain(state: State, value: Any) -> str:
    """A value as the last page shows it."""
    if isinstance(value, bool):
        return state.translate(_("yes")) if value else state.translate(_("no"))
    if isinstance(value, dt.date):
        return state.request.fmt.date(value)
    if value is None or value == "":
        return "—"
    return state.request.fmt.number(value) if not isinstance(value, str | int) else str(value)
