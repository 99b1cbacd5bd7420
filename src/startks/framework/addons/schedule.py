"""Work by the clock: what modules registered, in the form Celery's beat takes.

A schedule is ``"ЧЧ:ММ"`` (once a day, in the time zone of the clock), a number of seconds, or a Celery schedule.
"""

from __future__ import annotations

import re
from typing import Any

from startks.base.errors import ConfigurationError
from startks.framework.addons.lookup import records

DAILY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
RUN = "startks.run"


def beat_entries(registry: Any) -> dict[str, dict[str, Any]]:
    """Return the entries for Celery's ``beat_schedule``: each runs ``startks.run`` with the task's name.

    A task whose module may not write refuses by itself when it is run.
    """
    return {
        f"module.{record.name}": {"task": RUN, "schedule": celery_schedule(record.value), "kwargs": {"name": record["task"]}}
        for record in records(registry, "periodic")
    }


def check_schedule(schedule: Any) -> None:
    """Raise :class:`ConfigurationError` for what is no schedule; a Celery schedule is taken as it is."""
    if isinstance(schedule, str) and not DAILY.fullmatch(schedule):
        raise ConfigurationError(f"расписание «{schedule}» не вида ЧЧ:ММ")
    if isinstance(schedule, int | float) and (isinstance(schedule, bool) or schedule <= 0):
        raise ConfigurationError(f"расписание {schedule} — не положительное число секунд")


def celery_schedule(schedule: Any) -> Any:
    """Return a Celery schedule."""
    if isinstance(schedule, str):
        from celery.schedules import crontab  # costs a third of a second, which only beat need pay

        hour, minute = schedule.split(":")
        return crontab(hour=int(hour), minute=int(minute))
    return schedule
