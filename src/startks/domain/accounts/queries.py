"""What the services and wizards of personal accounts ask: what a message calls an account, its debt, who is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import holds_on, since, until
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.ledger.models import Statement
from startks.domain.parties.models import Organisation, Person
from startks.domain.periods.models import Period
from startks.domain.reference.models import Service
from startks.domain.territory.models import House, Premise, Street
from startks.domain.territory.titles import address_line

FULL_NAME = func.concat_ws(" ", Person.last_name, Person.first_name, Person.middle_name)


@dataclass(frozen=True, slots=True)
class Debt:
    """Balance of an account at the end of its last calculated month, kopecks; negative: paid in advance."""

    period: int | None
    total: int
    capital_repair: int


def debt(session: Session, account_id: int) -> Debt:
    """Return what the account owes by the last calculated month, and how much of it for capital repair."""
    newest = select(func.max(Period.id)).where(Period.calculated_at.is_not(None)).scalar_subquery()
    row = session.execute(
        select(
            func.max(Statement.period).label("period"),
            func.coalesce(func.sum(Statement.closing), 0).label("total"),
            func.coalesce(func.sum(Statement.closing).filter(Service.code == "capital_repair"), 0).label("repair"),
        )
        .outerjoin(Service, Service.id == Statement.service_id)
        .where(Statement.account_id == account_id, Statement.period == newest)
    ).one()
    return Debt(row.period, int(row.total), int(row.repair))


def label(session: Session, account_id: int) -> str:
    """«ул. Гагарина, д. 5, кв. 12 (счёт 6300000001)»."""
    row = session.execute(
        select(Account.number, Street.name, House.number.label("house"), Premise.kind, Premise.number.label("premise"))
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Account.house_id)
        .join(Street, Street.id == House.street_id)
        .where(Account.id == account_id)
    ).one()
    return f"{address_line(row.name, row.house, row.kind, row.premise)} (счёт {row.number})"


def holders_on(session: Session, account_id: int, day: dt.date) -> Sequence[Row]:
    """Return id, person_id, organisation_id, name, tenure, payer, share (parts) of the holders on the day."""
    return session.execute(
        select(
            AccountHolder.id,
            AccountHolder.person_id,
            AccountHolder.organisation_id,
            func.coalesce(Organisation.short_name, FULL_NAME).label("name"),
            AccountHolder.tenure,
            AccountHolder.payer,
            AccountHolder.share_part,
            AccountHolder.share_whole,
            since(AccountHolder.valid).label("since"),
        )
        .outerjoin(Person, Person.id == AccountHolder.person_id)
        .outerjoin(Organisation, Organisation.id == AccountHolder.organisation_id)
        .where(AccountHolder.account_id == account_id, holds_on(AccountHolder.valid, day))
        .order_by(AccountHolder.payer.desc(), AccountHolder.id)
    ).all()


def owners_by_day(session: Session, account_id: int) -> list[tuple[dt.date, dt.date, Fraction]]:
    """Return (since, until, share) of every owner of the account, whenever he is one; open ends as date.min and max."""
    rows = session.execute(
        select(
            since(AccountHolder.valid).label("since"),
            until(AccountHolder.valid).label("until"),
            AccountHolder.share_part,
            AccountHolder.share_whole,
        ).where(AccountHolder.account_id == account_id, AccountHolder.tenure == "owner")
    )
    return [
        (row.since or dt.date.min, row.until or dt.date.max, Fraction(row.share_part, row.share_whole)) for row in rows
    ]


def residents_on(session: Session, account_id: int, day: dt.date) -> Sequence[Row]:
    """Return person_id, name, kind, relation and first day of everybody who lives at the account on the day or later."""
    return session.execute(
        select(
            Residence.person_id,
            FULL_NAME.label("name"),
            Residence.kind,
            Residence.relation,
            since(Residence.valid).label("since"),
            until(Residence.valid).label("until"),
        )
        .join(Person, Person.id == Residence.person_id)
        .where(
            Residence.account_id == account_id,
            or_(until(Residence.valid).is_(None), until(Residence.valid) > day),
        )
        .order_by(since(Residence.valid), Residence.id)
    ).all()


def residence_elsewhere(
    session: Session, person_id: int, kind: str, first: dt.date, last: dt.date | None
) -> Row | None:
    """Return account_id, since and until of the person's residence of this kind that shares a day with [first, last)."""
    overlaps = [or_(until(Residence.valid).is_(None), until(Residence.valid) > first)]
    if last is not None:
        overlaps.append(or_(since(Residence.valid).is_(None), since(Residence.valid) < last))
    return session.execute(
        select(
            Residence.account_id, since(Residence.valid).label("since"), until(Residence.valid).label("until")
        )
        .where(Residence.person_id == person_id, Residence.kind == kind, *overlaps)
        .order_by(since(Residence.valid))
        .limit(1)
    ).one_or_none()


def open_on_premise(session: Session, premise_id: int, day: dt.date, but: int | None = None) -> str | None:
    """Return the number of an account of the premise that is open on the day or later."""
    return session.scalar(
        select(Account.number)
        .where(
            Account.premise_id == premise_id,
            Account.id != (but or 0),
            or_(Account.closed_on.is_(None), Account.closed_on > day),
        )
        .limit(1)
    )


def by_number(session: Session, number: str) -> Row | None:
    """Return id, house_id, premise_id, opened_on, closed_on, kind of the account of this number."""
    return session.execute(
        select(
            Account.id, Account.number, Account.house_id, Account.premise_id, Account.opened_on, Account.closed_on,
            Account.kind,
        ).where(Account.number == number)
    ).one_or_none()  # fmt: skip


def next_number(session: Session, house_id: int) -> str | None:
    """Return a free number after the greatest of the house, as long as those; None where the house has no account."""
    last = session.scalar(
        select(Account.number)
        .where(Account.house_id == house_id)
        .order_by(func.length(Account.number).desc(), Account.number.desc())
        .limit(1)
    )
    if last is None:
        return None
    first = int(last) + 1
    wanted = [str(first + step).zfill(len(last)) for step in range(200)]
    taken = set(session.scalars(select(Account.number).where(Account.number.in_(wanted))))
    return next((number for number in wanted if number not in taken), None)


def find_persons(
    session: Session, *, last_name: str | None, first_name: str | None, snils: str | None, limit: int = 20
) -> Sequence[Row]:
    """Return id, names, birth date and СНИЛС of persons by СНИЛС, or by surname and (where given) name, exactly."""
    conditions = []
    if snils:
        conditions.append(Person.snils == snils)
    else:
        conditions.append(func.lower(Person.last_name) == (last_name or "").casefold())
        if first_name:
            conditions.append(func.lower(Person.first_name) == first_name.casefold())
    return session.execute(
        select(
            Person.id, Person.last_name, Person.first_name, Person.middle_name, Person.birth_date, Person.snils,
        )
        .where(and_(*conditions))
        .order_by(Person.first_name, Person.middle_name, Person.birth_date)
        .limit(limit)
    ).all()  # fmt: skip


def person_name(session: Session, person_id: int) -> str:
    """Return the full name of a person."""
    return session.execute(select(FULL_NAME).where(Person.id == person_id)).scalar_one()
