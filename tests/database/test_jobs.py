"""Jobs: leases, exactly-once chunks, stop, progress, outbox; worker processes that are killed."""

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from startks.base.db.session import make_engine
from startks.base.errors import StartksError
from startks.framework.jobs import (
    LeaseLost,
    create_job,
    finish_chunk,
    outbox,
    progress,
    register_job_kind,
    run_job_inline,
    stop_job,
    take_chunk,
)
from startks.framework.jobs.models import Job, JobChunk, JobError, Outbox
from startks.framework.jobs.queue import (
    MAX_ATTEMPTS,
    fail_chunk,
    fail_exhausted,
    idle_jobs,
    set_stage,
    settle_job,
    unsettled_jobs,
)
from startks.framework.jobs.runner import clean_up, owner_name, release_dead, run_next, run_until_idle

pytestmark = pytest.mark.integration


def write_row(session, job, chunk):
    """A chunk's work: one row; the victim's first attempt hangs so that it can be killed in the middle."""
    session.execute(text("INSERT INTO job_trace VALUES (:n, :pid)"), {"n": chunk.number, "pid": os.getpid()})
    if chunk.payload.get("victim") and chunk.attempt == 1:
        Path(job.payload["flag"]).write_text(str(os.getpid()))
        time.sleep(60)
    time.sleep(job.payload.get("pause", 0))
    return {"pid": os.getpid()}


def count_rows(session, job):
    return {"rows": session.scalar(text("SELECT count(*) FROM job_trace"))}


def refuse(session, job, chunk):
    session.execute(text("INSERT INTO job_trace VALUES (:n, 0)"), {"n": chunk.number})
    if chunk.payload.get("bad"):
        raise StartksError("Нет тарифа: внесите его.")


def forget(session, job):
    session.execute(text("DELETE FROM job_trace"))


register_job_kind("trace", write_row, count_rows)
register_job_kind("refusing", refuse, count_rows, forget)


@pytest.fixture(scope="module")
def jobs_database(clone_database, engine):
    """A data base for this file: its tests commit, so each begins with empty tables."""
    engine.dispose()
    with clone_database("jobs") as url:
        yield url


@pytest.fixture
def store(jobs_database):
    """Sessions that commit, on empty tables."""
    engine = make_engine(jobs_database)

    @contextmanager
    def transaction():
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    with transaction() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS job_trace (number int, pid int)"))
        session.execute(text("TRUNCATE job, job_chunk, job_error, outbox, job_trace RESTART IDENTITY"))
    yield transaction
    engine.dispose()


def _create(transaction, count, kind="trace", payload=None, **chunk):
    with transaction() as session:
        return create_job(session, kind, "Проба", payload or {}, [{"weight": 10, **chunk} for _ in range(count)])


def test_a_job_runs_through_and_ends_with_its_final_step(store):
    job_id = _create(store, 3)
    assert not run_until_idle(store, job_id)
    with store() as session:
        state = progress(session, job_id)
    assert (state["state"], state["done"], state["total"], state["result"]) == ("done", 30, 30, {"rows": 3})
    assert state["seconds_left"] is None and state["errors"] == 0


def test_two_takers_never_get_the_same_chunk(store):
    job_id = _create(store, 2)
    with store() as first, store() as second:
        one, two = take_chunk(first, job_id), take_chunk(second, job_id)
        assert {one.chunk.number, two.chunk.number} == {1, 2}
        assert take_chunk(first, job_id) is None  # the final step waits for the others


def test_an_expired_lease_is_taken_again_and_the_late_worker_is_refused(store):
    job_id = _create(store, 1)
    with store() as session:
        late = take_chunk(session, job_id, lease_seconds=0)
    with store() as session:
        again = take_chunk(session, job_id)
    assert again.chunk.attempt == 2
    with pytest.raises(LeaseLost), store() as session:
        session.execute(text("INSERT INTO job_trace VALUES (1, 1)"))
        finish_chunk(session, late)
    with store() as session:
        finish_chunk(session, again)
        assert session.scalar(text("SELECT count(*) FROM job_trace")) == 0


def test_a_job_whose_worker_died_between_its_last_chunk_and_the_word_is_closed_by_the_next(store):
    """Killed after the commit of the last chunk: nothing is left to be taken, so nobody would have come by again."""
    job_id = _create(store, 1)
    for _ in ("the chunk", "the final step"):
        with store() as session:
            taken = take_chunk(session, job_id)
        with store() as session:
            finish_chunk(session, taken, {"rows": 1})
    with store() as session:
        assert progress(session, job_id)["state"] == "running"
        assert idle_jobs(session) == [] and unsettled_jobs(session) == [job_id]
    assert not run_next(store, job_id)
    with store() as session:
        assert progress(session, job_id)["state"] == "done" and unsettled_jobs(session) == []


def test_nobody_waits_for_a_job_whose_final_step_is_at_work(store):
    """A final step says its stage on the job's row and may work for minutes: an idle worker passes by."""
    job_id = _create(store, 1)
    with store() as session:
        taken = take_chunk(session, job_id)
    with store() as session:
        finish_chunk(session, taken, None)
    with store() as session:
        assert take_chunk(session, job_id).final
    with store() as working:
        set_stage(working, job_id, "Итоги")
        with store() as other:
            other.execute(text("SET LOCAL lock_timeout = '1s'"))
            assert settle_job(other, job_id, wait=False) is None
        assert not run_next(store, job_id)


def test_a_job_that_failed_as_its_worker_died_is_closed_and_cleaned_up(store):
    job_id = _create(store, 1, "refusing")
    with store() as session:
        session.execute(text("INSERT INTO job_trace VALUES (9, 9)"))
        taken = take_chunk(session, job_id)
    with store() as session:
        fail_chunk(session, taken, "Нет тарифа: внесите его.", again=False)
    with store() as session:
        assert unsettled_jobs(session) == [job_id]
    assert not run_next(store, job_id)
    with store() as session:
        assert progress(session, job_id)["state"] == "failed"
        assert session.scalar(text("SELECT count(*) FROM job_trace")) == 0


def test_a_stopped_job_begins_nothing_and_rolls_back_what_runs(store):
    job_id = _create(store, 3, "refusing")
    with store() as session:
        taken = take_chunk(session, job_id)
    with store() as session:
        assert stop_job(session, job_id)
    with pytest.raises(LeaseLost), store() as session:
        finish_chunk(session, taken)
    assert not run_next(store, job_id)
    with store() as session:
        session.execute(text("INSERT INTO job_trace VALUES (9, 9)"))
    clean_up(store, job_id)
    with store() as session:
        assert progress(session, job_id)["state"] == "stopped"
        assert session.scalar(text("SELECT count(*) FROM job_trace")) == 0
        assert not stop_job(session, job_id)


def test_a_refused_chunk_fails_the_job_with_its_sentence_after_the_others_are_done(store):
    with store() as session:
        job_id = create_job(session, "refusing", "Проба", {}, [{}, {"bad": True}, {}])
    run_until_idle(store, job_id)
    with store() as session:
        assert progress(session, job_id)["state"] == "failed"
        states = session.scalars(select(JobChunk.state).where(JobChunk.job_id == job_id).order_by(JobChunk.number))
        assert list(states) == ["done", "failed", "done", "stopped"]
        assert session.scalars(select(JobError.message)).all() == ["Нет тарифа: внесите его."]
        assert session.scalar(text("SELECT count(*) FROM job_trace")) == 0  # the kind cleaned up


def test_a_chunk_that_kills_its_workers_is_given_up(store):
    job_id = _create(store, 1)
    for _ in range(MAX_ATTEMPTS):
        with store() as session:
            assert take_chunk(session, job_id, lease_seconds=0) is not None
    with store() as session:
        assert take_chunk(session, job_id) is None
        assert fail_exhausted(session) == [job_id]
        assert settle_job(session, job_id) == "failed"
        assert session.scalar(select(JobError.message)).startswith("Исполнитель не вернулся")


def test_the_sweep_sees_forgotten_jobs_and_expired_leases(store):
    job_id = _create(store, 2)
    with store() as session:
        assert idle_jobs(session) == [(job_id, 3, 0)]
    with store() as session:
        take_chunk(session, job_id, lease_seconds=0)
        take_chunk(session, job_id, lease_seconds=60)
    with store() as session:
        assert idle_jobs(session) == [(job_id, 2, 1)]


def test_the_lease_of_a_process_that_is_no_more_ends_at_once(store):
    job_id = _create(store, 2)
    gone = subprocess.Popen(["true"])
    gone.wait()
    machine = owner_name().rpartition(":")[0]
    alive = f"{machine}:{os.getppid()}"
    for owner in (alive, f"{machine}:{gone.pid}", f"elsewhere:{gone.pid}"):
        with store() as session:
            take_chunk(session, job_id, lease_seconds=60, owner=owner)
        if owner == alive:
            with store() as session:  # the final step is free too, so that there are three to take
                session.execute(text("UPDATE job_chunk SET final = false WHERE job_id = :job"), {"job": job_id})
    assert release_dead(store) == 1
    with store() as session:
        assert idle_jobs(session) == [(job_id, 1, 2)]
        assert take_chunk(session, job_id).chunk.number == 2


def test_progress_tells_rate_and_time_left(store):
    job_id = _create(store, 4)
    run_next(store, job_id)
    with store() as session:
        session.execute(text("UPDATE job SET started_at = clock_timestamp() - interval '10 s'"))
    with store() as session:
        state = progress(session, job_id)
        assert state["done"] == 10 and state["chunks_done"] == 1
        assert 0.9 < state["rate"] < 1.1
        assert 25 < state["seconds_left"] < 35
        with pytest.raises(KeyError):
            progress(session, 0)


def test_inline_in_one_process(jobs_database, store):
    job_id = _create(store, 5)
    seen = []
    state = run_job_inline(jobs_database, job_id, processes=1, report=seen.append)
    assert state["state"] == "done" and seen[-1] == state
    assert state["result"] == {"rows": 5}


def test_inline_in_two_processes_survives_a_kill_in_the_middle_exactly_once(jobs_database, store, tmp_path):
    flag = tmp_path / "victim"
    with store() as session:
        job_id = create_job(
            session, "trace", "Проба", {"flag": str(flag), "pause": 0.02}, [{"victim": n == 3} for n in range(1, 13)]
        )
    killed = []

    def kill_the_victim():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (flag.exists() and flag.read_text()):
            time.sleep(0.02)
        killed.append(int(flag.read_text()))
        os.kill(killed[0], signal.SIGKILL)

    hunter = threading.Thread(target=kill_the_victim)
    hunter.start()
    state = run_job_inline(jobs_database, job_id, processes=2)
    hunter.join()
    assert state["state"] == "done" and state["result"] == {"rows": 12}
    with store() as session:
        rows = session.execute(text("SELECT number, count(*), min(pid) FROM job_trace GROUP BY number")).all()
        assert sorted(row.number for row in rows) == list(range(1, 13))
        assert all(row.count == 1 for row in rows)
        attempts = dict(session.execute(select(JobChunk.number, JobChunk.attempts)).all())
        assert attempts[3] == 2
        assert next(row.min for row in rows if row.number == 3) != killed[0]


def test_the_outbox_sends_after_the_commit_and_once(store):
    with pytest.raises(RuntimeError), store() as session:
        outbox.post(session, "lost")
        raise RuntimeError("rolled back")
    with store() as session:
        outbox.post(session, "paid", {"id": 1})
        outbox.post(session, "paid", {"id": 2})
    sent = []

    def send(message_id):
        sent.append(message_id)
        return len(sent) != 2  # the broker goes away at the second one

    with store() as session:
        assert outbox.relay(session, send) == 1
    with store() as session:
        assert outbox.relay(session, send) == 1
        assert outbox.relay(session, send) == 0
        first, second = session.scalars(select(Outbox.id).order_by(Outbox.id)).all()
    assert sent == [first, second, second]


def _relay(store):
    """Let the time of one pause go by, relay, and return the messages sent."""
    sent = []
    with store() as session:
        session.execute(text("UPDATE outbox SET due_at = due_at - make_interval(secs => :n)"), {"n": outbox.AGAIN_SECONDS})
    with store() as session:
        outbox.relay(session, lambda message_id: sent.append(message_id) or True)
    return sent


def test_a_message_whose_worker_lost_the_data_base_is_sent_and_done_again(store):
    with store() as session:
        outbox.post(session, "paid", {"sum": 7})
    [message] = _relay(store)
    done = []

    def lose(task, arguments):
        """The task has written its row when the data base goes away under it; the error is all that its worker has."""
        session.execute(text("INSERT INTO job_trace VALUES (:sum, 0)"), arguments)
        with store() as other:
            mine = session.connection().connection.driver_connection.info.backend_pid
            other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})

    with pytest.raises(DBAPIError), store() as session:
        outbox.deliver(session, message, lose)
    assert _relay(store) == [message]  # the broker holds it no more: its worker has acknowledged it

    def pay(task, arguments):
        session.execute(text("INSERT INTO job_trace VALUES (:sum, 0)"), arguments)
        done.append((task, arguments))

    with store() as session:
        assert outbox.deliver(session, message, pay)
    for _ in range(2):  # what a broker doubles is done once
        with store() as session:
            assert not outbox.deliver(session, message, pay)
    assert done == [("paid", {"sum": 7})]
    with store() as session:
        assert session.scalars(text("SELECT number FROM job_trace")).all() == [7]
    assert _relay(store) == _relay(store) == []


def test_a_message_that_fails_for_ever_comes_more_seldom_but_always_again(store):
    with store() as session:
        outbox.post(session, "broken")
    pauses = []
    for _ in range(9):
        with store() as session:
            session.execute(text("UPDATE outbox SET due_at = now()"))
        with store() as session:
            assert outbox.relay(session, lambda message_id: True) == 1
            pauses.append(round(session.scalar(text("SELECT extract(epoch FROM due_at - clock_timestamp()) FROM outbox"))))
    assert pauses == [20, 40, 80, 160, 320, 600, 600, 600, 600]


def test_a_message_being_done_is_not_sent_again_though_it_takes_long(store):
    with store() as session:
        outbox.post(session, "long")
    [message] = _relay(store)
    with store() as session:
        session.execute(text("UPDATE outbox SET due_at = now()"))

    def take_long(task, arguments):
        with store() as other:
            assert outbox.relay(other, lambda message_id: True) == 0

    with store() as session:
        assert outbox.deliver(session, message, take_long)


def test_a_kind_without_code_fails_its_job_in_words(store):
    job_id = _create(store, 1, "unknown_kind")
    run_until_idle(store, job_id)
    with store() as session:
        assert session.get(Job, job_id).state == "failed"
        assert "unknown_kind" in session.scalar(select(JobError.message))
