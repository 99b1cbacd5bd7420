"""Who may enter, what he may do where, and what was done: users, sessions, grants, attempts, audit.

``audit_event`` and ``personal_data_access`` only grow: triggers (:mod:`.ddl`) refuse UPDATE and DELETE, and each audit
event carries the hash of the one before it, so that a row changed behind the application's back is found.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from startks.base.db import Base, BigKey, Key, Stamp, Valid

SCOPE_KINDS = ("all", "municipality", "district", "house", "account", "organisation")
"""What a grant may cover; ``all`` is the whole installation (``scope_id`` 0)."""


class UserAccount(Base):
    """A person who signs in: a resident of the cabinet or a clerk. The login does not tell upper from lower case."""

    __tablename__ = "user_account"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(CITEXT, unique=True)
    password_hash: Mapped[str | None]
    """argon2id; NULL for one who only enters by an outside identity provider"""
    full_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    """the password was given by somebody else and is to be changed at the first sign-in"""
    password_changed_at: Mapped[Stamp]
    recorded_at: Mapped[Stamp]

    __table_args__ = (CheckConstraint("length(login) BETWEEN 3 AND 100", name="login"),)


class UserSession(Base):
    """One signed-in browser. The cookie holds a random token, the table only its SHA-256: a leaked copy opens nothing.

    The session ends at ``absolute_until`` whatever happens, and earlier when nothing was asked for ``idle`` minutes.
    """

    __tablename__ = "user_session"

    id: Mapped[BigKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    idle_minutes: Mapped[int] = mapped_column(Integer)
    last_seen_at: Mapped[Stamp]
    absolute_until: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    ip: Mapped[str | None]
    agent: Mapped[str | None]
    recorded_at: Mapped[Stamp]

    __table_args__ = (CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),)


class RoleGrant(Base):
    """A user has a role in a territory (or for an account, an organisation) on the days of ``valid``."""

    __tablename__ = "role_grant"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str]
    scope_kind: Mapped[str]
    scope_id: Mapped[int] = mapped_column(Integer, server_default="0")
    valid: Mapped[Valid]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint(
            "scope_kind IN ('all', 'municipality', 'district', 'house', 'account', 'organisation')", name="scope_kind"
        ),
        CheckConstraint("(scope_kind = 'all') = (scope_id = 0)", name="scope_id"),
        CheckConstraint("NOT isempty(valid)", name="valid"),
        ExcludeConstraint(
            ("user_id", "="),
            ("role", "="),
            ("scope_kind", "="),
            ("scope_id", "="),
            ("valid", "&&"),
            name="ex_role_grant_valid",
        ),
    )


class SignInAttempt(Base):
    """Every attempt to sign in, also with a login that does not exist: what the brake on guessing counts."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[BigKey]
    login: Mapped[str] = mapped_column(CITEXT)
    ip: Mapped[str]
    outcome: Mapped[str]
    """success | refused | braked"""
    at: Mapped[Stamp]

    __table_args__ = (
        CheckConstraint("outcome IN ('success', 'refused', 'braked')", name="outcome"),
        Index(None, "login", "at"),
        Index(None, "ip", "at"),
    )


class AuditEvent(Base):
    """A sensitive act. ``position`` has no gaps and, with both hashes, is set by the trigger, never by the writer.

    ``hash = sha256(previous_hash || the row's values)``: the chain shows which row was altered or taken out.
    """

    __tablename__ = "audit_event"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default=text("0"))
    at: Mapped[Stamp]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(BigInteger)
    ip: Mapped[str | None]
    action: Mapped[str]
    """``module:thing:action``, as permissions are written"""
    subject_kind: Mapped[str | None]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("''::bytea"))
    hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("''::bytea"))

    __table_args__ = (Index(None, "subject_kind", "subject_id"), Index(None, "at"))


class PersonalDataAccess(Base):
    """Somebody saw personal data unmasked: who, whose, which fields, what for (152-ФЗ, Приказ ФСТЭК 21 РСБ.3)."""

    __tablename__ = "personal_data_access"

    id: Mapped[BigKey]
    at: Mapped[Stamp]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(BigInteger)
    ip: Mapped[str | None]
    purpose: Mapped[str]
    subject_kind: Mapped[str]
    """person | account"""
    subject_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))

    __table_args__ = (
        CheckConstraint("cardinality(subject_ids) > 0 AND cardinality(fields) > 0", name="subject"),
        CheckConstraint("length(purpose) > 0", name="purpose"),
        Index(None, "at"),
        Index("ix_personal_data_access_subject_ids", "subject_ids", postgresql_using="gin"),
    )
