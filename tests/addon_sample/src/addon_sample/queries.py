"""Reading the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from addon_sample.models import Inspection


class Entry(NamedTuple):
    """A line of the journal."""

    inspected_on: dt.date
    finding: str


def latest(session: Session, house_id: int, limit: int = 20) -> list[Entry]:
    """Return the latest inspections of a house, newest first."""
    rows = session.execute(
        select(Inspection.inspected_on, Inspection.finding)
        .where(Inspection.house_id == house_id)
        .order_by(Inspection.inspected_on.desc(), Inspection.id.desc())
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def counts(session: Session, since: dt.date) -> Sequence[tuple[int, int]]:
    """Return (house id, number of inspections since a day) of every house that had one."""
    rows = session.execute(
        select(Inspection.house_id, func.count())
        .where(Inspection.inspected_on >= since)
        .group_by(Inspection.house_id)
        .order_by(Inspection.house_id)
    )
    return [tuple(row) for row in rows]
