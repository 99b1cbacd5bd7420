"""Counters a licence is limited by, as measured by the nightly job.

One row a metric and day, so that the day on which a limit was passed is a fact. What a metric counts is not known
here (:mod:`startks.framework.addons.counting` measures); this is only its memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, CheckConstraint, Date, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from startks.base.db import Base

REMEMBERED_DAYS = 400
"""How far back the first day above a limit is looked for; longer than any sensible grace."""


class LicenceCounter(Base):
    """A counter's value at the end of a day."""

    __tablename__ = "licence_counter"
    __table_args__ = (CheckConstraint("value >= 0", name="value"),)

    metric: Mapped[str] = mapped_column(Text, primary_key=True)
    measured_on: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Counter:
    """A metric's measurements, oldest first, at least one."""

    metric: str
    history: tuple[tuple[dt.date, int], ...]

    @property
    def value(self) -> int:
        """The latest measurement."""
        return self.history[-1][1]

    @property
    def measured_on(self) -> dt.date:
        """The day of the latest measurement."""
        return self.history[-1][0]

    def first_day_above(self, limit: int) -> dt.date | None:
        """Return the first day of the present unbroken run of measurements above the limit, None when within it."""
        since = None
        for day, value in reversed(self.history):
            if value <= limit:
                break
            since = day
        return since


def record(session: Session, values: Mapping[str, int], day: dt.date) -> None:
    """Write the day's values in one statement; measuring twice a day keeps the later."""
    if not values:
        return
    statement = insert(LicenceCounter).values(
        [{"metric": metric, "measured_on": day, "value": value} for metric, value in values.items()]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["metric", "measured_on"], set_={"value": statement.excluded.value}
        )
    )


def counters(session: Session, today: dt.date | None = None) -> dict[str, Counter]:
    """Return what was measured, by metric, in one query; a metric never measured is absent."""
    since = (today or dt.date.today()) - dt.timedelta(days=REMEMBERED_DAYS)
    rows = session.execute(
        select(LicenceCounter.metric, LicenceCounter.measured_on, LicenceCounter.value)
        .where(LicenceCounter.measured_on >= since)
        .order_by(LicenceCounter.metric, LicenceCounter.measured_on)
    )
    found: dict[str, list[tuple[dt.date, int]]] = {}
    for metric, day, value in rows:
        found.setdefault(metric, []).append((day, value))
    return {metric: Counter(metric, tuple(history)) for metric, history in found.items()}
