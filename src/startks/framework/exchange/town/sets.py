"""A set of files read and checked: nothing of it touches a data base."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from startks.framework.exchange.town.checking import ID, Keys, Rows, check_rows
from startks.framework.exchange.town.columns import nearest
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.reading import empty, read_register
from startks.framework.exchange.town.registers import Register, in_order

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: a Russian phrase and counts."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class TownSet:
    """Typed rows of every register, in the order of loading, and their keys."""

    registers: tuple[Register, ...]
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    counts: dict[str, int] = field(default_factory=dict)
    """rows by register"""


def find_files(folder: Path, registers: Iterable[Register], book: FaultBook) -> dict[str, Path]:
    """Files of the set by register; a missing one that is needed and a foreign ``.csv`` are faults."""
    known = {register.file: register for register in registers}
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name in known and path.is_file():
            found[known[path.name].name] = path
        elif path.suffix.lower() == ".csv":
            near = nearest(path.name, list(known))
            way_out = f"возможно, {near}" if near else "уберите его из набора; файлы набора перечислены в описании формата"
            book.add(path.name, 0, "", "", "такого файла в наборе нет", way_out)
    for register in known.values():
        if register.needed and register.name not in found:
            book.add(register.file, 0, "", "", "файла нет, а он обязателен", f"добавьте файл: {register.title.lower()}")
    return found


def read_set(
    files: Mapping[str, Path], registers: Iterable[Register], book: FaultBook, progress: Progress = silent
) -> TownSet:
    """Read and check every file; faults go into the book. Registers without a file are empty."""
    town = TownSet(in_order(registers))
    sizes = {name: path.stat().st_size for name, path in files.items()}
    whole, done = sum(sizes.values()), 0
    for register in town.registers:
        stage = "Проверка файлов"
        progress(stage, done, whole)
        if register.name in files:
            rows = 0

            def count(read: int, stage: str = stage, size: int = sizes[register.name], since: int = done) -> None:
                nonlocal rows
                rows += read
                progress(stage, min(since + size, since + rows * 40), whole)

            before = book.total
            frame = read_register(files[register.name], register, book, count)
            if frame.is_empty() and book.total > before:
                town.keys.unread.add(register.name)
            done += sizes[register.name]
        else:
            frame = empty(register)
            if register.needed:
                town.keys.unread.add(register.name)
        take(town, register, frame, book)
    progress("Проверка файлов", whole, whole)
    return town


def take(town: TownSet, register: Register, frame: pl.DataFrame, book: FaultBook) -> None:
    """Give ids, remember keys, check the rows of one register and keep them."""
    if register.gives_ids:
        if register.rows_first is not None:
            frame = register.rows_first(frame, town.keys)
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias(ID))
    if register.key:
        town.keys.put(register, frame)
    if register.remembered:
        kept = [*register.remembered, *([ID] if register.gives_ids else [])]
        town.keys.remember(register.name, frame.select(kept))
    check_rows(Rows(register, frame, town.keys, book))
    town.frames[register.name] = frame
    town.counts[register.name] = frame.height
