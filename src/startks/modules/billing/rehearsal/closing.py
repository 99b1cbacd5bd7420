"""The closing of a month as a job: freeze, seal range by range, chain, open the next month.

The first transaction freezes the month, so what the pieces check and seal cannot change under them. A piece and its
seals are one transaction; the last one asks whether the gate still says what it said, writes the hash and closes. A
closing that dies or fails leaves the month rehearsed, without a seal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.crash import crash_point
from startks.base.errors import StartksError
from startks.domain.ledger.invariants import TITLES
from startks.domain.periods import gate, seals, services
from startks.domain.periods.state import name_of
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job, set_stage
from startks.modules.billing.rehearsal.tasks import chunk_results, pieces, refuse_second

CLOSING_JOB = "billing.closing"


def start_closing(
    session: Session, period: int, *, created_by: int | None = None, history: str | None = None
) -> int:
    """Freeze a rehearsed month and return the id of the job that closes it (runs after the commit).

    ``history`` is the reason with which a month of the seeded or imported past is closed without a rehearsal: the gate is
    asked once, what may be signed is signed with it. StartksError with the way out where it may not be closed.
    """
    connection = session.connection()
    # Two closers stand in line here, so that the second one sees the first one's job.
    connection.execute(text("SELECT id FROM period WHERE id = :period FOR UPDATE"), {"period": period})
    refuse_second(connection, CLOSING_JOB, period, "Этот месяц уже закрывается: дождитесь конца закрытия.")
    services.thaw(session, period)  # what a closing left that nobody could clean up after
    services.freeze(session, period, history=history is not None)
    tables = seals.guarded_tables(connection)
    chunks: list[dict[str, Any]] = [
        {"table": table.name, "weight": 1} for table in tables if not table.by_house
    ]
    chunks += pieces(connection)
    job = create_job(
        session, CLOSING_JOB, f"Закрытие: {name_of(period)}", {"period": period, "by": created_by, "history": history}, chunks,
        created_by=created_by, stage="Печати строк",
    )
    crash_point("closing.frozen")
    return job


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Seal a range of houses and ask the gate of it once more, or seal a table that is not kept by houses."""
    connection, period = session.connection(), job.payload["period"]
    tables = seals.guarded_tables(connection)
    seals.plain(connection)
    crash_point("closing.piece")
    if "table" in chunk.payload:
        table = next(item for item in tables if item.name == chunk.payload["table"])
        sealed, checked = seals.seal(connection, table, period), {}
    else:
        low, high = chunk.payload["low"], chunk.payload["high"]
        where = f"house_id BETWEEN {int(low)} AND {int(high)}"
        sealed = sum(seals.seal(connection, table, period, where) for table in tables if table.by_house)
        checked = gate.check(connection, period, low, high, keep=bool(job.payload["history"]))
    crash_point("closing.sealed")
    return {"sealed": sealed, "gate": checked}


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """Close the month, if the gate says the same of what was sealed as it said before."""
    set_stage(session, job.id, "Хеш и следующий месяц")
    connection, period = session.connection(), job.payload["period"]
    results = chunk_results(connection, job.id)
    now = gate.merged(result["gate"] for result in results if result["gate"])
    reason = job.payload["history"]
    if reason:
        gate.write(connection, period, now)
        services.sign_history(session, period, reason, job.payload["by"])
    then = {line.name: (line.count, line.fingerprint) for line in gate.state(session, period)}
    changed = [TITLES[name].title for name, found in now.items() if then.get(name) != found]
    if changed:
        raise StartksError("После репетиции изменились данные: повторите репетицию (" + ", ".join(changed) + ").")
    crash_point("closing.checked")
    totals = services.close_period(session, period, job.payload["by"])
    crash_point("closing.closed")
    return {**totals, "seals": sum(result["sealed"] for result in results)}


def stopped(session: Session, job: JobInfo) -> None:
    """Give up: throw the seals away, let people work in the month again."""
    if session.scalar(
        text("""SELECT NOT EXISTS (SELECT 1 FROM job WHERE kind = :kind AND id > :job
                                      AND (payload->>'period')::int = :period)"""),
        {"kind": CLOSING_JOB, "job": job.id, "period": job.payload["period"]},
    ):
        services.thaw(session, job.payload["period"])


def register() -> None:
    """Let this process close months."""
    register_job_kind(CLOSING_JOB, run_chunk, finish, stopped)
