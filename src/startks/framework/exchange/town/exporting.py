"""From the data base to the set of files: each register is one COPY of its SELECT, written by the server."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, text

from startks.base.db.bulk import copy_out
from startks.base.errors import StartksError
from startks.framework.exchange.town.registers import Register, in_order
from startks.framework.exchange.town.sets import Progress, silent


def export_set(
    connection: Connection, registers: Iterable[Register], folder: Path, progress: Progress = silent
) -> dict[str, int]:
    """Write the whole set into an empty or new folder; return rows by register. All files show one moment.

    Raises StartksError where the folder holds something or the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StartksError(f"Папка {folder} не пуста: укажите новую, чтобы старые файлы не смешались с новыми.")
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    connection.execute(text("SET LOCAL work_mem = '256MB'"))
    ordered, written = in_order(registers), {}
    for place, register in enumerate(ordered):
        progress("Выгрузка файлов", place, len(ordered))
        written[register.name] = export_register(connection, register, folder / register.file)
    progress("Выгрузка файлов", len(ordered), len(ordered))
    return written


def export_register(connection: Connection, register: Register, path: Path) -> int:
    """Write one register's file; it appears whole or not at all. Return the number of rows."""
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as target:
            rows = copy_out(connection, register.export_sql(), target)
            target.flush()
            os.fsync(target.fileno())
        partial.replace(path)
    except OSError as fault:
        partial.unlink(missing_ok=True)
        raise StartksError(f"Файл {path} не записан ({fault.strerror}): освободите место или укажите другую папку.") from fault
    return rows
