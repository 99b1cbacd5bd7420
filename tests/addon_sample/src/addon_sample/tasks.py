"""Work without a page."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy.orm import Session

from addon_sample import queries
from startks.base.events import PeriodClosed

log = logging.getLogger(__name__)
REMIND_AFTER = dt.timedelta(days=180)


def remind(session: Session) -> int:
    """Return how many houses were inspected within half a year, and tell the log."""
    number = len(queries.counts(session, dt.date.today() - REMIND_AFTER))
    log.info("осмотрено домов за полгода: %s", number)
    return number


def note_closed_period(session: Session, event: PeriodClosed) -> None:
    """Write into the journal's log that a month was closed."""
    log.info("месяц %s закрыт, хеш %s", event.period, event.fingerprint)
