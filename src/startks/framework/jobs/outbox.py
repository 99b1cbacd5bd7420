"""The outbox: a message written in the transaction that causes it, sent by the relay until its receiver has done it.

That it was sent proves nothing: the broker may lose it, and a worker acknowledges what it failed at, for instance because
the data base went away under it. So a message stands here until the transaction of its task marks it done. What was lost is
sent again after ``AGAIN_SECONDS``, what fails again and again after twice as long each time, and never later than
``LATEST_SECONDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from startks.base.crash import crash_point

from .models import Outbox

AGAIN_SECONDS = 20
LATEST_SECONDS = 600
_DOUBLINGS = 5  # so often doubled, the pause is past the latest


def post(session: Session, task: str, arguments: dict[str, Any] | None = None) -> None:
    """Write a message for a registered task: ``task(session, **arguments)``, JSON. What moves money goes this way.

    All the task writes to the data base it writes once, with the mark that it is done; what it does outside it may do twice.
    """
    session.execute(insert(Outbox).values(task=task, arguments=arguments or {}))


def relay(session: Session, send: Callable[[int], bool], limit: int = 200) -> int:
    """Send the ids of the messages that are due and not done, longest due first; return how many. Ends at the first that
    the broker refuses.

    Two relays do not take the same message, and none takes one that is being done. One that dies between sending and
    commit sends again.
    """
    due = session.scalars(
        select(Outbox.id)
        .where(Outbox.done_at.is_(None), Outbox.due_at <= func.clock_timestamp())
        .order_by(Outbox.due_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    sent = []
    for message_id in due:
        if not send(message_id):
            break
        sent.append(message_id)
    if sent:
        crash_point("outbox.sent")
        pause = func.least(AGAIN_SECONDS * func.power(2, Outbox.doublings), LATEST_SECONDS)
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_(sent))
            .values(
                doublings=func.least(Outbox.doublings + 1, _DOUBLINGS),
                due_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, pause),
            )
        )
    return len(sent)


def deliver(session: Session, message_id: int, do: Callable[[str, dict[str, Any]], Any]) -> bool:
    """Do a message's task, ``do(task, arguments)``, and mark it done in one transaction; False where it was done before.

    An exception undoes both, and the relay sends the message again.
    """
    message = session.execute(
        select(Outbox.task, Outbox.arguments).where(Outbox.id == message_id, Outbox.done_at.is_(None)).with_for_update()
    ).one_or_none()
    if message is None:
        return False
    crash_point("outbox.received")
    do(message.task, message.arguments)
    session.execute(update(Outbox).where(Outbox.id == message_id).values(done_at=func.clock_timestamp()))
    crash_point("outbox.done")
    return True
