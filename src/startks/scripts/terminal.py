"""What a long command shows: a bar on a terminal, a line a stage where the output goes into a file."""

from __future__ import annotations

import time
from types import TracebackType

import click


class Stages:
    """Progress of named stages. Call it with (stage, done, total); a new name begins a new line.

    On a terminal it is rich's bar with the time left; else one line when a stage begins and one when it ends.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar = None
        self._task = None
        self._stage: str | None = None
        self._since = 0.0

    def __enter__(self) -> Stages:
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not self._quiet:
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description:<34}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("осталось"),
                TimeRemainingColumn(),
                console=console,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(whole=kind is None)
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int = 0, total: int = 1) -> None:
        if stage != self._stage:
            self._end(whole=True)
            self._stage, self._since = stage, time.monotonic()
            if self._bar is not None:
                self._task = self._bar.add_task(stage, total=total)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def _end(self, *, whole: bool) -> None:
        if self._stage is None:
            return
        if self._bar is not None:
            if whole:
                total = self._bar.tasks[self._task].total
                self._bar.update(self._task, completed=total)
            self._bar.stop_task(self._task)
        elif not self._quiet:
            click.echo(f"{self._stage}: {'готово' if whole else 'прервано'}, {time.monotonic() - self._since:.1f} с", err=True)
        self._stage = None
