"""The month's statement as a file, and the same file of another system laid against it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from startks.base.errors import StartksError
from startks.framework.exchange.town.checking import Keys, Rows, check_rows
from startks.framework.exchange.town.columns import Column, Key, Money, Text, Volume
from startks.framework.exchange.town.exporting import export_register
from startks.framework.exchange.town.faults import FaultBook
from startks.framework.exchange.town.reading import read_register
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.scratch import scratch
from startks.framework.exchange.town.words import ACCOUNT, WORD

_PLACES = "JOIN account a ON a.id = t.account_id JOIN service s ON s.id = t.service_id"
_MONEY = Money(signed=True)
LINE = ("account", "service", "supplier")
AMOUNTS = ("opening", "charge", "recalculation", "benefit", "penalty", "paid", "closing")

STATEMENT = Register(
    name="statement", title="Ведомость месяца", table="statement", order=900, has_id=False, key=LINE,
    meaning="Строки счетов одного месяца. Так же пишется ведомость прежней системы для сверки; пустое не сверяется.",
    columns=(
        Column(name="account", kind=ACCOUNT, source="a.number", required=True, meaning="лицевой счёт", example="1100000017"),
        Column(name="service", kind=WORD, source="s.code", required=True, meaning="услуга", example="cold_water"),
        Column(name="supplier", kind=Key(), source="t.supplier_id", meaning="поставщик: номер организации", example="1"),
        Column(name="volume", kind=Volume(signed=True), meaning="объём", example="4.29"),
        Column(name="unit", kind=Text(longest=20), source="s.unit", meaning="единица объёма", example="m3"),
        Column(name="tariff", kind=Volume(), meaning="тариф, рублей", example="45.13"),
        Column(name="charge", kind=_MONEY, meaning="начислено", example="193.61"),
        Column(name="recalculation", kind=_MONEY, meaning="перерасчёт", example="0.00"),
        Column(name="benefit", kind=_MONEY, meaning="льгота", example="0.00"),
        Column(name="penalty", kind=_MONEY, meaning="пени", example="0.00"),
        Column(name="paid", kind=_MONEY, meaning="оплачено", example="193.61"),
        Column(name="opening", kind=_MONEY, meaning="входящий остаток", example="193.61"),
        Column(name="closing", kind=_MONEY, meaning="исходящий остаток", example="193.61"),
    ),
    joins=_PLACES,
    sort='a.number COLLATE "C", s.code COLLATE "C", t.supplier_id',
)  # fmt: skip


def month_register(period: int) -> Register:
    """The statement's register of one month (YYYYMM)."""
    import dataclasses

    return dataclasses.replace(STATEMENT, where=f"t.period = {int(period)}")


def export_statement(connection: Connection, period: int, path: Path) -> int:
    """Write the month's statement, streamed by the server; return the number of rows.

    Raises StartksError where the month has not been calculated or the file cannot be written.
    """
    if not connection.scalar(text("SELECT EXISTS (SELECT 1 FROM statement WHERE period = :period)"), {"period": period}):
        month = f"{period // 100}-{period % 100:02d}"
        raise StartksError(f"Месяц {month} не рассчитан: выполните startks period calculate {month}.")
    connection.execute(text("SET LOCAL work_mem = '256MB'"))
    path.parent.mkdir(parents=True, exist_ok=True)
    return export_register(connection, month_register(period), path)


CAUSES = {
    "only_here": "строки нет в прежней системе",
    "only_old": "строки нет здесь",
    "opening": "другой входящий остаток",
    "volume_tariff": "другие объём и тариф",
    "volume": "другой объём",
    "tariff": "другой тариф",
    "rounding": "то же, копейка округления",
    "formula": "объём и тариф те же, начислено другое",
    "recalculation": "другой перерасчёт",
    "benefit": "другая льгота",
    "penalty": "другие пени",
    "paid": "другая оплата",
    "closing": "исходящий остаток прежней системы не равен сумме её строки",
}
"""Why a line differs; a line that differs in several ways goes by the first of them."""
ROUNDING_KOPECKS = 1
EXAMPLES = 3
"""Accounts named for each group of differences."""


@dataclass(frozen=True)
class Comparison:
    """Two statements laid against each other."""

    lines_here: int
    lines_old: int
    equal: int
    groups: pl.DataFrame
    """cause, service, lines, accounts, charge (difference, kopecks), closing (difference, kopecks); ``examples``: the first
    accounts; ``old_tariff`` and ``new_tariff`` where all lines of the group have the same ones"""
    differences: pl.DataFrame
    """every line that differs: LINE columns, cause, and of each compared value ``old.x`` and ``new.x``"""


def compare(connection: Connection, period: int, old: Path, book: FaultBook) -> Comparison | None:
    """Lay the statement of another system (the columns of STATEMENT) against ours; None where its file has faults."""
    theirs = read_register(old, STATEMENT, book)
    with_suppliers = theirs["supplier"].is_not_null().all() and theirs.height > 0
    key = LINE if with_suppliers else LINE[:2]
    _check_file(theirs, key, book)
    if book:
        return None
    with scratch("startks-compare-") as folder:
        path = folder / STATEMENT.file
        export_statement(connection, period, path)
        ours = read_register(path, STATEMENT, FaultBook())
    return _lay(_by_key(ours, key), _by_key(theirs, key), key)


def _check_file(frame: pl.DataFrame, key: tuple[str, ...], book: FaultBook) -> None:
    """One line a key; a file that names suppliers on some lines only is refused."""
    import dataclasses

    check_rows(Rows(dataclasses.replace(STATEMENT, key=key), frame, Keys(), book))
    if len(key) < len(LINE):
        named = frame.filter(pl.col("supplier").is_not_null())
        Rows(STATEMENT, frame, Keys(), book).say(
            named, "supplier", "поставщик назван не во всех строках", "назовите его везде или оставьте столбец пустым"
        )


def _by_key(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """One line a key; a value that no line of the file gives stays null and is not compared."""
    if len(key) == len(LINE):
        return frame.select(*key, "volume", "tariff", *AMOUNTS)
    return frame.group_by(key).agg(
        pl.when(pl.col("volume").is_not_null().any()).then(pl.col("volume").sum()).alias("volume"),
        pl.when(pl.col("tariff").n_unique() == 1).then(pl.col("tariff").first()).alias("tariff"),
        *(pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in AMOUNTS),
    )


def _lay(ours: pl.DataFrame, theirs: pl.DataFrame, key: tuple[str, ...]) -> Comparison:
    values = ("volume", "tariff", *AMOUNTS)
    new = ours.rename({name: f"new.{name}" for name in values}).with_columns(pl.lit(True).alias("here"))
    old = theirs.rename({name: f"old.{name}" for name in values}).with_columns(pl.lit(True).alias("there"))
    both = new.join(old, on=list(key), how="full", coalesce=True)
    cause = pl.when(pl.col("there").is_null()).then(pl.lit("only_here")).when(pl.col("here").is_null()).then(pl.lit("only_old"))
    for name, rule in _rules().items():
        cause = cause.when(rule).then(pl.lit(name))
    both = both.with_columns(cause.otherwise(None).alias("cause"))
    # A line that is nought on one side and absent on the other is no difference.
    naught = pl.all_horizontal((pl.coalesce(f"new.{name}", f"old.{name}", pl.lit(0)) == 0) for name in AMOUNTS)
    absent = pl.col("cause").is_in(["only_here", "only_old"])
    differences = both.filter(pl.col("cause").is_not_null() & ~(absent & naught)).drop("here", "there").sort(key)
    change = {
        name: pl.col(f"new.{name}").fill_null(0) - pl.when(absent).then(pl.col(f"old.{name}").fill_null(0)).otherwise(
            pl.coalesce(f"old.{name}", f"new.{name}", pl.lit(0)))
        for name in ("charge", "closing")
    }  # fmt: skip
    groups = (
        differences.with_columns(expression.alias(name) for name, expression in change.items())
        .group_by("cause", "service")
        .agg(
            pl.len().alias("lines"), pl.col("account").n_unique().alias("accounts"), pl.col("charge", "closing").sum(),
            pl.col("account").unique().sort().head(EXAMPLES).alias("examples"),
            *(pl.when(pl.col(f"{side}.tariff").n_unique() == 1).then(pl.col(f"{side}.tariff").first()).alias(f"{side}_tariff")
              for side in ("old", "new")),
        )
        .sort(pl.col("charge").abs(), "lines", "cause", "service", descending=[True, True, False, False])
    )
    return Comparison(ours.height, theirs.height, both.height - differences.height, groups, differences)


def _rules() -> dict[str, pl.Expr]:
    """Cause → condition, in the order in which they are tried."""

    def differ(name: str) -> pl.Expr:
        old, new = pl.col(f"old.{name}"), pl.col(f"new.{name}")
        return (old.is_not_null() & (old != new.fill_null(0))).fill_null(False)

    charge = differ("charge")
    near = (pl.col("old.charge") - pl.col("new.charge")).abs() <= ROUNDING_KOPECKS
    # Another volume or tariff matters where it changes money, or where the charge is not compared at all.
    money = charge | pl.col("old.charge").is_null()
    return {
        "opening": differ("opening"),
        "volume_tariff": differ("volume") & differ("tariff") & money,
        "volume": differ("volume") & money,
        "tariff": differ("tariff") & money,
        "rounding": charge & near,
        "formula": charge,
        **{name: differ(name) for name in ("recalculation", "benefit", "penalty", "paid", "closing")},
    }


def thickest(found: Comparison, most: int = EXAMPLES) -> list[tuple[str, int]]:
    """Accounts with the most lines that differ, and how many: a fault of one premise shows on all of its lines."""
    counted = found.differences.group_by("account").agg(pl.len().alias("lines")).filter(pl.col("lines") > 1)
    return list(counted.sort("lines", "account", descending=[True, False]).head(most).iter_rows())


def told(row: dict[str, Any]) -> str:
    """A group in words: what differs, in which service, whose."""
    words = f"{CAUSES[row['cause']]}, {row['service']}"
    if row["cause"] == "tariff" and row["old_tariff"] is not None and row["new_tariff"] is not None:
        words += f" ({_micro(row['old_tariff'])} → {_micro(row['new_tariff'])})"
    more = ", …" if row["accounts"] > len(row["examples"]) else ""
    return f"{words}: строк {row['lines']}, счетов {row['accounts']} ({', '.join(row['examples'])}{more})"


def write_differences(found: Comparison, path: Path) -> int:
    """Write every difference as CSV (old and new of each value); return the number of lines."""
    values = ("volume", "tariff", *AMOUNTS)
    show: dict[str, Callable[[int | None], str]] = dict.fromkeys(AMOUNTS, _roubles) | {"volume": _micro, "tariff": _micro}
    keys = [name for name in LINE if name in found.differences.columns]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*keys, "cause", "reason", *(f"{side}_{name}" for name in values for side in ("old", "new"))])
        for row in found.differences.iter_rows(named=True):
            cells = [show[name](row[f"{side}.{name}"]) for name in values for side in ("old", "new")]
            writer.writerow([*(row[name] for name in keys), row["cause"], CAUSES[row["cause"]], *cells])
    return found.differences.height


def _roubles(kopecks: int | None) -> str:
    if kopecks is None:
        return ""
    return f"{'-' if kopecks < 0 else ''}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


def _micro(value: int | None) -> str:
    if value is None:
        return ""
    whole = f"{'-' if value < 0 else ''}{abs(value) // 1_000_000}.{abs(value) % 1_000_000:06d}"
    return whole.rstrip("0").rstrip(".")
