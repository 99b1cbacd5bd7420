"""Registers with the readings around a day: one query for a house, an account, or a set of meters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.orm import Session

from startks.modules.metering.readings.checks import Register

KNOWN_DAYS = 3 * 366
"""How far back a previous reading is looked for: what is older says nothing of today's use."""
HALF_YEAR = 180

_REGISTERS = """
    SELECT m.id AS meter_id, z.zone, m.serial, s.code AS resource, s.title AS service, s.unit, m.digits, m.installed_on,
           m.removed_on, m.house_id, m.account_id, a.number AS account, p.number AS premise,
           b.day AS previous_day, b.value AS previous, n.day AS next_day, n.value AS next, same.value AS same,
           o.day AS older_day, o.value AS older,
           EXISTS (SELECT FROM meter_turn t WHERE t.meter_id = m.id AND t.zone = z.zone
                      AND t.day > b.day AND t.day <= :day) AS turned,
           EXISTS (SELECT FROM meter_turn t WHERE t.meter_id = m.id AND t.zone = z.zone
                      AND t.day > :day AND t.day <= n.day) AS turns_next
      FROM meter m
      JOIN service s ON s.id = m.service_id
      LEFT JOIN account a ON a.id = m.account_id
      LEFT JOIN premise p ON p.id = a.premise_id
      CROSS JOIN LATERAL unnest(CASE WHEN m.zones = 2 THEN ARRAY[1, 2] ELSE ARRAY[0] END) AS z(zone)
      LEFT JOIN LATERAL (SELECT r.day, r.value FROM reading r
                          WHERE r.meter_id = m.id AND r.zone = z.zone AND r.day < :day AND r.day >= :oldest
                          ORDER BY r.day DESC LIMIT 1) b ON true
      LEFT JOIN LATERAL (SELECT r.day, r.value FROM reading r
                          WHERE r.meter_id = m.id AND r.zone = z.zone AND r.day > :day
                          ORDER BY r.day LIMIT 1) n ON true
      LEFT JOIN LATERAL (SELECT r.day, r.value FROM reading r
                          WHERE r.meter_id = m.id AND r.zone = z.zone AND r.day < :half AND r.day >= :oldest
                          ORDER BY r.day DESC LIMIT 1) o ON true
      LEFT JOIN reading same ON same.meter_id = m.id AND same.zone = z.zone AND same.day = :day
     WHERE {where}
     ORDER BY m.account_id IS NULL DESC, length(regexp_replace(coalesce(p.number, ''), '\\D.*', '')), p.number, a.number,
              s.position, m.installed_on, m.id, z.zone
"""
_IN_SERVICE = "m.installed_on <= :day AND (m.removed_on IS NULL OR m.removed_on > :day)"
_HOUSE = text(_REGISTERS.format(where=f"m.house_id = :owner AND {_IN_SERVICE}"))
_ACCOUNT = text(_REGISTERS.format(where=f"m.account_id = :owner AND {_IN_SERVICE}"))
_METERS = text(_REGISTERS.format(where="m.id = ANY(:owner)"))


def of_house(session: Session | Connection, house_id: int, day: dt.date) -> list[Register]:
    """Return the dials in service on the day: the house's own first, then flat by flat."""
    return _run(session, _HOUSE, house_id, day)


def of_account(session: Session | Connection, account_id: int, day: dt.date) -> list[Register]:
    """Return the account's dials in service on the day."""
    return _run(session, _ACCOUNT, account_id, day)


def of_meters(session: Session | Connection, meter_ids: Iterable[int], day: dt.date) -> list[Register]:
    """Return the dials of these meters, also of those not in service on the day."""
    return _run(session, _METERS, sorted(set(meter_ids)), day)


def _run(session: Session | Connection, statement: TextClause, owner: int | Sequence[int], day: dt.date) -> list[Register]:
    rows = session.execute(statement, {
        "owner": owner, "day": day, "oldest": day - dt.timedelta(days=KNOWN_DAYS), "half": day - dt.timedelta(days=HALF_YEAR),
    })  # fmt: skip
    return [Register(**row._mapping) for row in rows]
