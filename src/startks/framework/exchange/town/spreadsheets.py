"""A spreadsheet and the map that says which of its columns is what.

A map is JSON. ``registers`` names, by register, the ``columns`` of its file: the heading of a column of the sheet, or an
object: ``from`` (heading), ``value`` (the same for all rows), ``values`` (words of the sheet → words of the register),
``pad`` (numbers lost their leading noughts: that many digits), ``month_end`` (a date that is only a month means its last
day), ``number`` (a new number, one a row, the same in every register of the map). A row of the sheet may make several rows
of a register: ``rows`` is then a list of such ``columns``, each with ``when``. ``leave_out`` names rows that the map leaves
out on purpose; they are told. With one register the map may be ``{"columns": {…}}``.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from startks.base.errors import StartksError
from startks.framework.exchange.sheets import SheetRow, read_sheet
from startks.framework.exchange.town.adding import Added, named
from startks.framework.exchange.town.columns import Column, Date, Flag, Month, Number, Whole, nearest
from startks.framework.exchange.town.reading import LINE, RAW
from startks.framework.exchange.town.registers import Register

PARTS = frozenset({"from", "value", "values", "pad", "month_end", "number"})


@dataclass(frozen=True)
class SheetMap:
    """A map read and understood."""

    registers: dict[str, list[dict[str, Any]]]
    """register → its rows: {"columns": {…}, "when": {…}}"""
    leave_out: list[dict[str, Any]]


def read_map(source: str, register: str | None = None) -> SheetMap:
    """Read a map: a file, or the name of one that comes with the product; ``register`` picks one of its registers.

    Raises StartksError for a map that cannot be understood.
    """
    path, built_in = Path(source), files(__package__) / "maps" / f"{source}.json"
    if path.is_file():
        text = path.read_text(encoding="utf-8-sig")
    elif re.fullmatch(r"[a-z0-9-]+", source) and built_in.is_file():
        text = built_in.read_text(encoding="utf-8")
    else:
        ours = ", ".join(sorted(item.name.removesuffix(".json") for item in (files(__package__) / "maps").iterdir()))
        raise StartksError(f"Карты столбцов {source} нет: укажите файл JSON или одну из готовых: {ours}.")
    try:
        found = json.loads(text)
        if "columns" in found or "rows" in found:
            if register is None:
                raise StartksError("Карта не называет реестра: добавьте --register ИМЯ.")
            parts = {register: found}
        else:
            parts = found["registers"]
            if register is not None:
                parts = {register: parts[register]}
        registers = {name: part.get("rows") or [{"columns": part["columns"]}] for name, part in parts.items()}
        return SheetMap(registers, list(found.get("leave_out", ())))
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise StartksError(f"Карта столбцов {source} не читается ({fault}): сверьте её с описанием формата.") from fault


def map_sheet(
    path: Path, chosen: SheetMap, registers: Sequence[Register], added: Added, next_number: Callable[[str], int]
) -> dict[str, pl.DataFrame]:
    """Raw rows (text) by register; what cannot be mapped goes into ``added.book``, what is left out into ``left_out``.

    ``next_number(register)`` is the first free number of the town's register.
    """
    sheet = read_sheet(path.name, path.read_bytes())
    if not sheet.rows:
        raise StartksError(f"В файле «{path.name}» нет строк: выберите лист с данными.")
    headings = sheet.rows[0].cells
    for line, place in sheet.formulas:
        heading = headings[place - 1] if place <= len(headings) else f"столбец {place}"
        added.book.add(path.name, line, heading, "", "в ячейке формула", "замените формулы значениями")
    reader = _Reader(path.name, headings, chosen, registers, added)
    reader.first = {name: next_number(name) for name in reader.numbers}
    return reader.read(sheet.rows[1:])


class _Reader:
    def __init__(
        self, file: str, headings: list[str], chosen: SheetMap, registers: Sequence[Register], added: Added
    ) -> None:
        self.file, self.headings, self.chosen, self.added = file, headings, chosen, added
        self.registers = {name: named(registers, name) for name in chosen.registers}
        self.places = {heading: place for place, heading in reversed(list(enumerate(headings)))}
        self.first: dict[str, int] = {}
        self.numbers: set[str] = set()
        self._check()

    def read(self, rows: list[SheetRow]) -> dict[str, pl.DataFrame]:
        """All rows through the map."""
        made: dict[str, list[dict[str, Any]]] = {name: [] for name in self.registers}
        for index, row in enumerate(rows):
            reason = next((rule["reason"] for rule in self.chosen.leave_out if self._meets(row, rule)), None)
            if reason is not None:
                self.added.left_out.append((row.number, reason))
                continue
            for name, parts in self.chosen.registers.items():
                for part in parts:
                    if "when" not in part or self._meets(row, part["when"]):
                        made[name].append(self._row(name, part["columns"], row, index))
        return {name: self._frame(name, lines) for name, lines in made.items()}

    def _check(self) -> None:
        """Every heading of the map is in the sheet, every column in the register."""
        wanted = [rule["column"] for rule in self.chosen.leave_out]
        for name, parts in self.chosen.registers.items():
            known = [column.name for column in self.registers[name].all_columns]
            for part in parts:
                wanted += [part["when"]["column"]] if "when" in part else []
                for column, source in part["columns"].items():
                    if column not in known:
                        near = nearest(column, known)
                        raise StartksError(
                            f"В реестре {name} нет столбца «{column}»"
                            + (f", возможно, {near}." if near else f". Есть: {', '.join(known)}.")
                        )
                    if isinstance(source, dict) and not (source.keys() and set(source) <= PARTS):
                        raise StartksError(f"Карта столбца «{column}» не понята: допустимы {', '.join(sorted(PARTS))}.")
                    if isinstance(source, dict) and "number" in source:
                        self.numbers.add(source["number"])
                    heading = source if isinstance(source, str) else source.get("from")
                    wanted += [heading] if heading is not None else []
        for heading in dict.fromkeys(wanted):
            if heading not in self.places:
                near = nearest(heading, self.headings)
                raise StartksError(
                    f"В файле «{self.file}» нет столбца «{heading}»"
                    + (f", возможно, «{near}»: исправьте карту." if near else ": исправьте карту или файл.")
                )

    def _cell(self, row: SheetRow, heading: str) -> str:
        place = self.places[heading]
        return row.cells[place] if place < len(row.cells) else ""

    def _meets(self, row: SheetRow, rule: dict[str, Any]) -> bool:
        return self._cell(row, rule["column"]) in rule["values"]

    def _row(self, name: str, columns: dict[str, Any], row: SheetRow, index: int) -> dict[str, Any]:
        made: dict[str, Any] = {LINE: row.number}
        for target, source in columns.items():
            rule = {"from": source} if isinstance(source, str) else source
            if "number" in rule:
                made[RAW + target] = str(self.first[rule["number"]] + index)
                continue
            value = rule["value"] if "value" in rule else self._cell(row, rule["from"])
            column = self.registers[name].column(target)
            if value and "values" in rule:
                if value not in rule["values"]:
                    self.added.book.add(
                        self.file, row.number, rule["from"], value, "значения нет в карте столбцов",
                        f"добавьте его в карту; есть: {', '.join(rule['values'])}",
                    )
                    value = ""
                else:
                    value = rule["values"][value]
            if value and "pad" in rule:
                value = value.zfill(int(rule["pad"]))
            made[RAW + target] = _plain(value, column, bool(rule.get("month_end"))) or None
        return made

    def _frame(self, name: str, lines: list[dict[str, Any]]) -> pl.DataFrame:
        register = self.registers[name]
        schema = {LINE: pl.UInt32, **{RAW + column.name: pl.String for column in register.all_columns}}
        return pl.DataFrame([{key: line.get(key) for key in schema} for line in lines], schema=schema)


def _plain(value: str, column: Column, month_end: bool) -> str:
    """Text of a spreadsheet's cell as the register's files write it; what is not understood stays for the checks."""
    kind = column.kind
    if isinstance(kind, Date):
        if match := re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4})", value):
            return f"{match[3]}-{match[2]}-{match[1]}"
        if month_end and (match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", value)):
            return f"{value}-{calendar.monthrange(int(match[1]), int(match[2]))[1]}"
    elif isinstance(kind, Month):
        if match := re.fullmatch(r"(\d\d)\.(\d{4})", value):
            return f"{match[2]}-{match[1]}"
    elif isinstance(kind, Number):
        compact = re.sub(r"[\s\u00a0]", "", value)
        return compact.replace(",", ".") if re.fullmatch(r"-?\d+(,\d+)?|-?\d+\.\d+", compact) else value
    elif isinstance(kind, Whole):
        return value.removesuffix(".0")
    elif isinstance(kind, Flag):
        return {"да": "true", "нет": "false"}.get(value.lower(), value)
    return value
