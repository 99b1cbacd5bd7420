"""The gate before closing: invariants asked piece by piece, their counts and places, and who signed for what.

Rehearsal and closing ask the same queries. A signature holds for what its signer saw: for the same count and the same
places (an order-free sum of hashes), not for what came later.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from startks.base.periods import first_day, shift
from startks.domain.ledger.invariants import COUNT_LINES, INVARIANTS, SIGNED, TITLES, WHOLE, Invariant

KEPT_A_PIECE = 200
"""Places of one invariant written down a piece of the town; the count is of all."""

Found = Mapping[str, Sequence[int]]
"""Name of an invariant → (count, fingerprint)."""


@dataclass(frozen=True, slots=True)
class Line:
    """An invariant at the gate, as people see it."""

    name: str
    severity: str
    title: str
    way_out: str
    count: int
    fingerprint: int
    checked_at: dt.datetime
    reason: str | None
    signed_by: str | None
    signed_at: dt.datetime | None

    @property
    def passed(self) -> bool:
        """Nothing found, or signed for."""
        return self.count == 0 or (self.severity == SIGNED and self.signed_at is not None)


def check(
    connection: Connection, period: int, low: int, high: int, *, rehearsal: str = "rehearsal_row", keep: bool = True
) -> dict[str, tuple[int, int]]:
    """Ask every invariant of a range of houses; ``keep`` writes the first places down. Nothing is committed here.

    ``rehearsal`` names the table of the rehearsal's rows (a run's own one while it goes on).
    """
    return _ask(connection, INVARIANTS, period, low, high, rehearsal, keep)


def check_whole(connection: Connection, period: int, *, keep: bool = True) -> dict[str, tuple[int, int]]:
    """Ask what concerns the month as a whole."""
    return _ask(connection, WHOLE, period, 0, 0, "rehearsal_row", keep)


def _ask(
    connection: Connection, invariants: Iterable[Invariant], period: int, low: int, high: int, rehearsal: str, keep: bool
) -> dict[str, tuple[int, int]]:
    values = {
        "period": period, "before": shift(period, -1), "low": low, "high": high,
        "first": first_day(period), "following": first_day(shift(period, 1)),
    }
    found: dict[str, tuple[int, int]] = {}
    if invariants is INVARIANTS:
        lines = connection.execute(text(COUNT_LINES), _given(COUNT_LINES, values)).mappings().one()
        found = {name: (0, 0) for name, count in lines.items() if not count}
    for item in invariants:
        if item.name in found:
            continue
        if item.quick is not None and connection.scalar(text(item.quick), _given(item.quick, values)):
            found[item.name] = (0, 0)
            continue
        sql = item.sql.format(rehearsal=rehearsal)
        given = _given(sql, values)
        count, fingerprint = connection.execute(
            text(f"""SELECT count(*), (coalesce(sum(hashtextextended(concat_ws('|', coalesce(house_id, 0),
                            coalesce(account_id, 0), coalesce(service_id, 0), detail), 0)), 0) % 4611686018427387904)::int8
                       FROM ({sql}) broken"""),
            given,
        ).one()
        found[item.name] = (count, fingerprint)
        if count and keep:
            connection.execute(
                text(f"""INSERT INTO gate_finding (period, name, house_id, account_id, service_id, detail)
                         SELECT :of, :name, house_id, account_id, service_id, detail FROM ({sql}) broken
                          ORDER BY house_id, account_id, service_id LIMIT {KEPT_A_PIECE}"""),
                {**given, "of": period, "name": item.name},
            )
    return found


def _given(sql: str, values: Mapping[str, object]) -> dict[str, object]:
    """Those of the values that the statement names."""
    return {name: value for name, value in values.items() if re.search(rf":{name}\b", sql)}


def forget(connection: Connection, period: int) -> None:
    """Throw away what the gate said before."""
    connection.execute(text("DELETE FROM gate_finding WHERE period = :period"), {"period": period})
    connection.execute(text("DELETE FROM gate_check WHERE period = :period"), {"period": period})


def merged(pieces: Iterable[Found]) -> dict[str, tuple[int, int]]:
    """Add the counts and fingerprints of pieces up."""
    totals: dict[str, tuple[int, int]] = {}
    for piece in pieces:
        for name, (count, fingerprint) in piece.items():
            known = totals.get(name, (0, 0))
            totals[name] = (known[0] + count, (known[1] + fingerprint) % 2**62)
    return totals


def write(connection: Connection, period: int, found: Found) -> None:
    """Write down what the gate has found."""
    connection.execute(
        text("""INSERT INTO gate_check (period, name, severity, count, fingerprint)
                VALUES (:period, :name, :severity, :count, :fingerprint)
                ON CONFLICT (period, name) DO UPDATE
                   SET count = excluded.count, fingerprint = excluded.fingerprint, checked_at = now()"""),
        [
            {"period": period, "name": name, "severity": TITLES[name].severity, "count": count,
             "fingerprint": fingerprint}
            for name, (count, fingerprint) in found.items()
        ],
    )


def state(session: Session | Connection, period: int) -> list[Line]:
    """What the gate says of a month in the order of the invariants; empty where it was never asked."""
    rows = session.execute(
        text("""SELECT c.name, c.severity, c.count, c.fingerprint, c.checked_at, s.reason, s.recorded_at, u.full_name
                  FROM gate_check c
                  LEFT JOIN LATERAL (
                       SELECT reason, recorded_at, user_id FROM gate_signature g
                        WHERE g.period = c.period AND g.name = c.name AND g.count = c.count
                          AND g.fingerprint = c.fingerprint ORDER BY g.id DESC LIMIT 1) s ON c.count > 0
                  LEFT JOIN user_account u ON u.id = s.user_id
                 WHERE c.period = :period"""),
        {"period": period},
    )
    lines = {
        row.name: Line(
            row.name, row.severity, TITLES[row.name].title, TITLES[row.name].way_out, row.count, row.fingerprint,
            row.checked_at, row.reason, row.full_name, row.recorded_at,
        )
        for row in rows if row.name in TITLES
    }
    return [lines[name] for name in TITLES if name in lines]


def finish(session: Session | Connection, period: int) -> None:
    """Ask once more what concerns the whole month, in the last transaction of a closing."""
    connection = session.connection() if isinstance(session, Session) else session
    write(connection, period, check_whole(connection, period, keep=False))
