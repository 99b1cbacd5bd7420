"""From bytes of a CSV file to whole lines of the right shape, a block at a time.

One line is one record: line breaks inside quotes are refused, so a file can be cut anywhere between lines and memory
stays bounded whatever the file's size. What a line may be wrong in (bytes, control characters, quotes, number of fields)
is found here over whole blocks at once.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from startks.framework.exchange.town.columns import nearest
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.registers import Register

BLOCK = 32 * 2**20
"""Bytes read at once."""
LONGEST_LINE = 2**20
COMMA, QUOTE, END = ord(","), ord('"'), ord("\n")
SAVE_AS = "сохраните файл в кодировке UTF-8 без BOM"


@dataclass
class Block:
    """Lines of a file: their bytes, each ended by a line feed, and their numbers in the file (from 1)."""

    data: np.ndarray
    numbers: np.ndarray

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """First byte of each line and the place of its line feed."""
        ends = np.flatnonzero(self.data == END)
        return np.concatenate(([0], ends[:-1] + 1)).astype(np.int64), ends

    def without(self, bad: np.ndarray) -> Block:
        """The block without the lines of a mask."""
        if not bad.any():
            return self
        starts, ends = self.bounds()
        return Block(self.data[np.repeat(~bad, ends - starts + 1)], self.numbers[~bad])


class Fatal(Exception):
    """The rest of the file cannot be read; the fault is in the book."""


def read_blocks(path: Path, register: Register, book: FaultBook) -> Iterator[tuple[tuple[str, ...], Block]]:
    """Yield (names of the file's columns, block of good lines); faults go into the book, a hopeless file ends early."""
    try:
        with path.open("rb") as source:
            first = source.readline(LONGEST_LINE)
            names = _header(first, register, book)
            number, rest = 2, b""
            while True:
                read = source.read(BLOCK)
                if not read:
                    if rest:
                        yield names, _shape(rest + b"\n", number, names, register.file, book)
                    return
                cut = read.rfind(b"\n")
                if cut < 0:
                    rest += read
                    if len(rest) > LONGEST_LINE:
                        book.add(register.file, number, "", "", "строка длиннее мегабайта", "проверьте переводы строк файла")
                        return
                    continue
                whole, rest = rest + read[: cut + 1], read[cut + 1 :]
                yield names, _shape(whole, number, names, register.file, book)
                number += whole.count(b"\n")
    except Fatal:
        return


def _header(line: bytes, register: Register, book: FaultBook) -> tuple[str, ...]:
    """Names of the columns in the file's order; raises Fatal where the file cannot be this register."""
    file = register.file
    wanted = [column.name for column in register.all_columns]

    def refuse(reason: str, way_out: str, value: str = "", field: str = "") -> None:
        book.add(file, 1, field, value, reason, way_out)

    if not line.strip():
        refuse("файл пуст", "запишите первой строкой имена столбцов: " + ",".join(wanted))
        raise Fatal
    if line.startswith(b"\xef\xbb\xbf"):
        refuse("файл начинается с метки порядка байтов (BOM)", SAVE_AS)
        line = line[3:]
    if line[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in line:
        refuse("файл в UTF-16 или двоичный", SAVE_AS)
        raise Fatal
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        refuse("первая строка не в UTF-8 (похоже на windows-1251)", SAVE_AS)
        raise Fatal from None
    if "," not in text and ";" in text and len(wanted) > 1:
        refuse("столбцы разделены точкой с запятой", "разделите столбцы запятой")
        raise Fatal
    try:
        names = [name.strip() for name in next(csv.reader([text], strict=True))]
    except csv.Error:
        refuse("первая строка не разбирается: лишняя кавычка", "запишите имена столбцов без кавычек")
        raise Fatal from None
    hopeless = False
    for name in names:
        if name not in wanted:
            near = nearest(name, wanted)
            refuse("столбец неизвестен", f"возможно, {near}" if near else "уберите его; есть: " + ", ".join(wanted), name, name)
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            refuse("столбец назван дважды", "оставьте один", name, name)
            hopeless = True
    for column in register.all_columns:
        if column.required and column.name not in names:
            refuse("обязательного столбца нет", f"добавьте столбец {column.name}: {column.meaning}", "", column.name)
            hopeless = True
    if hopeless:
        raise Fatal
    return tuple(names)


def _shape(whole: bytes, number: int, names: tuple[str, ...], file: str, book: FaultBook) -> Block:
    """Leave the lines that have the right shape; name the others."""
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = number + whole.count(b"\n", 0, fault.start)
        book.add(file, line, "", "", "байты не в UTF-8 (похоже на windows-1251)", SAVE_AS)
        raise Fatal from None
    if b"\r\n" in whole:
        whole = whole.replace(b"\r\n", b"\n")
    data = np.frombuffer(whole, dtype=np.uint8)
    block = Block(data, number + np.arange(int(np.count_nonzero(data == END)), dtype=np.int64))
    for check in (_control_characters, _blank, _quotes, _fields):
        if len(block.numbers):
            block = check(block, names, file, book)
    return block


def _lines_of(block: Block, places: np.ndarray) -> np.ndarray:
    """Mask of the lines in which the places (bytes) lie."""
    _, ends = block.bounds()
    bad = np.zeros(len(ends), dtype=bool)
    bad[np.searchsorted(ends, places)] = True
    return bad


def _control_characters(block: Block, names: tuple[str, ...], file: str, book: FaultBook) -> Block:
    places = np.flatnonzero((block.data < 32) & (block.data != END) | (block.data == 127))
    if not len(places):
        return block
    bad = _lines_of(block, places)
    _, ends = block.bounds()
    codes = dict(zip(np.searchsorted(ends, places)[::-1].tolist(), block.data[places][::-1].tolist(), strict=True))
    for index in np.flatnonzero(bad).tolist():
        code = codes[index]
        what = "нулевой байт" if code == 0 else f"непечатаемый знак с кодом {code}"
        book.add(file, int(block.numbers[index]), "", "", f"в строке {what}", "уберите его")
    return block.without(bad)


def _blank(block: Block, names: tuple[str, ...], file: str, book: FaultBook) -> Block:
    starts, ends = block.bounds()
    return block.without(starts == ends)


def _quotes(block: Block, names: tuple[str, ...], file: str, book: FaultBook) -> Block:
    if QUOTE not in block.data:
        return block
    starts, _ = block.bounds()
    bad = np.add.reduceat(block.data == QUOTE, starts) % 2 == 1
    _say(block, bad, file, book, "кавычка не закрыта", "закройте её в той же строке: перевод строки внутри поля не допускается")
    block = block.without(bad)
    places = np.flatnonzero(block.data == QUOTE)
    if not len(places):
        return block
    neighbour = np.where(
        np.arange(len(places)) % 2 == 0,
        np.where(places > 0, block.data[np.maximum(places - 1, 0)], END),  # what stands before an opening one
        block.data[places + 1],  # what follows a closing one
    )
    stray = places[~np.isin(neighbour, (COMMA, QUOTE, END))]
    if not len(stray):
        return block
    bad = _lines_of(block, stray)
    _say(block, bad, file, book, "кавычка посреди поля", "заключите всё поле в кавычки, а кавычку внутри него удвойте")
    return block.without(bad)


def _fields(block: Block, names: tuple[str, ...], file: str, book: FaultBook) -> Block:
    starts, _ = block.bounds()
    commas = block.data == COMMA
    quotes = block.data == QUOTE
    if quotes.any():
        commas &= ~np.logical_xor.accumulate(quotes)
    counts = np.add.reduceat(commas, starts, dtype=np.int64) + 1
    bad = counts != len(names)
    for index in np.flatnonzero(bad).tolist():
        book.add(
            file, int(block.numbers[index]), "", "", f"полей {counts[index]} вместо {len(names)}",
            "проверьте запятые: поле с запятой внутри заключается в кавычки",
        )
    return block.without(bad)


def _say(block: Block, bad: np.ndarray, file: str, book: FaultBook, reason: str, way_out: str) -> None:
    for number in block.numbers[bad].tolist():
        book.add(file, number, "", "", reason, way_out)
