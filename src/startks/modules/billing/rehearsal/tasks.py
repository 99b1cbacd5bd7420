"""The rehearsal of a month as a job of whole-house pieces: lines compared, gate asked, groups summed.

Pieces write into a table of their own; the last step puts it in the month's place and marks the month as rehearsed, in
one transaction. A rehearsal that dies leaves the month open, never half rehearsed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from startks.base.crash import crash_point
from startks.base.db.bulk import copy_records, open_reader
from startks.base.errors import StartksError
from startks.base.periods import shift
from startks.domain.ledger.partitions import (
    REHEARSAL_TABLES,
    attach_staging,
    create_staging,
    drop_staging,
    staging_name,
)
from startks.domain.periods import gate, seals, services
from startks.domain.periods.state import lock_unfinished, name_of
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import UNFINISHED, create_job, set_stage
from startks.modules.billing.calculation.run import house_ranges
from startks.modules.billing.rehearsal.compare import compare, groups

REHEARSAL_JOB = "billing.rehearsal"
LAST_HOUSE = 2**31 - 1


def start_rehearsal(
    session: Session, period: int, *, created_by: int | None = None, compared: bool = True
) -> int:
    """Prepare the rehearsal of a calculated month and return the id of its job (runs after the commit).

    ``compared`` False asks the gate alone: for the seeded past, whose differences nobody looks at. StartksError where
    the month may not be rehearsed.
    """
    connection = session.connection()
    lock_unfinished(connection, period)
    row = connection.execute(
        text("SELECT calculated_at::text AS calculated_at FROM period WHERE id = :id"), {"id": period}
    ).one()
    if row.calculated_at is None:
        raise StartksError(f"Месяц {name_of(period)} ещё не рассчитан: сначала расчёт, потом репетиция.")
    refuse_second(connection, REHEARSAL_JOB, period, "Репетиция этого месяца уже идёт: дождитесь её конца.")
    gate.forget(connection, period)
    connection.execute(text("UPDATE period SET state = 'open', rehearsed_at = NULL WHERE id = :id"), {"id": period})
    run = connection.scalar(text("SELECT pg_current_xact_id()::text::int8"))
    create_staging(connection, period, run, REHEARSAL_TABLES)
    # What the gate asks of each piece; the index for the lists is built at the end.
    staging = staging_name(REHEARSAL_TABLES[0].name, period, run)
    connection.execute(text(f"CREATE INDEX ON {staging} (cause, house_id) WHERE cause IN (1, 99)"))
    compared = compared and bool(connection.scalar(
        text("SELECT EXISTS (SELECT 1 FROM statement WHERE period = :before)"), {"before": shift(period, -1)}
    ))
    payload = {
        "period": period, "run": run, "calculated_at": row.calculated_at, "compared": compared, "by": created_by,
    }
    job = create_job(
        session, REHEARSAL_JOB, f"Репетиция: {name_of(period)}", payload, pieces(connection), created_by=created_by,
        stage="Сравнение с прошлым месяцем",
    )
    crash_point("rehearsal.prepared")
    return job


def pieces(connection: Connection) -> list[dict[str, int]]:
    """Ranges of houses that together are all houses there can be, also those without accounts."""
    ranges = house_ranges(connection) or [(0, LAST_HOUSE, 0)]
    found, low = [], 0
    for number, (_first, last, accounts) in enumerate(ranges, 1):
        high = LAST_HOUSE if number == len(ranges) else last
        found.append({"low": low, "high": high, "weight": accounts})
        low = high + 1
    return found


def refuse_second(connection: Connection, kind: str, period: int, sentence: str) -> None:
    """Raise StartksError with the sentence where a job of the kind is at work on the month."""
    if connection.scalar(
        text("""SELECT EXISTS (SELECT 1 FROM job WHERE kind = :kind AND state = ANY(:states)
                                  AND (payload->>'period')::int = :period)"""),
        {"kind": kind, "states": list(UNFINISHED), "period": period},
    ):
        raise StartksError(sentence)


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Compare one range of houses and ask the gate of it."""
    facts, (low, high) = job.payload, (chunk.payload["low"], chunk.payload["high"])
    connection = session.connection()
    staging = staging_name(REHEARSAL_TABLES[0].name, facts["period"], facts["run"])
    found: list[dict] = []
    if facts["compared"]:
        url = session.get_bind().url.render_as_string(hide_password=False)
        with open_reader(url) as read:
            rows = compare(read, facts["period"], low, high)
        found = groups(rows)
        if rows.height:
            columns = {name: rows[name].to_numpy() for name in rows.columns}
            period = np.full(rows.height, facts["period"], dtype=np.int32)
            copy_records(connection, staging, {"period": period, **columns})
    crash_point("rehearsal.compared")
    seals.plain(connection)  # the other core has a piece of its own
    checked = gate.check(connection, facts["period"], low, high, rehearsal=staging)
    crash_point("rehearsal.checked")
    return {"groups": found, "gate": checked}


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """Put the rows in their place, sum groups and gate up, mark the month as rehearsed."""
    set_stage(session, job.id, "Причины и проверки")
    connection, facts = session.connection(), job.payload
    period, run = facts["period"], facts["run"]
    results = chunk_results(connection, job.id)
    services.rehearsed(session, period, facts["calculated_at"])
    staging = staging_name(REHEARSAL_TABLES[0].name, period, run)
    connection.execute(text(f"CREATE INDEX ON {staging} (cause, abs(change) DESC)"))
    attach_staging(connection, period, run, REHEARSAL_TABLES)
    connection.execute(text(f"ANALYZE {REHEARSAL_TABLES[0].name}_{int(period)}"))
    crash_point("rehearsal.swapped")
    summed = merged_groups(result["groups"] for result in results)
    connection.execute(text("DELETE FROM rehearsal_group WHERE period = :period"), {"period": period})
    if summed:
        connection.execute(
            text("""INSERT INTO rehearsal_group (period, cause, service_id, accounts, houses, before, change)
                    VALUES (:period, :cause, :service_id, :accounts, :houses, :before, :change)"""),
            [{"period": period, **group} for group in summed],
        )
    checked = gate.merged([*(result["gate"] for result in results), gate.check_whole(connection, period)])
    gate.write(connection, period, checked)
    drop_old(connection, period)
    crash_point("rehearsal.finished")
    lines = gate.state(connection, period)
    return {
        "groups": sum(1 for group in summed if group["service_id"] == 0),
        "change": sum(group["change"] for group in summed if group["service_id"] == 0),
        "red": sum(1 for line in lines if not line.passed),
        "must": sum(1 for line in lines if line.count and line.severity == "must"),
    }


def chunk_results(connection: Connection, job_id: int) -> list[dict[str, Any]]:
    """What the pieces of a job returned, in their order."""
    return list(connection.execute(
        text("SELECT result FROM job_chunk WHERE job_id = :job AND NOT final ORDER BY number"), {"job": job_id}
    ).scalars())


def merged_groups(pieces: Any) -> list[dict[str, int]]:
    """Add the groups of pieces up; accounts and houses are whole in one piece, so their numbers add too."""
    totals: dict[tuple[int, int], dict[str, int]] = {}
    for piece in pieces:
        for group in piece:
            known = totals.setdefault((group["cause"], group["service_id"]), {
                "cause": group["cause"], "service_id": group["service_id"], "accounts": 0, "houses": 0, "before": 0,
                "change": 0,
            })
            for name in ("accounts", "houses", "before", "change"):
                known[name] += group[name]
    return list(totals.values())


def drop_old(connection: Connection, period: int) -> None:
    """Rows of rehearsals long past are thrown away (their groups stay): they are as many as the month's lines."""
    name = REHEARSAL_TABLES[0].name
    for table in connection.execute(
        text("""SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:name)"""), {"name": name}
    ).scalars():
        month = table.rpartition("_")[2]
        if month.isdigit() and int(month) < shift(period, -1):
            connection.execute(text(f"DROP TABLE {table}"))


def stopped(session: Session, job: JobInfo) -> None:
    """Throw away what a stopped or failed rehearsal has written; the month stays open."""
    drop_staging(session.connection(), job.payload["period"], job.payload["run"], REHEARSAL_TABLES)
    gate.forget(session.connection(), job.payload["period"])


def register() -> None:
    """Let this process do rehearsals."""
    register_job_kind(REHEARSAL_JOB, run_chunk, finish, stopped)
