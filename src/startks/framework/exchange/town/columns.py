"""Columns of a register file: how a cell is read, what is wrong with it, how it is stored and written again.

A kind of column turns the text of a whole column into typed values (Polars expressions, no Python a row), names every
cell that it cannot take together with the way out, and knows the SQL that writes a stored value as the same text: what
was exported is read back, and exported again it is equal byte by byte.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

FORMULA = r"^[=+@\t\r-]"
"""Beginnings that a spreadsheet takes for a formula (OWASP, CSV injection)."""
EARLIEST, LATEST = dt.date(1800, 1, 1), dt.date(2100, 1, 1)
MOST_KEY = 2_000_000_000
"""Largest number an identifier of a file may have: keys are four bytes wide."""
MICRO = 1_000_000

Trouble = tuple[pl.Expr, str, str]
"""Mask of bad cells, reason, way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Base of the kinds: plain text."""

    def words(self) -> str:
        """What the documentation calls it."""
        raise NotImplementedError

    def typed(self, raw: pl.Expr) -> pl.Expr:
        """Typed value of the text; null where it cannot be read."""
        raise NotImplementedError

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        """What may be wrong with a cell that is not empty."""
        raise NotImplementedError

    def stored(self, typed: pl.Expr) -> pl.Expr:
        """Value as COPY writes it."""
        return typed

    def shown(self, typed: pl.Expr) -> pl.Expr:
        """Text of a typed value in a fault, as the file has it."""
        return typed.cast(pl.String)

    def sql(self, column: str) -> str:
        """SQL of the cell's text for the stored ``column``."""
        return column


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Kind):
    """Free text of one line; an apostrophe before ``= + - @`` keeps a spreadsheet from computing it."""

    longest: int = 500

    def words(self) -> str:
        return f"текст до {self.longest} знаков"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return pl.when(raw.str.contains(r"^'[=+@\t\r-]")).then(raw.str.slice(1)).otherwise(raw)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        return [
            (
                raw.str.contains(FORMULA),
                "ячейка начинается как формула таблицы (= + - @)",
                "уберите знак или поставьте перед ним апостроф",
            ),
            (raw.str.len_chars() > self.longest, f"текст длиннее {self.longest} знаков", "сократите текст"),
        ]

    def sql(self, column: str) -> str:
        line = f"nullif(btrim(regexp_replace({column}, '\\s+', ' ', 'g')), '')"
        return f"CASE WHEN {column} ~ '^\\s*[=+@-]' THEN '''' || {line} ELSE {line} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Kind):
    """Text of a given form."""

    pattern: str
    form: str
    """the form in words, e.g. «от 5 до 20 цифр»"""
    test: Callable[[str], bool] | None = None
    """a check of the value itself (control digits), asked once for each different value"""
    test_reason: str = ""

    def words(self) -> str:
        return self.form

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        found = [(~raw.str.contains(self.pattern), f"значение не вида «{self.form}»", "исправьте значение")]
        if self.test is not None:
            passes = raw.map_batches(self._passes, return_dtype=pl.Boolean)
            found.append((raw.str.contains(self.pattern) & ~passes, self.test_reason, "сверьте с документом и исправьте"))
        return found

    def _passes(self, values: pl.Series) -> pl.Series:
        different = values.drop_nulls().unique()
        good = [value for value in different if self.test(value)]
        return values.is_in(good)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Kind):
    """Whole number."""

    least: int = 0
    most: int = MOST_KEY

    def words(self) -> str:
        return f"целое число от {self.least} до {self.most}"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw.str.to_integer(strict=False, dtype=pl.Int64)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        return [
            (typed.is_null() | raw.str.starts_with("+"), "не целое число", "запишите одни цифры"),
            (
                (typed < self.least) | (typed > self.most),
                f"число не в пределах от {self.least} до {self.most}",
                "исправьте число",
            ),
        ]

    def sql(self, column: str) -> str:
        return f"{column}::text"


def Key() -> Whole:  # noqa: N802 - a kind, as the others are
    """Number of an object in the set, chosen by who makes the files."""
    return Whole(least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Kind):
    """Decimal number with a point, of ``digits`` decimals at most; stored as numeric, or as ``whole`` units of the last
    decimal (kopecks, millionths)."""

    digits: int
    unit: str = ""
    least: str | None = "0"
    """smallest value, None for any"""
    positive: bool = False
    fixed: bool = False
    """written with all its decimals"""
    scaled: bool = False
    """stored as a whole number of 10^-digits"""

    def words(self) -> str:
        sign = "больше нуля" if self.positive else "не меньше нуля" if self.least == "0" else "со знаком"
        unit = f", {self.unit}" if self.unit else ""
        return f"число, до {self.digits} знаков после точки, {sign}{unit}"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        number = raw.cast(pl.Decimal(20, self.digits), strict=False)
        return (number * 10**self.digits).cast(pl.Int64, strict=False)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        plain = raw.str.contains(rf"^-?\d{{1,12}}(\.\d{{1,{self.digits}}})?$")
        comma = raw.str.contains(r"^-?\d+,\d+$")
        found = [
            (comma, "дробная часть отделена запятой", "замените запятую точкой"),
            (
                ~plain & ~comma,
                f"не число с {self.digits} или меньше знаками после точки",
                "запишите число цифрами с точкой, без пробелов и единиц",
            ),
        ]
        if self.positive:
            found.append((typed <= 0, "число не больше нуля", "исправьте число или оставьте строку вовсе"))
        elif self.least == "0":
            found.append((typed < 0, "число меньше нуля", "исправьте число"))
        return found

    def stored(self, typed: pl.Expr) -> pl.Expr:
        if self.scaled:
            return typed
        return self._decimal(typed)

    def _decimal(self, typed: pl.Expr) -> pl.Expr:
        return typed.cast(pl.Decimal(38, self.digits)) * pl.lit(Decimal(1).scaleb(-self.digits))

    def shown(self, typed: pl.Expr) -> pl.Expr:
        text = self._decimal(typed).cast(pl.String)
        return text if self.fixed else text.str.strip_chars_end("0").str.strip_chars_end(".")

    def sql(self, column: str) -> str:
        value = f"({column} * 1e-{self.digits})" if self.scaled else column
        return f"round({value}, {self.digits})::text" if self.fixed else f"trim_scale(round({value}, {self.digits}))::text"


def Money(signed: bool = False, positive: bool = False) -> Number:  # noqa: N802
    """Roubles with kopecks, stored as kopecks."""
    return Number(digits=2, unit="рубли", least=None if signed else "0", positive=positive, fixed=True, scaled=True)


def Volume(signed: bool = False) -> Number:  # noqa: N802
    """A volume or a reading, stored in millionths."""
    return Number(digits=6, least=None if signed else "0", scaled=True)


def SquareMetres(positive: bool = False) -> Number:  # noqa: N802
    """An area."""
    return Number(digits=2, unit="м²", positive=positive, fixed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Kind):
    """A day, ГГГГ-ММ-ДД."""

    def words(self) -> str:
        return "дата ГГГГ-ММ-ДД"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw.str.to_date("%Y-%m-%d", strict=False)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        shaped = raw.str.contains(r"^\d{4}-\d\d-\d\d$")
        return [
            (~shaped, "дата не в виде ГГГГ-ММ-ДД", "запишите её, например, так: 2026-05-01"),
            (shaped & typed.is_null(), "такого дня нет в календаре", "исправьте дату"),
            (shaped & ((typed < EARLIEST) | (typed >= LATEST)), "год вне пределов 1800–2099", "исправьте дату"),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Kind):
    """A minute of local time, ГГГГ-ММ-ДД чч:мм."""

    def words(self) -> str:
        return "местное время ГГГГ-ММ-ДД чч:мм"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw.str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        shaped = raw.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d$")
        day = typed.dt.date()
        return [
            (~shaped, "время не в виде ГГГГ-ММ-ДД чч:мм", "запишите его, например, так: 2026-10-03 08:15"),
            (shaped & typed.is_null(), "такого времени нет", "исправьте день или часы"),
            (shaped & ((day < EARLIEST) | (day >= LATEST)), "год вне пределов 1800–2099", "исправьте день"),
        ]

    def shown(self, typed: pl.Expr) -> pl.Expr:
        return typed.dt.strftime("%Y-%m-%d %H:%M")

    def sql(self, column: str) -> str:
        return f"to_char({column}, 'YYYY-MM-DD HH24:MI')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month(Kind):
    """A month, ГГГГ-ММ; stored as YYYYMM."""

    def words(self) -> str:
        return "месяц ГГГГ-ММ"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw.str.replace("-", "", literal=True).str.to_integer(strict=False, dtype=pl.Int64)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        plain = raw.str.contains(r"^20\d\d-(0[1-9]|1[0-2])$")
        return [(~plain, "месяц не в виде ГГГГ-ММ", "запишите его, например, так: 2026-05")]

    def shown(self, typed: pl.Expr) -> pl.Expr:
        return pl.format("{}-{}", typed // 100, (typed % 100).cast(pl.String).str.zfill(2))

    def sql(self, column: str) -> str:
        return f"({column} / 100)::text || '-' || lpad(({column} % 100)::text, 2, '0')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Kind):
    """``true`` or ``false``."""

    def words(self) -> str:
        return "true или false"

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        return [(typed.is_null(), "не true и не false", "запишите true или false")]

    def sql(self, column: str) -> str:
        return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Kind):
    """One word of a list; ``words_of`` gives each with its meaning."""

    words_of: dict[str, str]
    beginning: str = ""
    """a value with this beginning is taken too"""

    def words(self) -> str:
        return "одно из: " + ", ".join(f"`{word}` ({meaning})" for word, meaning in self.words_of.items())

    def typed(self, raw: pl.Expr) -> pl.Expr:
        return raw

    def troubles(self, raw: pl.Expr, typed: pl.Expr) -> list[Trouble]:
        allowed = ", ".join(self.words_of)
        unknown = ~raw.is_in(list(self.words_of))
        if self.beginning:
            unknown &= ~raw.str.starts_with(self.beginning)
        return [(unknown, "такого значения нет в списке", f"выберите из списка: {allowed}")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a register file."""

    name: str
    kind: Kind
    meaning: str
    example: str
    required: bool = False
    default: Any = None
    """typed value of an empty cell"""
    ref: str | None = None
    """register whose key this column holds"""
    into: str | None = None
    """column of the table; the same name where not said, ``""`` where the cell is not stored as it is"""
    source: str | None = None
    """SQL of the stored value over alias ``t``, where it is not ``t.<into>``"""

    @property
    def stored_as(self) -> str:
        """Column of the table, empty where the register's own code stores it."""
        return self.name if self.into is None else self.into

    def export(self) -> str:
        """SQL of the cell's text."""
        return self.kind.sql(self.source if self.source is not None else f"t.{self.stored_as}")


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that looks most like ``name``, None where none does."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return found[0] if found else None
