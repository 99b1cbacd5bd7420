"""Checks over all rows of a register: keys, references, dated facts, and what registers ask for themselves.

In a town that is there already (a register added to it) the rows it has take part with line 0, and only new rows are named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from startks.framework.exchange.town.faults import REASON, FaultBook
from startks.framework.exchange.town.reading import LINE
from startks.framework.exchange.town.registers import Register

KEY, ID = "key", "id"


class Keys:
    """Keys of the registers read so far: which rows there are, and the id each has or will have."""

    def __init__(self) -> None:
        self._frames: dict[str, pl.DataFrame] = {}
        self._details: dict[str, pl.DataFrame] = {}
        self.unread: set[str] = set()
        """registers whose file is missing or could not be read at all: references to them are not judged"""

    def put(self, register: Register, frame: pl.DataFrame) -> None:
        """Remember the rows of a register; ``frame`` has its columns and, for text keys, ``id``."""
        name = register.key[0]
        number = pl.col(name) if register.numbered else pl.col(ID) if ID in frame.columns else pl.lit(0)
        found = frame.filter(pl.col(name).is_not_null()).select(pl.col(name).alias(KEY), number.cast(pl.Int32).alias(ID))
        self._frames[register.name] = found.unique(KEY, keep="first", maintain_order=True)

    def remember(self, register: str, frame: pl.DataFrame) -> None:
        """Keep columns of a register that others need (which house a premise stands in …)."""
        self._details[register] = frame

    def of(self, register: str) -> pl.DataFrame:
        """Columns ``key`` and ``id`` of a register."""
        return self._frames[register]

    def details(self, register: str) -> pl.DataFrame:
        """What was remembered of a register."""
        return self._details[register]


@dataclass
class Rows:
    """All rows of one register, as its checks see them."""

    register: Register
    frame: pl.DataFrame
    keys: Keys
    book: FaultBook

    def say(self, bad: pl.DataFrame, name: str, reason: str, way_out: str, value: str | None = None) -> None:
        """Name the rows of ``bad`` (some of the frame's columns, ``line`` among them) in field ``name``.

        ``value`` is the column shown, the field itself where it is not said. A column :data:`REASON` gives a reason of
        its own to each row.
        """
        new = bad.filter(pl.col(LINE) > 0)
        if new.is_empty():
            return
        shown = value or (name if name in new.columns else LINE)
        kind = next((column.kind for column in self.register.all_columns if column.name == shown), None)
        text = kind.shown(pl.col(shown)) if kind is not None else pl.col(shown).cast(pl.String)
        kept = new.select(LINE, text.alias("value"), *([REASON] if REASON in new.columns else []))
        if shown == LINE:
            kept = kept.with_columns(pl.lit("").alias("value"))
        self.book.add_frame(self.register.file, kept, name, reason, way_out)


def check_rows(rows: Rows) -> None:
    """All checks of a register over its rows."""
    register = rows.register
    if register.key:
        unique(*register.key)(rows)
    for column in register.all_columns:
        if column.ref and column.ref != register.name:
            _known(rows, column.name, column.ref)
    if register.dated:
        _positive_ranges(rows)
    for check in register.checks:
        check(rows)


def _known(rows: Rows, name: str, target: str) -> None:
    if target in rows.keys.unread:
        return
    bad = rows.frame.filter(pl.col(name).is_not_null()).join(
        rows.keys.of(target), left_on=name, right_on=KEY, how="anti"
    )
    rows.say(bad, name, f"такой записи нет в {target}.csv", f"добавьте её в {target}.csv или исправьте значение")


def _positive_ranges(rows: Rows) -> None:
    bad = rows.frame.filter(pl.col("to") <= pl.col("from"))
    rows.say(bad, "to", "окончание не позже начала", "запишите первый день, с которого это уже не верно")


def unique(*names: str) -> Callable[[Rows], None]:
    """No two rows with the same values; rows with an empty one do not count."""

    def check(rows: Rows) -> None:
        whole = rows.frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in names))
        if not whole.select(pl.struct(names) if len(names) > 1 else pl.col(names[0])).to_series().is_duplicated().any():
            return
        first = whole.group_by(names).agg(pl.col(LINE).min().alias("first"))
        bad = whole.join(first, on=list(names)).filter(pl.col(LINE) > pl.col("first")).with_columns(
            _earlier("повтор ключа", pl.col("first")).alias(REASON)
        )
        rows.say(bad, names[-1], "", "оставьте одну из строк")

    return check


def no_overlap(*group: str, what: str = "два факта на одни и те же дни") -> Callable[[Rows], None]:
    """Dated rows of one group never hold on the same day."""

    def check(rows: Rows) -> None:
        dated = rows.frame.filter(
            pl.col("from").is_not_null() & pl.all_horizontal(pl.col(name).is_not_null() for name in group)
        )
        ordered = dated.sort(*group, "from", LINE)
        end = pl.col("to").fill_null(pl.date(9999, 12, 31))
        before = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in group)
        # The end reached by any earlier row of the group, not only by the one just before.
        reached = end.cum_max().over(*group).shift(1)
        bad = ordered.with_columns(
            reached.alias("reached"), before.fill_null(False).alias("same"),
            pl.max_horizontal(pl.col(LINE), pl.col(LINE).shift(1)).alias("later"),
            pl.min_horizontal(pl.col(LINE), pl.col(LINE).shift(1)).alias("earlier"),
        ).filter(pl.col("same") & (pl.col("from") < pl.col("reached")))
        bad = bad.with_columns(_earlier(what, pl.col("earlier")).alias(REASON), pl.col("later").alias(LINE))
        rows.say(bad, "from", "", "закончите прежнюю запись до начала новой (столбец to) или уберите одну из них")

    return check


def after(late: str, early: str) -> Callable[[Rows], None]:
    """Day ``late`` is not before day ``early``."""

    def check(rows: Rows) -> None:
        bad = rows.frame.filter(pl.col(late) < pl.col(early))
        rows.say(bad, late, f"день раньше, чем {early}", "исправьте один из двух дней")

    return check


def one_of(left: str, right: str) -> Callable[[Rows], None]:
    """Exactly one of two fields is filled in."""

    def check(rows: Rows) -> None:
        bad = rows.frame.filter(pl.col(left).is_null() == pl.col(right).is_null())
        rows.say(bad, left, f"заполнено не ровно одно из полей {left} и {right}", "оставьте одно из них")

    return check


def condition(name: str, bad_when: pl.Expr, reason: str, way_out: str) -> Callable[[Rows], None]:
    """A rule over fields of one row."""

    def check(rows: Rows) -> None:
        rows.say(rows.frame.filter(bad_when), name, reason, way_out)

    return check


def _earlier(what: str, line: pl.Expr) -> pl.Expr:
    """«…: строка 5», or «…: запись города» for a row that the town has already."""
    return pl.when(line == 0).then(pl.lit(f"{what}: в городе уже есть такая запись")).otherwise(
        pl.format(what + ": см. строку {}", line)
    )
