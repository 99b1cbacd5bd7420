"""The outbox: a message written in the transaction that causes it, sent by the relay, at least once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from startks.base.crash import crash_point

from .models import Outbox


def post(session: Session, task: str, arguments: dict[str, Any]) -> None:
    """Write a message for the task (JSON arguments). What moves money goes this way; receivers are idempotent."""
    session.execute(insert(Outbox).values(task=task, arguments=arguments))


def relay(session: Session, send: Callable[[str, dict[str, Any]], bool], limit: int = 200) -> int:
    """Send what is unsent, oldest first, and mark it; return how many. Ends at the first that the broker refuses.

    Two relays do not take the same message. One that dies between sending and commit sends again.
    """
    rows = session.execute(
        select(Outbox.id, Outbox.task, Outbox.arguments)
        .where(Outbox.sent_at.is_(None))
        .order_by(Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    sent = []
    for row in rows:
        if not send(row.task, row.arguments):
            break
        sent.append(row.id)
    if sent:
        crash_point("outbox.sent")
        session.execute(update(Outbox).where(Outbox.id.in_(sent)).values(sent_at=func.clock_timestamp()))
    return len(sent)
