"""The pieces of work that a drill has done: how a person starts each, and how one sees that it is at its end.

What is started from a page is started from a page, by a clerk with a browser, so that the site may be shot under him; what
is a command is a process of its own. Each may be started again and again: that is what a person does where nothing came.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from startks.base.errors import StartksError
from startks.framework.jobs import bell, outbox
from startks.framework.jobs.models import Job

from .fleet import Fleet, unfinished

MESSAGES = 5


class Errand:
    """One piece of work."""

    def start(self) -> None:
        """Start it, or start it again."""
        raise NotImplementedError

    def begun(self) -> bool:
        """Whether it goes on by itself now."""
        raise NotImplementedError

    def ended(self) -> bool:
        """Whether it is at its end."""
        raise NotImplementedError

    def fault(self) -> str | None:
        """What is wrong with its end."""
        return None


class JobErrand(Errand):
    """A job of the queue, which the workers do."""

    def __init__(self, fleet: Fleet, start: Callable[[], None]) -> None:
        self._fleet = fleet
        self.start = start  # type: ignore[method-assign]
        self._newest = fleet.patiently(lambda session: session.scalar(select(func.coalesce(func.max(Job.id), 0))))
        self._begun = False

    def begun(self) -> bool:
        self._begun = self._begun or bool(self._fleet.patiently(
            lambda session: session.scalar(select(func.count()).select_from(Job).where(Job.id > self._newest))
        ))
        return self._begun

    def ended(self) -> bool:
        return self._fleet.patiently(unfinished) == 0

    def fault(self) -> str | None:
        state = self._fleet.patiently(lambda session: session.scalars(
            select(Job.state).where(Job.id > self._newest).order_by(Job.id.desc())
        ).first())
        return None if state == "done" else f"задание кончилось как {state}"


class CommandErrand(Errand):
    """A command of the administrator's, typed again until it has done its work; ``done`` asks the data base whether it has."""

    def __init__(self, fleet: Fleet, words: list[str], done: Callable[[Any], bool]) -> None:
        self._fleet, self._words, self._done = fleet, words, done
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._fleet.services.log_folder / "command.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "startks", *self._words], env={**os.environ, **self._fleet.variables},
                stdout=log, stderr=log, start_new_session=True,  # a kill of the group is not one of the drill
            )

    def begun(self) -> bool:
        return self._process is not None

    def ended(self) -> bool:
        if self._process.poll() is None:
            return False
        if self._process.returncode == 0 or self._fleet.patiently(self._done):
            return True
        self._process = None
        return False


class MessageErrand(Errand):
    """Messages of the outbox, to a receiver that writes down that it was called."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def start(self) -> None:
        from startks.framework.addons.counting import TASK

        with self._fleet.session() as session:
            for _ in range(MESSAGES):
                outbox.post(session, TASK)

    def begun(self) -> bool:
        return bool(self._count("SELECT count(*) FROM outbox"))

    def ended(self) -> bool:
        return not self._count("SELECT count(*) FROM outbox WHERE done_at IS NULL")

    def fault(self) -> str | None:
        posted, received = self._count("SELECT count(*) FROM outbox"), self._received()
        if (posted, received) == (MESSAGES, 3):
            return None
        return f"сообщений {posted} вместо {MESSAGES}, записей получателя {received} вместо 3"

    def _received(self) -> int:
        """Rows of the receiver: one a metric and day, however often the message comes."""
        return self._count("SELECT count(*) FROM licence_counter WHERE measured_on = :day", day=dt.date.today())

    def _count(self, statement: str, **values: Any) -> int:
        return self._fleet.patiently(lambda session: session.scalar(text(statement), values))


class Errands:
    """All errands of a drill by their name, over one month and one set of files."""

    def __init__(self, fleet: Fleet, period: int, files: Path) -> None:
        self.fleet, self.period, self.files = fleet, period, files
        self._batch = 0

    def of(self, name: str) -> Errand:
        """Make the errand of a name."""
        if name == "messages":
            return MessageErrand(self.fleet)
        if name == "command":
            return CommandErrand(self.fleet, ["import", "town", str(self.files)], lambda session: bool(session.scalar(
                text("SELECT count(*) FROM import_batch WHERE state = 'loaded'")
            )))
        return JobErrand(self.fleet, getattr(self, f"_start_{name}"))

    def _clerk(self, login: str):
        from startks.demo.users import demo_logins

        who = next(item for item in demo_logins() if item.login == login)
        return self.fleet.clerk(who.login, who.password)

    def _start_month(self) -> None:
        self._clerk("accountant").press(f"/office/+month?period={self.period}", "@@start", period=str(self.period))

    def _start_whatif(self) -> None:
        self._clerk("accountant").press(
            f"/office/+month/@@whatif?period={self.period}", what="tariff", service="maintenance", how="percent", number="10",
            district="",
        )

    def _start_rehearsal(self) -> None:
        self._clerk("accountant").press(f"/office/+month?period={self.period}", "@@rehearse")

    def _start_closing(self) -> None:
        from startks.scripts.month import sign_all

        sign_all(self.fleet.env, self.period, "Учения: подписано всё, что подписывается.")
        typed = f"{self.period % 100:02d}.{self.period // 100}"
        self._clerk("chief").press(f"/office/+month/@@close?period={self.period}", month=typed)

    def _start_check(self) -> None:
        from startks.framework.exchange.town.jobs import keep_upload, start_check

        folder = self.fleet.env.data_dir
        with self.fleet.session() as session, (self.files.with_suffix(".zip")).open("rb") as source:
            self._batch = keep_upload(session, folder, "town.zip", source, None)
            job = start_check(session, folder, self._batch, None)
        bell.ring(job)

    def _start_load(self) -> None:
        from startks.framework.exchange.town.jobs import start_load

        with self.fleet.session() as session:
            job = start_load(session, self.fleet.env.data_dir, self._batch, None)
        bell.ring(job)


def kept_as_it_came(session: Any, data_dir: Path, files: Path) -> list[str]:
    """Name the files of a set that the loaded import does not remember by their hash, and an archive that is not whole."""
    import hashlib
    import zipfile

    from startks.framework.exchange.town.journal import archive_of

    batch = session.scalar(text("SELECT max(id) FROM import_batch WHERE state = 'loaded'"))
    if batch is None:
        raise StartksError("загруженный набор не записан в журнал загрузок")
    known = dict(session.execute(text("SELECT name, sha256 FROM import_file WHERE batch_id = :id"), {"id": batch}).all())
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files.iterdir()}
    faults = [f"хеш файла {name} в журнале загрузок не тот" for name in there if known.get(name) != there[name]]
    with zipfile.ZipFile(archive_of(data_dir, batch)) as archive:
        if (broken := archive.testzip()) is not None:
            faults.append(f"сохранённый файл {broken} испорчен")
    return faults
