"""Progress and faults of an exchange on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import click

from startks.framework.exchange.town.faults import Fault, FaultBook


class Line:
    """One line of progress on stderr, rewritten in place; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self.shown, self.width, self.live = 0.0, 0, sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.live or (now - self.shown < 0.2 and done < total):
            return
        self.shown = now
        text = f"{stage}: {100 * done // total if total else 0} %"
        click.echo("\r" + text.ljust(self.width), nl=False, err=True)
        self.width = len(text)

    def clear(self) -> None:
        """Leave the line empty for what is written next."""
        if self.live and self.width:
            click.echo("\r" + " " * self.width + "\r", nl=False, err=True)


def say_counts(counts: dict[str, int]) -> None:
    """Rows by file."""
    width = max((len(name) for name in counts), default=0)
    for name, rows in counts.items():
        click.echo(f"  {name.ljust(width)}  {rows:>12,}".replace(",", " "))


def say_faults(faults: Iterable[Fault]) -> None:
    """Every fault on a line of its own."""
    for fault in faults:
        click.echo(fault.sentence())


def say_groups(book: FaultBook) -> None:
    """How many of each kind."""
    click.echo(f"Ошибок: {book.total}.")
    for (file, field, reason), count in book.groups.most_common(30):
        what = f", {field}" if field else ""
        click.echo(f"  {count:>8}  {file}{what}: {reason}")
