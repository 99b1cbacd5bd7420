"""Writing persons and organisations; every change with its reason, kept as a fact and in the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.domain.facts import services as facts
from startks.domain.parties import checks
from startks.domain.parties.models import BankDetails, Organisation, Person
from startks.domain.security.identity import Identity
from startks.domain.security.masking import mask_name

PERSON_FIELDS = ("last_name", "first_name", "middle_name", "birth_date", "sex", "snils", "phone", "email")
ORGANISATION_FIELDS = (
    "name", "short_name", "role", "inn", "kpp", "ogrn", "address", "phone", "emergency_phone", "site", "email",
    "working_hours",
)  # fmt: skip


def create_person(session: Session, values: Mapping[str, Any], *, reason: str, by: Identity | None) -> int:
    """Enter a person; return the id. A second one with the same СНИЛС, or the same name and birth date, is refused."""
    given = {name: value for name, value in values.items() if name in PERSON_FIELDS and value not in (None, "")}
    check_person(given)
    refuse_second_person(session, given)
    person = Person(**given)
    session.add(person)
    session.flush()
    facts.record(
        session, "person", person.id, "person", None, {name: _plain(value) for name, value in given.items()},
        reason=reason, by=by,
    )  # fmt: skip
    return person.id


def edit_person(
    session: Session,
    person_id: int,
    values: Mapping[str, Any],
    *,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> list[str]:
    """Correct a person's data; return the names of the columns that changed."""
    person = session.get_one(Person, person_id)
    given = {name: value if value != "" else None for name, value in values.items() if name in PERSON_FIELDS}
    check_person({name: value for name, value in given.items() if value is not None})
    refuse_second_person(session, {**_row(person, PERSON_FIELDS), **given}, but=person_id)
    return _edit(session, person, "person", given, reason, document, by)


def check_person(values: Mapping[str, Any], today: dt.date | None = None) -> None:
    """Raise :class:`StartksError` for a birth date in the future or more than 130 years ago."""
    today = today or dt.date.today()
    born = values.get("birth_date")
    if born is not None and not today.year - 130 <= born.year <= today.year or (born is not None and born > today):
        raise StartksError(f"Дата рождения {born:%d.%m.%Y} невозможна: исправьте дату.")


def refuse_second_person(session: Session, values: Mapping[str, Any], but: int | None = None) -> None:
    """Raise where another person has this СНИЛС, or this name and birth date."""
    others = select(Person).where(Person.id != (but or 0))
    if values.get("snils"):
        other = session.scalar(others.where(Person.snils == values["snils"]).limit(1))
        if other is not None:
            raise StartksError(
                f"СНИЛС {values['snils']} уже записан у другого человека ({mask_name(_name(other))}): "
                "найдите его в картотеке или проверьте номер."
            )
    if values.get("birth_date"):
        other = session.scalar(
            others.where(
                func.lower(Person.last_name) == values["last_name"].casefold(),
                func.lower(Person.first_name) == values["first_name"].casefold(),
                func.lower(func.coalesce(Person.middle_name, "")) == (values.get("middle_name") or "").casefold(),
                Person.birth_date == values["birth_date"],
            ).limit(1)
        )
        if other is not None:
            raise StartksError(
                f"Человек с таким именем и датой рождения {values['birth_date']:%d.%m.%Y} уже есть в картотеке: "
                "вернитесь к поиску и выберите его."
            )


def create_organisation(session: Session, values: Mapping[str, Any], *, reason: str, by: Identity | None) -> int:
    """Enter an organisation; return the id. A second one with the same ИНН and КПП is refused."""
    given = {name: value for name, value in values.items() if name in ORGANISATION_FIELDS and value not in (None, "")}
    refuse_second_organisation(session, given)
    organisation = Organisation(**given)
    session.add(organisation)
    session.flush()
    facts.record(session, "organisation", organisation.id, "organisation", None, given, reason=reason, by=by)
    return organisation.id


def edit_organisation(
    session: Session,
    organisation_id: int,
    values: Mapping[str, Any],
    *,
    reason: str,
    document: str | None = None,
    by: Identity | None,
) -> list[str]:
    """Correct an organisation's data; return the names of the columns that changed."""
    organisation = session.get_one(Organisation, organisation_id)
    given = {name: value if value != "" else None for name, value in values.items() if name in ORGANISATION_FIELDS}
    refuse_second_organisation(session, {**_row(organisation, ORGANISATION_FIELDS), **given}, but=organisation_id)
    return _edit(session, organisation, "organisation", given, reason, document, by)


def refuse_second_organisation(session: Session, values: Mapping[str, Any], but: int | None = None) -> None:
    """Raise where another organisation has this ИНН and КПП."""
    if not values.get("inn"):
        return
    same_kpp = Organisation.kpp == values["kpp"] if values.get("kpp") else Organisation.kpp.is_(None)
    other = session.scalar(
        select(Organisation.short_name)
        .where(Organisation.id != (but or 0), Organisation.inn == values["inn"], same_kpp)
        .limit(1)
    )
    if other is not None:
        raise StartksError(f"ИНН {values['inn']} с этим КПП уже записан у «{other}»: откройте её карточку.")


def set_bank_details(
    session: Session,
    organisation_id: int,
    values: Mapping[str, str],
    *,
    since: dt.date,
    reason: str,
    document: str | None = None,
    correct: bool = False,
    by: Identity | None,
) -> facts.Change:
    """Let an organisation have this settlement account from a day; control digits are checked with the БИК."""
    return facts.change(
        session, BankDetails, {"organisation_id": organisation_id}, check_bank_details(values), valid_from=since,
        reason=reason, document=document, by=by, correct=correct,
    )  # fmt: skip


def check_bank_details(values: Mapping[str, str]) -> dict[str, str]:
    """Return the four columns as they are kept. Raises :class:`StartksError` with the first fault."""
    try:
        bank = checks.bic(values["bic"])
        return {
            "bank_name": " ".join(values["bank_name"].split()),
            "bic": bank,
            "settlement_account": checks.settlement_account(values["settlement_account"], bank),
            "correspondent_account": checks.correspondent_account(values["correspondent_account"], bank),
        }
    except ValueError as fault:
        raise StartksError(str(fault)) from fault


def _edit(
    session: Session,
    row: Any,
    kind: str,
    values: Mapping[str, Any],
    reason: str,
    document: str | None,
    by: Identity | None,
) -> list[str]:
    changed = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        raise StartksError("Ничего не изменилось: исправьте поля или вернитесь в карточку.")
    for name, (_before, after) in changed.items():
        setattr(row, name, after)
    session.flush()
    facts.record(
        session, kind, row.id, kind, {name: _plain(pair[0]) for name, pair in changed.items()},
        {name: _plain(pair[1]) for name, pair in changed.items()}, reason=reason, document=document, by=by,
    )  # fmt: skip
    return sorted(changed)


def _row(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _name(person: Person) -> str:
    return " ".join(filter(None, (person.last_name, person.first_name, person.middle_name)))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
