"""What the administration's pages read: users, their grants, the trail, the journal of personal data. One query a block."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Row, Select, bindparam, case, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from startks.base.db.ranges import holds_on, since, until
from startks.domain.accounts.models import Account
from startks.domain.parties.models import Organisation
from startks.domain.security.models import (
    AuditEvent,
    PersonalDataAccess,
    RoleGrant,
    UserAccount,
    UserSession,
)
from startks.domain.territory.models import District, House, Municipality, Street


def users(today: dt.date) -> Select:
    """Return the statement of the list of users: roles in force, last seen."""
    roles = (
        select(func.array_agg(aggregate_order_by(RoleGrant.role.distinct(), RoleGrant.role), type_=ARRAY(Text)))
        .where(RoleGrant.user_id == UserAccount.id, holds_on(RoleGrant.valid, today))
        .correlate(UserAccount)
        .scalar_subquery()
    )
    seen = (
        select(func.max(UserSession.last_seen_at))
        .where(UserSession.user_id == UserAccount.id)
        .correlate(UserAccount)
        .scalar_subquery()
    )
    return select(
        UserAccount.id,
        UserAccount.login,
        UserAccount.full_name,
        UserAccount.active,
        roles.label("roles"),
        seen.label("seen"),
    )


def with_role(role: str, today: dt.date):
    """Return the condition «the user has this role today»."""
    return (
        select(literal(1))
        .where(RoleGrant.user_id == UserAccount.id, RoleGrant.role == role, holds_on(RoleGrant.valid, today))
        .correlate(UserAccount)
        .exists()
    )


USER: Select = select(
    UserAccount.id,
    UserAccount.login,
    UserAccount.full_name,
    UserAccount.email,
    UserAccount.phone,
    UserAccount.active,
    UserAccount.must_change,
    UserAccount.recorded_at,
    UserAccount.password_changed_at,
).where(UserAccount.id == bindparam("user_id"))


def _name_of(column, condition):
    return select(column).where(condition).correlate(RoleGrant).scalar_subquery()


_HOUSE = (
    select(func.concat(Street.name, ", ", House.number))
    .join(House, House.street_id == Street.id)
    .where(House.id == RoleGrant.scope_id)
    .correlate(RoleGrant)
    .scalar_subquery()
)
SCOPE_TITLE = case(
    (RoleGrant.scope_kind == "municipality", _name_of(Municipality.name, Municipality.id == RoleGrant.scope_id)),
    (RoleGrant.scope_kind == "district", _name_of(District.name, District.id == RoleGrant.scope_id)),
    (RoleGrant.scope_kind == "house", _HOUSE),
    (RoleGrant.scope_kind == "account", _name_of(Account.number, Account.id == RoleGrant.scope_id)),
    (
        RoleGrant.scope_kind == "organisation",
        _name_of(Organisation.short_name, Organisation.id == RoleGrant.scope_id),
    ),
    else_=cast(null(), Text),
)

GRANTS: Select = (
    select(
        RoleGrant.id,
        RoleGrant.role,
        RoleGrant.scope_kind,
        SCOPE_TITLE.label("scope_title"),
        since(RoleGrant.valid).label("since"),
        until(RoleGrant.valid).label("until"),
        UserAccount.full_name.label("granted_by"),
    )
    .outerjoin(UserAccount, UserAccount.id == RoleGrant.granted_by)
    .where(RoleGrant.user_id == bindparam("user_id"))
    .order_by(func.coalesce(until(RoleGrant.valid), dt.date.max).desc(), RoleGrant.role, RoleGrant.id)
)

PLACES: Select = (
    select(literal("municipality").label("kind"), Municipality.id, Municipality.name.label("title"))
    .union_all(
        select(literal("district"), District.id, District.name),
        select(literal("organisation"), Organisation.id, Organisation.short_name),
    )
    .subquery()
)
PLACES_ORDERED = select(PLACES).order_by(
    case({"municipality": 1, "district": 2}, value=PLACES.c.kind, else_=3), PLACES.c.title
)


def user(session: Session, user_id: int) -> Row | None:
    """Return one user, None where there is none."""
    return session.execute(USER, {"user_id": user_id}).one_or_none()


def grants(session: Session, user_id: int) -> Sequence[Row]:
    """Return all grants of a user, those in force first, with the names of their places."""
    return session.execute(GRANTS, {"user_id": user_id}).all()


def places(session: Session) -> Sequence[Row]:
    """Return (kind, id, title) of every municipality, district and organisation a role may be granted for."""
    return session.execute(PLACES_ORDERED).all()


def find_place(session: Session, typed: str) -> tuple[str, int] | None:
    """Find what a clerk typed: an account by its number, or a house by the path in its address (``district/house``)."""
    words = [part for part in typed.strip().strip("/").split("/") if part and part != "office"]
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        account = session.execute(select(Account.id).where(Account.number == words[0])).scalar_one_or_none()
        return None if account is None else ("account", account)
    if len(words) < 2:
        return None
    house = session.execute(
        select(House.id)
        .join(District, District.id == House.district_id)
        .where(District.slug == words[-2], House.slug == words[-1])
    ).scalar_one_or_none()
    return None if house is None else ("house", house)


TRAIL: Select = select(
    AuditEvent.position,
    AuditEvent.at,
    AuditEvent.action,
    AuditEvent.subject_kind,
    AuditEvent.subject_id,
    AuditEvent.detail,
    AuditEvent.ip,
    func.coalesce(UserAccount.full_name, "").label("full_name"),
).outerjoin(UserAccount, UserAccount.id == AuditEvent.user_id)
"""The audit trail; its list adds order and page."""

JOURNAL: Select = select(
    PersonalDataAccess.id,
    PersonalDataAccess.at,
    PersonalDataAccess.purpose,
    PersonalDataAccess.subject_kind,
    PersonalDataAccess.subject_ids,
    PersonalDataAccess.fields,
    PersonalDataAccess.ip,
    func.coalesce(UserAccount.full_name, "").label("full_name"),
).outerjoin(UserAccount, UserAccount.id == PersonalDataAccess.user_id)
"""Who read whose personal data."""

