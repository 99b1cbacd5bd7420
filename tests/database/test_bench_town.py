"""The bench's town has what a month must be measured with: debts of 36 ages, recalculations of every twentieth account."""

from __future__ import annotations

from sqlalchemy import text

from startks.base.periods import shift
from startks.scripts.bench_debts import bring_debts, post_recalculations


def test_debts_of_many_ages_are_brought_as_the_opening_of_their_lines_and_once_only(town):
    with town.engine.connect() as connection:
        first = connection.scalar(text("SELECT min(id) FROM period"))
        accounts = connection.scalar(text("SELECT count(*) FROM account"))
        connection.execute(text("DELETE FROM debt_origin"))  # nothing of this is kept
        brought = bring_debts(connection, first, seed=1)
        owed = connection.execute(text("""
            SELECT account_id, service_id, supplier_id, sum(amount) FROM debt_origin GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""")).all()
        opening = connection.execute(text("""
            SELECT account_id, service_id, supplier_id, closing FROM statement WHERE period = :before AND opening = closing
             ORDER BY 1, 2, 3"""), {"before": shift(first, -1)}).all()
        newest, oldest, owing = connection.execute(
            text("SELECT max(origin), min(origin), count(DISTINCT account_id) FROM debt_origin")
        ).one()
        again = bring_debts(connection, first, seed=1)
        connection.rollback()
    assert brought > len(owed) == len(opening) > 0
    assert owed == opening
    assert shift(first, -37) <= oldest < shift(first, -6)
    assert newest == shift(first, -2), "the month before the first one is the newest by itself"
    assert 0.1 < owing / accounts < 0.25
    assert again == 0


def test_every_twentieth_account_is_corrected_once_only(town):
    with town.engine.connect() as connection:
        connection.execute(text("DELETE FROM recalculation"))  # nothing of this is kept
        closed = connection.scalar(text("SELECT min(period) FROM statement WHERE charge > 0"))
        posted = post_recalculations(connection, closed, shift(closed, 1), seed=1)
        corrected, charged, amount = connection.execute(text("""
            SELECT count(DISTINCT account_id), sum(charged), sum(amount) FROM recalculation""")).one()
        accounts = connection.scalar(text("SELECT count(*) FROM account"))
        again = post_recalculations(connection, closed, shift(closed, 1), seed=1)
        connection.rollback()
    assert posted > corrected > 0
    assert 0.02 < corrected / accounts < 0.09
    assert charged + 10 * amount < 10 * posted, "a tenth of each line, cut to whole kopecks"
    assert again == 0
