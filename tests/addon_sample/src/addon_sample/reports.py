"""The module's report."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from addon_sample import queries


def by_house(session: Session, since: dt.date) -> list[dict[str, int]]:
    """Return a row a house with its number of inspections since a day."""
    return [{"house_id": house, "inspections": number} for house, number in queries.counts(session, since)]
