"""Server-side sessions: opened at sign-in, looked up by one query a request, ended at once when revoked.

The browser holds 256 random bits; the table their SHA-256, for which no slow hash is needed: the token cannot be guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from startks.base.db.hot import Hot
from startks.domain.security.identity import Grant, Identity, OwnAccount
from startks.domain.security.models import UserAccount, UserSession
from startks.domain.security.permissions import KERNEL_PERMISSIONS, PermissionTable, Role
from startks.domain.territory.titles import address_line


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A line of «my devices». Times with time zone (UTC)."""

    id: int
    opened_at: dt.datetime
    last_seen_at: dt.datetime
    until: dt.datetime
    ip: str | None
    agent: str | None


def token_digest(token: str) -> bytes:
    """Return what the table stores of a token."""
    return hashlib.sha256(token.encode()).digest()


def open_session(
    session: Session,
    user_id: int,
    ip: str | None,
    agent: str | None,
    *,
    idle_minutes: int = 30,
    absolute_hours: int = 12,
) -> str:
    """Open a session for a user who has proved himself and return the token for his cookie; always a new one."""
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_digest(token),
            idle_minutes=idle_minutes,
            absolute_until=dt.datetime.now(dt.UTC) + dt.timedelta(hours=absolute_hours),
            ip=ip,
            agent=(agent or "")[:200] or None,
        )
    )
    session.flush()
    return token


# One statement: the user, his grants of today, his accounts with their place in the tree. "Seen" is written in the same
# statement and at most once a minute, so that a page costs no write. A revoked or ended session gives no row.
IDENTITY = Hot(
    within="""
    WITH live AS (
        SELECT s.id, s.user_id, s.last_seen_at FROM user_session AS s
        WHERE s.token_hash = CAST(:token_hash AS bytea) AND s.revoked_at IS NULL AND s.absolute_until > now()
          AND s.last_seen_at + make_interval(mins => s.idle_minutes) > now()
    ), seen AS (
        UPDATE user_session SET last_seen_at = now()
        FROM live WHERE user_session.id = live.id AND live.last_seen_at < now() - interval '1 minute'
    )""",
    select="""
    SELECT json_build_array(live.id, u.id, u.login::text, u.full_name, u.must_change,
        (SELECT json_agg(json_build_array(g.role, g.scope_kind, g.scope_id) ORDER BY g.id)
         FROM role_grant AS g WHERE g.user_id = u.id AND g.valid @> CAST(:today AS date)),
        (SELECT json_agg(json_build_array(a.id, a.number, p.id, h.id, st.name, h.number, p.kind, p.number,
                                            d.slug, h.slug, p.slug) ORDER BY a.number)
         FROM account_binding AS b
         JOIN account AS a ON a.id = b.account_id
         JOIN premise AS p ON p.id = a.premise_id
         JOIN house AS h ON h.id = p.house_id
         JOIN street AS st ON st.id = h.street_id
         JOIN district AS d ON d.id = h.district_id
         WHERE b.user_id = u.id AND b.valid @> CAST(:today AS date)))
    FROM live JOIN user_account AS u ON u.id = live.user_id
    WHERE u.active""",
)


def load_identity(
    connection: Connection | Session,
    token: str,
    *,
    table: PermissionTable = KERNEL_PERMISSIONS,
    today: dt.date | None = None,
    ip: str | None = None,
) -> Identity | None:
    """Return who holds the token, by exactly one query, or None where the session is unknown, ended or revoked."""
    return identity_of(IDENTITY.one(connection, **identity_key(token, today)), table, ip)


def identity_key(token: str, today: dt.date | None = None) -> dict[str, Any]:
    """Return the values that :data:`IDENTITY` is asked with."""
    return {"token_hash": token_digest(token), "today": today or dt.date.today()}


def identity_of(row: list[Any] | None, table: PermissionTable, ip: str | None) -> Identity | None:
    """Make the identity from what :data:`IDENTITY` gave."""
    if row is None:
        return None
    session_id, user_id, login, full_name, must_change, granted, bound = row
    grants = [Grant(role, kind, scope_id, table.of(role)) for role, kind, scope_id in granted or ()]
    own = table.of(Role.RESIDENT)
    accounts = []
    for account_id, number, premise_id, house_id, street, house, kind, premise, *slugs in bound or ():
        accounts.append(
            OwnAccount(
                account_id, number, premise_id, house_id, address_line(street, house, kind, premise), (*slugs, number)
            )
        )
        grants.append(Grant(Role.RESIDENT.value, "account", account_id, own))
    return Identity(
        user_id=user_id,
        login=login,
        full_name=full_name,
        session_id=session_id,
        grants=tuple(grants),
        accounts=tuple(accounts),
        must_change=must_change,
        ip=ip,
    )


def my_sessions(session: Session, user_id: int) -> Sequence[OpenSession]:
    """Return the user's live sessions, the latest used first."""
    live = _live().where(UserSession.user_id == user_id).order_by(UserSession.last_seen_at.desc(), UserSession.id)
    return [OpenSession(*row) for row in session.execute(live)]


def revoke(session: Session, user_id: int, session_id: int) -> bool:
    """End one session of the user; False where it is not his or has ended already."""
    done = session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    return done.rowcount > 0


def revoke_all(session: Session, user_id: int, *, except_id: int | None = None) -> int:
    """End all sessions of the user (but one); return how many were ended. Dismissal and a new password call it."""
    done = session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.id.is_distinct_from(except_id),
        )
        .values(revoked_at=func.now())
    )
    return done.rowcount


def _live():
    until = func.least(
        UserSession.absolute_until,
        UserSession.last_seen_at + func.make_interval(0, 0, 0, 0, 0, UserSession.idle_minutes),
    )
    return (
        select(
            UserSession.id, UserSession.recorded_at, UserSession.last_seen_at, until, UserSession.ip, UserSession.agent
        )
        .join(UserAccount, UserAccount.id == UserSession.user_id)
        .where(UserSession.revoked_at.is_(None), until > func.now(), UserAccount.active)
    )
