"""Background work of billing: the calculation of a month as a job of whole-house pieces."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.crash import crash_point
from startks.base.errors import StartksError
from startks.base.signatures import signing_key
from startks.domain.calc.registry import take_in, taken_in
from startks.framework.addons.exchange import find_contract
from startks.framework.documents.attachments import Attachment
from startks.framework.documents.receipt_pdf import render_house
from startks.framework.jobs import ring_after_commit
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job, set_stage
from startks.modules.billing.attachment import attachments_of
from startks.modules.billing.bill import load_bills
from startks.modules.billing.calculation import run
from startks.modules.billing.explain import HouseTrace
from startks.modules.billing.receipts import receipts_of_house
from startks.modules.billing.rehearsal.tasks import start_rehearsal

MONTH_JOB = "billing.month"
RECEIPTS_JOB = "billing.receipts"


def start_month(
    session: Session, period: int, *, consumption: str | None, save: str | None, created_by: int | None = None,
    rehearse: bool = False,
) -> int:
    """Prepare the calculation of an open month and return the id of its job (runs after the commit).

    ``rehearse``: the month is rehearsed at once when it is calculated, as a job of its own.

    ``consumption`` and ``save`` are the functions that the metering contract names, None without metering. Raises
    StartksError where the month may not be calculated.
    """
    _abandon_orphan(session, period)
    pieces = run.prepare(session.connection(), period)
    payload = {"period": period, "run": pieces[0].run, "consumption": consumption, "save": save,
               "rehearse": rehearse, "by": created_by, "rules": taken_in()}
    chunks = [
        {"house_from": piece.house_from, "house_to": piece.house_to, "weight": piece.accounts}
        for piece in pieces
    ]
    job = create_job(
        session, MONTH_JOB, run.title_of(period), payload, chunks, created_by=created_by, stage="Расчёт по домам"
    )
    crash_point("month.prepared")
    return job


def unfinished_month(session: Session, period: int) -> int | None:
    """Return the job that calculates the month now or was cut off in the middle; None where there is none."""
    return session.scalar(
        text("""SELECT id FROM job WHERE kind = :kind AND state IN ('waiting', 'running')
                   AND (payload->>'period')::int = :period ORDER BY id DESC LIMIT 1"""),
        {"kind": MONTH_JOB, "period": period},
    )


def _abandon_orphan(session: Session, period: int) -> None:
    """Throw away a run whose job has ended while the data base could not write that down (a full disk, a power cut)."""
    orphan = session.scalar(
        text("""SELECT r.id FROM calculation_run r
                 WHERE r.period = :period AND r.state = 'running'
                   AND EXISTS (SELECT FROM job j WHERE j.kind = :kind AND (j.payload->>'run')::int = r.id)
                   AND NOT EXISTS (SELECT FROM job j WHERE j.kind = :kind AND (j.payload->>'run')::int = r.id
                                      AND j.state IN ('waiting', 'running'))"""),
        {"kind": MONTH_JOB, "period": period},
    )
    if orphan is not None:
        run.abandon(session.connection(), period, orphan, "failed")


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict:
    """Calculate one range of houses into the run's tables."""
    facts = job.payload
    for dotted in facts.get("rules", ()):  # a process that has no application around it knows our own rules only
        take_in(dotted)
    piece = run.Piece(
        facts["run"], facts["period"], chunk.payload["house_from"], chunk.payload["house_to"], chunk.weight
    )
    url = session.get_bind().url.render_as_string(hide_password=False)
    return run.run_piece(session.connection(), url, piece, facts["consumption"], facts["save"])


def finish(session: Session, job: JobInfo) -> dict:
    """Swap the finished run in."""
    set_stage(session, job.id, "Запись итогов месяца")
    pieces = session.execute(
        text("SELECT result FROM job_chunk WHERE job_id = :job AND NOT final ORDER BY number"), {"job": job.id}
    ).scalars()
    totals = run.finish(session.connection(), job.payload["period"], job.payload["run"], list(pieces))
    if job.payload.get("rehearse"):
        totals["rehearsal_job"] = start_rehearsal(session, job.payload["period"], created_by=job.payload["by"])
        if "tm" in session.info:  # under Celery; the clock would ring too, some seconds later
            ring_after_commit(session.info["tm"], totals["rehearsal_job"])
    return totals


def stopped(session: Session, job: JobInfo) -> None:
    """Throw away what a stopped or failed run has written; the month stays as it was."""
    run.abandon(session.connection(), job.payload["period"], job.payload["run"], "stopped")


def register() -> None:
    """Let this process do the jobs of billing."""
    register_job_kind(MONTH_JOB, run_chunk, finish, stopped)
    register_job_kind(RECEIPTS_JOB, print_house, receipts_done)


# Receipts of a month: one PDF a house, so that printing, retry and download share a unit


def start_receipts(
    session: Session, period: int, folder: str, *, readings: str | None = None, houses: list[int] | None = None,
    created_by: int | None = None,
) -> int:
    """Create the job that prints receipts of a calculated month, one PDF a house; return its id.

    ``folder`` is where ``receipts/<period>/house-<id>.pdf`` are put. ``readings`` names the metering contract's class
    (``package.module:Class``), None without metering. ``houses`` narrows it to some houses.
    """
    found = session.execute(
        text("""SELECT house_id, count(*) FROM account
                 WHERE CAST(:houses AS int[]) IS NULL OR house_id = ANY(:houses) GROUP BY 1 ORDER BY 1"""),
        {"houses": houses},
    ).all()
    if not found:
        raise StartksError("Нет домов с лицевыми счетами: печатать нечего.")
    chunks = [{"house": house, "weight": accounts} for house, accounts in found]
    payload = {"period": period, "folder": folder, "readings": readings}
    title = f"Платёжные документы: {run.title_of(period).removeprefix('Расчёт ')}"
    return create_job(session, RECEIPTS_JOB, title, payload, chunks, created_by=created_by, stage="Печать по домам")


def receipt_path(folder: str, period: int, house_id: int) -> Path:
    """Where the receipts of a house stand once printed."""
    return Path(folder) / "receipts" / str(period) / f"house-{house_id}.pdf"


def print_house(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict:
    """Print one house into its file; the file appears whole or not at all."""
    facts, house = job.payload, chunk.payload["house"]
    connection = session.connection()
    readings = () if facts["readings"] is None else run.resolve(facts["readings"])(session).of_house(
        house, facts["period"]
    )
    from startks.framework.web import secret_of  # the web framework is left to those who print

    registry = session.info.get("registry")  # a worker of the application has it, a bare command has none
    secret = secret_of(registry) if registry is not None else None
    receipts = receipts_of_house(connection, house, facts["period"], readings, secret=secret)
    path = receipt_path(facts["folder"], facts["period"], house)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{chunk.attempt}.part")
    try:
        partial.write_bytes(render_house(receipts, attachments=_calculations(session, house, facts["period"])))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # left only where the disk is full
    return {"receipts": len(receipts), "bytes": path.stat().st_size}


def _calculations(session: Session, house: int, period: int) -> list[Attachment]:
    """The signed calculations of all bills of the house where the installation wants them in its mass printing."""
    from startks.framework.web import secret_of, settings_of

    registry = session.info.get("registry")
    if registry is None or not settings_of(registry).receipts_calculation:
        return []
    metering = find_contract(registry, MonthlyConsumption, session)
    connection = session.connection()
    trace = HouseTrace(connection, house, period, metering.dotted if metering is not None else None)
    accounts = sorted({account for account, _service, _supplier in trace.lines})
    return attachments_of(
        connection, trace, load_bills(connection, accounts, period), signing_key(secret_of(registry))
    )


def receipts_done(session: Session, job: JobInfo) -> dict:
    """Totals of the printing."""
    row = session.execute(
        text("""SELECT count(*) AS houses, sum((result->>'receipts')::int) AS receipts,
                       sum((result->>'bytes')::int8) AS bytes FROM job_chunk WHERE job_id = :job AND NOT final"""),
        {"job": job.id},
    ).one()
    return {"houses": row.houses, "receipts": int(row.receipts or 0), "bytes": int(row.bytes or 0)}
