"""The life of a month: opened, worked in, rehearsed, frozen while it is sealed, closed for ever.

Every function works in the caller's transaction. There is none that opens a closed month again: what was wrong in it is
corrected in the open one.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from startks.base.errors import StartksError
from startks.base.events import PeriodClosed, PeriodOpened, publish
from startks.base.periods import shift
from startks.domain.ledger.partitions import RESULT_TABLES, ensure_partitions
from startks.domain.periods import gate, seals
from startks.domain.periods.state import lock_unfinished, name_of


def current_period(session: Session | Connection) -> int | None:
    """The month that takes what comes in: the oldest one neither closed nor being closed; None where there is none."""
    return session.scalar(text("SELECT min(id) FROM period WHERE state <> 'closed' AND frozen_at IS NULL"))


def is_closed(session: Session | Connection, period: int) -> bool:
    """True for a closed month; False for an unfinished or unknown one."""
    return session.scalar(text("SELECT state FROM period WHERE id = :id"), {"id": period}) == "closed"


def open_period(session: Session, period: int, by: int | None = None) -> None:
    """Open a month. Months follow one another without a gap. StartksError where it is there already or would not follow."""
    known = session.execute(
        text("SELECT min(id) AS first, max(id) AS last, bool_or(id = :id) AS there FROM period"), {"id": period}
    ).one()
    if known.there:
        raise StartksError(f"Период {name_of(period)} уже есть: открывать его не нужно.")
    if known.last is not None and period not in (shift(known.last, 1), shift(known.first, -1)):
        raise StartksError(
            f"Периоды идут подряд, без пропусков: следующим открывается {name_of(shift(known.last, 1))}."
        )
    if known.last is not None and period < known.last and session.scalar(
        text("SELECT EXISTS (SELECT 1 FROM period WHERE state = 'closed')")
    ):
        raise StartksError(
            f"Перед закрытым месяцем новый не открывается: следующим открывается {name_of(shift(known.last, 1))}."
        )
    _insert(session, period)
    _audit(session, by, "period:month:open", period, {})


def _insert(session: Session, period: int) -> None:
    session.execute(text("INSERT INTO period (id) VALUES (:id)"), {"id": period})
    ensure_partitions(session.connection(), period)
    publish(session, PeriodOpened(period=period))


def rehearsed(session: Session, period: int, calculated_at: Any) -> None:
    """Mark the month as rehearsed, if it still is what was looked at (``calculated_at`` as it was at the beginning)."""
    connection = session.connection()
    lock_unfinished(connection, period)
    now = connection.scalar(text("SELECT calculated_at::text FROM period WHERE id = :id"), {"id": period})
    if now != calculated_at:
        raise StartksError("Пока шла репетиция, месяц рассчитали заново: повторите репетицию.")
    connection.execute(
        text("UPDATE period SET state = 'rehearsed', rehearsed_at = now() WHERE id = :id"), {"id": period}
    )


def sign(session: Session, period: int, name: str, reason: str, by: int | None) -> None:
    """Answer for closing the month although the invariant ``name`` is broken. The reason is kept for ever.

    StartksError where there is nothing to sign, where it may not be signed, or without a reason.
    """
    lock_unfinished(session.connection(), period)
    reason = reason.strip()
    if len(reason) < 5:
        raise StartksError("Напишите причину: хотя бы несколько слов, по которым её поймут через год.")
    found = next((line for line in gate.state(session, period) if line.name == name), None)
    if found is None or found.count == 0:
        raise StartksError("Подписывать нечего: такого нарушения в этом месяце нет. Обновите страницу.")
    if found.severity != "signed":
        raise StartksError(f"«{found.title}» не подписывается: исправьте данные и повторите репетицию.")
    session.execute(
        text("""INSERT INTO gate_signature (period, name, count, fingerprint, reason, user_id)
                VALUES (:period, :name, :count, :fingerprint, :reason, :by)"""),
        {"period": period, "name": name, "count": found.count, "fingerprint": found.fingerprint, "reason": reason,
         "by": by},
    )
    _audit(session, by, "period:gate:sign", period, {"name": name, "count": found.count, "reason": reason})


def sign_history(session: Session, period: int, reason: str, by: int | None) -> None:
    """Sign everything of a month of the past that may be signed, with one reason, inside its closing."""
    session.execute(
        text("""INSERT INTO gate_signature (period, name, count, fingerprint, reason, user_id)
                SELECT period, name, count, fingerprint, :reason, :by FROM gate_check
                 WHERE period = :period AND severity = 'signed' AND count > 0"""),
        {"period": period, "reason": reason, "by": by},
    )


def freeze(session: Session, period: int, *, history: bool = False) -> None:
    """Begin to close a rehearsed month: from the commit on its rows refuse every change.

    ``history``: a month of the seeded or imported past, which nobody rehearses; the gate is asked while it is sealed.

    Waits for those who are writing into the month's tables now; StartksError with the way out where the month may not
    be closed (not rehearsed, being calculated, the month before is open, the gate is neither green nor signed).
    """
    connection = session.connection()
    state = lock_unfinished(connection, period)
    if history:
        gate.forget(connection, period)
    elif state != "rehearsed":
        raise StartksError(f"Месяц {name_of(period)} не отрепетирован после последнего расчёта: сначала репетиция.")
    if connection.scalar(
        text("SELECT EXISTS (SELECT 1 FROM calculation_run WHERE period = :id AND state = 'running')"), {"id": period}
    ):
        raise StartksError("Месяц рассчитывается: дождитесь конца расчёта и повторите репетицию.")
    open_checks = [line for line in gate.state(session, period) if not line.passed]
    if open_checks:  # of history nothing has been asked yet
        raise StartksError(
            "Месяц не закрывается: " + "; ".join(f"«{line.title}» — {line.count}" for line in open_checks)
            + ". Исправьте данные и повторите репетицию или подпишите то, что подписывается."
        )
    connection.execute(text("UPDATE period SET frozen_at = now() WHERE id = :id"), {"id": period})
    tables = ", ".join(seals.physical_tables(connection, period))
    try:
        with connection.begin_nested():
            # Writers that began before us end first; those that come later see the mark.
            connection.execute(text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))
    except OperationalError as fault:
        connection.execute(text("UPDATE period SET frozen_at = NULL WHERE id = :id"), {"id": period})
        raise StartksError(
            "В таблицы месяца сейчас пишут (загрузка реестра, расчёт): дождитесь конца и начните закрытие заново."
        ) from fault
    connection.execute(text("DELETE FROM period_seal WHERE period = :id"), {"id": period})


def thaw(session: Session, period: int) -> None:
    """Give up a closing that did not end: the seals are thrown away, the month may be worked in again."""
    if is_closed(session, period):
        return
    session.execute(text("DELETE FROM period_seal WHERE period = :id"), {"id": period})
    session.execute(text("UPDATE period SET frozen_at = NULL WHERE id = :id"), {"id": period})


def close_period(session: Session, period: int, by: int | None) -> dict:
    """Close a frozen month whose blocks are all sealed: chain its hash, open the next month; return its totals."""
    connection = session.connection()
    frozen = connection.scalar(
        text("SELECT frozen_at FROM period WHERE id = :id AND state <> 'closed' FOR UPDATE"), {"id": period}
    )
    if frozen is None:
        raise StartksError("Закрытие этого месяца уже прервано: начните его заново.")
    gate.finish(session, period)
    open_checks = [line for line in gate.state(session, period) if not line.passed]
    if open_checks:
        raise StartksError("Месяц не закрывается: исправьте данные и повторите репетицию ("
                           + ", ".join(line.title for line in open_checks) + ").")
    totals = connection.execute(text(TOTALS), {"period": period}).mappings().one()
    previous, fingerprint = seals.chain(connection, period)
    connection.execute(
        text("""UPDATE period SET state = 'closed', closed_at = now(), closed_by = :by, frozen_at = NULL,
                       previous_hash = :previous, hash = :hash, totals = CAST(:totals AS jsonb) WHERE id = :id"""),
        {"id": period, "by": by, "previous": previous, "hash": fingerprint, "totals": json.dumps(dict(totals))},
    )
    for table in RESULT_TABLES:
        connection.execute(text(
            f"CREATE OR REPLACE TRIGGER closed_period_no_truncate BEFORE TRUNCATE ON {table.name}_{int(period)}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate({int(period)})"
        ))
    following = shift(period, 1)
    if not session.scalar(text("SELECT EXISTS (SELECT 1 FROM period WHERE id = :id)"), {"id": following}):
        _insert(session, following)
    _audit(session, by, "period:month:close", period, {**totals, "hash": fingerprint.hex()})
    publish(session, PeriodClosed(period=period, fingerprint=fingerprint.hex()))
    return {**totals, "hash": fingerprint.hex()}


TOTALS = """
    SELECT count(*) AS lines, count(DISTINCT account_id) AS accounts, coalesce(sum(opening), 0)::int8 AS opening,
           coalesce(sum(charge), 0)::int8 AS charge, coalesce(sum(recalculation), 0)::int8 AS recalculation,
           coalesce(sum(benefit), 0)::int8 AS benefit, coalesce(sum(penalty), 0)::int8 AS penalty,
           coalesce(sum(paid), 0)::int8 AS paid, coalesce(sum(closing), 0)::int8 AS closing
      FROM statement WHERE period = :period"""


def _audit(session: Session, by: int | None, action: str, period: int, detail: dict[str, Any]) -> None:
    """An event of the trail by a user's number: closings are done by workers, who have no identity."""
    session.execute(
        text("""INSERT INTO audit_event (user_id, action, subject_kind, subject_id, detail)
                VALUES (:by, :action, 'period', :period, CAST(:detail AS jsonb))"""),
        {"by": by, "action": action, "period": period, "detail": json.dumps(detail, ensure_ascii=False)},
    )
