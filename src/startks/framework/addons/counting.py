"""Measuring what a licence is limited by. Done at night by a task, never in a request.

    account       personal accounts that exist on the day
    person        persons with a residence in force on the day
    installation  this installation: 1
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import distinct, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from startks.base.licensing import Counter
from startks.domain.accounts.models import Account, Residence
from startks.framework.addons.models import LicenceCounter

REMEMBERED_DAYS = 400
"""How far back the first day above a limit is looked for; longer than any sensible grace."""

TASK = "licence_measure"
EVERY_NIGHT_AT = "03:15"


def includeme(config) -> None:
    """Measure every night."""
    config.add_task(TASK, measure, title="Счётчики лицензии", writes=False)
    config.add_periodic(TASK, EVERY_NIGHT_AT, TASK)


def measure(session: Session, today: dt.date | None = None) -> dict[str, int]:
    """Count all metrics in one statement, remember them under today's date, return them by metric.

    A second measurement of a day replaces the first. The caller commits.
    """
    today = today or dt.date.today()
    accounts = select(func.count()).where(
        Account.opened_on <= today, or_(Account.closed_on.is_(None), Account.closed_on > today)
    )
    persons = select(func.count(distinct(Residence.person_id))).where(Residence.valid.contains(today))
    row = session.execute(
        select(
            accounts.scalar_subquery().label("account"),
            persons.scalar_subquery().label("person"),
            literal(1).label("installation"),
        )
    ).one()
    values = {metric: int(value) for metric, value in row._mapping.items()}
    record(session, values, today)
    return values


def record(session: Session, values: Mapping[str, int], day: dt.date) -> None:
    """Write a day's values in one statement, over those already there."""
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
