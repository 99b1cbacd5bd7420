"""Applications for a recalculation while somebody was away: taken in, returned, withdrawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from startks.domain.accounts.models import AccountHolder, Residence
from startks.domain.calc.parameters import value
from startks.domain.facts import services as facts
from startks.domain.facts.errors import ContradictionError
from startks.domain.reductions.acts import ActFault
from startks.domain.reductions.checks import absence_faults
from startks.domain.reductions.models import TemporaryAbsence
from startks.domain.security.identity import Identity

FIELDS = ("left_on", "returned_on", "applied_on", "papers", "decision", "grounds")


def check(session: Session, account_id: int, person_id: int, values: Mapping[str, Any], *, but: int | None = None) -> None:
    """Refuse an application that contradicts itself, the registers or another one. Raises ActFault, ContradictionError."""
    day = values["left_on"]
    faults = absence_faults(values, int(value("absence.apply_days", day)), int(value("absence.min_days", day)))
    if faults:
        raise ActFault(*faults[0])
    if not _belongs(session, account_id, person_id):
        raise ActFault("person_id", "Этот человек не живёт по счёту и не держит его: перерасчёт делать не за кого.")
    if values["decision"] != "granted":
        return
    returned = values.get("returned_on")
    statement = select(TemporaryAbsence).where(
        TemporaryAbsence.person_id == person_id, TemporaryAbsence.decision == "granted",
        or_(TemporaryAbsence.returned_on.is_(None), TemporaryAbsence.returned_on > day),
    )  # fmt: skip
    if returned is not None:
        statement = statement.where(TemporaryAbsence.left_on < returned)
    if but is not None:
        statement = statement.where(TemporaryAbsence.id != but)
    other = session.scalars(statement.order_by(TemporaryAbsence.left_on).limit(1)).one_or_none()
    if other is not None:
        raise ContradictionError(
            f"отсутствие {_span(other.left_on, other.returned_on)}", f"новое {_span(day, returned)}",
            "Один человек не отсутствует дважды в одни дни: исправьте дни или прежнюю запись.",
        )


def apply(
    session: Session, account_id: int, person_id: int, values: Mapping[str, Any], *, reason: str, by: Identity | None
) -> TemporaryAbsence:
    """Take in an application with its decision. ``values``: :data:`FIELDS`. Errors as :func:`check`."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"absence:{person_id}", 0))))
    check(session, account_id, person_id, values)
    row = TemporaryAbsence(account_id=account_id, person_id=person_id, **{name: values.get(name) for name in FIELDS})
    session.add(row)
    session.flush()
    _keep(session, row, None, _said(row), reason=reason, by=by)
    return row


def returned(
    session: Session, absence_id: int, day: dt.date, *, papers: str | None, reason: str, by: Identity | None
) -> TemporaryAbsence:
    """The person is back: the days end, what was given ahead of time is charged back. Errors as :func:`check`."""
    row = _locked(session, absence_id)
    if row.returned_on is not None or row.decision != "granted":
        raise ActFault("absence", "По этой записи человек уже вернулся, или по ней отказано: выберите другую.")
    before = _said(row)
    values = {name: getattr(row, name) for name in FIELDS}
    # a return earlier than six full days takes the right away; that is kept as a refusal, not refused to be entered
    short = (day - row.left_on).days - 1 <= int(value("absence.min_days", row.left_on))
    if short:
        values |= {"decision": "refused", "grounds": "отсутствие короче, чем нужно для перерасчёта (ПП 354 п. 86)"}
    check(session, row.account_id, row.person_id, {**values, "returned_on": day}, but=row.id)
    row.returned_on, row.decision, row.grounds = day, values["decision"], values["grounds"]
    if papers:
        row.papers = f"{row.papers}; {papers}"
    session.flush()
    _keep(session, row, before, _said(row), reason=reason, by=by)
    return row


def withdraw(session: Session, absence_id: int, *, reason: str, by: Identity | None) -> TemporaryAbsence:
    """No proof was brought: the sum is charged back (п. 95)."""
    row = _locked(session, absence_id)
    if row.decision != "granted":
        raise ActFault("absence", "По этой записи уже отказано.")
    before = _said(row)
    row.decision, row.grounds = "refused", reason
    session.flush()
    _keep(session, row, before, _said(row), reason=reason, by=by)
    return row


def _locked(session: Session, absence_id: int) -> TemporaryAbsence:
    row = session.scalar(select(TemporaryAbsence).where(TemporaryAbsence.id == absence_id).with_for_update())
    if row is None:
        raise ActFault("absence", "Такой записи нет: обновите страницу.")
    return row


def _belongs(session: Session, account_id: int, person_id: int) -> bool:
    return any(
        session.scalar(select(model.id).where(model.account_id == account_id, model.person_id == person_id).limit(1))
        for model in (Residence, AccountHolder)
    )


def _said(row: TemporaryAbsence) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in FIELDS}
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value for name, value in plain.items() if value is not None
    }


def _keep(session: Session, row: TemporaryAbsence, before: Any, after: Any, *, reason: str, by: Identity | None) -> None:
    first = row.left_on + dt.timedelta(days=1)
    # what was open until now has reached every month since
    last = None if before is not None and "returned_on" not in before else row.returned_on
    facts.record(
        session, "account", row.account_id, "temporary_absence", before, after, reason=reason, by=by, document=row.papers,
        valid_from=first, valid_to=None if last is None else max(last, first + dt.timedelta(days=1)),
        account_id=row.account_id, keys={"temporary_absence": row.id, "person_id": row.person_id},
    )  # fmt: skip


def _span(left: dt.date, back: dt.date | None) -> str:
    return f"с {left:%d.%m.%Y} {f'по {back:%d.%m.%Y}' if back else 'по сей день'}"
