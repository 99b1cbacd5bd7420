"""Writing the journal."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from addon_sample.models import Inspection
from startks.base.errors import StartksError

LONGEST = 500


def enter(session: Session, house_id: int, inspected_on: dt.date, finding: str) -> None:
    """Add a line; raises :class:`StartksError` for an empty or too long finding and for a day to come."""
    text = finding.strip()
    if not 1 <= len(text) <= LONGEST:
        raise StartksError(f"Заключение осмотра — от 1 до {LONGEST} знаков. Исправьте текст.")
    if inspected_on > dt.date.today():
        raise StartksError(f"Осмотр {inspected_on:%d.%m.%Y} ещё не состоялся. Укажите прошедший день.")
    session.add(Inspection(house_id=house_id, inspected_on=inspected_on, finding=text))
