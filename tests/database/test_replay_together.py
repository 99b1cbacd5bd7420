"""Months computed together are the months computed one by one: on a whole town, for any choice of its bills."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlalchemy import text

from startks.base.db.bulk import plain_reader
from startks.modules.billing.calculation.inputs import Inputs, Month
from startks.modules.billing.calculation.regimes import Regimes
from startks.modules.billing.calculation.run import resolve
from startks.modules.billing.replay import differences as replayed
from startks.modules.billing.replay.marks import PENDING
from startks.scripts.period import CONSUMPTION

LATER = 209912
LINE = ["period", "house_id", "account_id", "service_id", "supplier_id"]


@pytest.fixture(scope="module")
def bills(town):
    """Every bill of the calculated months."""
    with town.engine.connect() as connection:
        rows = connection.execute(
            text("""SELECT DISTINCT account_id, house_id, period FROM statement WHERE period = ANY(:months) ORDER BY 1, 3"""),
            {"months": list(town.periods)},
        ).all()
    return pl.DataFrame([(*row, [1]) for row in rows], schema=PENDING, orient="row")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_nobody_changed_gives_nothing(town, bills, data):
    """Any bills of any months: what their facts give today is what they were charged."""
    chosen = data.draw(st.one_of(
        st.just(bills), st.sets(st.integers(0, bills.height - 1), min_size=1, max_size=12).map(lambda rows: bills[sorted(rows)])
    ))
    with town.engine.connect() as connection:
        rows, *_ = replayed.differences(connection, chosen, LATER, resolve(CONSUMPTION))
    assert rows.to_dicts() == []


def lines(connection, months):
    """Every line of the months, as the calculation builds it for all of them at once."""
    inputs = Inputs(plain_reader(connection), *months)
    regimes = Regimes(inputs, inputs.consumption(resolve(CONSUMPTION)))
    return pl.concat([
        inputs.named(group.computed.select(
            *LINE[1:], "tariff", pl.col("^result_.*$"), pl.lit(group.rule.key).alias("rule")
        )) for group in regimes.build()
    ], how="diagonal")


def test_a_stack_of_months_is_its_months(town):
    with town.engine.connect() as connection:
        low, high = connection.execute(text("SELECT min(id), max(id) FROM house")).one()
        months = [Month(period, low, high) for period in town.periods]
        apart = pl.concat([lines(connection, [month]) for month in months], how="diagonal")
        together = lines(connection, months)
    assert apart.height > 1000
    assert_frame_equal(together.select(apart.columns), apart, check_row_order=False)


def test_a_month_has_to_be_asked_for_by_name_where_there_are_several(town):
    inputs = Inputs(None, *(Month(period, 1, 1) for period in town.periods))
    with pytest.raises(ValueError, match="too many values"):
        inputs.month  # noqa: B018 (the property raises)


def test_houses_asked_for_the_same_months_go_together(monkeypatch):
    monkeypatch.setattr(replayed, "MOST_HOUSE_MONTHS", 4)
    work = pl.DataFrame(
        [(10 * house, house, period, [1]) for house, periods in (
            (1, (202601, 202602)), (2, (202601, 202602)), (3, (202601, 202602)), (5, (202601, 202602)), (6, (202602,)),
        ) for period in periods],
        schema=PENDING, orient="row",
    )
    stacks = [
        (months[0].house_from, months[0].house_to, [month.period for month in months]) for months in replayed.stacks(work)
    ]
    assert stacks == [
        (1, 2, [202601, 202602]), (3, 3, [202601, 202602]), (5, 5, [202601, 202602]), (6, 6, [202602]),
    ]
