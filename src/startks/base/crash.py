"""Named points at which a drill may kill this process or another one, to prove that nothing is lost.

Production code says ``crash_point("month.swapped")`` where an interruption would be most unpleasant. Without the
environment variable ``STARTKS_CRASH_AT`` the name is bound to a function that does nothing. With it:

* ``STARTKS_CRASH_AT=month.swapped``: the process kills itself (SIGKILL) when it first passes the point;
* ``STARTKS_CRASH_AT=month.swapped:3``: at its third pass;
* ``STARTKS_CRASH_AT=@FILE``: the order lies in the file, ``NAME:N VICTIM`` in one line, and is looked for at every pass.
  Who reaches the point first takes the order away by renaming the file to ``FILE.taken`` and kills the victim: ``self``,
  ``group`` (with all of its process group), or the number of another process. So a drill gives one order after
  another to processes that live on.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

VARIABLE = "STARTKS_CRASH_AT"


def _nothing(name: str) -> None:
    """Pass the point."""


class Executioner:
    """Carries out the order that the variable's value gives; called with the name of each point passed."""

    def __init__(self, order: str) -> None:
        self._file = Path(order[1:]) if order.startswith("@") else None
        self._order = "" if self._file else order
        self._passes: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        order = self._order
        if self._file is not None:
            order = ""
            with contextlib.suppress(FileNotFoundError):  # no order given at this moment
                order = self._file.read_text()
        if not order:
            return
        wanted, _, victim = order.strip().partition(" ")
        point, _, turn = wanted.partition(":")
        if point != name:
            return
        self._passes[order] += 1
        if self._passes[order] < int(turn or 1) or not self._take():
            return
        with contextlib.suppress(ProcessLookupError):  # the victim has just ended by itself
            if victim == "group":
                os.killpg(0, signal.SIGKILL)
            os.kill(os.getpid() if victim in ("", "self") else int(victim), signal.SIGKILL)

    def _take(self) -> bool:
        """Take the order away, so that nobody carries it out twice; False where another process was quicker."""
        if self._file is None:
            return True
        try:
            self._file.rename(self._file.with_name(self._file.name + ".taken"))
        except FileNotFoundError:
            return False
        return True


crash_point: Callable[[str], None] = Executioner(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else _nothing
