"""``startks addons``: which modules are installed, enabled, licensed, in which state and why."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from startks.base.errors import StartksError
from startks.base.settings import Settings
from startks.scripts.environment import data_folder, open_environment, read_settings

if TYPE_CHECKING:  # importing the application is left to the command itself
    from startks.framework.addons.registry import Addons, AddonStatus

NO_DATABASE = "postgresql://localhost/startks"
"""Named where the settings name none: the application is built without a connection."""


@click.command(help="Модули: установлены, включены, лицензия, состояние и почему. Код 1, если включённый не запущен.")
@click.option("--json", "as_json", is_flag=True, help="Напечатать JSON.")
@click.option("--no-counters", is_flag=True, help="Не обращаться к базе данных за счётчиками лицензии.")
def addons(as_json: bool, no_counters: bool) -> None:
    """Print the table; build the application as the server does, but without a data base."""
    from startks.app import configure
    from startks.framework.addons.registry import addons_of

    settings = read_settings()
    full = dataclasses.replace(
        settings, data_dir=data_folder(settings), database_url=settings.database_url or NO_DATABASE
    )
    with _quiet_loader():
        found = addons_of(configure({f"startks.{name}": value for name, value in _values(full)}).registry)
    note = None if no_counters else _read_counters(found)
    lines = found.statuses()
    if as_json:
        click.echo(json.dumps([_plain(line) for line in lines], ensure_ascii=False, indent=2))
    else:
        _table(lines)
        licence = found.desk.verdict.licence
        if licence is not None:
            click.echo(f"\nЛицензия № {licence.number}, владелец: {licence.holder}")
        if note:
            click.echo(note)
    if any(line.enabled and not line.started for line in lines):
        raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _quiet_loader() -> Iterator[None]:
    """Keep tracebacks out of the output: the table says it all, the log is for the server."""
    log = logging.getLogger("startks.framework.addons.loader")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _read_counters(found: Addons) -> str | None:
    """Read what was measured; return a sentence where it could not be read, for the table is useful without it."""
    from sqlalchemy.exc import SQLAlchemyError

    settings = read_settings()
    if not settings.database_url and not (data_folder(settings) / "startks.lock").exists():
        return "Счётчики лицензии не прочитаны: базы данных ещё нет."
    try:
        with open_environment(migrate=False, purpose="addons") as env, env.sessions() as session:
            found.desk.read_counters(session)
    except StartksError as error:
        return f"Счётчики лицензии не прочитаны: {error.message}"
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"Счётчики лицензии не прочитаны: {reason}. Выполните startks db upgrade."
    return None


def _values(settings: Settings) -> list[tuple[str, object]]:
    return [(item.name, getattr(settings, item.name)) for item in dataclasses.fields(settings)]


def _plain(line: AddonStatus) -> dict:
    return {
        "name": line.name,
        "title": line.title,
        "version": line.version,
        "distribution": line.distribution,
        "enabled": line.enabled,
        "started": line.started,
        "state": line.state.value if line.state else None,
        "why": line.why,
    }


def _table(lines: list[AddonStatus]) -> None:
    rows = [("МОДУЛЬ", "НАЗВАНИЕ", "ПАКЕТ", "ВКЛЮЧЁН", "СОСТОЯНИЕ")]
    for line in lines:
        if line.state is not None:
            state = line.state.title
        else:
            state = "не запущен" if line.enabled else "выключен"
        rows.append((line.name, line.title, line.distribution, "да" if line.enabled else "нет", state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo()
    for line in lines:  # below the table, since a sentence in a narrow column cannot be read
        click.echo(f"{line.name}: {line.why}")
