"""What wizards and cards ask about persons and organisations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.orm import Session

from startks.base.db.ranges import ru_order, since, until
from startks.domain.accounts.models import Account, AccountHolder, Residence
from startks.domain.parties.models import Organisation, Person
from startks.domain.territory.models import District, House, Premise, Street


def organisation_choices(session: Session | Connection) -> Sequence[Row]:
    """Return id, short name and ИНН of all organisations in the order of the Russian alphabet."""
    return session.execute(
        select(Organisation.id, Organisation.short_name, Organisation.inn).order_by(ru_order(Organisation.short_name))
    ).all()


def person(session: Session | Connection, person_id: int) -> Row | None:
    """Return all columns of a person, None where there is none."""
    return session.execute(select(Person.__table__).where(Person.id == person_id)).one_or_none()


_PLACE = (
    District.slug.label("district_slug"),
    House.slug.label("house_slug"),
    Premise.slug.label("premise_slug"),
    Street.name.label("street"),
    House.number.label("house"),
    Premise.kind.label("premise_kind"),
    Premise.number.label("premise"),
    Account.number,
)


def person_residences(session: Session | Connection, person_id: int, scope) -> Sequence[Row]:
    """Return where the person lives and lived, as far as it lies in ``scope``, newest first."""
    return session.execute(
        select(Residence.kind, since(Residence.valid).label("since"), until(Residence.valid).label("until"), *_PLACE)
        .join(Account, Account.id == Residence.account_id)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Account.house_id)
        .join(District, District.id == House.district_id)
        .join(Street, Street.id == House.street_id)
        .where(Residence.person_id == person_id, scope)
        .order_by(since(Residence.valid).desc())
    ).all()


def person_holdings(session: Session | Connection, person_id: int, scope) -> Sequence[Row]:
    """Return the accounts the person holds and held, as far as they lie in ``scope``, newest first."""
    return session.execute(
        select(
            AccountHolder.tenure,
            func.concat(AccountHolder.share_part, "/", AccountHolder.share_whole).label("share"),
            since(AccountHolder.valid).label("since"),
            until(AccountHolder.valid).label("until"),
            *_PLACE,
        )
        .join(Account, Account.id == AccountHolder.account_id)
        .join(Premise, Premise.id == Account.premise_id)
        .join(House, House.id == Account.house_id)
        .join(District, District.id == House.district_id)
        .join(Street, Street.id == House.street_id)
        .where(AccountHolder.person_id == person_id, scope)
        .order_by(since(AccountHolder.valid).desc())
    ).all()


def person_of_account(session: Session | Connection, account_id: int, person_id: int) -> Row | None:
    """Return id and full name of a person who holds the account or lives there, now or once; None for anybody else."""
    held = select(AccountHolder.id).where(AccountHolder.account_id == account_id, AccountHolder.person_id == Person.id)
    lived = select(Residence.id).where(Residence.account_id == account_id, Residence.person_id == Person.id)
    full_name = func.concat_ws(" ", Person.last_name, Person.first_name, Person.middle_name).label("full_name")
    return session.execute(
        select(Person.id, full_name).where(Person.id == person_id, held.exists() | lived.exists())
    ).one_or_none()
