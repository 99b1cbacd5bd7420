"""A whole town in: check everything, then load everything or nothing; the import is remembered either way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from startks.base.crash import crash_point
from startks.base.errors import StartksError
from startks.framework.exchange.town.archive import open_source
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.journal import Keeper, archive_of, at_work, close_batch, keep_refused
from startks.framework.exchange.town.loading import load_set, require_empty
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.sets import Progress, TownSet, find_files, read_set, silent


@dataclass
class Outcome:
    """What an import came to."""

    counts: dict[str, int] = field(default_factory=dict)
    """rows by register"""
    book: FaultBook = field(default_factory=FaultBook)
    loaded: bool = False
    batch: int | None = None


def check_town(
    source: Path, registers: Sequence[Register], book: FaultBook | None = None, progress: Progress = silent
) -> Outcome:
    """Check a set (folder or zip) and change nothing."""
    outcome = Outcome(book=FaultBook() if book is None else book)
    with open_source(source) as folder:
        town = read_set(find_files(folder, registers, outcome.book), registers, outcome.book, progress)
    outcome.counts = town.counts
    return outcome


def import_town(
    engine: Engine, data_dir: Path, source: Path, registers: Sequence[Register], book: FaultBook | None = None,
    progress: Progress = silent, user_id: int | None = None,
) -> Outcome:
    """Check a set and load it whole, or refuse it whole. Raises StartksError where the base holds a town already."""
    outcome = Outcome(book=FaultBook() if book is None else book)
    with engine.connect() as connection:
        require_empty(connection, tuple(registers))
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(open_source(source))
        except StartksError:
            if source.is_file():
                outcome.batch = keep_refused(engine, data_dir, "town", source, user_id)
            raise
        outcome.batch = stack.enter_context(at_work(engine, "town", user_id))
        files = find_files(folder, registers, outcome.book)
        keeper = Keeper(tuple(files.values()), archive_of(data_dir, outcome.batch)).start()
        state = "failed"
        try:
            crash_point("town.begun")
            town = read_set(files, registers, outcome.book, progress)
            crash_point("town.checked")
            outcome.counts = town.counts
            if outcome.book:
                state = "refused"
            else:
                _load(engine, outcome, town, keeper, progress)
                state = "loaded"
        finally:
            if state != "loaded":
                with Session(engine) as session, session.begin():
                    close_batch(
                        session, outcome.batch, state, counts=outcome.counts, faults=outcome.book.total, files=keeper.wait()
                    )
    return outcome


def _load(engine: Engine, outcome: Outcome, town: TownSet, keeper: Keeper, progress: Progress) -> None:
    """Load and remember in one transaction; then let the planner know the new tables."""
    with refused_by_base(), Session(engine) as session, session.begin():
        load_set(session.connection(), town, progress)
        close_batch(session, outcome.batch, "loaded", counts=outcome.counts, files=keeper.wait())
        crash_point("town.uncommitted")
    crash_point("town.committed")
    outcome.loaded = True
    progress("Статистика таблиц", 0, 1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    progress("Готово", 1, 1)


@contextlib.contextmanager
def refused_by_base() -> Iterator[None]:
    """Say in a sentence what the data base refuses although the files passed the checks."""
    try:
        yield
    except (IntegrityError, psycopg.errors.IntegrityError) as fault:
        raise StartksError(f"Запись не прошла проверку базы: {_refusal(fault)}. Ничего не загружено.") from fault


def _refusal(fault: Exception) -> str:
    """What the data base refused: the constraint, the table and its own words."""
    cause = getattr(fault, "orig", None) or fault
    told = getattr(cause, "diag", None)
    if told is None or not told.constraint_name:
        return str(cause).strip().splitlines()[0]
    return f"{told.constraint_name} таблицы {told.table_name} ({told.message_detail or told.message_primary})"
