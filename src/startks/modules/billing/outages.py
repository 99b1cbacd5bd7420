"""An outage ended: what it takes off the charges of everybody under its node is prepared at once, as a job.

Houses under the node are calculated again in the open months that are calculated already; closed months have their marks
and wait for the replay; a month not yet calculated takes the act by itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from startks.base.contracts.consumption import MonthlyConsumption
from startks.base.errors import StartksError
from startks.base.events import OutageEnded
from startks.framework.addons.exchange import find_contract
from startks.framework.jobs.kinds import ChunkInfo, JobInfo, register_job_kind
from startks.framework.jobs.queue import create_job
from startks.modules.billing.calculation.run import recalculate_house

OUTAGE_JOB = "billing.outage"

_HOUSES = text("""
    SELECT a.house_id, count(*)::int AS accounts
      FROM account a JOIN house h ON h.id = a.house_id
     WHERE a.house_id = CAST(:house AS int) OR h.district_id = CAST(:district AS int)
     GROUP BY 1 ORDER BY 1""")
_MONTHS = text("""
    SELECT id FROM period WHERE state <> 'closed' AND frozen_at IS NULL AND calculated_at IS NOT NULL
       AND id BETWEEN :first AND :last ORDER BY id""")


def outage_ended(session: Session, event: OutageEnded) -> None:
    """Order the preparation (runs after the commit). Nothing to do where no open month of the outage is calculated."""
    first, last = event.began, event.ended
    months = session.scalars(
        _MONTHS, {"first": first.year * 100 + first.month, "last": last.year * 100 + last.month}
    ).all()
    if not months:
        return
    houses = session.execute(
        _HOUSES, {"house": event.house_id, "district": event.node_id if event.node_kind == "district" else None}
    ).all()
    chunks = [
        {"period": period, "house": house.house_id, "weight": house.accounts} for period in months for house in houses
    ]
    create_job(
        session, OUTAGE_JOB, "Снижение платы после отключения", {"act": event.outage_id}, chunks, stage="Расчёт домов"
    )


def run_chunk(session: Session, job: JobInfo, chunk: ChunkInfo) -> dict[str, Any]:
    """Calculate one house of one month again; a month closed meanwhile is left to the replay."""
    registry = session.info.get("registry")
    if registry is None:
        raise StartksError("Дом рассчитывает исполнитель приложения: запустите startks worker.")
    metering = find_contract(registry, MonthlyConsumption, session)
    period, house = chunk.payload["period"], chunk.payload["house"]
    state = session.execute(
        text("SELECT state, frozen_at FROM period WHERE id = :id FOR UPDATE"), {"id": period}
    ).one()
    if state.state == "closed" or state.frozen_at is not None:
        return {"accounts": 0, "amount": 0}
    totals = recalculate_house(
        session.connection(), session.get_bind().url.render_as_string(hide_password=False), period, house,
        metering.dotted if metering is not None else None, metering.save_dotted if metering is not None else None,
    )
    amount = session.scalar(
        text("""SELECT coalesce(sum(amount), 0)::int8 FROM reduction
                 WHERE period = :period AND house_id = :house AND CAST(:act AS bigint) = ANY(causes) AND cause = 'act'"""),
        {"period": period, "house": house, "act": job.payload["act"]},
    )
    return {"accounts": totals["accounts"], "amount": amount}


def finish(session: Session, job: JobInfo) -> dict[str, Any]:
    """How many accounts were calculated and what was taken off, kopecks (negative)."""
    row = session.execute(
        text("""SELECT sum((result->>'accounts')::int) AS accounts, sum((result->>'amount')::int8) AS amount
                  FROM job_chunk WHERE job_id = :job AND NOT final"""),
        {"job": job.id},
    ).one()
    return {"accounts": int(row.accounts or 0), "amount": int(row.amount or 0)}


def register() -> None:
    """Let this process do the preparation."""
    register_job_kind(OUTAGE_JOB, run_chunk, finish)
