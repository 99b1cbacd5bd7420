"""In which state a month is: what everybody asks before he writes into it."""

from __future__ import annotations

from sqlalchemy import Connection, text

from startks.base.errors import StartksError

MONTHS = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь",
          "декабрь")


def name_of(period: int) -> str:
    """202610 → «октябрь 2026»."""
    return f"{MONTHS[period % 100 - 1]} {period // 100}"


def lock_unfinished(connection: Connection, period: int) -> str:
    """Hold the month's row until the end of the transaction and return its state, ``open`` or ``rehearsed``.

    StartksError where it is unknown, closed or being closed: its results may not change then.
    """
    row = connection.execute(
        text("SELECT state, frozen_at FROM period WHERE id = :id FOR UPDATE"), {"id": period}
    ).one_or_none()
    shown = f"{period // 100}-{period % 100:02d}"
    if row is None:
        raise StartksError(f"Периода {shown} нет: откройте его в разделе «Периоды».")
    if row.state == "closed":
        raise StartksError(f"Период {shown} закрыт, его итоги не меняются. Исправление вносится в открытый период.")
    if row.frozen_at is not None:
        raise StartksError(f"Период {shown} сейчас закрывается: дождитесь конца закрытия.")
    return row.state


def results_changed(connection: Connection, period: int) -> None:
    """Say that the month's results are new: what was rehearsed before holds no longer. Call it under the lock."""
    connection.execute(
        text("""UPDATE period SET state = 'open', rehearsed_at = NULL, calculated_at =
                       CASE WHEN calculated_at IS NULL THEN NULL ELSE clock_timestamp() END WHERE id = :id"""),
        {"id": period},
    )


def house_calculated(connection: Connection, period: int, house_id: int) -> None:
    """Remember that a house was calculated by itself in this transaction, from facts read after its beginning."""
    connection.execute(
        text("""INSERT INTO house_calculation (period, house_id, began_at) VALUES (:period, :house, now())
                ON CONFLICT (period, house_id) DO UPDATE SET began_at = excluded.began_at"""),
        {"period": period, "house": house_id},
    )
