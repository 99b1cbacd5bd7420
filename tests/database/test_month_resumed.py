"""A month whose calculation was cut off: the next command goes on with it, or throws away what nobody finishes."""

import dataclasses

import pytest
from sqlalchemy import text, update

from startks.base.periods import shift
from startks.framework.jobs.models import Job, JobChunk
from startks.framework.jobs.runner import owner_name, run_next
from startks.modules.billing import tasks
from startks.scripts.environment import Environment
from startks.scripts.period import CONSUMPTION, SAVE, calculate_month


@pytest.fixture
def env(clone_database, town, services, test_settings):
    """The environment of a command over a copy of the town."""
    town.engine.dispose()
    with clone_database("resumed", town.database_url) as url:
        settings = dataclasses.replace(test_settings, database_url=url, data_dir=services.folder.path)
        env = Environment(services.folder.path, url, "", settings, owner=False)
        yield env
        env.engine.dispose()


@pytest.fixture
def month(town):
    """The month after the last calculated one."""
    return shift(town.periods[-1], 1)


def _started(env, month):
    tasks.register()
    with env.sessions.begin() as session:
        return tasks.start_month(session, month, consumption=CONSUMPTION, save=SAVE)


def _runs(env, month):
    with env.sessions() as session:
        return session.execute(
            text("SELECT state FROM calculation_run WHERE period = :month ORDER BY id"), {"month": month}
        ).scalars().all()  # fmt: skip


def test_what_a_dead_process_had_begun_is_finished_and_not_begun_anew(env, month):
    job = _started(env, month)
    with env.sessions.begin() as session:  # a process took the first part and died
        session.execute(
            update(JobChunk)
            .where(JobChunk.job_id == job, JobChunk.number == 1)
            .values(
                state="running", attempts=1, lease_until=text("now() + interval '5 minutes'"),
                lease_owner=f"{owner_name().rpartition(':')[0]}:{2**22 + 1}",
            )
        )  # fmt: skip
    totals = calculate_month(env, month, processes=1)
    assert totals["lines"] > 0
    assert _runs(env, month) == ["done"]
    with env.sessions() as session:
        assert session.get(Job, job).state == "done"
        assert session.scalar(text("SELECT count(*) FROM statement WHERE period = :month"), {"month": month}) == totals["lines"]


def test_a_run_that_nobody_finishes_is_thrown_away(env, month):
    job = _started(env, month)
    assert run_next(env.sessions.begin, job)
    with env.sessions.begin() as session:  # the job failed, and the disk had no room to write down that the run did
        session.execute(update(Job).where(Job.id == job).values(state="failed"))
    assert _runs(env, month) == ["running"]
    assert calculate_month(env, month, processes=1)["lines"] > 0
    assert _runs(env, month) == ["failed", "done"]
    with env.sessions() as session:
        left = session.execute(text(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(statement|house_balance|house_rounding).*_run'"
        )).all()  # fmt: skip
    assert left == []
