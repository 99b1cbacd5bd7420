"""The audit trail as pages show it: newest first, with the name of who acted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from startks.domain.security.models import AuditEvent, UserAccount

EVENTS: Select = select(
    AuditEvent.position,
    AuditEvent.at,
    AuditEvent.action,
    AuditEvent.subject_kind,
    AuditEvent.subject_id,
    AuditEvent.detail,
    AuditEvent.ip,
    UserAccount.full_name,
    UserAccount.login,
).outerjoin(UserAccount, UserAccount.id == AuditEvent.user_id)

NEWEST: Select = EVENTS.order_by(AuditEvent.position.desc()).limit(bindparam("limit"))


def newest_events(session: Session | Connection, limit: int = 10) -> Sequence[Row]:
    """Return the latest events of the trail, newest first."""
    return session.execute(NEWEST, {"limit": limit}).all()
