"""The licence at work in a process: the file, the counters last read, and the states that follow.

A request never measures. Pages that only read need the file alone, which is looked at again when it changes on disk
(checked once a second); before a write the stored counters are read, at most every ten minutes. So a new licence works
without a restart and costs an ordinary page nothing.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from startks.base.licensing import Counter, ModuleState, Verdict, module_states, verdict_of
from startks.base.licensing.keys import trusted
from startks.framework.addons.counting import counters

FILE_CHECK_SECONDS = 1.0
COUNTER_SECONDS = 600.0


class LicenceDesk:
    """Knows today's state of every module of one application."""

    def __init__(
        self,
        path: Path | None,
        public_key: str = "",
        demands: Mapping[str, str | None] | None = None,
        clock: Callable[[], dt.date] = dt.date.today,
    ) -> None:
        self.path = path
        self.public_key = public_key
        self.demands = dict(demands or {})
        self.clock = clock
        self._stamp: tuple[int, int] | None | bool = False  # False: the file was not looked at yet
        self._looked_at = 0.0
        self._verdict = Verdict(path=path)
        self._counters: dict[str, Counter] = {}
        self._counted_at: float | None = None
        self._states: dict[str, ModuleState] = {}
        self._states_for: tuple | None = None

    @property
    def verdict(self) -> Verdict:
        """The licence as the file now stands."""
        now = time.monotonic()
        if self._stamp is False or now - self._looked_at >= FILE_CHECK_SECONDS:
            self._looked_at = now
            stamp = _stamp(self.path)
            if stamp != self._stamp:
                self._stamp = stamp
                self._verdict = verdict_of(self.path, trusted(self.path, self.public_key))
        return self._verdict

    @property
    def counters(self) -> Mapping[str, Counter]:
        """The counters as last read."""
        return self._counters

    def read_counters(self, session: Session, *, now: bool = False) -> None:
        """Read the stored counters (one query) when the last reading is older than ten minutes, or ``now``."""
        moment = time.monotonic()
        if now or self._counted_at is None or moment - self._counted_at >= COUNTER_SECONDS:
            self._counters = counters(session, self.clock())
            self._counted_at = moment

    def states(self) -> Mapping[str, ModuleState]:
        """Today's state of each module."""
        key = (self.clock(), self.verdict, id(self._counters))
        if key != self._states_for:
            self._states = module_states(self.verdict, self.demands, self._counters, key[0])
            self._states_for = key
        return self._states


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
