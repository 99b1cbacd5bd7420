"""What a resident reads of his meters: one statement of one JSON value for the account's page, which is the hot one."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import Connection

from startks.base.db.hot import Hot

_METERS = """
    SELECT coalesce(json_agg(json_build_array(s.title, s.unit, m.serial, m.model, m.place, last.value, last.day,
                                              m.verified_until) ORDER BY s.position, m.installed_on DESC, m.id),
                    CAST('[]' AS json))
      FROM meter m JOIN service s ON s.id = m.service_id
      LEFT JOIN LATERAL (SELECT r.day, r.value FROM reading r WHERE r.meter_id = m.id
                          ORDER BY r.day DESC, r.zone LIMIT 1) AS last ON true
     WHERE m.account_id = {account} AND (m.removed_on IS NULL OR m.removed_on > CAST(:today AS date))"""
_OF_ACCOUNT = Hot(_METERS.format(account=":account"))
METERS = Hot(_METERS.format(account="(SELECT id FROM account WHERE number = :s3)"))
"""The same by the last name of the account's address: read ahead."""


class StandingMeter(NamedTuple):
    """A meter in service with its last reading in millionths of the unit."""

    service: str
    unit: str
    serial: str
    model: str | None
    place: str | None
    value: int | None
    read_on: dt.date | None
    verified_until: dt.date | None


def standing_meters(connection: Connection, account_id: int, today: dt.date) -> list[StandingMeter]:
    """Return the account's meters that stand today, in the order of services."""
    return meters_of(_OF_ACCOUNT.one(connection, account=account_id, today=today))


def meters_of(rows: list[Any]) -> list[StandingMeter]:
    """Build the meters from the JSON of the data base."""
    return [StandingMeter(*row[:6], _day(row[6]), _day(row[7])) for row in rows]


def _day(value: Any) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(value)
