"""The calculation of a month: prepared as ranges of whole houses, done piece by piece, swapped in at the end.

Nothing is visible until the last step: pieces write into the run's own tables, and one short transaction puts these in
the place of the month. A piece and its mark «done» are one transaction, so a lost worker costs one piece.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy import Connection, Table, text

from startks.base.crash import crash_point
from startks.base.db.bulk import copy_frame, copy_records, copy_values, open_reader, plain_reader
from startks.base.errors import StartksError
from startks.base.periods import shift
from startks.domain.calc.registry import all_rules
from startks.domain.debts.models import MonthDebt
from startks.domain.ledger.models import Statement
from startks.domain.ledger.partitions import (
    MOSTLY_NOTHING,
    create_staging,
    drop_staging,
    ensure_partitions,
    seal_staging,
    staging_name,
    swap_in,
)
from startks.domain.periods.state import house_calculated, lock_unfinished, results_changed
from startks.domain.support.models import BenefitAmount
from startks.modules.billing.calculation.carry import COLUMNS as PACK_COLUMNS
from startks.modules.billing.calculation.carry import packed_debts, packs
from startks.modules.billing.calculation.chunk import Result, calculate
from startks.modules.billing.calculation.inputs import Month, Read

ACCOUNTS_A_CHUNK = 90_000
"""Most accounts in a piece: some seconds of work, about a gigabyte of memory. Pieces are cut so that two
processes end together (:func:`house_ranges`)."""

SUMMED = ("accounts", "lines", "errors", "warnings", "charge", "paid", "opening", "closing")

MONTHS = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь",
          "декабрь")


@dataclass(frozen=True)
class Piece:
    """A range of houses of one run."""

    run: int
    period: int
    house_from: int
    house_to: int
    accounts: int


def title_of(period: int) -> str:
    """Name of the run as people see it."""
    return f"Расчёт за {MONTHS[period % 100 - 1]} {period // 100}"


def prepare(connection: Connection, period: int, accounts_a_chunk: int = ACCOUNTS_A_CHUNK) -> list[Piece]:
    """Open a run of an open month: its row, its tables, its pieces. Raises StartksError where it may not start."""
    lock_unfinished(connection, period)
    running = connection.scalar(
        text("SELECT id FROM calculation_run WHERE period = :id AND state = 'running'"), {"id": period}
    )
    if running:
        raise StartksError(
            f"Расчёт этого месяца уже идёт (запуск {running}). Дождитесь его окончания или остановите его."
        )
    save_rules(connection)
    ensure_partitions(connection, shift(period, -1))
    ensure_partitions(connection, period)
    run = connection.scalar(
        text("INSERT INTO calculation_run (period) VALUES (:period) RETURNING id"), {"period": period}
    )
    create_staging(connection, period, run)
    ranges = house_ranges(connection, accounts_a_chunk)
    if not ranges:
        raise StartksError("Нет ни одного лицевого счёта: загрузите город или создайте счета, затем рассчитайте месяц.")
    return [Piece(run, period, low, high, accounts) for low, high, accounts in ranges]


def house_ranges(connection: Connection, accounts_a_chunk: int = ACCOUNTS_A_CHUNK) -> list[tuple[int, int, int]]:
    """Cut the town into ranges of houses: (first house, last house, accounts). The first and the last are half as large.

    So two processes end together, and one calculates while the other waits for the disk with what it writes.
    """
    accounts = connection.scalar(text("SELECT count(*) FROM account"))
    pairs = max(1, -(-accounts // (2 * accounts_a_chunk)))
    size = max(1, -(-accounts // (2 * pairs)))
    rows = connection.execute(
        text("""
            WITH sizes AS (SELECT house_id, count(*) AS accounts FROM account GROUP BY house_id),
                 ordered AS (SELECT house_id, accounts, sum(accounts) OVER (ORDER BY house_id) - accounts AS before
                               FROM sizes)
            SELECT min(house_id), max(house_id), sum(accounts)::int FROM ordered
             GROUP BY div(before + :half, :size) ORDER BY 1"""),
        {"size": size, "half": size // 2},
    )
    return [tuple(row) for row in rows]


def save_rules(connection: Connection) -> None:
    """Let the data base know every rule of the engine: statement rows name them by id."""
    rows = [
        {
            "id": rule.id, "key": rule.key, "version": rule.version, "title": rule.title, "act": rule.act,
            "paragraph": rule.paragraph, "valid": f"[{rule.valid_from},{rule.valid_to or ''})",
        }
        for rule in all_rules()
    ]
    connection.execute(
        text("""INSERT INTO law_rule (id, key, version, title, act, paragraph, valid)
                VALUES (:id, :key, :version, :title, :act, :paragraph, CAST(:valid AS daterange))
                ON CONFLICT (id) DO UPDATE SET title = excluded.title, act = excluded.act,
                   paragraph = excluded.paragraph, valid = excluded.valid
                 WHERE (law_rule.title, law_rule.act, law_rule.paragraph, law_rule.valid)
                       IS DISTINCT FROM (excluded.title, excluded.act, excluded.paragraph, excluded.valid)"""),
        rows,
    )


def resolve(dotted: str | None):
    """The function a contract names as ``package.module:function``; None stays None."""
    if dotted is None:
        return None
    module, name = dotted.split(":")
    return getattr(importlib.import_module(module), name)


def run_piece(
    connection: Connection, database_url: str, piece: Piece, consumption: str | None, save: str | None
) -> dict:
    """Calculate one piece and write it into the run's tables in the connection's transaction; return its totals."""
    month = Month(piece.period, piece.house_from, piece.house_to)
    clock = Clock()
    with open_reader(database_url) as read:
        result = calculate(clock.timed(read), month, resolve(consumption))
    clock.lap("compute")
    crash_point("month.piece.read")
    write(connection, piece.period, result, lambda table: staging_name(table, piece.period, piece.run))
    if save is not None:
        resolve(save)(connection, piece.period, piece.house_from, piece.house_to, result.consumption)
    clock.lap("write")
    crash_point("month.piece.written")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**totals_of(result), "stages": clock.stages, "peak_mb": round(peak, 1)}


class Clock:
    """Where the time of a piece goes: seconds of reading, computing and writing."""

    def __init__(self) -> None:
        self.stages = {"read": 0.0, "compute": 0.0, "write": 0.0}
        self._last = time.perf_counter()

    def timed(self, read: Read) -> Read:
        """``read`` with its time counted."""

        def measured(statement: str) -> pl.DataFrame:
            started = time.perf_counter()
            frame = read(statement)
            self.stages["read"] += time.perf_counter() - started
            return frame

        return measured

    def lap(self, name: str) -> None:
        """Count the time since the last lap for ``name``; reading inside it is not counted twice."""
        now = time.perf_counter()
        self.stages[name] = now - self._last - (self.stages["read"] if name == "compute" else 0.0)
        self._last = now


def write(connection: Connection, period: int, result: Result, name_of) -> None:
    """COPY the frames of a piece; ``name_of`` gives the run's own table for a kind of result, which knows the month."""
    for table, frame in _of_accounts(result):
        for part in _parts(frame, MOSTLY_NOTHING.get(table.name, ())):
            if not part.is_empty():
                copy_records(connection, name_of(table.name), columns(table, part))
    _write_houses(connection, period, result, name_of)


def _of_accounts(result: Result) -> tuple[tuple[Table, pl.DataFrame], ...]:
    """The tables with many rows an account, numbers all of them."""
    return (
        (Statement.__table__, result.statement), (MonthDebt.__table__, result.debts),
        (BenefitAmount.__table__, result.benefits),
    )


def _parts(frame: pl.DataFrame, rare: Sequence[str]) -> tuple[pl.DataFrame, ...]:
    """Rows in which all ``rare`` columns are 0, without these, and the others: the server takes each column of each row apart."""
    if frame.is_empty() or not rare:
        return (frame,)
    is_plain = pl.all_horizontal(pl.col(rare) == 0)
    return frame.filter(is_plain).drop("period", *rare), frame.filter(~is_plain).drop("period")


def _write_houses(connection: Connection, period: int, result: Result, name_of) -> None:
    for table, frame in (
        ("house_balance", result.balance), ("house_rounding", result.rounding), ("calculation_error", result.errors),
        ("reduction", result.reductions),
    ):
        if not frame.is_empty():
            copy_frame(connection, name_of(table), frame)
    copy_values(
        connection, name_of("carry_pack"), PACK_COLUMNS, packs(period, result.houses, result.statement, result.debts)
    )


def replace_rows(
    connection: Connection, table: Table, period: int, house_id: int, frame: pl.DataFrame, kept: pl.DataFrame | None = None
) -> None:
    """Make a house's rows of the month those of ``frame``; ``kept`` are those that are there, where they are known.

    Rows that stay as they are are left alone: a house calculated again changes few of them, and each row written is asked
    for its closed month.
    """
    target = f"{table.name}_{int(period)}"
    rows = frame.drop("period", strict=False)
    if kept is None:
        kept = plain_reader(connection)(f"""
            SELECT {", ".join(rows.columns)} FROM {target}
             WHERE house_id = {int(house_id)} AND account_id IN (SELECT id FROM account WHERE house_id = {int(house_id)})""")
    key = [column for column in table.primary_key if column.name != "period"]
    names = [column.name for column in key]
    rows, kept = rows.cast({name: kept.schema[name] for name in rows.columns}).sort(names), kept.select(rows.columns).sort(names)
    if rows.equals(kept):
        return
    gone = kept.join(rows, on=rows.columns, how="anti")
    if not gone.is_empty():
        connection.execute(
            text(f"""DELETE FROM {target} WHERE ({", ".join(names)}) IN (
                        SELECT * FROM unnest({", ".join(f"CAST(:{column.name} AS {column.type}[])" for column in key)}))"""),
            {name: gone[name].to_list() for name in names},
        )
    fresh = rows.join(kept, on=rows.columns, how="anti")
    if not fresh.is_empty():
        copy_records(connection, target, columns(table, fresh.with_columns(pl.lit(period, pl.Int32).alias("period"))))


def columns(table: Table, frame: pl.DataFrame) -> dict[str, np.ndarray]:
    """Rows as numpy columns in the table's widths, without copying what has the width already."""
    kinds = {"SMALLINT": pl.Int16, "INTEGER": pl.Int32, "BIGINT": pl.Int64, "BOOLEAN": pl.Boolean}
    widths = {name: kinds[str(table.c[name].type)] for name in frame.columns}
    return {name: frame[name].cast(width).to_numpy() for name, width in widths.items()}


def totals_of(result: Result) -> dict:
    """Counts and sums (kopecks) of a piece, added up to the run's totals at the end."""
    rows = result.statement
    return {
        "accounts": result.accounts,
        "lines": rows.height,
        "errors": int((result.errors["severity"] == "error").sum()) if not result.errors.is_empty() else 0,
        "warnings": int((result.errors["severity"] == "warning").sum()) if not result.errors.is_empty() else 0,
        "charge": int(rows["charge"].sum()),
        "paid": int(rows["paid"].sum()),
        "opening": int(rows["opening"].sum()),
        "closing": int(rows["closing"].sum()),
    }


def finish(connection: Connection, period: int, run: int, pieces: list[dict]) -> dict:
    """Build keys, swap the run in, close it with its totals. ``pieces`` are the totals of all pieces."""
    crash_point("month.sealing")
    seal_staging(connection, period, run)
    crash_point("month.sealed")
    swap_in(connection, period, run)
    crash_point("month.swapped")
    totals = {name: sum(piece[name] for piece in pieces) for name in SUMMED}
    totals["stages"] = {
        stage: round(sum(piece["stages"][stage] for piece in pieces), 3) for stage in ("read", "compute", "write")
    }
    totals["peak_mb"] = max(piece["peak_mb"] for piece in pieces)
    connection.execute(
        text("""UPDATE calculation_run SET state = 'done', finished_at = now(), accounts = :accounts, lines = :lines,
                       errors = :errors, totals = CAST(:totals AS jsonb) WHERE id = :run"""),
        {"run": run, "accounts": totals["accounts"], "lines": totals["lines"], "errors": totals["errors"],
         "totals": json.dumps(totals)},
    )
    connection.execute(text("UPDATE period SET calculated_at = now() WHERE id = :id"), {"id": period})
    connection.execute(text(f"ANALYZE statement_{int(period)}"))
    crash_point("month.finished")
    return totals


def abandon(connection: Connection, period: int, run: int, state: str) -> None:
    """Close a run that failed or was stopped; the month stays as it was."""
    drop_staging(connection, period, run)
    connection.execute(
        text("UPDATE calculation_run SET state = :state, finished_at = :now WHERE id = :run AND state = 'running'"),
        {"state": state, "run": run, "now": dt.datetime.now(dt.UTC)},
    )


def recalculate_house(
    connection: Connection, database_url: str, period: int, house_id: int, consumption: str | None, save: str | None
) -> dict:
    """Calculate one house of an open month again and replace its rows in one transaction."""
    lock_unfinished(connection, period)
    results_changed(connection, period)
    house_calculated(connection, period, house_id)
    with open_reader(database_url) as read:
        result = calculate(read, Month(period, house_id, house_id), resolve(consumption))
    connection.execute(text("SELECT set_config('startks.calculating', 'on', true)"))  # the house's pack is written anew
    for table, frame in _of_accounts(result):
        # Years of unpaid months are tens of thousands of rows; what the house hands over holds them packed.
        kept = packed_debts(plain_reader(connection), period, house_id) if table is MonthDebt.__table__ else None
        replace_rows(connection, table, period, house_id, frame, kept)
    connection.exec_driver_sql("; ".join(  # one way to the server, and no partition has to be looked for
        f"DELETE FROM {name}_{int(period)} WHERE house_id = {int(house_id)}"
        for name in ("house_balance", "house_rounding", "calculation_error", "carry_pack", "reduction")
    ))
    _write_houses(connection, period, result, lambda name: f"{name}_{int(period)}")
    connection.execute(text("SELECT set_config('startks.calculating', 'off', true)"))
    if save is not None:
        resolve(save)(connection, period, house_id, house_id, result.consumption)
    return totals_of(result)

