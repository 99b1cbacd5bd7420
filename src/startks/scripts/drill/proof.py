"""What must be the same after every kill: the rows of the month to the byte, and nothing left lying about."""

from __future__ import annotations

from sqlalchemy import Connection, text

from startks.base.periods import shift
from startks.domain.periods import gate
from startks.domain.periods.verify import closed_periods

VOLATILE = (
    "id", "run", "run_id", "recorded_at", "checked_at", "calculated_at", "rehearsed_at", "closed_at", "signed_at",
    "made_at", "closed_by", "user_id",
)  # fmt: skip
"""Columns that tell when and by which run, not what."""
TABLES = (
    "statement", "house_balance", "house_rounding", "calculation_error", "month_debt", "benefit_amount", "meter_estimate", "rehearsal_row",
    "rehearsal_group", "gate_check", "period_seal",
)  # fmt: skip
LAST_HOUSE = 2**31 - 1


def fingerprint(connection: Connection, period: int) -> dict[str, str]:
    """Return {table: number of rows and MD5 over all of them in order} of the month, and its state with its hash."""
    found = {}
    for table in TABLES:
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is None:
            continue
        rows, digest = connection.execute(
            text(f"""SELECT count(*), coalesce(md5(string_agg(line, E'\\n' ORDER BY line)), '-')
                       FROM (SELECT (to_jsonb(t) - CAST(:volatile AS text[]))::text AS line FROM {table} t
                              WHERE period = :period) rows"""),
            {"period": period, "volatile": list(VOLATILE)},
        ).one()
        found[table] = f"{rows} {digest}"
    state = connection.execute(
        text("SELECT state, encode(hash, 'hex') AS hash, totals FROM period WHERE id = :id"), {"id": period}
    ).one()
    found["period"] = f"{state.state} {state.hash} {state.totals}"
    found["what if"] = str(connection.scalar(
        text("SELECT md5(result::text) FROM job WHERE kind = 'billing.whatif' ORDER BY id DESC LIMIT 1")
    ))
    found["next period"] = str(connection.scalar(text("SELECT state FROM period WHERE id = :id"), {"id": shift(period, 1)}))
    return found


def leftovers(connection: Connection, period: int) -> list[str]:
    """Name what an interrupted run has left: its own tables, an open run, an unfinished job, a frozen month."""
    found = [
        f"таблица {name} брошенного запуска"
        for name in connection.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_[0-9]{6}_r[0-9]+$' ORDER BY 1")
        ).scalars()
    ]
    for sentence, statement in (
        ("запусков не закончено", "SELECT count(*) FROM calculation_run WHERE state = 'running'"),
        ("заданий не закончено", "SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"),
        ("заданий с ошибкой", "SELECT count(*) FROM job WHERE state = 'failed'"),
        ("частей взято и не закончено", "SELECT count(*) FROM job_chunk WHERE state = 'running'"),
        ("сообщений не сделано", "SELECT count(*) FROM outbox WHERE done_at IS NULL"),
        ("загрузок без конца", "SELECT count(*) FROM import_batch WHERE state IN ('checking', 'loading')"),
        ("месяц заморожен", "SELECT count(*) FROM period WHERE frozen_at IS NOT NULL"),
    ):
        count = connection.scalar(text(statement))
        if count:
            found.append(f"{sentence}: {count}")
    return found


def broken_invariants(connection: Connection, period: int) -> dict[str, int]:
    """Return {invariant: count} of what the gate finds now, asked afresh and not written down."""
    pieces = gate.check(connection, period, 0, LAST_HOUSE, keep=False)
    whole = gate.check_whole(connection, period, keep=False)
    return {name: count for name, (count, _) in {**pieces, **whole}.items() if count}


def changed_after_closing(engine) -> list[str]:
    """Name what a check of the closed months against their seals finds."""
    from startks.domain.periods.verify import verify

    with engine.connect() as connection:
        closed = closed_periods(connection)
    return [fault.sentence for fault in verify(engine, closed)]
