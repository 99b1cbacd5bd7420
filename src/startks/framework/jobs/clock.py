"""What the clock (``startks beat``) runs besides its own two tasks: what modules registered with ``add_periodic``."""

from __future__ import annotations

import re
from typing import Any

from celery import Celery
from celery.schedules import BaseSchedule, crontab

from startks.base.errors import ConfigurationError
from startks.framework.addons.lookup import records

from .bell import RUN

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def add_periodic_tasks(application: Celery, registry: Any) -> None:
    """Put every module's periodic task into the schedule. Names are those of the registrations."""
    for record in records(registry, "periodic"):
        application.conf.beat_schedule[f"module {record.name}"] = {
            "task": RUN,
            "schedule": schedule(record.value),
            "kwargs": {"name": record["task"]},
        }


def schedule(value: Any) -> BaseSchedule | float:
    """Return Celery's schedule for seconds, ``HH:MM`` of every day, or a schedule of Celery's own."""
    if isinstance(value, BaseSchedule):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigurationError(f"Расписание «{value}» не понято: ожидаются секунды или время суток ЧЧ:ММ.")
    return crontab(hour=int(match[1]), minute=int(match[2]))
