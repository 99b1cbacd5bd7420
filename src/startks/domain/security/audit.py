"""The audit trail: sensitive acts, and who read whose personal data.

Both write in the caller's transaction: an act that was rolled back left no trace because it did not happen. Refusals are
recorded by returning an answer (which commits) instead of raising.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from startks.domain.security.identity import Identity
from startks.domain.security.models import AuditEvent, PersonalDataAccess


def audit(
    session: Session,
    identity: Identity | None,
    action: str,
    subject: tuple[str, int] | None = None,
    detail: Mapping[str, Any] | None = None,
    *,
    ip: str | None = None,
) -> int:
    """Write an event and return its position in the chain.

    ``action`` is ``module:thing:action``; ``subject`` a pair (kind, id) such as ``("account", 17)``; ``detail`` plain
    data without personal data and without secrets. Writers stand in line until the one before has committed, so call it
    late in the transaction.
    """
    kind, subject_id = subject or (None, None)
    return session.execute(
        insert(AuditEvent.__table__)
        .values(
            user_id=identity.user_id if identity else None,
            session_id=identity.session_id if identity else None,
            ip=ip or (identity.ip if identity else None),
            action=action,
            subject_kind=kind,
            subject_id=subject_id,
            detail=dict(detail or {}),
        )
        .returning(AuditEvent.position)
    ).scalar_one()


def log_personal_read(
    session: Session,
    identity: Identity,
    purpose: str,
    subject_kind: str,
    ids: Iterable[int],
    fields: Iterable[str],
) -> None:
    """Record that the identity saw these fields of these persons or accounts unmasked, and what for.

    One row for a whole page. Nothing is written for an empty set of ids: nothing was seen.
    """
    subject_ids = sorted(set(ids))
    if not subject_ids:
        return
    session.execute(
        insert(PersonalDataAccess.__table__).values(
            user_id=identity.user_id,
            session_id=identity.session_id,
            ip=identity.ip,
            purpose=purpose,
            subject_kind=subject_kind,
            subject_ids=subject_ids,
            fields=sorted(set(fields)),
        )
    )


def broken_at(session: Session) -> int | None:
    """Return the first position of the trail that was altered or taken out, None where the chain is whole.

    The end of the chain cut off is seen only from outside: compare :func:`last_link` with one kept elsewhere.
    """
    return session.execute(select(func.audit_event_broken_at())).scalar_one()


def last_link(session: Session) -> tuple[int, str] | None:
    """Return position and hash (hexadecimal) of the last event: what is written down outside the data base."""
    row = session.execute(
        select(AuditEvent.position, AuditEvent.hash).order_by(AuditEvent.position.desc()).limit(1)
    ).one_or_none()
    return (row.position, row.hash.hex()) if row else None
