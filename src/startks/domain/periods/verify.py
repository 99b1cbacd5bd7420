"""Was a closed month changed after all, also by somebody who may switch triggers off? Names the rows.

Every block is written and hashed again and laid against its seal; the seals against the hash of the month, the hash
against the next month's. Where a block differs, the marks of its rows say which of them were changed, added or taken
out. Whoever rewrites rows, seals and the whole chain is found by the hash that was written down outside the data base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from startks.domain.periods import seals
from startks.domain.periods.seals import Guarded

MARK = 6
"""Bytes of a row's mark."""
NAMED_A_BLOCK = 50
"""Rows of a block named one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed. ``table``, ``block`` and ``key`` are None where the month itself is meant."""

    period: int
    what: str
    """changed | added | gone | block | chain | missing | trigger"""
    sentence: str
    table: str | None = None
    block: int | None = None
    key: str | None = None


def closed_periods(connection: Connection) -> list[int]:
    """Closed months, oldest first."""
    return list(connection.execute(text("SELECT id FROM period WHERE state = 'closed' ORDER BY id")).scalars())


def verify(
    engine: Engine, periods: Iterable[int], threads: int = 2, report: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Fault]:
    """Check closed months; yields what is wrong, month by month. ``report`` is told the months done and their number."""
    wanted = list(periods)
    for number, period in enumerate(wanted):
        report(number, len(wanted))
        yield from _month(engine, period, threads)
    report(len(wanted), len(wanted))


def _month(engine: Engine, period: int, threads: int) -> Iterator[Fault]:
    with engine.connect() as connection:
        yield from _chain(connection, period)
        tables = seals.guarded_tables(connection)
        present = [table for table in tables if _is_there(connection, table, period)]
        pieces = [piece for table in present for piece in _pieces(connection, table, period, threads)]
    missing = [table for table in tables if table not in present]
    for table in missing:
        yield Fault(period, "missing", f"{table.name}: таблицы закрытого месяца нет на месте", table.name)
    with ThreadPoolExecutor(threads) as pool:
        for (table, _where, _of), blocks in zip(pieces, pool.map(lambda piece: _broken(engine, period, *piece), pieces), strict=True):
            for block in blocks:
                with engine.connect() as connection:
                    yield from _rows(connection, table, period, block)


def _chain(connection: Connection, period: int) -> Iterator[Fault]:
    row = connection.execute(
        text("SELECT hash, previous_hash FROM period WHERE id = :id"), {"id": period}
    ).one()
    if row.hash is None:
        yield Fault(period, "chain", "месяц закрыт без печати: хеша нет, сравнить не с чем")
        return
    previous, now = seals.chain(connection, period)
    if bytes(row.previous_hash or b"") != previous:
        yield Fault(period, "chain", "хеш прошлого закрытого месяца не тот, что был при закрытии этого")
    if bytes(row.hash) != seals.month_hash(connection, period, bytes(row.previous_hash or b"")):
        yield Fault(period, "chain", "печати месяца изменены: их хеш не равен записанному при закрытии")
    for name in connection.execute(
        text("""SELECT m.name FROM month_table m
                 WHERE NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = to_regclass(m.name)
                                      AND t.tgname = m.name || '_closed_period' AND t.tgenabled <> 'D')""")
    ).scalars():
        yield Fault(period, "trigger", f"{name}: сторож закрытых месяцев отключён или снят", name)


def _is_there(connection: Connection, table: Guarded, period: int) -> bool:
    return bool(connection.scalar(
        text("""SELECT c.relkind <> 'p' OR EXISTS (
                       SELECT 1 FROM pg_inherits
                        WHERE inhparent = c.oid AND inhrelid = to_regclass(:name || '_' || :period))
                  FROM pg_class c WHERE c.oid = to_regclass(:name)"""),
        {"name": table.name, "period": str(period)},
    ))


def _pieces(connection: Connection, table: Guarded, period: int, threads: int) -> list[tuple[Guarded, str, str]]:
    """The table's blocks in about so many equal ranges: (table, condition on its rows, condition on the seals)."""
    bounds = list(connection.execute(
        text("""SELECT max(block) FROM (SELECT block, ntile(:threads) OVER (ORDER BY block) AS part FROM period_seal
                 WHERE period = :period AND table_name = :table) parted GROUP BY part ORDER BY 1"""),
        {"threads": 2 * threads, "period": period, "table": table.name},
    ).scalars())
    if not table.by_house or len(bounds) < 2:
        return [(table, "true", "true")]
    edges = [None, *bounds[:-1], None]
    pieces = []
    for low, high in zip(edges, edges[1:], strict=False):
        parts = [f"{{}} > {low}"] if low is not None else []
        parts += [f"{{}} <= {high}"] if high is not None else []
        where = " AND ".join(parts) or "true"
        pieces.append((table, where.replace("{}", table.block), where.replace("{}", "block")))
    return pieces


def _broken(engine: Engine, period: int, table: Guarded, where: str, of: str) -> list[int]:
    """Blocks whose rows are not those that were sealed."""
    with engine.begin() as connection:
        seals.plain(connection)
        return list(connection.execute(text(f"""
            SELECT coalesce(fresh.block, sealed.block)
              FROM ({table.blocks(period, where)}) fresh
              FULL JOIN (SELECT block, rows, sha256 FROM period_seal
                          WHERE period = {int(period)} AND table_name = '{table.name}' AND {of}) sealed
                     ON fresh.block = sealed.block
             WHERE fresh.sha256 IS DISTINCT FROM sealed.sha256 OR fresh.rows IS DISTINCT FROM sealed.rows
             ORDER BY 1""")).scalars())


def _rows(connection: Connection, table: Guarded, period: int, block: int) -> Iterator[Fault]:
    """Name the rows of a broken block."""
    sealed = connection.execute(
        text("SELECT keys, marks FROM period_seal WHERE period = :period AND table_name = :table AND block = :block"),
        {"period": period, "table": table.name, "block": block},
    ).one_or_none()
    then = {}
    if sealed is not None:
        marks = bytes(sealed.marks)
        then = {key: marks[place * MARK:(place + 1) * MARK] for place, key in enumerate(sealed.keys.split())}
    lines = table.lines(period, f"{table.block} = {int(block)}")
    now = {
        row.key: bytes(row.mark)
        for row in connection.execute(text(
            f"SELECT key, substr(sha256(convert_to(line, 'UTF8')), 1, {MARK}) AS mark FROM ({lines}) line"
        ))
    }
    faults = [
        *(("gone", key) for key in then if key not in now),
        *(("added", key) for key in now if key not in then),
        *(("changed", key) for key in now if key in then and now[key] != then[key]),
    ]
    words = {"gone": "строки нет", "added": "строка появилась", "changed": "строка изменена"}
    if not faults:
        yield Fault(period, "block", f"{table.name}: печать блока {block} не сходится с его строками", table.name, block)
    for what, key in faults[:NAMED_A_BLOCK]:
        yield Fault(period, what, f"{_name(table, block, key)}: {words[what]} после закрытия", table.name, block, key)
    if len(faults) > NAMED_A_BLOCK:
        more = len(faults) - NAMED_A_BLOCK
        yield Fault(period, "block", f"{table.name}: блок {block}, ещё строк изменено {more}", table.name, block)


_WORDS = {"account_id": "счёт", "service_id": "услуга", "supplier_id": "поставщик", "house_id": "дом", "number": "номер",
          "id": "запись", "meter_id": "счётчик", "zone": "зона"}


def _name(table: Guarded, block: int, key: str) -> str:
    parts = ", ".join(
        f"{_WORDS.get(column, column)} {value}" for column, value in zip(table.keys, key.split("."), strict=False)
    )
    house = f"дом {block}, " if table.by_house and "house_id" not in table.keys else ""
    return f"{table.name}: {house}{parts}"
