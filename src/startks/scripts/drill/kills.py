"""``startks drill kills``: kill -9 of every process at every named point of the work that may not be lost.

A cycle brings the data base back to the same state and does the same work again while processes are killed:

* the life of a month: calculated (started from the office's page), rehearsed, closed. At the end it must be, byte by byte
  and down to the hash of its seals, what the undisturbed cycle made of it, and every invariant must say what it said there;
* the life again with a question «what if» in it, whose answer must be the same, and messages of the outbox, which must all come;
* a town's files: checked and loaded into an empty base, from the office and by the command. Given out again they must be
  the files that came, and what was kept of them must be they.

Nothing may lie about: no table of a run, no open job, no message.
"""

from __future__ import annotations

import dataclasses
import filecmp
import http.client
import itertools
import random
import shutil
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from startks.base.errors import StartksError
from startks.framework.jobs.application import configure

from . import proof
from .errands import Errand, Errands, kept_as_it_came
from .fleet import VICTIMS, Fleet

SEED = 20261124
JOB_SECONDS = 240.0
"""How long a job may take, kills included, before the drill says that it is lost."""
KILLS_A_JOB = 3
"""A chunk is given up after five attempts, which is right: so a job gets fewer kills than that."""
CHUNK = ("job.taken", "job.chunk.done", "job.chunk.committed", "job.settled")
POINTS = {
    "month": (
        "month.prepared", "job.unannounced", *CHUNK, "month.piece.read", "month.piece.written", "month.sealing",
        "month.sealed", "month.swapped", "month.finished",
    ),
    "whatif": (*CHUNK, "whatif.computed"),
    "rehearsal": (
        "rehearsal.prepared", *CHUNK, "rehearsal.compared", "rehearsal.checked", "rehearsal.swapped", "rehearsal.finished",
    ),
    "closing": ("closing.frozen", *CHUNK, "closing.piece", "closing.sealed", "closing.checked", "closing.closed"),
    "check": CHUNK,
    "messages": ("outbox.sent", "outbox.received", "outbox.done"),
    "load": (*CHUNK, "town.register.written", "town.written"),
    "command": ("town.begun", "town.checked", "town.register.written", "town.written", "town.uncommitted", "town.committed"),
}  # fmt: skip
"""Points by job, in the order in which they are passed."""
SCENARIOS = {
    "life": ("messages", "month", "whatif", "rehearsal", "closing"), "import": ("check", "load"), "command": ("command",),
}  # fmt: skip
STATES = {"life": "life", "import": "import", "command": "import"}
"""The kept state of the data base in which a scenario begins."""
IN_TURN = ("life", "command", "import", "life")
ORDER = {
    point: place
    for place, point in enumerate((
        "outbox.sent", "outbox.received", "outbox.done", "month.prepared", "rehearsal.prepared", "closing.frozen", "job.unannounced", "job.taken", "town.begun",
        "town.checked", "month.piece.read", "month.piece.written", "whatif.computed", "rehearsal.compared", "rehearsal.checked",
        "closing.piece", "closing.sealed", "town.register.written", "town.written", "town.uncommitted", "town.committed",
        "job.chunk.done",
        "job.chunk.committed", "job.settled", "month.sealing", "month.sealed", "month.swapped", "month.finished",
        "rehearsal.swapped", "rehearsal.finished", "closing.checked", "closing.closed",
    ))
}  # fmt: skip


@dataclasses.dataclass(slots=True)
class Kill:
    """One kill: where, who, how long until its job was at its end."""

    number: int
    cycle: int
    job: str
    point: str
    victim: str
    at: float
    seconds: float | None = None


@dataclasses.dataclass(slots=True)
class Report:
    """What a drill has shown."""

    kills: list[Kill] = dataclasses.field(default_factory=list)
    cycles: int = 0
    faults: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def by(self, what: str) -> dict[str, int]:
        """Return the number of kills by ``point``, ``victim`` or ``job``."""
        found: dict[str, int] = {}
        for kill in self.kills:
            found[getattr(kill, what)] = found.get(getattr(kill, what), 0) + 1
        return dict(sorted(found.items()))


class Drill:
    """A drill on a fleet; :meth:`prepare` once, then :meth:`run`."""

    def __init__(self, fleet: Fleet, *, seed: int = 1, say: Callable[[str], None] = lambda line: None) -> None:
        self.fleet = fleet
        self.report = Report()
        self._random = random.Random(seed)
        self._say = say
        self._period = 0
        self._reference: dict[str, str] = {}
        self._broken: dict[str, int] = {}
        self._set = fleet.folder / "town"
        self._registers: tuple[Any, ...] = ()
        self._errands = Errands(fleet, 0, self._set)

    def prepare(self, accounts: int) -> None:
        """Build the town, give its files out, calculate and close its first month; keep both states; start everything."""
        from startks.base.licensing import issue_demo_licence
        from startks.demo.town import build
        from startks.framework.exchange.town.exporting import export_set
        from startks.scripts import month
        from startks.scripts.demo_town import HISTORY, history
        from startks.scripts.exchange_in import registers_in
        from startks.scripts.migrate import upgrade
        from startks.scripts.period import calculate_month

        env = self.fleet.env
        upgrade(env.database_url, env.settings)
        self.fleet.keep("import")
        issue_demo_licence(env.data_dir)
        build(env.database_url, accounts=accounts, seed=SEED, city="samara", progress=lambda *_: None)
        self._registers = registers_in(env)
        with env.engine.begin() as connection:
            export_set(connection, self._registers, self._set)
        shutil.make_archive(str(self._set), "zip", self._set)
        with env.sessions() as session:
            first, self._period = history(session)[:2]
        self._errands.period = self._period
        calculate_month(env, first, processes=1)
        month.close(env, first, processes=1, history=HISTORY)
        configure(env.settings)
        self.fleet.keep("life")
        self.fleet.start()

    def run(self, times: int, *, only: str | None = None) -> Report:
        """Kill until ``times`` kills have been carried out; the first cycle of each scenario is the undisturbed one."""
        started = time.monotonic()
        for scenario in SCENARIOS:
            self._cycle(scenario, {})
        plans, turns = self._plans(only), itertools.cycle(IN_TURN)
        while len(self.report.kills) < times:
            scenario = next(turns)
            self._cycle(scenario, {job: plans(job) for job in SCENARIOS[scenario]})
        self.report.seconds = time.monotonic() - started
        return self.report

    def _plans(self, only: str | None) -> Callable[[str], list[tuple[str, int, str]]]:
        """Return what gives a job its next orders (point, pass, victim): every pair of point and victim comes in turn."""
        waiting: dict[str, list[tuple[str, str]]] = {job: [] for job in POINTS}

        def next_orders(job: str) -> list[tuple[str, int, str]]:
            chosen: dict[str, str] = {}
            while len(chosen) < min(KILLS_A_JOB, len(POINTS[job])):
                mine = [pair for pair in waiting[job] if pair[0] not in chosen]
                if not mine:
                    again = [(point, victim) for point in POINTS[job] for victim in VICTIMS if only in (None, victim)]
                    self._random.shuffle(again)
                    waiting[job] += again
                    continue
                waiting[job].remove(mine[0])
                chosen[mine[0][0]] = mine[0][1]
            return [
                (point, 2 if ".piece" in point and self._random.random() < 0.2 else 1, chosen[point])
                for point in sorted(chosen, key=ORDER.__getitem__)
            ]

        return next_orders

    def _cycle(self, scenario: str, orders: dict[str, list[tuple[str, int, str]]]) -> None:
        self.report.cycles += 1
        before = len(self.report.kills)
        self.fleet.reset(STATES[scenario])
        try:
            for job in SCENARIOS[scenario]:
                self._job(job, orders.get(job, []))
            faults = self._compare() if scenario == "life" else self._compare_files(raw=scenario == "command")
        except StartksError as error:
            faults = [error.message]
        kills = self.report.kills[before:]
        for kill in kills:
            ended = f"конец через {kill.seconds:.1f} с" if kill.seconds is not None else "не закончено"
            self._say(f"{kill.number:5} {kill.point:22} {kill.victim:9} {kill.job:10} {ended}")
        for fault in faults:
            self.report.faults.append(f"цикл {self.report.cycles}: {fault}")
            self._say(f"      ОШИБКА: {fault}")
        if not faults and kills:
            self._say(f"      цикл {self.report.cycles}: итоги равны до байта")

    def _compare_files(self, *, raw: bool) -> list[str]:
        """Give the loaded town out again and lay its files against those that came; ``raw``: and those that were kept."""
        from startks.framework.exchange.town.exporting import export_set

        again = self.fleet.folder / "again"
        shutil.rmtree(again, ignore_errors=True)
        faults = self.fleet.patiently(lambda session: proof.leftovers(session.connection(), 0))
        if raw:
            faults += self.fleet.patiently(lambda session: kept_as_it_came(session, self.fleet.env.data_dir, self._set))
        with self.fleet.env.engine.begin() as connection:
            export_set(connection, self._registers, again)
        names = {path.name for folder in (self._set, again) for path in folder.iterdir()}
        _, differ, missing = filecmp.cmpfiles(self._set, again, sorted(names), shallow=False)
        return faults + [f"файл {name} выгружен не таким, каким пришёл" for name in [*differ, *missing]]

    def _compare(self) -> list[str]:
        engine = self.fleet.env.engine

        def ask(session) -> tuple[dict, dict, list]:
            connection = session.connection()
            return (
                proof.fingerprint(connection, self._period),
                proof.broken_invariants(connection, self._period),
                proof.leftovers(connection, self._period),
            )

        found, broken, faults = self.fleet.patiently(ask)
        faults += proof.changed_after_closing(engine)
        if not self._reference:
            self._reference, self._broken = found, broken
            return faults
        faults += [
            f"{name}: «{found.get(name)}» вместо «{wanted}»"
            for name, wanted in self._reference.items() if found.get(name) != wanted
        ]
        if broken != self._broken:
            faults.append(f"инварианты: {broken} вместо {self._broken}")
        return faults

    def _job(self, name: str, orders: list[tuple[str, int, str]]) -> None:
        """Start a job and see it through to its end while the orders are carried out, one after another."""
        started = time.monotonic()
        waiting = list(orders)
        current: Kill | None = None
        mine: list[Kill] = []
        deadline = time.monotonic() + JOB_SECONDS
        if waiting:
            current = self._give(name, waiting.pop(0))
        errand = self._errands.of(name)
        while True:
            if current is not None and self.fleet.order_taken.exists():
                current.at, current.number = time.monotonic(), len(self.report.kills) + 1
                self.report.kills.append(current)
                mine.append(current)
                current = self._give(name, waiting.pop(0)) if waiting else None
            if not errand.begun():
                self._begin(errand)
            elif errand.ended():
                break
            if time.monotonic() > deadline:
                self.fleet.withdraw_order()
                raise StartksError(f"{name}: не закончено за {JOB_SECONDS:.0f} с")
            time.sleep(0.03)
        if current is not None and self.fleet.order_taken.exists():  # carried out at the very last moment
            current.at, current.number = time.monotonic(), len(self.report.kills) + 1
            self.report.kills.append(current)
            mine.append(current)
        self.fleet.withdraw_order()
        if not orders:
            self._say(f"без помех: {name} {time.monotonic() - started:.1f} с")
        for kill in mine:
            kill.seconds = time.monotonic() - kill.at
        if (fault := errand.fault()) is not None:
            raise StartksError(f"{name}: {fault}")

    def _give(self, job: str, order: tuple[str, int, str]) -> Kill:
        point, turn, victim = order
        self.fleet.give_order(point, turn, victim)
        return Kill(0, self.report.cycles, job, point, victim, 0.0)

    @staticmethod
    def _begin(errand: Errand) -> None:
        """Start it as a person would; the site or the data base may have been shot under him: then he tries again."""
        try:
            errand.start()
        except (OSError, urllib.error.URLError, http.client.HTTPException, DBAPIError, StartksError):
            time.sleep(0.1)


def drill_kills(
    folder: Path, *, times: int, accounts: int, seed: int = 1, broker: str = "embedded", only: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """Build a town in the folder and kill ``times`` times; return what was seen. The folder holds the logs afterwards."""
    with Fleet(folder, broker) as fleet:
        drill = Drill(fleet, seed=seed, say=say)
        drill.prepare(accounts)
        return drill.run(times, only=only)
