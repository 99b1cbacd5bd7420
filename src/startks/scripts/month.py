"""The month's life from the command line: rehearsal, gate, signature, closing, «what if». Used by ``startks period``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from startks.base.errors import StartksError
from startks.scripts.environment import Environment

Progress = Callable[[dict], None]


def run_job(env: Environment, job: int, progress: Progress | None, processes: int, workers: Any = None) -> dict[str, Any]:
    """Do a job in processes of this command and return its result; StartksError with what went wrong."""
    from startks.framework.jobs.inline import Workers

    if workers is not None:
        state = workers.run(job, progress)
    else:
        with Workers(env.database_url, processes, events=env.events) as own:
            state = own.run(job, progress)
    if state["state"] != "done":
        raise StartksError(_why(env, job, state["state"]))
    return state["result"]


def _why(env: Environment, job: int, state: str) -> str:
    from sqlalchemy import text

    with env.sessions() as session:
        message = session.scalar(
            text("SELECT message FROM job_error WHERE job_id = :job ORDER BY id DESC LIMIT 1"), {"job": job}
        )
    return message or f"Задание {job} не закончено ({state}): посмотрите его ошибки, исправьте и повторите."


def rehearse(
    env: Environment, period: int, progress: Progress | None = None, processes: int = 2, workers: Any = None,
    compared: bool = True,
) -> dict[str, Any]:
    """Rehearse a calculated month; ``compared`` False asks the gate only. Returns counts of groups and of red checks."""
    from startks.modules.billing.rehearsal import tasks

    tasks.register()
    with env.sessions.begin() as session:
        job = tasks.start_rehearsal(session, period, compared=compared)
    return run_job(env, job, progress, processes, workers)


def close(
    env: Environment, period: int, progress: Progress | None = None, processes: int = 2, workers: Any = None,
    by: int | None = None, history: str | None = None,
) -> dict[str, Any]:
    """Close a rehearsed month, or with a reason a month of the seeded past; returns its totals and hash."""
    from startks.modules.billing.rehearsal import closing

    closing.register()
    with env.sessions.begin() as session:
        job = closing.start_closing(session, period, created_by=by, history=history)
    return run_job(env, job, progress, processes, workers)


def what_if(
    env: Environment, period: int, changes: tuple, processes: int = 2, progress: Progress | None = None,
    districts: list[int] | None = None,
) -> dict[str, Any]:
    """Answer «what if»; nothing is kept but the job's own row, and that is taken out here too."""
    from sqlalchemy import text

    from startks.modules.billing.rehearsal import whatif
    from startks.scripts.period import CONSUMPTION

    whatif.register()
    with_meters = "metering" in env.settings.modules
    with env.sessions.begin() as session:
        job = whatif.start_whatif(
            session, period, changes, consumption=CONSUMPTION if with_meters else None, districts=districts
        )
    try:
        return run_job(env, job, progress, processes)
    finally:
        with env.sessions.begin() as session:
            session.execute(text("DELETE FROM job WHERE id = :job"), {"job": job})


def sign_all(env: Environment, period: int, reason: str, by: int | None = None) -> list[str]:
    """Sign everything that is red and may be signed, with one reason; returns the names. For the seeded past."""
    from startks.domain.periods import gate, services

    with env.sessions.begin() as session:
        names = [line.name for line in gate.state(session, period) if not line.passed and line.severity == "signed"]
        for name in names:
            services.sign(session, period, name, reason, by)
    return names


def groups(env: Environment, period: int) -> list[dict[str, Any]]:
    """What the rehearsal has found, by cause, in the order in which people should look."""
    from sqlalchemy import text

    from startks.modules.billing.rehearsal.causes import ORDER, Cause

    with env.sessions() as session:
        rows = session.execute(
            text("""SELECT cause, accounts, houses, before, change FROM rehearsal_group
                     WHERE period = :period AND service_id = 0"""),
            {"period": period},
        ).mappings().all()
    return sorted((dict(row) for row in rows), key=lambda row: ORDER[Cause(row["cause"])])
