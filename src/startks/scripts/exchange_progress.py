"""Counts and faults of an exchange on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from startks.base.errors import ConfigurationError
from startks.base.periods import parse
from startks.framework.exchange.town.faults import Fault, FaultBook


def month_of(text: str) -> int:
    """ГГГГ-ММ → YYYYMM; ConfigurationError for anything else."""
    try:
        return parse(text)
    except ValueError as fault:
        raise ConfigurationError(f"{fault}.") from fault


def say_counts(counts: dict[str, int], titles: Mapping[str, str] | None = None) -> None:
    """Rows by file; ``titles``: what each file is."""
    width = max((len(name) for name in counts), default=0)
    for name, rows in counts.items():
        title = f"  {titles[name]}" if titles and name in titles else ""
        click.echo(f"  {name.ljust(width)}  {rows:>12,}".replace(",", " ") + title)


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
