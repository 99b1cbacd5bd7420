"""The Celery application: a bell over the queue in PostgreSQL.

A worker process makes its engine and its Pyramid registry after the fork, and each task has a transaction manager of
its own. Nothing is returned through the broker. Any message may be lost or doubled: ``startks.sweep`` rings again and
leases keep two workers from doing one chunk; ``startks.relay`` sends what the outbox does not know to be done.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import transaction as zope_transaction
from celery import Celery, Task, signals
from sqlalchemy.orm import Session

from startks.base.db.session import make_engine, make_session_factory, tm_session
from startks.base.errors import ConfigurationError
from startks.base.settings import Settings
from startks.framework.addons.exchange import attach_events

from . import bell, outbox
from .queue import fail_exhausted, idle_jobs, settle_job, unsettled_jobs
from .runner import clean_up, release_dead, run_until_idle, settle

log = logging.getLogger("startks.jobs")

QUEUE = "startks"
BELL_SECONDS = 5.0
"""A bell's turn: chunks are done for so long, then it rings for itself again, so that no message is held for long."""
SWEEP_SECONDS = 2.0
RELAY_SECONDS = 2.0
VISIBILITY_SECONDS = 1800
BOOT_SECONDS = 120.0
"""How long a new worker process may take to make its registry. Celery's own four seconds kill it on a busy machine, and the
next one, for ever."""
_SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps", "pyamqp", "memory")

_state: dict[str, Any] = {}


def configure(settings: Settings, boot=None) -> Celery:
    """Make the application of this process. ``boot()`` returns the Pyramid registry, called in each worker process."""
    scheme = settings.broker_url.partition(":")[0]
    if scheme not in _SCHEMES:
        raise ConfigurationError(
            f"Брокер «{scheme or 'не задан'}» не поддерживается: укажите в startks.broker_url (STARTKS_BROKER_URL) "
            "адрес amqp://… или redis://…"
        )
    application = celery_app()
    application.conf.update(broker_url=settings.broker_url, **_broker_options(settings, scheme))
    _state.update(settings=settings, boot=boot)
    return application


@cache
def celery_app() -> Celery:
    """Return the one Celery application of this process (unconfigured until :func:`configure`)."""
    application = Celery("startks", task_cls=StartksTask, set_as_current=False)
    application.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=BOOT_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,  # a page that rings waits twice this for a dead broker
        timezone="Europe/Samara",
        enable_utc=True,
        beat_schedule={
            "sweep": {"task": "startks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
            "relay": {"task": "startks.relay", "schedule": RELAY_SECONDS, "options": {"expires": RELAY_SECONDS}},
        },
    )
    for name, function in (
        (bell.RING, ring),
        (bell.CLEAN, clean),
        (bell.RUN, run),
        (bell.DELIVER, deliver),
        ("startks.sweep", sweep),
        ("startks.relay", relay),
    ):
        application.task(function, name=name, bind=True)
    return application


def _broker_options(settings: Settings, scheme: str) -> dict[str, Any]:
    if scheme.startswith("redis"):
        # kombu looks for lost messages only every interval × throttle: its defaults make that 100 seconds.
        return {
            "broker_transport_options": {
                "visibility_timeout": VISIBILITY_SECONDS,
                "unacked_restore_interval": 2,
                "unacked_restore_throttle": 1,
            }
        }
    if scheme != "memory" and settings.queue_type == "quorum":
        return {
            "task_default_queue_type": "quorum",
            "worker_detect_quorum_queues": True,
            "broker_transport_options": {"confirm_publish": True},
        }
    return {}


class StartksTask(Task):
    """A task with an engine of its process and a transaction of its own."""

    abstract = True
    ignore_result = True

    @property
    def settings(self) -> Settings:
        """The settings this worker was started with."""
        return _state["settings"]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session in a new explicit transaction manager; commit at the end, abort on an exception."""
        manager = zope_transaction.TransactionManager(explicit=True)
        with manager:
            session = tm_session(_sessions(), manager)
            session.info["tm"] = manager
            session.info["registry"] = registry = _state.get("registry")
            if registry is not None:
                attach_events(session, registry)
            yield session


@signals.worker_process_init.connect
def _after_fork(**_: Any) -> None:
    """Boot in the child: an engine or registry made before the fork would share its sockets."""
    _state.pop("sessions", None)
    _state.pop("registry", None)
    boot = _state.get("boot")
    if boot is not None:
        _state["registry"] = boot()


def _sessions():
    if "sessions" not in _state:
        settings = _state["settings"]
        engine = make_engine(settings.database_url, application_name="startks-worker", pool_size=2)
        _state["sessions"] = make_session_factory(engine)
    return _state["sessions"]


def ring(self: StartksTask, job_id: int) -> None:
    """Do chunks of a job until none is free or the turn is over."""
    release_dead(self.transaction)
    if run_until_idle(self.transaction, job_id, self.settings.chunk_lease_seconds, BELL_SECONDS):
        bell.ring(job_id)


def clean(self: StartksTask, job_id: int) -> None:
    """Clean up after a stopped job."""
    clean_up(self.transaction, job_id)


def sweep(self: StartksTask) -> None:
    """Ring for every job that has something to do: new, forgotten by the broker, or left by a dead worker."""
    release_dead(self.transaction)
    with self.transaction() as session:
        exhausted = fail_exhausted(session)
        for job_id in exhausted:
            settle_job(session, job_id)
        left = unsettled_jobs(session)
        waiting = idle_jobs(session)
    for job_id in exhausted:
        clean_up(self.transaction, job_id)
    for job_id in left:
        settle(self.transaction, job_id, wait=False)
    for job_id, free, at_work in waiting:
        # Only as many as are missing: each bell keeps ringing for itself while there is work.
        bell.ring(job_id, max(0, min(free, self.settings.workers - at_work)))


def relay(self: StartksTask) -> None:
    """Send what is due of the outbox."""
    with self.transaction() as session:
        outbox.relay(session, lambda message_id: bell.send(bell.DELIVER, {"message_id": message_id}))


def deliver(self: StartksTask, message_id: int) -> None:
    """Do a message of the outbox, unless it was done."""
    with self.transaction() as session:
        outbox.deliver(session, message_id, partial(_call, session))


def run(self: StartksTask, name: str, arguments: dict[str, Any] | None = None) -> None:
    """Run a module's registered task, as the clock asks. One that fails is tried at its next turn."""
    with self.transaction() as session:
        _call(session, name, arguments or {})


def _call(session: Session, name: str, arguments: dict[str, Any]) -> None:
    """Call a registered task, ``function(session, **arguments)``, in the caller's transaction."""
    from startks.framework.addons.guard import require_task

    require_task(_state["registry"], name, session).value(session, **arguments)
